//! The interface (pages, components, locales) and the server functions that it calls.

#![allow(clippy::must_use_candidate)] // for components

pub mod account;
pub mod audit;
pub mod error;
#[cfg(feature = "ssr")]
pub mod mail;
pub mod members;
#[cfg(feature = "ssr")]
pub mod pieces;
pub mod request;
pub mod routes;
mod shell;
pub mod sign_in;
#[cfg(test)]
mod sources;
pub mod tokens;
mod ui;
mod words;

include!(concat!(env!("OUT_DIR"), "/i18n/mod.rs"));

use i18n::I18nContextProvider;
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::{Lazy, SsrMode, path};
use routes::route;
use shell::bootstrap::StoppedNotice;
use shell::frame::Frame;
use shell::home::Home;
use shell::settings::Settings;
use shell::settings_pages::{
    AcceptInvitation, AccountUsers, AuditTrail, CompanyInformation, Forgotten, NewPassword, Profile, SecondStep,
    SecurityPolicy, SignInFailed,
};
use sign_in::page::SignIn;
use sign_in::page_session::provide_page_session;
use tokens::changes::provide_token_changes;
use tokens::create::NewToken;
use tokens::edit::EditToken;
use tokens::list::Tokens;
use tokens::overview::Overview;
use tokens::tips::Tips;
use ui::language_switch::ChosenLanguage;
use ui::message::NoSuchPage;
use ui::page_changes::PageChanges;
use ui::time::provide_time_zone;
use ui::toasts::{Toasts, provide_toasts};

/// Renders the HTML document around the app, on the server only. The app sets `<html lang>` to the user's language.
#[cfg(feature = "ssr")]
#[must_use]
pub fn shell(options: LeptosOptions, pieces: pieces::Pieces) -> impl IntoView {
    request::content_security_policy::answer();
    view! {
        <!DOCTYPE html>
        <html data-theme=ui::theme_switch::chosen_theme()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/icon.svg" type="image/svg+xml"/>
                {shell::bootstrap::script()}
                <leptos_meta::HashedStylesheet options=options.clone()/>
                <HydrationScripts options/>
                <leptos_meta::MetaTags/>
            </head>
            <body>
                {ui::icon::sprite()}
                <div id=shell::bootstrap::ROOT>
                    <App/>
                </div>
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
    use shell::bootstrap::{ROOT, Stage, report};
    use wasm_bindgen::JsCast as _;

    let Some(root) = document().get_element_by_id(ROOT) else { return };
    let hydrated = ArcRwSignal::new(false);
    let signal = hydrated.clone();
    let app = move || {
        ui::hydrated::provide_hydrated(signal.into());
        view! { <App/> }
    };
    preload_open_page().await;
    report(Stage::Hydrates);
    leptos::mount::hydrate_from_async(root.unchecked_into(), app).await.forget();
    hydrated.set(true);
    leptos::task::tick().await; // for the page to follow
    report(Stage::Runs);
    shell::ahead::load(preload_all()).await;
}

/// Loads the wasm chunks of the page that is open, so that hydration waits for nothing: others could change the page
/// meanwhile.
#[cfg(feature = "hydrate")]
async fn preload_open_page() {
    use leptos_router::LazyRoute as _;

    let path = window().location().pathname().unwrap_or_default();
    match path.trim_end_matches('/') {
        "" | routes::SIGN_IN | routes::SETTINGS | routes::TIPS => {}
        routes::OVERVIEW => Overview::preload().await,
        routes::TOKENS => Tokens::preload().await,
        routes::NEW_TOKEN => NewToken::preload().await,
        path if path.starts_with(routes::before_parameter(routes::TOKEN)) => EditToken::preload().await,
        _ => shell::settings_pages::preload().await,
    }
}

#[cfg(feature = "hydrate")]
async fn preload_all() {
    use leptos_router::LazyRoute as _;

    Overview::preload().await;
    Tokens::preload().await;
    EditToken::preload().await;
    NewToken::preload().await;
    shell::settings_pages::preload().await;
    tokens::history::preload().await;
    tokens::commands::preload().await;
    tokens::rehearsals::preload().await;
    shell::keyboard::listener::preload().await;
}

/// Reports a panic to the page, which then is the browser's. Called by the panic hook.
#[cfg(feature = "hydrate")]
pub fn report_panic() {
    if !shell::ahead::has_failed() {
        shell::bootstrap::report(shell::bootstrap::Stage::Fails);
    }
}

/// Returns the view of an address that no route has: in a debug build, that of [`routes::PARTS`] has all UI parts.
fn no_route() -> AnyView {
    #[cfg(debug_assertions)]
    if leptos_router::hooks::use_location().pathname.get_untracked() == routes::PARTS {
        return ui::parts::Parts().into_any();
    }
    NoSuchPage().into_any()
}

/// The whole app: languages, routes, and the state that all pages share.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_time_zone(provide_page_session().preferences.time_zone.clone());
    provide_toasts();
    provide_token_changes();
    view! {
        <I18nContextProvider>
            <ChosenLanguage/>
            <Router>
                <PageChanges/>
                <Routes fallback=no_route>
                    <Route path=route!(HOME) view=Home ssr=SsrMode::Async/>
                    <Route path=route!(SIGN_IN) view=SignIn ssr=SsrMode::Async/>
                    <Route path=route!(SECOND_STEP) view={Lazy::<SecondStep>::new()} ssr=SsrMode::Async/>
                    <Route path=route!(SIGN_IN_FAILED) view={Lazy::<SignInFailed>::new()} ssr=SsrMode::Async/>
                    <Route path=route!(FORGOTTEN) view={Lazy::<Forgotten>::new()} ssr=SsrMode::Async/>
                    <Route path=route!(NEW_PASSWORD) view={Lazy::<NewPassword>::new()} ssr=SsrMode::Async/>
                    <Route path=route!(INVITATION) view={Lazy::<AcceptInvitation>::new()} ssr=SsrMode::Async/>
                    <ParentRoute path=path!("") view=Frame ssr=SsrMode::Async>
                        <Route path=route!(OVERVIEW) view={Lazy::<Overview>::new()}/>
                        <Route path=route!(SETTINGS) view=Settings/>
                        <Route path=route!(AUDIT_TRAIL) view={Lazy::<AuditTrail>::new()}/>
                        <Route path=route!(COMPANY_INFORMATION) view={Lazy::<CompanyInformation>::new()}/>
                        <Route path=route!(ACCOUNT_USERS) view={Lazy::<AccountUsers>::new()}/>
                        <Route path=route!(SECURITY_POLICY) view={Lazy::<SecurityPolicy>::new()}/>
                        <Route path=route!(PROFILE) view={Lazy::<Profile>::new()}/>
                        <Route path=route!(TOKENS) view={Lazy::<Tokens>::new()}/>
                        <Route path=route!(NEW_TOKEN) view={Lazy::<NewToken>::new()}/>
                        <Route path=route!(TIPS) view=Tips/>
                        <Route path=route!(TOKEN) view={Lazy::<EditToken>::new()}/>
                    </ParentRoute>
                </Routes>
            </Router>
            <Toasts/>
            <StoppedNotice/>
        </I18nContextProvider>
    }
}
