//! The wasm entry: hydrates the app, nothing else.

/// Called by the page once the wasm has loaded.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_body(app::App);
}
