//! Sign-in with an identity provider, if the server has one.

use crate::i18n::{t_string, use_i18n};
use crate::routes;
use crate::sign_in::api::session::identity_provider;
use leptos::prelude::*;

/// The provider's name, if there is one. Constant until the browser loads another page.
#[derive(Clone)]
struct IdentityProvider(Option<String>);

/// Provides it. Called once, by the app.
pub fn provide_identity_provider() {
    provide_context(IdentityProvider(SharedValue::new(identity_provider).into_inner()));
}

/// Returns whether there is an identity provider.
pub fn use_identity_provider() -> bool {
    expect_context::<IdentityProvider>().0.is_some()
}

/// The link to sign in with the provider, and then go on to `next`; nothing if there is no provider. Works without our
/// wasm.
#[component]
pub fn IdentityProviderLink(next: Option<String>) -> impl IntoView {
    let i18n = use_i18n();
    let IdentityProvider(name) = expect_context();
    name.map(|name| {
        let text = move || t_string!(i18n, sign_in.with, name = name.as_str()).to_string();
        view! { <a class="button" href=routes::identity_provider_then(next) rel="external">{text}</a> }
    })
}
