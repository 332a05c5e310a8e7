//! The errors of the gate, and the API's envelope for them.

use std::borrow::Cow;

use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::{gate::access::Refusal, reports::job::NotReplayable, tokens::secret::Secret};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::json;
use utoipa::{ToSchema, openapi::Object};

use super::{
    answer::format::{Format, written},
    openapi::schemas,
    records::date,
};
use crate::http::request_body::BodyError;

/// The challenge that shows a client how to authenticate (RFC 7617, section 2.1).
const CHALLENGE: HeaderValue = HeaderValue::from_static(r#"Basic realm="Platform REST Web Services", charset="UTF-8""#);

/// The time at which the Auth Token of the call expires, if ever.
const TOKEN_EXPIRES: HeaderName = HeaderName::from_static("x-token-expires");

/// The reason why a request was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// No `Authorization` header.
    #[error("credentials are missing; send an access token's Account SID and Auth Token by HTTP Basic authentication")]
    NoCredentials,
    /// An `Authorization` header that is not HTTP Basic, or several such headers.
    #[error("the credentials can't be read; send a single header `Authorization: Basic base64(AccountSID:AuthToken)`")]
    UnreadableCredentials,
    /// No token has this SID, or its Auth Token is another one.
    #[error("the Account SID or the Auth Token is wrong; check both, or reset the token if its Auth Token is lost")]
    WrongCredentials,
    /// The Auth Token is followed by a line break.
    #[error(
        "a line break follows the Auth Token; encode the credentials without it, as `printf %s` does and `echo` does not"
    )]
    LineBreak,
    /// The credentials were right, but have expired.
    #[error("this access token's Auth Token has expired; reset the token to get a new one")]
    Expired {
        /// The time of expiry.
        ended_at: Option<DateTime<Utc>>,
    },
    /// The token may not do this.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is no such path.
    #[error("there's no such resource; check the path, including upper and lower case")]
    NotFound,
    /// The path takes other methods.
    #[error("this resource doesn't support the request's method; use {allow}")]
    MethodNotAllowed {
        /// The value of the header `Allow`.
        allow: String,
    },
    /// The operation is served by the agency's own server, though the token may call it.
    #[error("this operation is answered by the agency's own server; send the call there")]
    AnsweredElsewhere,
    /// The job has not ended.
    #[error(transparent)]
    NotReplayable(#[from] NotReplayable),
    /// The job has ended without a result, or its result was removed because of its age.
    #[error("this job has no result: it failed, or its result was removed after 30 days; replay the job")]
    NoResult,
    /// Another change of the resource came first.
    #[error(transparent)]
    Conflict(store::Error),
    /// The input does not fit the operation.
    #[error("the request isn't valid; each error says what to do")]
    Invalid(Vec<FieldError>),
    /// The input fits the operation, but not the account's present state.
    #[error("the request conflicts with the account's current state; each error says what to do")]
    NotApplicable(Vec<FieldError>),
    /// The body is compressed.
    #[error("the request's body is compressed; send it uncompressed, without Content-Encoding")]
    ContentEncoding,
    /// The body is of a type that the operation does not take.
    #[error(
        "the request's body has an unsupported type; send application/json or application/x-www-form-urlencoded, in UTF-8"
    )]
    ContentType,
    /// The account has no calls left.
    #[error("the account has reached its limit of calls; try again after the time in the header Retry-After")]
    TooManyCalls,
    /// The body can't be taken.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The database does not answer.
    #[error("the database isn't responding; before you try again, check whether the change was made")]
    Unavailable(store::Error),
    /// A fault of the server.
    #[error("something went wrong on the server; try again later")]
    Store(store::Error),
    /// A fault of the server: the answer can't be written.
    #[error("something went wrong on the server; try again later")]
    Writing(serde_json::Error),
}

/// One field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name, with those of the objects it is in: `CorporateAddress.City`. Empty if it is the whole body.
    pub field: String,
    /// The advice to the client.
    pub message: String,
}

