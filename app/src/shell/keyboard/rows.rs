//! The keyboard in the list of access tokens, whether it shows them as cards or as rows of a table: the focus goes from the
//! link of one to that of the next.

use crate::routes;
use crate::ui::dom::elements;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// The elements that hold all that belongs to one access token.
const ROW: &str = "article, tr, [role=row]";

/// Moves the focus to the next access token, or the one before. If none has the focus, it begins at that end of the list.
pub fn step(forward: bool) {
    let links = links();
    if let Some(link) = target(links.len(), current(&links), forward).and_then(|index| links.get(index)) {
        _ = link.focus();
    }
}

/// Opens the menu of the access token that has the focus.
pub fn open_menu() {
    let links = links();
    let row = current(&links).and_then(|index| links[index].closest(ROW).ok().flatten());
    let button = row.and_then(|row| row.query_selector("[aria-haspopup=menu]").ok().flatten());
    if let Some(button) = button.and_then(|button| button.dyn_into::<web_sys::HtmlElement>().ok()) {
        button.click();
    }
}

/// Returns the links to the access tokens of the list.
fn links() -> Vec<web_sys::HtmlElement> {
    let selector = format!(".results a[href^='{}']", routes::before_parameter(routes::TOKEN));
    elements(document().query_selector_all(&selector)).collect()
}

/// Returns the index of the access token that has the focus, on its link or elsewhere in its row.
fn current(links: &[web_sys::HtmlElement]) -> Option<usize> {
    let row = document().active_element()?.closest(ROW).ok()??;
    links.iter().position(|link| {
        let link: &web_sys::Node = link;
        row.contains(Some(link))
    })
}

/// Returns the index of the link that takes the focus. At the ends of the list it stays where it is.
fn target(count: usize, current: Option<usize>, forward: bool) -> Option<usize> {
    let last = count.checked_sub(1)?;
    Some(match (current, forward) {
        (None, true) => 0,
        (None, false) => last,
        (Some(index), true) => last.min(index + 1),
        (Some(index), false) => index.saturating_sub(1),
    })
}

#[cfg(test)]
mod tests {
    use super::target;

    #[test]
    fn focus_walks_to_the_ends_of_the_list_and_stays() {
        assert_eq!(target(3, None, true), Some(0));
        assert_eq!(target(3, None, false), Some(2));
        assert_eq!(target(3, Some(1), true), Some(2));
        assert_eq!(target(3, Some(2), true), Some(2));
        assert_eq!(target(3, Some(0), false), Some(0));
        assert_eq!(target(0, None, true), None);
    }
}
