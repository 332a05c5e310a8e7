//! Events that are handled on their way down to their target, before the listeners there hear of them.
//!
//! Events of the window itself have no such way: its listeners hear of them in the order in which they were added, the
//! router's first. So the script in the page, which was there before, announces [`GOES_BACK`].

use leptos::prelude::*;
use send_wrapper::SendWrapper;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

/// The event before `popstate`, by which a listener can keep it from all others: by `prevent_default`.
pub const GOES_BACK: &str = "kagitaba:goes-back";

/// Calls `handle` for each event of that name until the current owner is disposed. In the browser only.
pub fn on_window(name: &'static str, handle: impl FnMut(web_sys::Event) + 'static) {
    listen(name, Box::new(handle));
}

/// Apart from [`on_window`], so that it is compiled once.
fn listen(name: &'static str, handle: Box<dyn FnMut(web_sys::Event)>) {
    let handle = SendWrapper::new(Closure::wrap(handle).into_js_value());
    _ = window().add_event_listener_with_callback_and_bool(name, handle.unchecked_ref(), true);
    on_cleanup(move || {
        _ = window().remove_event_listener_with_callback_and_bool(name, handle.unchecked_ref(), true);
    });
}
