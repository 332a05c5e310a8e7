//! The errors of requests from browser to server; each error has one HTTP status and one text.

use crate::i18n::t_string;
use crate::request::json_text::JsonText;
use crate::words::{self, Words};
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
    /// The user's role lacks the permission.
    #[error("your role does not allow it; ask an Account Administrator")]
    NotAllowed,
    /// The account has no such token, or no longer has it.
    #[error("there is no such access token in this account")]
    NotFound,
    /// The user does not belong to that account, or no longer does.
    #[error("you do not belong to that account any more; load the page again")]
    NoSuchAccount,
    /// Another user changed it since it was read.
    #[error("somebody else changed it meanwhile; load it again")]
    Conflict,
    /// The same request was already carried out.
    #[error("this was done already")]
    AlreadyDone,
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
    #[error("somebody else changed the security policy meanwhile; load it again")]
    PolicyConflict,
    /// The token's Auth Token is not stored, or no longer is.
    #[error("its Auth Token can't be viewed; reset the access token to get a new one")]
    NotViewable,
    /// Fields of an invitation, or of its acceptance, are invalid.
    #[error("some fields need attention")]
    InvalidMember(Vec<MemberFieldError>),
    /// The account already has a user with that e-mail address.
    #[error("a user of the account has that e-mail address already; reinstate them if they are deactivated")]
    AlreadyMember,
    /// A user with that e-mail address exists by now.
    #[error("there is a user with that e-mail address by now; load the page again")]
    EmailTaken,
    /// The account would be left without an active administrator.
    #[error("an account needs an active Account Administrator; make another user one first")]
    LastAdministrator,
    /// The invitation has expired, was used or withdrawn, or never existed.
    #[error("there is no such invitation any more; ask an Account Administrator for a new one")]
    InvitationOver,
    /// The link to set a new password has expired, was used or replaced, or never existed.
    #[error("this link can't be used any more; ask for a new one")]
    ResetOver,
    /// The user is deactivated in the account.
    #[error("the user is deactivated; reinstate them first")]
    Deactivated,
    /// The user belongs to other accounts too, so only they may see the link to set their password.
    #[error("the user belongs to other accounts too; only mail or the command line can reset their password")]
    BelongsElsewhere,
    /// The mail could not be sent, or the server is not set up for mail.
    #[error("the mail could not be sent; try again later")]
    MailFailed,
    /// The e-mail address and the password do not match.
    #[error("e-mail address or password is wrong")]
    WrongCredentials,
    /// The password is not the user's.
    #[error("the password is wrong")]
    WrongPassword,
    /// The code is wrong, or was already used.
    #[error("the code is wrong or was used already")]
    WrongCode,
    /// The passkey is unknown, belongs to another user, or its answer was invalid or too late.
    #[error("this passkey is not known here, or took too long; try again or sign in another way")]
    WrongPasskey,
    /// No passkey was given: the browser's dialog was closed, or timed out.
    #[error("no passkey was given; try again")]
    PasskeyNotGiven,
    /// The authenticator already holds a passkey of this user, and makes no second one.
    #[error("this device keeps one of your passkeys already")]
    PasskeyKnown,
    /// The browser does not support passkeys, or they do not work at the address by which the server is reached.
    #[error("passkeys do not work with this browser or at this address")]
    PasskeysUnsupported,
    /// The user has the largest allowed number of passkeys.
    #[error("remove a passkey that is no longer used before adding another")]
    TooManyPasskeys,
    /// The password was given too long ago to continue with the second factor.
    #[error("signing in took too long; begin again")]
    SignInOver,
    /// The action needs a second factor, and the user has none.
    #[error("set up two-step sign-in on your profile first")]
    SecondFactorNeeded,
    /// The password was given too long ago for this action.
    #[error("give the password again")]
    StepUpNeeded,
    /// The form's only value is invalid.
    #[error("{0}")]
    Unusable(Problem),
    /// There were too many failed attempts.
    #[error("too many attempts; try again in {seconds} s")]
    Throttled {
        /// Seconds until the next attempt is worthwhile.
        seconds: u64,
    },
    /// The server could not parse the request.
    #[error("the request could not be read: {0}")]
    BadRequest(String),
    /// The request's `Content-Type` is not the one that the server function takes.
    #[error("send the request's body as {0}, and say so in Content-Type")]
    ContentType(String),
    /// The server could not be reached.
    #[error("the server could not be reached; check the connection and try again")]
    Unreachable,
    /// The server's database does not answer, or not in time.
    #[error("the database does not answer; look whether a change was made before you try it again")]
    Unavailable,
    /// A fault of the server; its log has the details.
    #[error("something went wrong on the server; try again")]
    Internal,
}

