//! The wasm entry point, which only hydrates the app.

/// Hydrates the app. The page calls it when the wasm has loaded.
#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn hydrate() {
    console_error_panic_hook::set_once();
    app::hydrate().await;
}
