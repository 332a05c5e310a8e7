//! The errors of requests from browser to server; each error has one HTTP status and one text.

use crate::i18n::t_string;
use crate::request::json_text::JsonText;
use crate::words::{self, Words};
use domain::Refusal;
use domain::account::company_form::NotEdited;
use domain::account::company_update::ProfileProblem;
use domain::account::security_policy::PolicyProblem;
use domain::members::membership::MemberFieldError;
use domain::text::{FieldError, Problem};
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

/// An error returned by a server function, or by the browser itself if no answer came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum AppError {
    /// No user is signed in, or the session has ended.
    #[error("sign in first")]
    SignInNeeded,
    /// The user does not belong to that account, or no longer does.
    #[error("you're no longer a member of that account; reload the page")]
    NoSuchAccount,
    /// Fields of a form are invalid.
    #[error("some fields need attention")]
    Invalid(Vec<FieldError>),
    /// Fields of the company profile are invalid.
    #[error("some fields need attention")]
    InvalidProfile(Vec<ProfileProblem>),
    /// Fields of the security policy are invalid.
    #[error("some fields need attention")]
    InvalidPolicy(Vec<PolicyProblem>),
    /// Another user changed the security policy since it was read.
    #[error("someone else changed the security policy; load it again")]
    PolicyConflict,
    /// Fields of an invitation, or of its acceptance, are invalid.
    #[error("some fields need attention")]
    InvalidMember(Vec<MemberFieldError>),
    /// The mail could not be sent, or the server is not set up for mail.
    #[error("the e-mail couldn't be sent; try again later")]
    MailFailed,
    /// No passkey was given: the browser's dialog was closed, or timed out.
    #[error("no passkey was used; try again")]
    PasskeyNotGiven,
    /// The authenticator already holds a passkey of this user, and makes no second one.
    #[error("this device already has one of your passkeys")]
    PasskeyKnown,
    /// The browser does not support passkeys, or they do not work at the address by which the server is reached.
    #[error("passkeys don't work with this browser or at this address")]
    PasskeysUnsupported,
    /// The form's only value is invalid.
    #[error("{0}")]
    Unusable(Problem),
    /// The server could not parse the request.
    #[error("the request could not be read: {0}")]
    BadRequest(String),
    /// The request's `Content-Type` is not the one that the server function takes.
    #[error("send the request's body as {0}, with that Content-Type")]
    ContentType(String),
    /// The server could not be reached.
    #[error("the server could not be reached; check the connection and try again")]
    Unreachable,
    /// The server's database does not answer, or not in time.
    #[error("the database isn't responding; before you try again, check whether the change was made")]
    Unavailable,
    /// A fault of the server; its log has the details.
    #[error("something went wrong on the server; try again")]
    Internal,
    /// A rule forbids it.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl AppError {
    /// Returns the HTTP status of an answer with this error.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::BadRequest(_) => 400,
            Self::SignInNeeded | Self::PasskeyNotGiven => 401,
            Self::NoSuchAccount => 404,
            Self::PolicyConflict | Self::PasskeyKnown => 409,
            Self::ContentType(_) => 415,
            Self::Invalid(_)
            | Self::InvalidProfile(_)
            | Self::InvalidMember(_)
            | Self::InvalidPolicy(_)
            | Self::Unusable(_) => 422,
            Self::PasskeysUnsupported => 421, // misdirected: they may work at another address
            Self::Internal => 500,
            Self::Unreachable | Self::Unavailable | Self::MailFailed => 503,
            Self::Refused(refusal) => match refusal {
                Refusal::WrongCredentials
                | Refusal::WrongPassword
                | Refusal::StepUpNeeded
                | Refusal::WrongCode
                | Refusal::WrongPasskey
                | Refusal::SignInOver => 401,
                Refusal::NotAllowed | Refusal::SecondFactorNeeded | Refusal::NotInvited | Refusal::LinkedOtherwise => {
                    403
                }
                Refusal::NotFound | Refusal::InvitationOver | Refusal::ResetOver => 404,
                Refusal::Conflict
                | Refusal::AlreadyDone
                | Refusal::AlreadyMember
                | Refusal::EmailTaken
                | Refusal::AccountExists
                | Refusal::LastAdministrator
                | Refusal::Deactivated
                | Refusal::BelongsElsewhere
                | Refusal::TooManyPasskeys
                | Refusal::NotViewable
                | Refusal::OverlapTooLong
                | Refusal::TooLateToGoBack => 409,
                Refusal::Throttled { .. } => 429,
            },
        }
    }

    /// Returns whether the error says that a [`crate::sign_in::api::proof::Proof`] failed, so that another one may succeed.
    #[must_use]
    pub const fn is_about_proof(&self) -> bool {
        matches!(
            self,
            Self::PasskeyNotGiven
                | Self::Unreachable
                | Self::Unavailable
                | Self::Refused(
                    Refusal::WrongPassword | Refusal::WrongPasskey | Refusal::StepUpNeeded | Refusal::Throttled { .. }
                )
        )
    }

    /// Returns whether the error is about fields of a form, which show it themselves.
    #[must_use]
    pub const fn is_about_fields(&self) -> bool {
        matches!(self, Self::Invalid(_) | Self::InvalidProfile(_) | Self::InvalidMember(_) | Self::InvalidPolicy(_))
    }

    /// Returns the message to show to the user.
    #[must_use]
    pub fn text(&self, i18n: Words) -> String {
        match self {
            Self::SignInNeeded => t_string!(i18n, error.sign_in_needed).to_string(),
            Self::NoSuchAccount => t_string!(i18n, error.no_such_account).to_string(),
            Self::MailFailed => t_string!(i18n, error.mail_failed).to_string(),
            Self::PolicyConflict => t_string!(i18n, error.policy_conflict).to_string(),
            Self::Invalid(_) | Self::InvalidProfile(_) | Self::InvalidMember(_) | Self::InvalidPolicy(_) => {
                t_string!(i18n, error.invalid).to_string()
            }
            Self::PasskeyNotGiven => t_string!(i18n, error.passkey_not_given).to_string(),
            Self::PasskeyKnown => t_string!(i18n, error.passkey_known).to_string(),
            Self::PasskeysUnsupported => t_string!(i18n, error.passkeys_unsupported).to_string(),
            Self::Unusable(problem) => words::problem_text(i18n, problem),
            Self::BadRequest(_) | Self::ContentType(_) => t_string!(i18n, error.bad_request).to_string(),
            Self::Unreachable => t_string!(i18n, error.unreachable).to_string(),
            Self::Unavailable => t_string!(i18n, error.unavailable).to_string(),
            Self::Internal => t_string!(i18n, error.internal).to_string(),
            Self::Refused(refusal) => refusal_text(*refusal, i18n),
        }
    }
}

