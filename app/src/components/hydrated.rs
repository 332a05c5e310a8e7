//! Whether our wasm runs the page yet: what only it can do waits until then, or is left out.

use leptos::prelude::*;

#[derive(Clone, Copy)]
struct Hydrated(ReadSignal<bool>);

/// Called once, by the app.
pub fn provide_hydrated() {
    let (hydrated, set_hydrated) = signal(false);
    Effect::new(move |_| set_hydrated.set(true));
    provide_context(Hydrated(hydrated));
}

/// False on the server and in the page as it arrives, true from then on.
pub fn use_hydrated() -> ReadSignal<bool> {
    expect_context::<Hydrated>().0
}
