//! What can go wrong at the gate, and the envelope in which the API says so.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use domain::access::Refusal;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::request_body::BodyError;

/// Tells a client how to authenticate (RFC 7617, section 2.1).
const CHALLENGE: HeaderValue = HeaderValue::from_static(r#"Basic realm="Platform REST Web Services", charset="UTF-8""#);

/// Why a request was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// No `Authorization` header.
    #[error("credentials are missing; send the Account SID and the Auth Token of an access token with HTTP Basic")]
    NoCredentials,
    /// An `Authorization` header that is not HTTP Basic, or several.
    #[error("the credentials can't be read; send one header `Authorization: Basic base64(AccountSID:AuthToken)`")]
    UnreadableCredentials,
    /// No token has this SID, or its Auth Token is another one.
    #[error("the Account SID or the Auth Token is wrong; check both, or reset the token if its Auth Token is lost")]
    WrongCredentials,
    /// The token does not open this.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No such path.
    #[error("there is no such resource; check the path, upper and lower case too")]
    NotFound,
    /// The path knows other methods; the router names them in `Allow`.
    #[error("this resource does not take the request's method; the header Allow names those it takes")]
    MethodNotAllowed,
    /// The body can't be taken.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// A fault of the server.
    #[error("something went wrong on the server; try again later")]
    Store(#[from] store::Error),
}

impl GateError {
    /// The HTTP status of the answer.
    fn status(&self) -> StatusCode {
        match self {
            Self::NoCredentials | Self::UnreadableCredentials | Self::WrongCredentials => StatusCode::UNAUTHORIZED,
            Self::Refused(_) => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Body(error) => error.status(),
            Self::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// The API's form of an error.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    status: &'static str,
    message: String,
    /// One for each field that is wrong; no operation so far takes any.
    errors: [(); 0],
}

impl IntoResponse for GateError {
    fn into_response(self) -> Response {
        if let Self::Store(fault) = &self {
            tracing::error!(error = %fault, "the store failed");
        }
        let status = self.status();
        let envelope = Envelope { status: "ERROR", message: self.to_string(), errors: [] };
        let mut response = (status, Json(envelope)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, CHALLENGE);
        }
        response
    }
}
