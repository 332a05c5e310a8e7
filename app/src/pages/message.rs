//! Pages that say why there is nothing else to see, each with its HTTP status and a way on.

use crate::components::allowed::use_asker;
use crate::components::page_title::PageTitle;
use crate::components::reactive::say;
use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::path;
use crate::words;
use leptos::prelude::*;

/// One message with a link on. On the server the answer gets the error's status.
#[component]
fn Message(
    error: AppError,
    #[prop(into)] title: Signal<String>,
    #[prop(into)] text: Signal<String>,
    to: &'static str,
    #[prop(into)] link: Signal<&'static str>,
) -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::api::asked::set_status(&error);
    view! {
        <PageTitle text=title/>
        <section class="message">
            <p class="message-code" aria-hidden="true">{error.status()}</p>
            <h1>{title}</h1>
            <p>{text}</p>
            <a class="button primary" href=to>{link}</a>
        </section>
    }
}

/// No page has this address.
#[component]
pub fn NoSuchPage() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <main>
            <Message
                error=AppError::NotFound
                title=Signal::derive(move || t_string!(i18n, page_not_found).to_owned())
                text=Signal::derive(move || t_string!(i18n, page_not_found_text).to_owned())
                to=path::SETTINGS
                link=say!(i18n, to_settings)
            />
        </main>
    }
}

/// The person's role doesn't let them see the page.
#[component]
pub fn NotAllowed() -> impl IntoView {
    let i18n = use_i18n();
    let asker = use_asker();
    let text = move || {
        let role = words::role(i18n, asker.role);
        t_string!(i18n, not_allowed_text, role = role, account = asker.account_name.as_str()).to_string()
    };
    view! {
        <Message
            error=AppError::NotAllowed
            title=Signal::derive(move || t_string!(i18n, not_allowed).to_owned())
            text=Signal::derive(text)
            to=path::SETTINGS
            link=say!(i18n, to_settings)
        />
    }
}

/// The account has no such token.
#[component]
pub fn NoSuchToken() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <Message
            error=AppError::NotFound
            title=Signal::derive(move || t_string!(i18n, token_not_found).to_owned())
            text=Signal::derive(move || t_string!(i18n, token_not_found_text).to_owned())
            to=path::TOKENS
            link=say!(i18n, to_tokens)
        />
    }
}

/// What the page shows could not be loaded.
#[component]
pub fn Failed(error: AppError) -> impl IntoView {
    let i18n = use_i18n();
    let text = error.clone();
    let (to, link) = match error {
        AppError::SignInNeeded => (path::SIGN_IN, say!(i18n, sign_in.title)),
        _ => (path::SETTINGS, say!(i18n, to_settings)),
    };
    view! {
        <Message
            error
            title=Signal::derive(move || t_string!(i18n, something_failed).to_owned())
            text=Signal::derive(move || text.text(i18n))
            to
            link
        />
    }
}
