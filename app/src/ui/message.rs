//! Pages with a message in place of their content, each with its HTTP status and a link.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::routes;
use crate::ui::page_title::PageTitle;
use crate::ui::reactive::t_signal;
use crate::words;
use domain::Refusal;
use domain::members::role::Role;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// Returns the path and query of the current page.
pub fn use_here() -> String {
    let location = use_location();
    let (path, query) = (location.pathname.get_untracked(), location.search.get_untracked());
    if query.is_empty() { path } else { format!("{path}?{query}") }
}

/// A message with a link. On the server, the answer gets the error's status.
#[component]
pub fn Message(
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

/// The message for a page that the user's role in the account may not see.
#[component]
pub fn NotAllowed(role: Role, account: String) -> impl IntoView {
    let i18n = use_i18n();
    let text = move || {
        let role = words::role(i18n, role);
        t_string!(i18n, not_allowed_text, role = role, account = account.as_str()).to_string()
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
