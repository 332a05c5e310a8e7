//! `PUT /AccessTokens/{TokenId}`: changes the fields in the body and leaves the rest.

use domain::{
    gate::access::Caller,
    tokens::token::{TokenForm, TokenId},
};
use store::Store;

use super::{
    fields::{self, Body},
    form::changed,
    token::AccessToken,
};
use crate::gate::{answer::Answer, call::Path, error::GateError, input::Input, openapi::documentation::Documentation};

pub const ID: &str = "updateAccessToken";

pub async fn handle(
    store: &Store,
    caller: &Caller,
    Path(id): Path<TokenId>,
    body: &Input,
) -> Result<Answer, GateError> {
    let token = store.tokens().get(caller.account, id).await?;
    caller.require_own(token.settings.scopes)?;
    let settings = changed(store, caller, body, TokenForm::from(&token.settings), Some(&token)).await?;
    caller.require_own(settings.scopes)?;
    let (token, _) = store.tokens().update(caller, token.id, settings, token.revision).await?;
    Answer::one("AccessToken", &AccessToken::new(caller, &token))
}

pub fn document(operation: Documentation) -> Documentation {
    let json = ("AccessTokenUpdate", fields::update(Body::Json));
    let form = ("AccessTokenUpdateForm", fields::update(Body::Form));
    operation.takes(false, json, form).returns::<AccessToken>()
}
