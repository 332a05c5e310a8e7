//! The interface (pages, components, locales) and the server functions that it calls.

#![allow(clippy::must_use_candidate)] // for components

pub mod api;
mod components;
pub mod error;
#[cfg(feature = "ssr")]
pub mod mail;
mod pages;
pub mod path;
#[cfg(feature = "ssr")]
pub mod pieces;
mod words;

include!(concat!(env!("OUT_DIR"), "/i18n/mod.rs"));

use components::allowed::provide_session;
use components::forgotten_link::provide_mail_sent;
use components::identity_provider::provide_identity_provider;
use components::language_switch::ChosenLanguage;
use components::passkey::provide_passkeys;
use components::plain_http::provide_plain_http;
use components::toasts::{Toasts, provide_toasts};
use components::token_actions::provide_token_changes;
use i18n::I18nContextProvider;
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::{Lazy, SsrMode, path};
use pages::frame::Frame;
use pages::home::Home;
use pages::message::NoSuchPage;
use pages::settings::Settings;
use pages::settings_pages::{
    AcceptInvitation, AccountUsers, AuditTrail, CompanyInformation, Forgotten, NewPassword, Profile, SecondStep,
    SecurityPolicy, SignInFailed,
};
use pages::sign_in::SignIn;
use pages::tips::Tips;
use pages::token_edit::EditToken;
use pages::token_new::NewToken;
use pages::tokens::Tokens;

/// Renders the HTML document around the app, on the server only. The app sets `<html lang>` to the user's language.
#[cfg(feature = "ssr")]
#[must_use]
pub fn shell(options: LeptosOptions, pieces: pieces::Pieces) -> impl IntoView {
    api::content_security_policy::answer();
    view! {
        <!DOCTYPE html>
        <html data-theme=components::theme_switch::chosen_theme()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/icon.svg" type="image/svg+xml"/>
                <leptos_meta::HashedStylesheet options=options.clone()/>
                <HydrationScripts options/>
                <leptos_meta::MetaTags/>
            </head>
            <body>
                <App/>
                {pieces.links()}
            </body>
        </html>
    }
}

/// Hydrates the page that the server rendered, then fetches the wasm chunks of the pages and dialogs that are not shown
/// yet. Navigating to them then needs no wait, and works even if the server has meanwhile been replaced by one with
/// other chunks.
#[cfg(feature = "hydrate")]
pub async fn hydrate() {
    use leptos_router::LazyRoute as _;

    let hydrated = ArcRwSignal::new(false);
    let signal = hydrated.clone();
    let app = move || {
        components::hydrated::provide_hydrated(signal.into());
        view! { <App/> }
    };
    let Some(body) = document().body() else { return };
    leptos::mount::hydrate_from_async(body, app).await.forget();
    hydrated.set(true);
    // For style sheets and tests.
    if let Some(root) = document().document_element() {
        _ = root.set_attribute("data-hydrated", "");
    }

    Tokens::preload().await;
    EditToken::preload().await;
    NewToken::preload().await;
    pages::settings_pages::preload().await;
    components::token_history::preload().await;
    components::token_actions::preload().await;
}

/// The whole app: languages, routes, and the state that all pages share.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_session();
    provide_identity_provider();
    provide_mail_sent();
    provide_passkeys();
    provide_plain_http();
    provide_toasts();
    provide_token_changes();
    view! {
        <I18nContextProvider>
            <ChosenLanguage/>
            <Router>
                <Routes fallback=NoSuchPage>
                    <Route path=path!("/") view=Home ssr=SsrMode::Async/>
                    <Route path=path!("/sign-in") view=SignIn ssr=SsrMode::Async/>
                    <Route path=path!("/sign-in/second-step") view={Lazy::<SecondStep>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/sign-in/failed") view={Lazy::<SignInFailed>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/sign-in/forgotten") view={Lazy::<Forgotten>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/new-password/:token") view={Lazy::<NewPassword>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/invitations/:token") view={Lazy::<AcceptInvitation>::new()} ssr=SsrMode::Async/>
                    <ParentRoute path=path!("/settings") view=Frame ssr=SsrMode::Async>
                        <Route path=path!("") view=Settings/>
                        <Route path=path!("audit-trail") view={Lazy::<AuditTrail>::new()}/>
                        <Route path=path!("company-information") view={Lazy::<CompanyInformation>::new()}/>
                        <Route path=path!("account-users") view={Lazy::<AccountUsers>::new()}/>
                        <Route path=path!("security-policy") view={Lazy::<SecurityPolicy>::new()}/>
                        <Route path=path!("profile") view={Lazy::<Profile>::new()}/>
                        <Route path=path!("platform-rest") view={Lazy::<Tokens>::new()}/>
                        <Route path=path!("platform-rest/new") view={Lazy::<NewToken>::new()}/>
                        <Route path=path!("platform-rest/tips") view=Tips/>
                        <Route path=path!("platform-rest/tokens/:id") view={Lazy::<EditToken>::new()}/>
                    </ParentRoute>
                </Routes>
            </Router>
            <Toasts/>
        </I18nContextProvider>
    }
}
