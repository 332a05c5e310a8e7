//! The page's language, English or Japanese: as chosen in this browser, else in the user's preferences, else the
//! browser's.

use crate::i18n::{Locale, use_i18n};
use crate::request::cookies::LANGUAGE;
use crate::ui::browser_cookie::keep;
use crate::ui::icon::Icon;
use crate::ui::reactive::t_signal;
use crate::words::Words;
use leptos::prelude::*;

/// Applies the language chosen in the request's cookie, or in the user's preferences. Called once by the app, below its
/// languages. The browser then finds it in the page.
#[component]
pub fn ChosenLanguage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(locale) = crate::request::context::chosen_locale() {
        use_i18n().set_locale(locale);
    }
}

/// Returns the language's own name for itself.
pub const fn own_name(locale: Locale) -> &'static str {
    match locale {
        Locale::en => "English",
        Locale::ja => "日本語",
    }
}

/// Shows the page in the language, and keeps it for this browser.
pub fn choose_language(i18n: Words, locale: Locale) {
    i18n.set_locale(locale);
    // A browser that accepts no cookies requests its own language the next time.
    keep(LANGUAGE, locale.as_ref());
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
                on:click=move |_| choose_language(i18n, locale)
            >
                {own_name(locale)}
            </button>
        }
    };
    view! {
        <div class="language" role="group" aria-label=t_signal!(i18n, language)>
            {Icon::Language.view()}
            {choice(Locale::en)}
            {choice(Locale::ja)}
        </div>
    }
}
