//! `POST /AccessTokens`: 201 with the new token and its Auth Token, which is shown only once. By default its contact is
//! that of the caller's token.

use domain::{gate::access::Caller, tokens::token::TokenForm};
use http::StatusCode;
use store::Store;
use uuid::Uuid;

use super::{
    fields::{self, Body},
    form::changed,
    token::IssuedAccessToken,
};
use crate::gate::{answer::Answer, error::GateError, input::Input, openapi::documentation::Documentation};

pub const ID: &str = "createAccessToken";

pub async fn handle(store: &Store, caller: &Caller, body: &Input) -> Result<Answer, GateError> {
    let own = store.tokens().get(caller.account, caller.token).await?;
    let form = TokenForm::blank(own.settings.primary_contact);
    let settings = changed(store, caller, body, form, None).await?;
    caller.require_own(settings.scopes)?;
    let issued = store.tokens().create(caller, settings, Uuid::now_v7()).await?;
    Ok(Answer::one("AccessToken", &IssuedAccessToken::new(caller, &issued))?.with_status(StatusCode::CREATED))
}

pub fn document(operation: Documentation) -> Documentation {
    let json = ("AccessTokenCreate", fields::create(Body::Json));
    let form = ("AccessTokenCreateForm", fields::create(Body::Form));
    operation.takes(true, json, form).returns_with::<IssuedAccessToken>("201", "Done.")
}
