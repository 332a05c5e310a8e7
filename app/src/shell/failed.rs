//! The message in place of a page, or of a part of it, whose data could not be loaded.

use crate::account::api::account::GetAccount;
use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::request::protocol::again;
use crate::routes;
use crate::ui::message::{Message, use_here};
use crate::ui::reactive::t_signal;
use crate::ui::visibility::use_page_visible;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;

/// The wait before a page asks again whether the database answers. Each further wait is longer by this time.
const WAIT: Duration = Duration::from_secs(5);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

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
    let (visible, asked) = (use_page_visible(), RwSignal::new(0_u32));
    let ask = move || {
        spawn_local(async move {
            match again(GetAccount {}).await {
                Err(AppError::Unavailable | AppError::Unreachable) => _ = asked.try_update(|asked| *asked += 1),
                // Unless the page has been left.
                _ if !asked.is_disposed() => _ = window().location().reload(),
                _ => {}
            }
        });
    };
    Effect::new(move |_| {
        let wait = (WAIT * (asked.get() + 1)).min(LONGEST_WAIT);
        if visible.get()
            && let Ok(waiting) = set_timeout_with_handle(ask, wait)
        {
            on_cleanup(move || waiting.clear());
        }
    });
}
