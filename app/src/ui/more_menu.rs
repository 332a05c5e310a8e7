//! The menu behind the More icon of a list's item. It is rendered when it is first opened, and gone when another item's
//! is: a page has one menu for all items of its list.

use crate::i18n::{t_string, use_i18n};
use crate::ui::hydrated::use_hydrated;
use crate::ui::icon::Icon;
use crate::ui::menu::{Position, focus, stays};
use crate::words::Words;
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use std::sync::Arc;
use uuid::Uuid;

/// The list's item whose menu was opened last: the only menu that the page has.
pub type LastMenu = RwSignal<Option<Uuid>>;

/// An item of the menu.
#[derive(Clone)]
pub struct MenuItem {
    pub icon: Icon,
    pub label: fn(Words) -> &'static str,
    /// Whether it takes something away.
    pub danger: bool,
    pub disabled: bool,
    /// The id of the element that says why it is disabled.
    pub described_by: Option<String>,
    pub pick: Arc<dyn Fn() + Send + Sync>,
}

/// The More button of an item and, if it is the `last` one opened, its menu.
#[component]
pub fn MoreMenu(
    /// The id of the item.
    id: Uuid,
    last: LastMenu,
    /// The name of both.
    label: Signal<String>,
    items: Signal<Vec<MenuItem>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let open = RwSignal::new(false);
    let root = NodeRef::<html::Div>::new();
    let button = NodeRef::<html::Button>::new();

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
    // Clicking elsewhere or tabbing on closes the menu and leaves the focus where it went. An item that is removed loses
    // the focus too, when its signals are disposed or about to be: so no signal is set unless it changes.
    let on_focus_out = move |event: ev::FocusEvent| {
        if !stays(root, &event) && open.try_get_untracked() == Some(true) {
            open.set(false);
        }
    };
    let row = move |MenuItem { icon, label, danger, disabled, described_by, pick }: MenuItem| {
        let on_click = move |_| {
            if !disabled {
                close();
                pick();
            }
        };
        view! {
            <li role="none">
                <button
                    type="button"
                    role="menuitem"
                    tabindex="-1"
                    class="menu-item"
                    class:danger=danger
                    aria-disabled=disabled.to_string()
                    aria-describedby=described_by
                    on:click=on_click
                >
                    {icon.view()}
                    <span>{move || label(i18n)}</span>
                </button>
            </li>
        }
    };
    // A list has many buttons. So what only our wasm can answer comes once it runs, and their icon is the style sheet's.
    // The menu stays in the page while it is closed: one that is removed would hand its focus on, and a hidden one does not.
    let menu = move || {
        (last.get() == Some(id)).then(|| {
            view! {
                <ul role="menu" class="menu-items" aria-label=label hidden=move || !open.get() on:keydown=on_menu_key>
                    {move || items.get().into_iter().map(row).collect_view()}
                </ul>
            }
        })
    };
    view! {
        <div class="menu" node_ref=root on:focusout=on_focus_out>
            // Safari gives a button that is clicked the focus if it has a tabindex. Without, the menu would be closed by the
            // loss of it, and opened again by the click.
            <button
                type="button"
                tabindex=move || hydrated.get().then_some("0")
                node_ref=button
                aria-haspopup=move || hydrated.get().then_some("menu")
                aria-expanded=move || hydrated.get().then(|| open.get().to_string())
                aria-label=label
                title=move || hydrated.get().then(|| t_string!(i18n, card.more))
                data-waits=""
                disabled=move || !hydrated.get()
                on:click=move |_| if open.get_untracked() { close() } else { open_at(Position::First) }
                on:keydown=on_button_key
            ></button>
            {menu}
        </div>
    }
}
