//! The wasm entry point, which only hydrates the app.

/// Hydrates the app. The page calls it when the wasm has loaded.
#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn hydrate() {
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        app::report_panic();
    }));
    app::hydrate().await;
}
