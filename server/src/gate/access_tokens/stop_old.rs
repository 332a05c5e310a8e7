//! `PUT /AccessTokens/{TokenId}/StopOldAuthToken`: ends an overlap before its time. Nothing happens if none is open.

use domain::{gate::access::Caller, tokens::token::TokenId};
use store::Store;

use super::token::AccessToken;
use crate::gate::{answer::Answer, call::Path, error::GateError, openapi::documentation::Documentation};

pub const ID: &str = "stopOldAuthToken";

pub async fn handle(store: &Store, caller: &Caller, Path(id): Path<TokenId>) -> Result<Answer, GateError> {
    let token = store.tokens().get(caller.account, id).await?;
    let token = store.tokens().stop_old_value(caller, token.id).await?;
    Answer::one("AccessToken", &AccessToken::new(caller, &token))
}

pub fn document(operation: Documentation) -> Documentation {
    operation.returns::<AccessToken>()
}
