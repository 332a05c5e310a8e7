//! Refusals: the reasons why a rule forbids a request.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The reason why a request is refused. Nothing is changed then. Each has a text for the command line; the console
/// translates it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Refusal {
    /// The account has no such thing, or no longer has it; another account may.
    #[error("this account has no such item; load the list again")]
    NotFound,
    /// It was changed since the given revision.
    #[error("someone else has just changed it; load it again and repeat your change")]
    Conflict,
    /// A request with the same id was carried out before.
    #[error("this has already been done; load the list to see the result")]
    AlreadyDone,
    /// E-mail address and password do not match.
    #[error("the e-mail address or password is wrong; check both and try again")]
    WrongCredentials,
    /// This is not the current user's password.
    #[error("the password is wrong; try again")]
    WrongPassword,
    /// The password was given too long ago.
    #[error("enter the password again to do this")]
    StepUpNeeded,
    /// The code is wrong, or was used before.
    #[error("the code is wrong or has already been used; wait for the next one and try again")]
    WrongCode,
    /// The answer is not from one of the user's passkeys, not to the challenge that was given, or too late.
    #[error("this passkey isn't registered here, or it took too long; try again or use another method")]
    WrongPasskey,
    /// The current user has the most passkeys that a user may have.
    #[error("remove a passkey you no longer use before adding another")]
    TooManyPasskeys,
    /// The password was given too long ago to go on with the second factor.
    #[error("signing in took too long; start over")]
    SignInOver,
    /// The current user has no second factor, which this operation needs.
    #[error("set up two-step sign-in in your profile first")]
    SecondFactorNeeded,
    /// Too many failed attempts.
    #[error("too many failed attempts; try again in {} s", .retry_after.as_secs())]
    Throttled {
        /// The time until the next attempt is accepted.
        retry_after: Duration,
    },
    /// Another user has this e-mail address.
    #[error("there's already a user with this e-mail address; choose another address")]
    EmailTaken,
    /// The account already has a user with this e-mail address, active or not.
    #[error("the account already has a user with this e-mail address; reinstate them if they're deactivated")]
    AlreadyMember,
    /// The account would be left without an active administrator.
    #[error("an account needs an active Account Administrator; give someone else this role first")]
    LastAdministrator,
    /// The current user's role does not allow it, or they are no longer active.
    #[error("only an active Account Administrator can do this; ask one")]
    NotAllowed,
    /// The invitation has expired, was accepted, withdrawn or replaced, or never was.
    #[error("this invitation is no longer valid; ask an Account Administrator for a new one")]
    InvitationOver,
    /// The link to set a new password has expired, was used or replaced, or never was.
    #[error("this link is no longer valid; ask for a new one")]
    ResetOver,
    /// The user may not work in the account.
    #[error("the user is deactivated; reinstate them first")]
    Deactivated,
    /// The user belongs to other accounts too, so no administrator of one account may see a link to their password.
    #[error(
        "the user also belongs to other accounts; reset their password by e-mail or with `kagitaba user set-password`"
    )]
    BelongsElsewhere,
    /// The person whom the identity provider vouches for may not work in any account.
    #[error("there's no active user with this e-mail address; ask an Account Administrator for an invitation")]
    NotInvited,
    /// The identity provider vouches for another person with the same e-mail address.
    #[error("the user with this e-mail address is linked to a different identity at the provider; have it unlinked")]
    LinkedOtherwise,
    /// Another account has this name.
    #[error("there's already an account with this name; choose another name")]
    AccountExists,
    /// The token's Auth Token is not stored, or can't be read.
    #[error("this Auth Token can't be viewed because it isn't stored; reset the access token to get a new one")]
    NotViewable,
    /// The old Auth Token may not pass for as long as was chosen.
    #[error(
        "the old Auth Token can't pass until then: its own expiry or the account's security policy ends it earlier; \
             choose a shorter time"
    )]
    OverlapTooLong,
    /// The token was not upgraded lately, so it can't go back to an older API version.
    #[error("the time in which this access token can go back to the older API version is over")]
    TooLateToGoBack,
}
