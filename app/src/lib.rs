//! What people see: pages, components, locales; and the server functions they call.

#![allow(clippy::must_use_candidate)] // of components

pub mod api;
mod components;
pub mod error;
mod pages;
pub mod path;
mod words;

include!(concat!(env!("OUT_DIR"), "/i18n/mod.rs"));

use components::allowed::provide_session;
use components::hydrated::provide_hydrated;
use components::language_switch::ChosenLanguage;
use components::toasts::{Toasts, provide_toasts};
use components::token_actions::provide_token_changes;
use i18n::I18nContextProvider;
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::{SsrMode, path};
use pages::frame::Frame;
use pages::home::Home;
use pages::message::NoSuchPage;
use pages::settings::Settings;
use pages::sign_in::SignIn;
use pages::tips::Tips;
use pages::token_edit::EditToken;
use pages::token_new::NewToken;
use pages::tokens::Tokens;

/// The document around the app, on the server only. `<html lang>` comes from the app, by the person's language.
#[cfg(feature = "ssr")]
#[must_use]
pub fn shell(options: LeptosOptions) -> impl IntoView {
    api::asked::answer_content_security_policy();
    view! {
        <!DOCTYPE html>
        <html>
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
            </body>
        </html>
    }
}

/// The whole app: languages, routes, and what every page shares.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_session();
    provide_hydrated();
    provide_toasts();
    provide_token_changes();
    view! {
        <I18nContextProvider>
            <ChosenLanguage/>
            <Router>
                <Routes fallback=NoSuchPage>
                    <Route path=path!("/") view=Home ssr=SsrMode::Async/>
                    <Route path=path!("/sign-in") view=SignIn ssr=SsrMode::Async/>
                    <ParentRoute path=path!("/settings") view=Frame ssr=SsrMode::Async>
                        <Route path=path!("") view=Settings/>
                        <Route path=path!("platform-rest") view=Tokens/>
                        <Route path=path!("platform-rest/new") view=NewToken/>
                        <Route path=path!("platform-rest/tips") view=Tips/>
                        <Route path=path!("platform-rest/tokens/:id") view=EditToken/>
                    </ParentRoute>
                </Routes>
            </Router>
            <Toasts/>
        </I18nContextProvider>
    }
}
