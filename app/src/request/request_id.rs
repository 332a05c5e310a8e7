//! Request ids, by which the store tells a double click from a second request.

use uuid::Uuid;

/// Returns a new unique id.
#[cfg(feature = "ssr")]
#[must_use]
pub fn new_request_id() -> Uuid {
    Uuid::now_v7()
}

/// Returns a new unique id, from the browser's random source, which pages without TLS have too.
#[cfg(not(feature = "ssr"))]
#[must_use]
pub fn new_request_id() -> Uuid {
    let mut bytes = [0; 16];
    // The only error is a request for more than 65,536 bytes.
    _ = leptos::prelude::window().crypto().and_then(|crypto| crypto.get_random_values_with_u8_array(&mut bytes));
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}
