//! Step-up: proving one's password or passkey again, for actions that need more than a session.

use crate::error::AppError;
use crate::members::api::profile::give_password_again;
use crate::sign_in::api::passkeys::{GivenPasskey, give_passkey_again};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A password or passkey that proves the user's identity again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The password.
    Password(String),
    /// A passkey's answer.
    Passkey(GivenPasskey),
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password(_) => "Password(…)",
            Self::Passkey(_) => "Passkey(…)",
        })
    }
}

impl Proof {
    /// Sends the proof to the server; the session then counts as proved for a while.
    ///
    /// # Errors
    /// `Refusal::WrongPassword`, `Refusal::WrongPasskey`, `Refusal::Throttled`, [`AppError::SignInNeeded`].
    pub async fn give(self) -> Result<(), AppError> {
        match self {
            Self::Password(password) => give_password_again(password).await,
            Self::Passkey(given) => give_passkey_again(given).await,
        }
    }
}
