//! The menu behind a card's More icon.
//!
//! Keyboard and roles follow the menu button pattern of the WAI-ARIA Authoring Practices Guide.

use super::hydrated::use_hydrated;
use super::icon::Icon;
use super::reactive::say;
use crate::i18n::{t_string, use_i18n};
use crate::words::Words;
use domain::token::{Token, TokenState};
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// What the menu offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MenuItem {
    Duplicate,
    Reset,
    UpgradeVersion,
    Disable,
    Enable,
    Delete,
}

impl MenuItem {
    /// The items for a token in this state.
    const fn for_state(state: TokenState) -> [Self; 5] {
        let switch = match state {
            TokenState::Enabled => Self::Disable,
            TokenState::Disabled => Self::Enable,
        };
        [Self::Duplicate, Self::Reset, Self::UpgradeVersion, switch, Self::Delete]
    }

    /// What the item is called.
    pub fn label(self, i18n: Words) -> &'static str {
        match self {
            Self::Duplicate => t_string!(i18n, item.duplicate),
            Self::Reset => t_string!(i18n, item.reset),
            Self::UpgradeVersion => t_string!(i18n, item.upgrade_version),
            Self::Disable => t_string!(i18n, item.disable),
            Self::Enable => t_string!(i18n, item.enable),
            Self::Delete => t_string!(i18n, item.delete),
        }
    }

    const fn icon(self) -> Icon {
        match self {
            Self::Duplicate => Icon::Duplicate,
            Self::Reset => Icon::Reset,
            Self::UpgradeVersion => Icon::Upgrade,
            Self::Disable => Icon::Disable,
            Self::Enable => Icon::Enable,
            Self::Delete => Icon::Trash,
        }
    }

    fn applies_to(self, token: &Token) -> bool {
        self != Self::UpgradeVersion || !token.settings.api_version.is_newest()
    }
}

/// The More button and its menu.
#[component]
pub fn CardMenu(#[prop(into)] token: Signal<Token>, on_pick: Callback<MenuItem>) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let open = RwSignal::new(false);
    let root = NodeRef::<html::Div>::new();
    let button = NodeRef::<html::Button>::new();
    let id = format!("menu-{}", token.read_untracked().id.0);

    let close = move || {
        open.set(false);
        if let Some(button) = button.get_untracked() {
            _ = button.focus();
        }
    };
    let open_at = move |position: Position| {
        open.set(true);
        // The menu can take the focus once it is shown.
        request_animation_frame(move || focus(root, position));
    };
    let on_button_key = move |event: ev::KeyboardEvent| {
        let position = match event.key().as_str() {
            "ArrowDown" => Position::First,
            "ArrowUp" => Position::Last,
            _ => return,
        };
        event.prevent_default();
        open_at(position);
    };
    let on_menu_key = move |event: ev::KeyboardEvent| {
        let position = match event.key().as_str() {
            "ArrowDown" => Position::Next,
            "ArrowUp" => Position::Previous,
            "Home" => Position::First,
            "End" => Position::Last,
            "Escape" => {
                event.prevent_default();
                return close();
            }
            key if key != " " && key.chars().count() == 1 && !event.ctrl_key() && !event.meta_key() => {
                Position::StartingWith(key.to_lowercase())
            }
            _ => return,
        };
        event.prevent_default();
        focus(root, position);
    };
    // Clicking elsewhere or tabbing on closes the menu and leaves the focus where it went. A card that is removed loses
    // the focus too, when its signals are gone or about to go: nothing may be set then that does not change.
    let on_focus_out = move |event: ev::FocusEvent| {
        let to = event.related_target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        let stays = root.try_get_untracked().flatten().is_some_and(|root| root.contains(to.as_ref()));
        if !stays && open.try_get_untracked() == Some(true) {
            open.set(false);
        }
    };
    let item = move |item: MenuItem| {
        let disabled = move || !token.with(|token| item.applies_to(token));
        let on_click = move |_| {
            if !disabled() {
                close();
                on_pick.run(item);
            }
        };
        view! {
            <li role="none">
                <button
                    type="button"
                    role="menuitem"
                    tabindex="-1"
                    class="menu-item"
                    class:danger=item == MenuItem::Delete
                    aria-disabled=move || disabled().to_string()
                    on:click=on_click
                >
                    {item.icon().view()}
                    <span>{move || item.label(i18n)}</span>
                </button>
            </li>
        }
    };
    let label =
        move || token.with(|token| t_string!(i18n, card.more_for, name = token.settings.name.as_str()).to_string());
    view! {
        <div class="menu" node_ref=root on:focusout=on_focus_out>
            <button
                type="button"
                class="icon-button"
                node_ref=button
                aria-haspopup="menu"
                aria-expanded=move || open.get().to_string()
                aria-controls=id.clone()
                aria-label=label
                title=say!(i18n, card.more)
                disabled=move || !hydrated.get()
                on:click=move |_| if open.get_untracked() { close() } else { open_at(Position::First) }
                on:keydown=on_button_key
            >
                {Icon::More.view()}
            </button>
            <ul role="menu" id=id class="menu-items" aria-label=label hidden=move || !open.get() on:keydown=on_menu_key>
                {move || MenuItem::for_state(token.with(|token| token.state)).map(item).collect_view()}
            </ul>
        </div>
    }
}

