//! The signal that says whether our wasm runs the page: parts that need it are disabled or left out until then.

use leptos::prelude::*;

#[derive(Clone, Copy)]
struct Hydrated(Signal<bool>);

/// Provides the signal. Called once, in the browser, around the app.
#[cfg(feature = "hydrate")]
pub fn provide_hydrated(hydrated: Signal<bool>) {
    provide_context(Hydrated(hydrated));
}

/// Returns a signal that is false on the server and until the page is hydrated, and true from then on.
pub fn use_hydrated() -> Signal<bool> {
    use_context::<Hydrated>().map_or_else(|| Signal::stored(false), |hydrated| hydrated.0)
}
