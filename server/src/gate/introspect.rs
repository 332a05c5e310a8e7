//! `POST /oauth2/introspect`: what an access token is worth (RFC 7662), for services that have credentials of their own
//! and get those of their callers.
//!
//! The service calls with an access token that may retrieve access tokens (scope `getAccessToken`). In the form field
//! `token` it sends the credentials in question, `AccountSID:AuthToken`, as they are or in the Base64 of HTTP Basic.
//! Tokens of other accounts are not active to it, nor is anything else that would not pass.

use axum::{
    Form, Json,
    extract::{Request, State, rejection::FormRejection},
    response::{IntoResponse as _, Response},
};
use domain::{access::Caller, scope::Scope, token::TokenState};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{admission::Gate, answer::Format, credentials, envelope::GateError};
use crate::request_body;

/// RFC 7662, section 2.1. Hints on the token's type are not needed and not read.
#[derive(Deserialize)]
struct Question {
    token: String,
}

/// Answers what the token is worth.
pub async fn introspect(State(gate): State<Gate>, request: Request) -> Response {
    let format = Format::accepted(request.headers());
    match answer(&gate, request).await {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => error.into_response(format),
    }
}

async fn answer(gate: &Gate, request: Request) -> Result<Value, GateError> {
    use axum::extract::FromRequest as _;

    let request = request_body::read(request).await?;
    let service = gate.identify(request.headers()).await?;
    service.require(service.sid.as_str(), Scope::GET_ACCESS_TOKEN)?;
    let question = Form::<Question>::from_request(request, &()).await;
    let Form(question) = question.map_err(|_: FormRejection| {
        GateError::invalid(
            "token",
            "send a form (application/x-www-form-urlencoded) with AccountSID:AuthToken in this field",
        )
    })?;
    let token = match credentials::pair(question.token.trim()) {
        Some((sid, secret)) => gate.store.authenticate(&sid, &secret).await?,
        None => None,
    };
    Ok(token.filter(|token| is_active(token, &service)).map_or(json!({ "active": false }), |token| {
        let scopes = token.scopes.iter().map(Scope::id).collect::<Vec<_>>().join(" ");
        json!({
            "active": true,
            "scope": scopes,
            "client_id": token.sid,
            "token_type": "Basic",
            "sub": token.token,
            "api_version": token.api_version,
        })
    }))
}

fn is_active(token: &Caller, service: &Caller) -> bool {
    token.account == service.account && token.api_access && token.state == TokenState::Enabled
}
