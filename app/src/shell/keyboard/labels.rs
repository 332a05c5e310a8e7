//! The names of actions and of their keys.

use crate::i18n::{Locale, td_string, use_i18n};
use crate::shell::keyboard::actions::{Action, Keys, Page};
use crate::ui::reactive::t_signal;
use leptos::prelude::*;

/// Returns the action's name in a language.
pub fn label(locale: Locale, action: Action) -> &'static str {
    match action {
        Action::Search => td_string!(locale, keyboard.search),
        Action::Create => td_string!(locale, tokens.create),
        Action::Keys => td_string!(locale, keyboard.keys),
        Action::Next => td_string!(locale, keyboard.next),
        Action::Previous => td_string!(locale, keyboard.previous),
        Action::Open => td_string!(locale, keyboard.open_token),
        Action::Menu => td_string!(locale, keyboard.menu),
        Action::Page(page) => title(locale, page),
    }
}

/// Returns the page's name in a language, as the navigation and the page itself have it.
fn title(locale: Locale, page: Page) -> &'static str {
    match page {
        Page::Overview => td_string!(locale, overview.title),
        Page::Tokens => td_string!(locale, tokens.list),
        Page::AuditTrail => td_string!(locale, settings.audit_trail),
        Page::AccountUsers => td_string!(locale, users.title),
        Page::SecurityPolicy => td_string!(locale, policy.title),
        Page::Settings => td_string!(locale, settings.title),
    }
}

/// Returns the keys as they are labelled on the keyboard.
pub fn keys_view(keys: Keys) -> AnyView {
    let i18n = use_i18n();
    match keys {
        Keys::One(key) | Keys::Native(key) => view! { <kbd>{key}</kbd> }.into_any(),
        Keys::Two(first, second) => {
            view! { <kbd>{first}</kbd> " " {t_signal!(i18n, keyboard.then)} " " <kbd>{second}</kbd> }.into_any()
        }
    }
}
