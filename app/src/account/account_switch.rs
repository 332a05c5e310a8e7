//! The current account's name, with a menu to switch if the user belongs to several accounts.

use crate::i18n::use_i18n;
use crate::members::api::profile::{SwitchAccount, own_accounts};
use crate::ui::action_form::ActionForm;
use crate::ui::icon::Icon;
use crate::ui::menu::{Position, focus, stays};
use crate::ui::reactive::t_signal;
use crate::words;
use domain::account::AccountId;
use domain::sign_in::session::OwnAccount;
use leptos::ev;
use leptos::html;
use leptos::prelude::*;

/// The account's name, with a menu of the user's other accounts if there are any.
#[component]
pub fn AccountSwitch(here: AccountId, name: String, switch: ServerAction<SwitchAccount>) -> impl IntoView {
    let accounts = Resource::new(|| (), |()| own_accounts());
    let shown = move |accounts: Vec<OwnAccount>| {
        let others: Vec<_> = accounts.into_iter().filter(|account| account.id != here).collect();
        if others.is_empty() {
            view! { <span dir="auto" translate="no">{name.clone()}</span> }.into_any()
        } else {
            view! { <AccountMenu name=name.clone() others switch/> }.into_any()
        }
    };
    view! {
        <div class="bar-account">
            <Transition>{move || accounts.get().map(|accounts| shown(accounts.unwrap_or_default()))}</Transition>
        </div>
    }
}

/// The menu of other accounts. It is a popover and its items submit a form, so that both work without our wasm.
#[component]
fn AccountMenu(name: String, others: Vec<OwnAccount>, switch: ServerAction<SwitchAccount>) -> impl IntoView {
    let i18n = use_i18n();
    let open = RwSignal::new(false);
    let root = NodeRef::<html::Div>::new();
    let menu = NodeRef::<html::Ul>::new();
    let is_open = move || menu.get_untracked().is_some_and(|menu| menu.matches(":popover-open").unwrap_or_default());
    let on_toggle = move |_| {
        open.set(is_open());
        let active = document().active_element();
        let inside = menu.get_untracked().is_some_and(|menu| menu.contains(active.as_deref()));
        if open.get_untracked() && !inside {
            focus(root, Position::First);
        }
    };
    let on_button_key = move |event: ev::KeyboardEvent| {
        if let (Some(position), Some(menu)) = (Position::from_button(&event), menu.get_untracked()) {
            event.prevent_default();
            _ = menu.show_popover();
            focus(root, position);
        }
    };
    let on_menu_key = move |event: ev::KeyboardEvent| {
        if let Some(position) = Position::within(&event) {
            event.prevent_default();
            focus(root, position);
        }
    };
    let on_focus_out = move |event: ev::FocusEvent| {
        if !stays(root, &event)
            && is_open()
            && let Some(menu) = menu.get_untracked()
        {
            _ = menu.hide_popover();
        }
    };
    let item = move |OwnAccount { id, name, role }: OwnAccount| {
        view! {
            <li role="none">
                <button type="submit" role="menuitem" tabindex="-1" class="menu-item" name="account" value=id.0.to_string()>
                    {Icon::Company.view()}
                    <span>
                        <strong dir="auto" translate="no">{name}</strong>
                        " "
                        <span class="hint">{move || words::role(i18n, role)}</span>
                    </span>
                </button>
            </li>
        }
    };
    view! {
        <div class="account-menu" node_ref=root on:focusout=on_focus_out>
            // As in a token's menu, for Safari.
            <button
                type="button"
                tabindex="0"
                class="account-button"
                popovertarget="accounts"
                aria-haspopup="menu"
                aria-controls="accounts"
                aria-expanded=move || open.get().to_string()
                title=t_signal!(i18n, switch_account)
                on:keydown=on_button_key
            >
                <span dir="auto" translate="no">{name}</span>
                {Icon::ChevronDown.view()}
            </button>
            <ActionForm action=switch>
                <ul
                    role="menu"
                    id="accounts"
                    class="menu-items"
                    popover="auto"
                    aria-label=t_signal!(i18n, switch_account)
                    node_ref=menu
                    on:toggle=on_toggle
                    on:keydown=on_menu_key
                >
                    {others.into_iter().map(item).collect_view()}
                </ul>
            </ActionForm>
        </div>
    }
}