impl From<store::Error> for GateError {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Refused(refusal) => match refusal {
                domain::Refusal::NotFound => Self::NotFound,
                domain::Refusal::Conflict => Self::Conflict(error),
                domain::Refusal::OverlapTooLong => {
                    let message = refusal.to_string();
                    Self::NotApplicable(vec![FieldError { field: "Overlap".to_owned(), message }])
                }
                // No operation of the gate is refused for these: they are of people, sessions and accounts.
                domain::Refusal::AlreadyDone
                | domain::Refusal::TooLateToGoBack
                | domain::Refusal::WrongCredentials
                | domain::Refusal::WrongPassword
                | domain::Refusal::StepUpNeeded
                | domain::Refusal::WrongCode
                | domain::Refusal::WrongPasskey
                | domain::Refusal::TooManyPasskeys
                | domain::Refusal::SignInOver
                | domain::Refusal::SecondFactorNeeded
                | domain::Refusal::Throttled { .. }
                | domain::Refusal::EmailTaken
                | domain::Refusal::AlreadyMember
                | domain::Refusal::LastAdministrator
                | domain::Refusal::NotAllowed
                | domain::Refusal::InvitationOver
                | domain::Refusal::ResetOver
                | domain::Refusal::Deactivated
                | domain::Refusal::BelongsElsewhere
                | domain::Refusal::NotInvited
                | domain::Refusal::LinkedOtherwise
                | domain::Refusal::AccountExists
                | domain::Refusal::NotViewable => Self::Store(error),
            },
            fault if fault.is_unavailable() => Self::Unavailable(fault),
            fault => Self::Store(fault),
        }
    }
}

/// Returns the client's text as it may be repeated in an answer: up to what may be an Auth Token. Some clients send
/// theirs in the wrong place, and answers are logged where requests are not.
#[must_use]
pub fn without_secret(text: &str) -> Cow<'_, str> {
    match text.split_once(Secret::PREFIX) {
        Some((before, _)) => Cow::Owned(format!("{before}{}…", Secret::PREFIX)),
        None => Cow::Borrowed(text),
    }
}

/// Returns the advice about a field; if it holds an Auth Token, about that.
fn what_to_do(error: &FieldError) -> &str {
    let misplaced = "this looks like an Auth Token; send it in the Authorization header only";
    if error.message.contains(Secret::PREFIX) { misplaced } else { &error.message }
}

impl GateError {
    /// Returns the error of one invalid field.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field: field.to_owned(), message: message.into() }])
    }

    /// Returns the HTTP status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NoCredentials
            | Self::UnreadableCredentials
            | Self::WrongCredentials
            | Self::LineBreak
            | Self::Expired { .. } => StatusCode::UNAUTHORIZED,
            Self::Refused(_) | Self::NotReplayable(_) => StatusCode::FORBIDDEN,
            Self::NotFound | Self::AnsweredElsewhere | Self::NoResult => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict(_) | Self::NotApplicable(_) => StatusCode::CONFLICT,
            Self::ContentEncoding | Self::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::TooManyCalls => StatusCode::TOO_MANY_REQUESTS,
            Self::Body(error) => error.status(),
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(_) | Self::Writing(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Returns the error's code, for programs.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::NoCredentials => Code::CredentialsMissing,
            Self::UnreadableCredentials => Code::CredentialsUnreadable,
            Self::WrongCredentials => Code::CredentialsWrong,
            Self::LineBreak => Code::AuthTokenLineBreak,
            Self::Expired { .. } => Code::AuthTokenExpired,
            Self::Refused(refusal) => match refusal {
                Refusal::ApiAccessOff => Code::ApiAccessOff,
                Refusal::TokenDisabled => Code::TokenDisabled,
                Refusal::AddressNotAllowed => Code::AddressNotAllowed,
                Refusal::OtherAccountSid => Code::OtherAccountSid,
                Refusal::ScopeMissing(_) => Code::ScopeMissing,
                Refusal::BeyondOwnScopes(_) => Code::BeyondOwnScopes,
            },
            Self::NotReplayable(_) => Code::JobNotReplayable,
            Self::NotFound => Code::NotFound,
            Self::AnsweredElsewhere => Code::AnsweredElsewhere,
            Self::NoResult => Code::JobWithoutResult,
            Self::MethodNotAllowed { .. } => Code::MethodNotAllowed,
            Self::Conflict(_) => Code::Conflict,
            Self::NotApplicable(_) => Code::NotApplicable,
            Self::Invalid(_) => Code::InvalidRequest,
            Self::ContentEncoding => Code::ContentEncodingNotTaken,
            Self::ContentType => Code::ContentTypeNotTaken,
            Self::TooManyCalls => Code::TooManyCalls,
            Self::Body(BodyError::TooLarge) => Code::BodyTooLarge,
            Self::Body(BodyError::Incomplete) => Code::BodyIncomplete,
            Self::Unavailable(_) => Code::DatabaseUnavailable,
            Self::Store(_) | Self::Writing(_) => Code::ServerFault,
        }
    }

    /// Returns the answer: `{"Status":"ERROR","Message":"…","Code":"…","Errors":[{"Field":"…","Message":"…"}]}`, or the
    /// same in XML.
    #[must_use]
    pub fn into_response(self, format: Format) -> Response {
        let status = self.status();
        if status.is_server_error() {
            tracing::error!(error = ?self, "a call at the gate failed");
        }
        let fields: &[FieldError] =
            if let Self::Invalid(fields) | Self::NotApplicable(fields) = &self { fields } else { &[] };
        let message = self.to_string();
        let envelope = Envelope {
            status: "ERROR",
            message: without_secret(&message),
            code: self.code().as_str(),
            errors: fields.iter().map(WrongField::from).collect(),
        };
        let mut response = written(status, "Response", &json!(envelope), format);
        self.announce(response.headers_mut());
        response
    }

    /// Adds the headers that go with the status.
    fn announce(self, headers: &mut HeaderMap) {
        if self.status() == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, CHALLENGE);
        }
        match self {
            Self::Expired { ended_at: Some(end) } => announce_end(end, headers),
            Self::MethodNotAllowed { allow } => {
                headers.extend(HeaderValue::try_from(allow).ok().map(|allow| (header::ALLOW, allow)));
            }
            // RFC 9110, section 12.5.3.
            Self::ContentEncoding => {
                headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
            }
            Self::Unavailable(_) => {
                headers.insert(header::RETRY_AFTER, store::Error::RETRY_AFTER.into());
            }
            _ => {}
        }
    }
}

