//! Ids of requests, by which the store knows a second click from a second wish.

use uuid::Uuid;

/// A new id, unlike any other.
#[cfg(feature = "ssr")]
#[must_use]
pub fn new_request_id() -> Uuid {
    Uuid::now_v7()
}

/// A new id, unlike any other: from the browser's random source, which pages without TLS have too.
#[cfg(not(feature = "ssr"))]
#[must_use]
pub fn new_request_id() -> Uuid {
    let mut bytes = [0; 16];
    // The one error is to ask for more than 65,536 bytes.
    _ = leptos::prelude::window().crypto().and_then(|crypto| crypto.get_random_values_with_u8_array(&mut bytes));
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}