impl AppError {
    /// Returns the HTTP status of an answer with this error.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::BadRequest(_) => 400,
            Self::SignInNeeded
            | Self::WrongCredentials
            | Self::WrongPassword
            | Self::StepUpNeeded
            | Self::WrongCode
            | Self::WrongPasskey
            | Self::PasskeyNotGiven
            | Self::SignInOver => 401,
            Self::NotAllowed | Self::SecondFactorNeeded => 403,
            Self::NotFound | Self::NoSuchAccount | Self::InvitationOver | Self::ResetOver => 404,
            Self::Conflict
            | Self::PolicyConflict
            | Self::AlreadyDone
            | Self::AlreadyMember
            | Self::EmailTaken
            | Self::LastAdministrator
            | Self::Deactivated
            | Self::BelongsElsewhere
            | Self::TooManyPasskeys
            | Self::PasskeyKnown
            | Self::NotViewable => 409,
            Self::ContentType(_) => 415,
            Self::Invalid(_)
            | Self::InvalidProfile(_)
            | Self::InvalidMember(_)
            | Self::InvalidPolicy(_)
            | Self::Unusable(_) => 422,
            Self::PasskeysUnsupported => 421, // misdirected: they may work at another address
            Self::Throttled { .. } => 429,
            Self::Internal => 500,
            Self::Unreachable | Self::Unavailable | Self::MailFailed => 503,
        }
    }

    /// Returns whether the error says that a [`crate::sign_in::api::proof::Proof`] failed, so that another one may succeed.
    #[must_use]
    pub const fn is_about_proof(&self) -> bool {
        matches!(
            self,
            Self::WrongPassword
                | Self::WrongPasskey
                | Self::PasskeyNotGiven
                | Self::StepUpNeeded
                | Self::Throttled { .. }
                | Self::Unreachable
                | Self::Unavailable
        )
    }

    /// Returns the message to show to the user.
    #[must_use]
    pub fn text(&self, i18n: Words) -> String {
        match self {
            Self::SignInNeeded => t_string!(i18n, error.sign_in_needed).to_string(),
            Self::NotAllowed => t_string!(i18n, error.not_allowed).to_string(),
            Self::NotFound => t_string!(i18n, error.not_found).to_string(),
            Self::NoSuchAccount => t_string!(i18n, error.no_such_account).to_string(),
            Self::Conflict => t_string!(i18n, error.conflict).to_string(),
            Self::AlreadyDone => t_string!(i18n, error.already_done).to_string(),
            Self::AlreadyMember => t_string!(i18n, error.already_member).to_string(),
            Self::EmailTaken => t_string!(i18n, error.email_taken).to_string(),
            Self::LastAdministrator => t_string!(i18n, error.last_administrator).to_string(),
            Self::InvitationOver => t_string!(i18n, error.invitation_over).to_string(),
            Self::ResetOver => t_string!(i18n, error.reset_over).to_string(),
            Self::Deactivated => t_string!(i18n, error.deactivated).to_string(),
            Self::BelongsElsewhere => t_string!(i18n, error.belongs_elsewhere).to_string(),
            Self::MailFailed => t_string!(i18n, error.mail_failed).to_string(),
            Self::PolicyConflict => t_string!(i18n, error.policy_conflict).to_string(),
            Self::NotViewable => t_string!(i18n, error.not_viewable).to_string(),
            Self::Invalid(_) | Self::InvalidProfile(_) | Self::InvalidMember(_) | Self::InvalidPolicy(_) => {
                t_string!(i18n, error.invalid).to_string()
            }
            Self::WrongCredentials => t_string!(i18n, error.wrong_credentials).to_string(),
            Self::WrongPassword => t_string!(i18n, error.wrong_password).to_string(),
            Self::StepUpNeeded => t_string!(i18n, error.step_up_needed).to_string(),
            Self::WrongCode => t_string!(i18n, error.wrong_code).to_string(),
            Self::WrongPasskey => t_string!(i18n, error.wrong_passkey).to_string(),
            Self::PasskeyNotGiven => t_string!(i18n, error.passkey_not_given).to_string(),
            Self::PasskeyKnown => t_string!(i18n, error.passkey_known).to_string(),
            Self::PasskeysUnsupported => t_string!(i18n, error.passkeys_unsupported).to_string(),
            Self::TooManyPasskeys => t_string!(i18n, error.too_many_passkeys).to_string(),
            Self::SignInOver => t_string!(i18n, error.sign_in_over).to_string(),
            Self::SecondFactorNeeded => t_string!(i18n, error.second_factor_needed).to_string(),
            Self::Unusable(problem) => words::problem_text(i18n, problem),
            Self::Throttled { seconds } => t_string!(i18n, error.throttled, minutes = seconds.div_ceil(60)).to_string(),
            Self::BadRequest(_) | Self::ContentType(_) => t_string!(i18n, error.bad_request).to_string(),
            Self::Unreachable => t_string!(i18n, error.unreachable).to_string(),
            Self::Unavailable => t_string!(i18n, error.unavailable).to_string(),
            Self::Internal => t_string!(i18n, error.internal).to_string(),
        }
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
            store::Error::NotFound => Self::NotFound,
            store::Error::Conflict => Self::Conflict,
            store::Error::NotViewable => Self::NotViewable,
            store::Error::AlreadyDone => Self::AlreadyDone,
            store::Error::AlreadyMember => Self::AlreadyMember,
            store::Error::EmailTaken => Self::EmailTaken,
            store::Error::LastAdministrator => Self::LastAdministrator,
            store::Error::NotAllowed => Self::NotAllowed,
            store::Error::InvitationOver => Self::InvitationOver,
            store::Error::ResetOver => Self::ResetOver,
            store::Error::Deactivated => Self::Deactivated,
            store::Error::BelongsElsewhere => Self::BelongsElsewhere,
            store::Error::WrongCredentials => Self::WrongCredentials,
            store::Error::WrongPassword => Self::WrongPassword,
            store::Error::StepUpNeeded => Self::StepUpNeeded,
            store::Error::WrongCode => Self::WrongCode,
            store::Error::WrongPasskey => Self::WrongPasskey,
            store::Error::TooManyPasskeys => Self::TooManyPasskeys,
            store::Error::SignInOver => Self::SignInOver,
            store::Error::SecondFactorNeeded => Self::SecondFactorNeeded,
            store::Error::Throttled { retry_after } => Self::Throttled { seconds: retry_after.as_secs().max(1) },
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

impl From<domain::members::user::NotAllowed> for AppError {
    fn from(_: domain::members::user::NotAllowed) -> Self {
        Self::NotAllowed
    }
}

impl From<NotEdited> for AppError {
    fn from(error: NotEdited) -> Self {
        match error {
            NotEdited::Conflict => Self::Conflict,
            NotEdited::Invalid(problems) => Self::InvalidProfile(problems),
        }
    }
}
