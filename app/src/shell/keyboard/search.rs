//! The page's own search box.

use crate::ui::dom::{elements, is_dialog_open};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// The search boxes of the page, not of the bar.
const BOXES: &str = "#content input[type=search]";
/// The frames for which a page may take to show its search box: some ten seconds.
const FRAMES: u32 = 600;

/// Moves the focus to the page's search box. Returns whether it has one.
pub fn focus() -> bool {
    let boxes = boxes();
    if let Some(shown) = boxes.iter().find(|one| is_shown(one)) {
        return shown.focus().is_ok();
    }
    // On a narrow screen it is in a sheet, which opens.
    boxes.iter().any(|one| {
        let sheet = one.closest("[popover]").ok().flatten().and_then(|sheet| sheet.dyn_into().ok());
        sheet.is_some_and(|sheet: web_sys::HtmlElement| sheet.show_popover().is_ok()) && one.focus().is_ok()
    })
}

/// Moves the focus to the search box of the page that is being opened, once it is there. A question whether to leave the
/// page before ends the wait.
pub fn focus_soon() {
    wait(FRAMES);
}

fn wait(frames: u32) {
    request_animation_frame(move || {
        if frames > 0 && !is_dialog_open() && !focus() {
            wait(frames - 1);
        }
    });
}

fn boxes() -> Vec<web_sys::HtmlElement> {
    elements(document().query_selector_all(BOXES)).collect()
}

fn is_shown(element: &web_sys::HtmlElement) -> bool {
    element.offset_width() > 0
}
