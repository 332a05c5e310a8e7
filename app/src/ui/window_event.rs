//! Events of the browser's window that are handled before any other listener hears of them, the router's included.

use leptos::prelude::*;
use send_wrapper::SendWrapper;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

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