// The API's envelope for errors.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = Error)]
pub struct Envelope<'e> {
    #[schema(schema_with = status)]
    status: &'static str,
    message: Cow<'e, str>,
    #[schema(schema_with = code)]
    code: &'static str,
    #[schema(inline)]
    errors: Vec<WrongField<'e>>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
struct WrongField<'e> {
    field: Cow<'e, str>,
    message: &'e str,
}

impl<'e> From<&'e FieldError> for WrongField<'e> {
    fn from(error: &'e FieldError) -> Self {
        Self { field: without_secret(&error.field), message: what_to_do(error) }
    }
}

/// Returns the schema of an error's status.
pub fn status() -> Object {
    schemas::constant("ERROR")
}

/// Returns the schema of error codes. More may be added; existing ones never change.
pub fn code() -> Object {
    schemas::one_of(Code::ALL.iter().map(|code| code.as_str()))
}

/// Adds the header with the expiry of the call's Auth Token.
pub fn announce_end(end: DateTime<Utc>, headers: &mut HeaderMap) {
    headers.extend(HeaderValue::try_from(date(end)).ok().map(|end| (TOKEN_EXPIRES, end)));
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// The kinds of errors, for programs: codes never change, messages may.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $($(#[$doc])* $name,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Returns the code as the envelope contains it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

codes! {
    /// 401
    CredentialsMissing = "CREDENTIALS_MISSING",
    /// 401
    CredentialsUnreadable = "CREDENTIALS_UNREADABLE",
    /// 401
    CredentialsWrong = "CREDENTIALS_WRONG",
    /// 401
    AuthTokenLineBreak = "AUTH_TOKEN_LINE_BREAK",
    /// 401
    AuthTokenExpired = "AUTH_TOKEN_EXPIRED",
    /// 403
    ApiAccessOff = "API_ACCESS_OFF",
    /// 403
    TokenDisabled = "TOKEN_DISABLED",
    /// 403
    AddressNotAllowed = "ADDRESS_NOT_ALLOWED",
    /// 403
    OtherAccountSid = "OTHER_ACCOUNT_SID",
    /// 403
    ScopeMissing = "SCOPE_MISSING",
    /// 403
    BeyondOwnScopes = "BEYOND_OWN_SCOPES",
    /// 403
    JobNotReplayable = "JOB_NOT_REPLAYABLE",
    /// 404
    NotFound = "NOT_FOUND",
    /// 404
    AnsweredElsewhere = "ANSWERED_ELSEWHERE",
    /// 404
    JobWithoutResult = "JOB_WITHOUT_RESULT",
    /// 405
    MethodNotAllowed = "METHOD_NOT_ALLOWED",
    /// 408
    BodyIncomplete = "BODY_INCOMPLETE",
    /// 409
    Conflict = "CONFLICT",
    /// 409
    NotApplicable = "NOT_APPLICABLE",
    /// 400
    InvalidRequest = "INVALID_REQUEST",
    /// 413
    BodyTooLarge = "BODY_TOO_LARGE",
    /// 415
    ContentEncodingNotTaken = "CONTENT_ENCODING_NOT_TAKEN",
    /// 415
    ContentTypeNotTaken = "CONTENT_TYPE_NOT_TAKEN",
    /// 429
    TooManyCalls = "TOO_MANY_CALLS",
    /// 500
    ServerFault = "SERVER_FAULT",
    /// 503
    DatabaseUnavailable = "DATABASE_UNAVAILABLE",
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_code_is_in_readme() {
        let manual = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("manual/gate.md")).unwrap();
        for code in Code::ALL {
            assert!(manual.contains(&format!("`{}`", code.as_str())), "{}", code.as_str());
        }
    }
}
