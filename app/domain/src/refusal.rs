//! Refusals: the reasons why a rule forbids a request.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The reason why a request is refused. Nothing is changed then. Each has a text for the command line; the console
/// translates it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Refusal {
    /// The account has no such thing, or no longer has it; another account may.
    #[error("there is no such thing in this account; load the list again")]
    NotFound,
    /// It was changed since the given revision.
    #[error("it was changed meanwhile; load it again and repeat the change")]
    Conflict,
    /// A request with the same id was carried out before.
    #[error("this request was carried out already; load the list to see its result")]
    AlreadyDone,
    /// E-mail address and password do not match.
    #[error("e-mail address or password is wrong; check both and try again")]
    WrongCredentials,
    /// This is not the current user's password.
    #[error("the password is wrong; try again")]
    WrongPassword,
    /// The password was given too long ago.
    #[error("give the password again to do this")]
    StepUpNeeded,
    /// The code is wrong, or was used before.
    #[error("the code is wrong or was used already; wait for the next one and try again")]
    WrongCode,
    /// The answer is not from one of the user's passkeys, not to the challenge that was given, or too late.
    #[error("this passkey is not known here, or took too long; try again or sign in another way")]
    WrongPasskey,
    /// The current user has the most passkeys that a user may have.
    #[error("remove a passkey that is no longer used before adding another")]
    TooManyPasskeys,
    /// The password was given too long ago to go on with the second factor.
    #[error("signing in took too long; begin again")]
    SignInOver,
    /// The current user has no second factor, which this operation needs.
    #[error("set up two-step sign-in on your profile first")]
    SecondFactorNeeded,
    /// Too many failed attempts.
    #[error("too many failed attempts; try again in {} s", .retry_after.as_secs())]
    Throttled {
        /// The time until the next attempt is accepted.
        retry_after: Duration,
    },
    /// Another user has this e-mail address.
    #[error("a user with that e-mail address exists already; choose another address")]
    EmailTaken,
    /// The account already has a user with this e-mail address, active or not.
    #[error("a user of the account has that e-mail address already; reinstate them if they are deactivated")]
    AlreadyMember,
    /// The account would be left without an active administrator.
    #[error("an account needs an active Account Administrator; make another user one first")]
    LastAdministrator,
    /// The current user's role does not allow it, or they are no longer active.
    #[error("only an active Account Administrator may do this; ask one")]
    NotAllowed,
    /// The invitation has expired, was accepted, withdrawn or replaced, or never was.
    #[error("there is no such invitation any more; ask an Account Administrator for a new one")]
    InvitationOver,
    /// The link to set a new password has expired, was used or replaced, or never was.
    #[error("this link can't be used any more; ask for a new one")]
    ResetOver,
    /// The user may not work in the account.
    #[error("the user is deactivated; reinstate them first")]
    Deactivated,
    /// The user belongs to other accounts too, so no administrator of one account may see a link to their password.
    #[error(
        "the user belongs to other accounts too; only mail or `kagitaba user set-password` can reset their password"
    )]
    BelongsElsewhere,
    /// The person whom the identity provider vouches for may not work in any account.
    #[error("no active user has that e-mail address; ask an Account Administrator for an invitation")]
    NotInvited,
    /// The identity provider vouches for another person with the same e-mail address.
    #[error("the user of that e-mail address is linked to another identity of the provider; have that one unlinked")]
    LinkedOtherwise,
    /// Another account has this name.
    #[error("an account of that name exists already; choose another name")]
    AccountExists,
    /// The token's Auth Token is not stored, or can't be read.
    #[error("its Auth Token can't be viewed; reset the access token to get a new one")]
    NotViewable,
}
