//! The menu behind a card's More icon: the commands for its token.

use crate::i18n::{t_string, use_i18n};
use crate::sign_in::allowed::use_current_user;
use crate::tokens::command_words::{CommandItem, item};
use crate::ui::more_menu::{LastMenu, MenuItem, MoreMenu};
use domain::tokens::command::{CommandEffect, TokenCommand};
use domain::tokens::token::Token;
use leptos::prelude::*;
use std::sync::Arc;

/// The More button and, if it is the `last` one opened, its menu.
#[component]
pub fn CardMenu(#[prop(into)] token: Signal<Token>, last: LastMenu, on_pick: Callback<TokenCommand>) -> impl IntoView {
    let i18n = use_i18n();
    let role = use_current_user().role;
    let id = token.read_untracked().id.0;
    let command_item = move |command: TokenCommand, token: &Token| {
        let CommandItem { icon, label } = item(command);
        MenuItem {
            icon,
            label,
            danger: command.rules().effect == CommandEffect::Removes,
            disabled: !command.applies_to(token),
            described_by: None,
            pick: Arc::new(move || on_pick.run(command)),
        }
    };
    let items = move || {
        token.with(|token| {
            TokenCommand::menu(role, token).into_iter().map(|command| command_item(command, token)).collect::<Vec<_>>()
        })
    };
    let label =
        move || token.with(|token| t_string!(i18n, card.more_for, name = token.settings.name.as_str()).to_string());
    view! {
        <MoreMenu id last label=Signal::derive(label) items=Signal::derive(items)/>
    }
}
