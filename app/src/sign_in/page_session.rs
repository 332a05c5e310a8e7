//! What a page knows of its session and its server. The server puts it into the page once, and it stays the same until
//! the browser loads another page, which sign-in and sign-out make it do.

use domain::members::user::{CurrentUser, Preferences};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[cfg(feature = "ssr")]
use {
    crate::{
        request::context,
        sign_in::api::session::{IdentityProviderName, cookie},
    },
    store::RelyingParty,
};

/// The session as it was when the page was requested. Without a user while the server lists its routes, and in a
/// browser that renders the app from scratch.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PageSession {
    /// The signed-in user, if any.
    pub current_user: Option<CurrentUser>,
    /// Whether it is unknown who is signed in, because the database did not answer: the page says so, and is of no use
    /// until it is reloaded.
    pub user_unknown: bool,
    /// Whether the user has to set up a second factor before anything else: only their profile is open to them.
    pub second_factor_missing: bool,
    /// The user's preferences for pages. If no user is signed in, they all follow the browser.
    pub preferences: Preferences,
    /// The name of the server's identity provider, if it has one.
    pub identity_provider: Option<String>,
    /// Whether the server sends mail, so that users can request a link to set a new password.
    pub mail_sent: bool,
    /// Whether the server accepts passkeys, which it does if it has a domain name.
    pub passkeys_taken: bool,
    /// Whether a browser would drop the session's cookie, because the page came without TLS.
    pub cookie_dropped: bool,
}

impl PageSession {
    #[cfg(feature = "ssr")]
    fn of_request() -> Self {
        Self {
            current_user: context::myself().ok(),
            user_unknown: context::asker_unknown(),
            second_factor_missing: context::setting_up(),
            preferences: context::preferences(),
            identity_provider: use_context::<IdentityProviderName>().map(|IdentityProviderName(name)| name),
            mail_sent: context::mail().is_some(),
            passkeys_taken: use_context::<RelyingParty>().is_some(),
            cookie_dropped: cookie::is_dropped(),
        }
    }

    #[cfg(not(feature = "ssr"))]
    fn of_request() -> Self {
        Self::default()
    }
}

/// Provides the session, and returns it. Called once, by the app.
pub fn provide_page_session() -> Arc<PageSession> {
    let session = Arc::new(SharedValue::new(PageSession::of_request).into_inner());
    provide_context(Arc::clone(&session));
    session
}

/// Returns the page's session.
pub fn use_page_session() -> Arc<PageSession> {
    expect_context()
}