/// Which item takes the focus.
#[derive(Debug, Clone)]
enum Position {
    First,
    Last,
    Next,
    Previous,
    StartingWith(String),
}

fn focus(root: NodeRef<html::Div>, position: Position) {
    let items = items(root);
    let active = document().active_element();
    let current = items.iter().position(|item| active.as_deref() == Some(item.as_ref()));
    let texts: Vec<_> = items.iter().map(|item| item.text_content().unwrap_or_default().to_lowercase()).collect();
    if let Some(item) = target(&position, current, &texts).and_then(|index| items.get(index)) {
        _ = item.focus();
    }
}

fn items(root: NodeRef<html::Div>) -> Vec<web_sys::HtmlElement> {
    let found = root.try_get_untracked().flatten().and_then(|root| root.query_selector_all("[role=menuitem]").ok());
    let found = found.into_iter().flat_map(|nodes| (0..nodes.length()).filter_map(move |index| nodes.get(index)));
    found.filter_map(|node| node.dyn_into().ok()).collect()
}

/// The index of the item that takes the focus, going round at the ends.
fn target(position: &Position, current: Option<usize>, texts: &[String]) -> Option<usize> {
    let last = texts.len().checked_sub(1)?;
    match position {
        Position::First => Some(0),
        Position::Last => Some(last),
        Position::Next => Some(current.map_or(0, |index| if index == last { 0 } else { index + 1 })),
        Position::Previous => Some(current.map_or(last, |index| index.checked_sub(1).unwrap_or(last))),
        Position::StartingWith(start) => {
            let after = current.map_or(0, |index| index + 1);
            (after..texts.len()).chain(0..after).find(|&index| texts[index].starts_with(start))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Position, target};

    fn texts() -> Vec<String> {
        ["duplicate", "reset", "disable", "delete"].map(str::to_owned).to_vec()
    }

    #[test]
    fn arrows_go_round_at_the_ends() {
        assert_eq!(target(&Position::Next, Some(3), &texts()), Some(0));
        assert_eq!(target(&Position::Previous, Some(0), &texts()), Some(3));
        assert_eq!(target(&Position::Next, None, &texts()), Some(0));
        assert_eq!(target(&Position::Last, None, &[]), None);
    }

    #[test]
    fn a_letter_leads_to_the_next_item_that_starts_with_it() {
        let d = Position::StartingWith("d".to_owned());
        assert_eq!(target(&d, None, &texts()), Some(0));
        assert_eq!(target(&d, Some(0), &texts()), Some(2));
        assert_eq!(target(&d, Some(3), &texts()), Some(0));
        assert_eq!(target(&Position::StartingWith("x".to_owned()), Some(0), &texts()), None);
    }
}
