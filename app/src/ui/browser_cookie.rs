//! Cookies by which this browser keeps a choice for all who use it.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// Keeps the value in this browser for a year. An empty one is removed.
pub fn keep(name: &str, value: &str) {
    let age = if value.is_empty() { 0 } else { 31_536_000 };
    _ = html_document().set_cookie(&format!("{name}={value}; Path=/; Max-Age={age}; SameSite=Lax"));
}

/// Returns the kept value, or `None` if there is none.
#[cfg(feature = "ssr")]
pub fn kept(name: &str) -> Option<String> {
    crate::request::context::cookie(name)
}

/// Returns the kept value, or `None` if there is none.
#[cfg(not(feature = "ssr"))]
pub fn kept(name: &str) -> Option<String> {
    let cookies = html_document().cookie().ok()?;
    cookies.split("; ").find_map(|cookie| cookie.strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
}

fn html_document() -> web_sys::HtmlDocument {
    document().unchecked_into()
}
