//! One identity provider, with the sign-ins that are under way there.

use std::fmt;

use crate::oidc::{attempt::Attempts, provider::Provider};

/// One identity provider to sign in at.
pub struct IdentityProvider {
    /// The provider's name, as people know it.
    pub name: String,
    /// Its metadata, sign-in page and codes.
    pub(super) provider: Provider,
    /// The sign-ins that are under way.
    pub(super) attempts: Attempts,
    /// Whether cookies are for TLS only.
    pub(super) secure: bool,
}

impl fmt::Debug for IdentityProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityProvider").field("name", &self.name).finish_non_exhaustive()
    }
}
