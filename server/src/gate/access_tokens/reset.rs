//! `PUT /AccessTokens/{TokenId}/Reset`: the token with its new Auth Token, which is shown only once. A token may reset
//! itself. The old Auth Token stops at once, unless the body asks for an overlap.

use domain::{gate::access::Caller, tokens::token::TokenId};
use store::Store;

use super::{
    fields::Body,
    handover::{self, handover},
    token::IssuedAccessToken,
};
use crate::gate::{answer::Answer, call::Path, error::GateError, input::Input, openapi::documentation::Documentation};

pub const ID: &str = "resetAccessToken";

pub async fn handle(
    store: &Store,
    caller: &Caller,
    Path(id): Path<TokenId>,
    body: &Input,
) -> Result<Answer, GateError> {
    let token = store.tokens().get(caller.account, id).await?;
    caller.require_own(token.settings.scopes)?;
    let handover = handover(body)?;
    let issued = store.tokens().reset_with_overlap(caller, token.id, token.revision, handover).await?;
    Answer::one("AccessToken", &IssuedAccessToken::new(caller, &issued))
}

pub fn document(operation: Documentation) -> Documentation {
    let json = ("AccessTokenReset", handover::schema(Body::Json));
    let form = ("AccessTokenResetForm", handover::schema(Body::Form));
    operation.takes(false, json, form).returns::<IssuedAccessToken>()
}
