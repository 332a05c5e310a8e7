//! `PUT /AccessTokens/{TokenId}/Reset`: the token with its new Auth Token, which is shown only once. A token may reset
//! itself.

use domain::{gate::access::Caller, tokens::token::TokenId};
use store::Store;

use super::token::IssuedAccessToken;
use crate::gate::{answer::Answer, call::Path, error::GateError, openapi::documentation::Documentation};

pub const ID: &str = "resetAccessToken";

pub async fn handle(store: &Store, caller: &Caller, Path(id): Path<TokenId>) -> Result<Answer, GateError> {
    let token = store.tokens().get(caller.account, id).await?;
    caller.require_own(token.settings.scopes)?;
    let issued = store.tokens().reset(caller, token.id, token.revision).await?;
    Answer::one("AccessToken", &IssuedAccessToken::new(caller, &issued))
}

pub fn document(operation: Documentation) -> Documentation {
    operation.returns::<IssuedAccessToken>()
}
