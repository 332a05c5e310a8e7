//! The names of actions and of their keys.

use crate::i18n::{Locale, td_string, use_i18n};
use crate::shell::keyboard::actions::{Action, Keys, Page, Theme};
use crate::shell::keyboard::browser::is_mac;
use crate::ui::icon::Icon;
use crate::ui::reactive::t_signal;
use leptos::prelude::*;

/// Returns the action's name in a language.
pub fn label(locale: Locale, action: Action) -> &'static str {
    match action {
        Action::Palette => td_string!(locale, keyboard.open),
        Action::Search => td_string!(locale, keyboard.search),
        Action::Create => td_string!(locale, tokens.create),
        Action::Keys => td_string!(locale, keyboard.keys),
        Action::Next => td_string!(locale, keyboard.next),
        Action::Previous => td_string!(locale, keyboard.previous),
        Action::Open => td_string!(locale, keyboard.open_token),
        Action::Menu => td_string!(locale, keyboard.menu),
        Action::Page(page) => title(locale, page),
        Action::Language => td_string!(locale, keyboard.language),
        Action::Theme(Theme::Light) => td_string!(locale, keyboard.theme_light),
        Action::Theme(Theme::Dark) => td_string!(locale, keyboard.theme_dark),
        Action::Theme(Theme::System) => td_string!(locale, keyboard.theme_system),
        Action::SignOut => td_string!(locale, sign_in.sign_out),
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
        Page::CompanyInformation => td_string!(locale, settings.company_information),
        Page::Profile => td_string!(locale, profile.title),
        Page::Tips => td_string!(locale, tips.title),
    }
}

/// Returns the icon beside the action's name.
pub const fn icon(action: Action) -> Icon {
    match action {
        Action::Page(Page::Overview) => Icon::Overview,
        Action::Page(Page::AuditTrail | Page::Tips) => Icon::Shield,
        Action::Page(Page::AccountUsers | Page::Profile) => Icon::People,
        Action::Page(Page::SecurityPolicy) => Icon::Lock,
        Action::Page(Page::Settings) => Icon::Settings,
        Action::Page(Page::CompanyInformation) => Icon::Company,
        Action::Page(Page::Tokens) | Action::Open => Icon::Key,
        Action::Create => Icon::Plus,
        Action::Language => Icon::Language,
        Action::Theme(_) => Icon::Eye,
        Action::SignOut => Icon::SignOut,
        Action::Palette | Action::Search | Action::Keys | Action::Next | Action::Previous | Action::Menu => {
            Icon::Search
        }
    }
}

/// Returns the keys as they are labelled on the keyboard, or nothing if there are none.
pub fn keys_view(keys: Keys) -> AnyView {
    let i18n = use_i18n();
    match keys {
        Keys::Held(key) => view! { <kbd>{held_text(key)}</kbd> }.into_any(),
        Keys::One(key) | Keys::Native(key) => view! { <kbd>{key}</kbd> }.into_any(),
        Keys::Two(first, second) => {
            view! { <kbd>{first}</kbd> " " {t_signal!(i18n, keyboard.then)} " " <kbd>{second}</kbd> }.into_any()
        }
        Keys::None => ().into_any(),
    }
}

/// Returns the key with the one that is held, as this machine's keyboard names that.
pub fn held_text(key: &str) -> String {
    format!("{} {}", if is_mac() { "⌘" } else { "Ctrl" }, key.to_ascii_uppercase())
}
