//! Keyboard focus shared by all menus, by the menu button pattern of the WAI-ARIA Authoring Practices Guide.

use crate::ui::dom::elements;
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// The item that takes the focus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    First,
    Last,
    Next,
    Previous,
    StartingWith(String),
}

impl Position {
    /// Returns the item that a key pressed on the menu's button leads to.
    pub fn from_button(event: &ev::KeyboardEvent) -> Option<Self> {
        match event.key().as_str() {
            "ArrowDown" => Some(Self::First),
            "ArrowUp" => Some(Self::Last),
            _ => None,
        }
    }

    /// Returns the item that a key pressed in the menu leads to.
    pub fn within(event: &ev::KeyboardEvent) -> Option<Self> {
        match event.key().as_str() {
            "ArrowDown" => Some(Self::Next),
            "ArrowUp" => Some(Self::Previous),
            "Home" => Some(Self::First),
            "End" => Some(Self::Last),
            key if key != " " && key.chars().count() == 1 && !event.ctrl_key() && !event.meta_key() => {
                Some(Self::StartingWith(key.to_lowercase()))
            }
            _ => None,
        }
    }
}

/// Moves the focus to an item of the menu below the element.
pub fn focus(root: NodeRef<html::Div>, position: Position) {
    let items = items(root);
    let active = document().active_element();
    let current = items.iter().position(|item| active.as_deref() == Some(item.as_ref()));
    let texts: Vec<_> = items.iter().map(|item| item.text_content().unwrap_or_default().to_lowercase()).collect();
    if let Some(item) = target(&position, current, &texts).and_then(|index| items.get(index)) {
        _ = item.focus();
    }
}

/// Returns whether the focus goes to a descendant of the element, which may already be removed.
pub fn stays(root: NodeRef<html::Div>, event: &ev::FocusEvent) -> bool {
    let to = event.related_target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
    root.try_get_untracked().flatten().is_some_and(|root| root.contains(to.as_ref()))
}

fn items(root: NodeRef<html::Div>) -> Vec<web_sys::HtmlElement> {
    let root = root.try_get_untracked().flatten();
    root.map(|root| elements(root.query_selector_all("[role=menuitem]")).collect()).unwrap_or_default()
}

/// Returns the index of the item that takes the focus, wrapping around at the ends.
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
    fn arrow_keys_wrap_around_at_the_ends() {
        assert_eq!(target(&Position::Next, Some(3), &texts()), Some(0));
        assert_eq!(target(&Position::Previous, Some(0), &texts()), Some(3));
        assert_eq!(target(&Position::Next, None, &texts()), Some(0));
        assert_eq!(target(&Position::Last, None, &[]), None);
    }

    #[test]
    fn letter_key_focuses_next_item_starting_with_it() {
        let d = Position::StartingWith("d".to_owned());
        assert_eq!(target(&d, None, &texts()), Some(0));
        assert_eq!(target(&d, Some(0), &texts()), Some(2));
        assert_eq!(target(&d, Some(3), &texts()), Some(0));
        assert_eq!(target(&Position::StartingWith("x".to_owned()), Some(0), &texts()), None);
    }
}
