//! `POST /oauth2/introspect`: an access token's state (RFC 7662), for services that have credentials of their own and
//! receive those of their callers.
//!
//! The service calls with an access token that may retrieve access tokens (scope `getAccessToken`). In the form field
//! `token` it sends the credentials in question, `AccountSID:AuthToken`, as they are or in the Base64 of HTTP Basic.
//! Tokens of other accounts are not active to it, nor are unusable ones. The address of the call in question is unknown
//! here: for address ranges, ask `/authorize`.

use std::sync::Arc;

use axum::{
    Form, Json,
    body::Body,
    extract::{FromRequest as _, Request, State, rejection::FormRejection},
    response::{IntoResponse as _, Response},
};
use domain::{gate::access::Caller, tokens::scope::Scope};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    admission::{self, Admitted, Gate, ParsedCall},
    credentials,
    error::GateError,
    recording,
    target::Target,
};

/// The form of the request (RFC 7662, section 2.1). Hints on the token's type are not needed and not read.
#[derive(Deserialize)]
struct Question {
    token: String,
}

/// Answers with the token's state. It counts as a call of the service's own token that retrieves an access token.
pub async fn introspect(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let format = gate.format.of(request.headers(), "");
    let (head, service, body) = gate.receive(request).await;
    let address = admission::address(&head);
    let service = match service {
        Ok(service) => service,
        Err(error) => return error.into_response(format),
    };
    let (sid, scope) = (service.sid.to_string(), Some(Scope::GET_ACCESS_TOKEN));
    let target = Target { sid, scope, parameter: None, suffix: None };
    let taken = body.as_ref().map(|_| ()).map_err(|error| (*error).into());
    let client = recording::client(&head.headers);
    let asked = ParsedCall { body: taken, target: Ok(target), version: Ok(service.api_version), address, client };
    let tell = async |admitted: Admitted| {
        let question = Request::from_parts(head.clone(), Body::from(body.unwrap_or_default()));
        Ok(Json(told(&gate, &admitted.caller, question).await?).into_response())
    };
    let refuse = |error: GateError| error.into_response(format);
    gate.answer(service, asked, tell, refuse).await
}

async fn told(gate: &Gate, service: &Caller, question: Request) -> Result<Value, GateError> {
    let question = Form::<Question>::from_request(question, &()).await;
    let Form(question) = question.map_err(|_: FormRejection| {
        GateError::invalid(
            "token",
            "send a form (application/x-www-form-urlencoded) with AccountSID:AuthToken in this field",
        )
    })?;
    let token = match credentials::pair(question.token.trim()) {
        Some((sid, secret)) => gate.store.gate().authenticate(&sid, &secret).await?,
        None => None,
    };
    Ok(token.filter(|token| is_active(token, service)).map_or(json!({ "active": false }), |token| {
        let scopes = token.scopes.iter().map(Scope::id).collect::<Vec<_>>().join(" ");
        let mut told = json!({
            "active": true,
            "scope": scopes,
            "client_id": token.sid,
            "token_type": "Basic",
            "sub": token.token,
            "api_version": token.api_version,
        });
        if let Some(end) = token.ends_at {
            told["exp"] = json!(end.timestamp());
        }
        told
    }))
}

fn is_active(token: &Caller, service: &Caller) -> bool {
    token.account == service.account && token.is_usable()
}
