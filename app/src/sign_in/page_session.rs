//! The session and the server as a page knows them. The server puts them into the page once, and they stay the same until
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

/// The user who was signed in when the page was requested.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub enum PageUser {
    /// No user; also while the server lists its routes, and in a browser that renders the app from scratch.
    #[default]
    SignedOut,
    /// Unknown, because the database did not answer: the page says so, and is of no use until it is reloaded.
    Unknown,
    /// A user who has to set up a second factor before anything else: only their profile is open to them.
    SettingUp(CurrentUser),
    /// A user who may do what their role allows.
    SignedIn(CurrentUser),
}

/// The session as it was when the page was requested.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PageSession {
    /// The signed-in user.
    pub user: PageUser,
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
            user: match context::myself() {
                Ok(user) if context::setting_up() => PageUser::SettingUp(user),
                Ok(user) => PageUser::SignedIn(user),
                Err(_) if context::asker_unknown() => PageUser::Unknown,
                Err(_) => PageUser::SignedOut,
            },
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
