//! The colour theme, light or dark: as the user chose, else the system's.

use crate::i18n::use_i18n;
use crate::request::cookies::THEME;
use crate::ui::browser_cookie::kept;
use crate::ui::choices::Choices;
use crate::ui::reactive::t_signal;
#[cfg(not(feature = "ssr"))]
use crate::ui::theme::ATTRIBUTE;
use crate::ui::theme::show_theme;
use leptos::prelude::*;

/// The themes by name; the empty one is the system's.
const THEMES: [&str; 3] = ["", "light", "dark"];

/// Returns the theme of that name, or `None` if there is none.
pub fn known(name: &str) -> Option<&'static str> {
    THEMES.into_iter().find(|theme| *theme == name)
}

/// Returns the theme chosen in the request's cookie, for `<html data-theme>`.
#[cfg(feature = "ssr")]
pub fn chosen_theme() -> Option<&'static str> {
    known(&crate::request::context::cookie(THEME)?).filter(|theme| !theme.is_empty())
}

#[cfg(not(feature = "ssr"))]
fn chosen_theme() -> Option<&'static str> {
    known(&document().document_element()?.get_attribute(ATTRIBUTE)?)
}

/// A radio button for each theme, as a field `theme` of a form. The page shows a chosen one at once, and the kept one
/// again once it is left.
#[component]
pub fn ThemeField() -> impl IntoView {
    let i18n = use_i18n();
    let chosen = RwSignal::new(chosen_theme().unwrap_or_default());
    // The palette may have kept another one meanwhile.
    Effect::new(|_| on_cleanup(|| show_theme(kept(THEME).as_deref().and_then(known).unwrap_or_default())));
    let choose = move |theme: &'static str| {
        chosen.set(theme);
        show_theme(theme);
    };
    let texts = [
        t_signal!(i18n, profile.theme_system),
        t_signal!(i18n, profile.theme_light),
        t_signal!(i18n, profile.theme_dark),
    ];
    view! {
        <div class="field theme-field">
            <Choices
                name="theme"
                legend=t_signal!(i18n, profile.theme)
                hint=t_signal!(i18n, profile.theme_hint)
                options=THEMES.into_iter().zip(texts).collect()
                chosen
                on_choose=choose
            />
        </div>
    }
}
