//! The keyboard focus, and the part of the page that is in view.

use leptos::prelude::*;
use std::iter::successors;
use wasm_bindgen::JsCast;

/// The elements whose neighbours take the focus when they are removed.
const ROWS: &str = "li, tr";
/// The elements of a row that can take the focus.
const FOCUSABLE: &str = "a[href], button:not([disabled]), select:not([disabled]), input:not([disabled])";

/// Returns whether no element has the focus.
pub fn is_lost() -> bool {
    document().active_element().is_none_or(|element| element.tag_name() == "BODY")
}

/// Scrolls as little as brings the element into view.
pub fn bring_into_view(element: &web_sys::Element) {
    let options = web_sys::ScrollIntoViewOptions::new();
    options.set_block(web_sys::ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}

/// Returns the page's heading.
pub fn heading() -> Option<web_sys::HtmlElement> {
    find("main h1")
}

/// Moves the focus to the page's heading, without scrolling to it.
pub fn to_heading(heading: &web_sys::HtmlElement) {
    let options = web_sys::FocusOptions::new();
    options.set_prevent_scroll(true);
    _ = heading.set_attribute("tabindex", "-1");
    _ = heading.focus_with_options(&options);
}

/// Moves the focus to the first link of the page's content to this address, once the page shows it, unless the user has
/// moved the focus elsewhere by then.
pub fn to_link(address: &str) {
    let link = format!("main a[href=\"{address}\"]");
    request_animation_frame(move || {
        let on_heading = document().active_element().is_some_and(|element| element.tag_name() == "H1");
        if (on_heading || is_lost())
            && let Some(link) = find(&link)
        {
            _ = link.focus();
        }
    });
}

fn find(selector: &str) -> Option<web_sys::HtmlElement> {
    document().query_selector(selector).ok()??.dyn_into().ok()
}

/// The place of an element that has the focus, to find another one if it is removed.
#[derive(Debug)]
pub struct FocusPlace {
    element: web_sys::Element,
    /// The lists that contain the element, from the innermost, and the index of its row in each.
    lists: Vec<(web_sys::Element, usize)>,
}

impl FocusPlace {
    /// Returns the place of the element.
    pub fn of(element: web_sys::Element) -> Self {
        let mut lists = Vec::new();
        let mut row = element.closest(ROWS).ok().flatten();
        while let Some(found) = row {
            let Some(list) = found.parent_element() else { break };
            let before = successors(found.previous_element_sibling(), web_sys::Element::previous_element_sibling);
            let index = before.count();
            row = list.closest(ROWS).ok().flatten();
            lists.push((list, index));
        }
        Self { element, lists }
    }

    /// Returns whether the element was removed from the page.
    pub fn is_gone(&self) -> bool {
        !self.element.is_connected()
    }

    /// Moves the focus to the row that is now in the element's place, or the last one, or else to the page's heading.
    /// Returns whether there was any of these.
    pub fn take_over(&self) -> bool {
        let list = self.lists.iter().find(|(list, _)| list.is_connected());
        let neighbour = list.and_then(|(list, index)| {
            let rows = successors(list.first_element_child(), web_sys::Element::next_element_sibling);
            let row = rows.take(index + 1).last()?;
            row.query_selector(FOCUSABLE).ok()??.dyn_into::<web_sys::HtmlElement>().ok()
        });
        match (neighbour, heading()) {
            (Some(neighbour), _) => _ = neighbour.focus(),
            (None, Some(heading)) => to_heading(&heading),
            (None, None) => return false,
        }
        true
    }
}
