//! Loading wasm ahead of need. A chunk that can't be loaded is a panic (`wasm_split_helpers` 0.2). Ahead of need it stops
//! nothing: the chunk is loaded again when it is needed.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;

thread_local! {
    static LOADING: Cell<bool> = const { Cell::new(false) };
}

/// Runs the future, in which a panic is a failed load.
pub async fn load(loads: impl Future<Output = ()>) {
    let mut loads = pin!(loads);
    poll_fn(|context| {
        LOADING.set(true);
        let polled = loads.as_mut().poll(context);
        LOADING.set(false);
        polled
    })
    .await;
}

/// Returns whether the panic that has just begun is a failed load. A panic ends the future, so the next one is not.
pub fn has_failed() -> bool {
    LOADING.replace(false)
}