/// Returns the message to show to the user for a refusal.
fn refusal_text(refusal: Refusal, i18n: Words) -> String {
    match refusal {
        Refusal::NotAllowed => t_string!(i18n, error.not_allowed).to_string(),
        Refusal::NotFound => t_string!(i18n, error.not_found).to_string(),
        Refusal::Conflict => t_string!(i18n, error.conflict).to_string(),
        Refusal::AlreadyDone => t_string!(i18n, error.already_done).to_string(),
        Refusal::AlreadyMember => t_string!(i18n, error.already_member).to_string(),
        Refusal::EmailTaken => t_string!(i18n, error.email_taken).to_string(),
        Refusal::LastAdministrator => t_string!(i18n, error.last_administrator).to_string(),
        Refusal::InvitationOver => t_string!(i18n, error.invitation_over).to_string(),
        Refusal::ResetOver => t_string!(i18n, error.reset_over).to_string(),
        Refusal::Deactivated => t_string!(i18n, error.deactivated).to_string(),
        Refusal::BelongsElsewhere => t_string!(i18n, error.belongs_elsewhere).to_string(),
        Refusal::NotViewable => t_string!(i18n, error.not_viewable).to_string(),
        Refusal::OverlapTooLong => t_string!(i18n, error.overlap_too_long).to_string(),
        Refusal::TooLateToGoBack => t_string!(i18n, error.too_late_to_go_back).to_string(),
        Refusal::WrongCredentials => t_string!(i18n, error.wrong_credentials).to_string(),
        Refusal::WrongPassword => t_string!(i18n, error.wrong_password).to_string(),
        Refusal::StepUpNeeded => t_string!(i18n, error.step_up_needed).to_string(),
        Refusal::WrongCode => t_string!(i18n, error.wrong_code).to_string(),
        Refusal::WrongPasskey => t_string!(i18n, error.wrong_passkey).to_string(),
        Refusal::TooManyPasskeys => t_string!(i18n, error.too_many_passkeys).to_string(),
        Refusal::SignInOver => t_string!(i18n, error.sign_in_over).to_string(),
        Refusal::SecondFactorNeeded => t_string!(i18n, error.second_factor_needed).to_string(),
        Refusal::Throttled { retry_after } => {
            let minutes = retry_after.as_secs().max(1).div_ceil(60);
            t_string!(i18n, error.throttled, minutes = minutes).to_string()
        }
        Refusal::NotInvited => t_string!(i18n, sign_in_failed.not_invited).to_string(),
        Refusal::LinkedOtherwise => t_string!(i18n, sign_in_failed.linked_otherwise).to_string(),
        Refusal::AccountExists => t_string!(i18n, error.account_exists).to_string(),
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonText;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => Self::Unreachable,
            ServerFnErrorErr::Args(reason) | ServerFnErrorErr::MissingArg(reason) => Self::BadRequest(reason),
            // On the server the request can't be parsed; in the browser it is the answer.
            #[cfg(feature = "ssr")]
            ServerFnErrorErr::Deserialization(reason) => Self::BadRequest(reason),
            _ => Self::Internal,
        }
    }
}

#[cfg(feature = "ssr")]
impl From<store::Error> for AppError {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Refused(refusal) => refusal.into(),
            fault if fault.is_unavailable() => {
                tracing::error!(error = %fault, "the database does not answer");
                Self::Unavailable
            }
            fault => {
                tracing::error!(error = %fault, "the store failed");
                Self::Internal
            }
        }
    }
}

impl From<NotEdited> for AppError {
    fn from(error: NotEdited) -> Self {
        match error {
            NotEdited::Conflict => Refusal::Conflict.into(),
            NotEdited::Invalid(problems) => Self::InvalidProfile(problems),
        }
    }
}
