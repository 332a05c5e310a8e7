//! The menu behind a card's More icon. It is rendered when it is first opened, and gone when another card's is: a page
//! has one menu for all of its cards.

use crate::i18n::{t_string, use_i18n};
use crate::sign_in::allowed::use_current_user;
use crate::tokens::command_words::{CommandItem, item};
use crate::ui::hydrated::use_hydrated;
use crate::ui::icon::Icon;
use crate::ui::menu::{Position, focus, stays};
use crate::ui::reactive::t_signal;
use domain::tokens::command::{CommandEffect, TokenCommand};
use domain::tokens::token::{Token, TokenId};
use leptos::ev;
use leptos::html;
use leptos::prelude::*;

/// The token whose menu was opened last: the only one that the page has.
pub type LastMenu = RwSignal<Option<TokenId>>;

/// The More button and, if it is the `last` one opened, its menu.
#[component]
pub fn CardMenu(#[prop(into)] token: Signal<Token>, last: LastMenu, on_pick: Callback<TokenCommand>) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let role = use_current_user().role;
    let open = RwSignal::new(false);
    let root = NodeRef::<html::Div>::new();
    let button = NodeRef::<html::Button>::new();
    let id = token.read_untracked().id;

    let close = move || {
        open.set(false);
        if let Some(button) = button.get_untracked() {
            _ = button.focus();
        }
    };
    let open_at = move |position: Position| {
        // A menu that the page already has stays as it is.
        if last.get_untracked() != Some(id) {
            last.set(Some(id));
        }
        open.set(true);
        // The menu can take the focus only once it is shown.
        request_animation_frame(move || focus(root, position));
    };
    let on_button_key = move |event: ev::KeyboardEvent| {
        if let Some(position) = Position::from_button(&event) {
            event.prevent_default();
            open_at(position);
        }
    };
    let on_menu_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            event.prevent_default();
            close();
        } else if let Some(position) = Position::within(&event) {
            event.prevent_default();
            focus(root, position);
        }
    };
    // Clicking elsewhere or tabbing on closes the menu and leaves the focus where it went. A card that is removed loses
    // the focus too, when its signals are disposed or about to be: so no signal is set unless it changes.
    let on_focus_out = move |event: ev::FocusEvent| {
        if !stays(root, &event) && open.try_get_untracked() == Some(true) {
            open.set(false);
        }
    };
    let row = move |command: TokenCommand| {
        let CommandItem { icon, label } = item(command);
        let disabled = move || !token.with(|token| command.applies_to(token));
        let on_click = move |_| {
            if !disabled() {
                close();
                on_pick.run(command);
            }
        };
        view! {
            <li role="none">
                <button
                    type="button"
                    role="menuitem"
                    tabindex="-1"
                    class="menu-item"
                    class:danger=command.rules().effect == CommandEffect::Removes
                    aria-disabled=move || disabled().to_string()
                    on:click=on_click
                >
                    {icon.view()}
                    <span>{move || label(i18n)}</span>
                </button>
            </li>
        }
    };
    let label =
        move || token.with(|token| t_string!(i18n, card.more_for, name = token.settings.name.as_str()).to_string());
    // It stays in the page while it is closed: one that is removed would hand its focus on, and a hidden one does not.
    let menu = move || {
        (last.get() == Some(id)).then(|| {
            let items = move || token.with(|token| TokenCommand::menu(role, token));
            view! {
                <ul role="menu" class="menu-items" aria-label=label hidden=move || !open.get() on:keydown=on_menu_key>
                    {move || items().into_iter().map(row).collect_view()}
                </ul>
            }
        })
    };
    view! {
        <div class="menu" node_ref=root on:focusout=on_focus_out>
            <button
                type="button"
                class="icon-button"
                node_ref=button
                aria-haspopup="menu"
                aria-expanded=move || open.get().to_string()
                aria-label=label
                title=t_signal!(i18n, card.more)
                data-waits=""
                disabled=move || !hydrated.get()
                on:click=move |_| if open.get_untracked() { close() } else { open_at(Position::First) }
                on:keydown=on_button_key
            >
                {Icon::More.view()}
            </button>
            {menu}
        </div>
    }
}
