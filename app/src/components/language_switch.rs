//! English or Japanese, kept in a cookie.

use super::icon::Icon;
use super::reactive::say;
use crate::i18n::{Locale, use_i18n};
use leptos::prelude::*;

/// The language's own name for itself.
const fn own_name(locale: Locale) -> &'static str {
    match locale {
        Locale::en => "English",
        Locale::ja => "日本語",
    }
}

/// A button for each language.
#[component]
pub fn LanguageSwitch() -> impl IntoView {
    let i18n = use_i18n();
    let choice = move |locale: Locale| {
        view! {
            <button
                type="button"
                lang=locale.to_string()
                aria-pressed=move || (i18n.get_locale() == locale).to_string()
                on:click=move |_| i18n.set_locale(locale)
            >
                {own_name(locale)}
            </button>
        }
    };
    view! {
        <div class="language" role="group" aria-label=say!(i18n, language)>
            {Icon::Language.view()}
            {choice(Locale::en)}
            {choice(Locale::ja)}
        </div>
    }
}
