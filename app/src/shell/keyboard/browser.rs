//! The browser, for what the keyboard depends on: its platform, and whether single keys are turned off in it, as WCAG 2.1.4
//! demands that they can be.

use leptos::prelude::*;

/// The name under which the browser keeps that single keys are off.
const SETTING: &str = "kagitaba:single-keys";
const OFF: &str = "off";

/// Returns whether the machine is a Mac, or another one whose keyboard has ⌘.
pub fn is_mac() -> bool {
    let platform = window().navigator().platform().unwrap_or_default();
    ["Mac", "iP"].iter().any(|start| platform.starts_with(start))
}

/// Returns whether keys without Ctrl or ⌘ are shortcuts.
pub fn single_keys_on() -> bool {
    storage().is_none_or(|storage| storage.get_item(SETTING).ok().flatten().as_deref() != Some(OFF))
}

/// Turns keys without Ctrl or ⌘ on or off as shortcuts, in this browser.
pub fn set_single_keys(on: bool) {
    if let Some(storage) = storage() {
        _ = if on { storage.remove_item(SETTING) } else { storage.set_item(SETTING, OFF) };
    }
}

/// Returns the browser's storage, unless the browser forbids it.
fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}
