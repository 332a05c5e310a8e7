//! The colour theme, light or dark: as the user chose, else the system's.

use crate::i18n::{t_string, use_i18n};
use crate::request::cookies::THEME;
use crate::ui::reactive::t_signal;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// The attribute of `<html>` that the style sheet uses.
const ATTRIBUTE: &str = "data-theme";
const CHOICES: [&str; 3] = ["", "light", "dark"];

/// Returns the theme chosen in the request's cookie, for `<html data-theme>`.
#[cfg(feature = "ssr")]
pub fn chosen_theme() -> Option<&'static str> {
    let cookie = crate::request::context::cookie(THEME)?;
    CHOICES.into_iter().find(|theme| !theme.is_empty() && *theme == cookie)
}

#[cfg(not(feature = "ssr"))]
fn chosen_theme() -> Option<&'static str> {
    let theme = document().document_element()?.get_attribute(ATTRIBUTE)?;
    CHOICES.into_iter().find(|one| *one == theme)
}

fn choose(theme: &'static str) {
    if let Some(root) = document().document_element() {
        _ = if theme.is_empty() { root.remove_attribute(ATTRIBUTE) } else { root.set_attribute(ATTRIBUTE, theme) };
    }
    let age = if theme.is_empty() { 0 } else { 31_536_000 }; // a year
    let document: web_sys::HtmlDocument = document().unchecked_into();
    _ = document.set_cookie(&format!("{THEME}={theme}; Path=/; Max-Age={age}; SameSite=Lax"));
}

/// A radio button for each theme.
#[component]
pub fn ThemeSwitch() -> impl IntoView {
    let i18n = use_i18n();
    let now = chosen_theme().unwrap_or_default();
    let choice = move |theme: &'static str| {
        let name = move || match theme {
            "light" => t_string!(i18n, profile.theme_light),
            "dark" => t_string!(i18n, profile.theme_dark),
            _ => t_string!(i18n, profile.theme_system),
        };
        view! {
            <label class="choice">
                <input type="radio" name="theme" value=theme checked=theme == now on:change=move |_| choose(theme)/>
                <span>{name}</span>
            </label>
        }
    };
    view! {
        <fieldset class="choices">
            <legend class="visually-hidden">{t_signal!(i18n, profile.theme)}</legend>
            {CHOICES.map(choice).collect_view()}
        </fieldset>
    }
}
