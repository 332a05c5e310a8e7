//! What can go wrong at the gate, and the envelope in which the API says so.

use std::borrow::Cow;

use axum::response::Response;
use domain::{access::Refusal, job::NotReplayable, secret::Secret};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use super::answer::{Format, written};
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
    /// They are right, but no longer.
    #[error("this access token's Auth Token has expired; reset the token to get a new one")]
    Expired,
    /// The token does not open this.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No such path.
    #[error("there is no such resource; check the path, upper and lower case too")]
    NotFound,
    /// The path knows other methods.
    #[error("this resource does not take the request's method; it takes {allow}")]
    MethodNotAllowed {
        /// The value of the header `Allow`.
        allow: String,
    },
    /// The operation is not answered here, though the token opens it.
    #[error("this operation is answered by the agency's own server; call that one, which asks here whether you may")]
    AnsweredElsewhere,
    /// The job is not at its end.
    #[error(transparent)]
    NotReplayable(#[from] NotReplayable),
    /// The job has ended without a result, or so long ago that it was removed.
    #[error("this job has no result: it has failed, or its result was removed after 30 days; replay the job")]
    NoResult,
    /// Somebody else has changed the resource meanwhile.
    #[error(transparent)]
    Conflict(store::Error),
    /// What the client sent is not what the operation takes.
    #[error("the request is not valid; each of the errors says what to do")]
    Invalid(Vec<FieldError>),
    /// The account has no calls left.
    #[error("the account has made as many calls as it may for now; call again when the header Retry-After says")]
    TooManyCalls,
    /// The body can't be taken.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The database does not answer.
    #[error("the database does not answer at the moment; look whether a change was made before you try it again")]
    Unavailable(store::Error),
    /// A fault of the server.
    #[error("something went wrong on the server; try again later")]
    Store(store::Error),
    /// Another one: the answer can't be written.
    #[error("something went wrong on the server; try again later")]
    Writing(serde_json::Error),
}

/// One field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Its name, with those of the objects it is in: `CorporateAddress.City`. Empty where it is the body as a whole.
    pub field: String,
    /// What to do about it.
    pub message: String,
}

impl From<store::Error> for GateError {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound => Self::NotFound,
            store::Error::Conflict => Self::Conflict(error),
            fault if fault.is_unavailable() => Self::Unavailable(fault),
            fault => Self::Store(fault),
        }
    }
}

/// What a client has sent, to be told to it: up to what may be an Auth Token. Some send theirs in the wrong place, and
/// answers are logged where requests are not.
#[must_use]
pub fn without_secret(text: &str) -> Cow<'_, str> {
    match text.split_once(Secret::PREFIX) {
        Some((before, _)) => Cow::Owned(format!("{before}{}…", Secret::PREFIX)),
        None => Cow::Borrowed(text),
    }
}

/// What to do about a field; about an Auth Token in it, first of all.
fn what_to_do(error: &FieldError) -> &str {
    let misplaced = "this looks like an Auth Token; send it in the header Authorization alone";
    if error.message.contains(Secret::PREFIX) { misplaced } else { &error.message }
}

impl GateError {
    /// One field is wrong.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field: field.to_owned(), message: message.into() }])
    }

    /// The HTTP status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NoCredentials | Self::UnreadableCredentials | Self::WrongCredentials | Self::Expired => {
                StatusCode::UNAUTHORIZED
            }
            Self::Refused(_) | Self::NotReplayable(_) => StatusCode::FORBIDDEN,
            Self::NotFound | Self::AnsweredElsewhere | Self::NoResult => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::TooManyCalls => StatusCode::TOO_MANY_REQUESTS,
            Self::Body(error) => error.status(),
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(_) | Self::Writing(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The answer: `{"Status":"ERROR","Message":"…","Errors":[{"Field":"…","Message":"…"}]}`, or the same in XML.
    #[must_use]
    pub fn into_response(self, format: Format) -> Response {
        let status = self.status();
        if status.is_server_error() {
            tracing::error!(error = ?self, "a call at the gate failed");
        }
        let fields: &[FieldError] = if let Self::Invalid(fields) = &self { fields } else { &[] };
        let error = |one: &FieldError| json!({ "Field": without_secret(&one.field), "Message": what_to_do(one) });
        let errors: Vec<_> = fields.iter().map(error).collect();
        let message = self.to_string();
        let envelope = json!({ "Status": "ERROR", "Message": without_secret(&message), "Errors": errors });
        let mut response = written(status, "Response", &envelope, format);
        let headers = response.headers_mut();
        match self {
            Self::NoCredentials | Self::UnreadableCredentials | Self::WrongCredentials | Self::Expired => {
                headers.insert(header::WWW_AUTHENTICATE, CHALLENGE);
            }
            Self::MethodNotAllowed { allow } => {
                headers.extend(HeaderValue::try_from(allow).ok().map(|allow| (header::ALLOW, allow)));
            }
            Self::Unavailable(_) => {
                headers.insert(header::RETRY_AFTER, store::Error::RETRY_AFTER.into());
            }
            _ => {}
        }
        response
    }
}
