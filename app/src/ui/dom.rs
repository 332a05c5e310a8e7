//! Elements of the page.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

/// Returns the found nodes that are elements of this kind.
pub fn elements<T: JsCast>(found: Result<web_sys::NodeList, JsValue>) -> impl Iterator<Item = T> {
    let nodes = found.into_iter().flat_map(|nodes| (0..nodes.length()).filter_map(move |index| nodes.get(index)));
    nodes.filter_map(|node| node.dyn_into().ok())
}

/// Returns whether a dialog is open.
pub fn is_dialog_open() -> bool {
    matches!(document().query_selector("dialog[open]"), Ok(Some(_)))
}
