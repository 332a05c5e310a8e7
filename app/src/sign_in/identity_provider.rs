//! Sign-in with an identity provider, if the server has one.

use crate::i18n::{t_string, use_i18n};
use crate::routes;
use crate::sign_in::page_session::use_page_session;
use leptos::prelude::*;

/// The link to sign in with the provider, and then go on to `next`; nothing if there is no provider. Works without our
/// wasm.
#[component]
pub fn IdentityProviderLink(next: Option<String>) -> impl IntoView {
    let i18n = use_i18n();
    use_page_session().identity_provider.clone().map(|name| {
        let text = move || t_string!(i18n, sign_in.with, name = name.as_str()).to_string();
        view! { <a class="button" href=routes::identity_provider_then(next) rel="external">{text}</a> }
    })
}
