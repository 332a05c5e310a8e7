//! Pages with a message in place of their content, each with its HTTP status and a link.

use crate::account::api::account::account;
use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::request::protocol::again;
use crate::routes;
use crate::sign_in::allowed::use_current_user;
use crate::tokens::live::use_watched;
use crate::ui::page_title::PageTitle;
use crate::ui::reactive::t_signal;
use crate::words;
use domain::Refusal;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_location;
use std::time::Duration;

/// The wait before a page asks again whether the database answers. Each further wait is longer by this time.
const WAIT: Duration = Duration::from_secs(5);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Returns the path and query of the current page.
pub fn use_here() -> String {
    let location = use_location();
    let (path, query) = (location.pathname.get_untracked(), location.search.get_untracked());
    if query.is_empty() { path } else { format!("{path}?{query}") }
}

/// A message with a link. On the server, the answer gets the error's status.
#[component]
fn Message(
    error: AppError,
    #[prop(into)] title: Signal<String>,
    #[prop(into)] text: Signal<String>,
    #[prop(into)] to: String,
    #[prop(into)] link: Signal<&'static str>,
    /// Whether the browser does a full page load of the link, which may lead to this page.
    #[prop(optional)]
    load: bool,
) -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::request::context::set_status(&error);
    view! {
        <PageTitle text=title/>
        <section class="message">
            <p class="message-code" aria-hidden="true">{error.status()}</p>
            <h1>{title}</h1>
            <p>{text}</p>
            <a class="button primary" href=to rel=load.then_some("external")>{link}</a>
        </section>
    }
}

/// The message for an address without a page.
#[component]
pub fn NoSuchPage() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <main>
            <Message
                error=AppError::Refused(Refusal::NotFound)
                title=Signal::derive(move || t_string!(i18n, page_not_found).to_owned())
                text=Signal::derive(move || t_string!(i18n, page_not_found_text).to_owned())
                to=routes::SETTINGS
                link=t_signal!(i18n, to_settings)
            />
        </main>
    }
}

/// The message for a page that the user's role may not see.
#[component]
pub fn NotAllowed() -> impl IntoView {
    let i18n = use_i18n();
    let asker = use_current_user();
    let text = move || {
        let role = words::role(i18n, asker.role);
        t_string!(i18n, not_allowed_text, role = role, account = asker.account_name.as_str()).to_string()
    };
    view! {
        <Message
            error=AppError::Refused(Refusal::NotAllowed)
            title=Signal::derive(move || t_string!(i18n, not_allowed).to_owned())
            text=Signal::derive(text)
            to=routes::SETTINGS
            link=t_signal!(i18n, to_settings)
        />
    }
}

/// The message for a token that the account does not have.
#[component]
pub fn NoSuchToken() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <Message
            error=AppError::Refused(Refusal::NotFound)
            title=Signal::derive(move || t_string!(i18n, token_not_found).to_owned())
            text=Signal::derive(move || t_string!(i18n, token_not_found_text).to_owned())
            to=routes::TOKENS
            link=t_signal!(i18n, to_tokens)
        />
    }
}

/// The message for data that could not be loaded.
#[component]
pub fn Failed(
    error: AppError,
    /// Whether the message is the whole page. Then a reload loses nothing, and happens automatically once the database
    /// answers.
    #[prop(optional)]
    whole: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let text = error.clone();
    let away = matches!(error, AppError::Unavailable | AppError::Unreachable);
    let (to, link) = match error {
        AppError::SignInNeeded => (routes::SIGN_IN.to_owned(), t_signal!(i18n, sign_in.title)),
        _ if away => (use_here(), t_signal!(i18n, try_again)),
        _ => (routes::SETTINGS.to_owned(), t_signal!(i18n, to_settings)),
    };
    if whole && error == AppError::Unavailable {
        load_once_answered();
    }
    view! {
        <Message
            error
            title=Signal::derive(move || t_string!(i18n, something_failed).to_owned())
            text=Signal::derive(move || text.text(i18n))
            to
            link
            load=away
        />
    }
}

/// Reloads the page once the database answers. Asks only while the page is visible, and without use of the session.
fn load_once_answered() {
    let (watched, asked) = (use_watched(), RwSignal::new(0_u32));
    let ask = move || {
        spawn_local(async move {
            match again(account()).await {
                Err(AppError::Unavailable | AppError::Unreachable) => _ = asked.try_update(|asked| *asked += 1),
                // Unless the page has been left.
                _ if !asked.is_disposed() => _ = window().location().reload(),
                _ => {}
            }
        });
    };
    Effect::new(move |_| {
        let wait = (WAIT * (asked.get() + 1)).min(LONGEST_WAIT);
        if watched.get()
            && let Ok(waiting) = set_timeout_with_handle(ask, wait)
        {
            on_cleanup(move || waiting.clear());
        }
    });
}
