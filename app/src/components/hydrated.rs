//! Whether our wasm runs the page yet: what only it can do waits until then, or is left out.

use leptos::prelude::*;

#[derive(Clone, Copy)]
struct Hydrated(Signal<bool>);

/// Called once, in the browser, around the app.
#[cfg(feature = "hydrate")]
pub fn provide_hydrated(hydrated: Signal<bool>) {
    provide_context(Hydrated(hydrated));
}

/// False on the server and until the page as it arrived has been hydrated, true from then on.
pub fn use_hydrated() -> Signal<bool> {
    use_context::<Hydrated>().map_or_else(|| Signal::stored(false), |hydrated| hydrated.0)
}
