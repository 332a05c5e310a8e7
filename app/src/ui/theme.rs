//! The colour theme of this browser.

use crate::request::cookies::THEME;
use crate::ui::browser_cookie::keep;
use leptos::prelude::*;

/// The attribute of `<html>` that the style sheet uses.
pub const ATTRIBUTE: &str = "data-theme";

/// Shows the page in the theme, `light` or `dark`. An empty one is the system's.
pub fn show_theme(theme: &str) {
    if let Some(root) = document().document_element() {
        _ = if theme.is_empty() { root.remove_attribute(ATTRIBUTE) } else { root.set_attribute(ATTRIBUTE, theme) };
    }
}

/// Shows the page in the theme, and keeps it for this browser.
pub fn choose_theme(theme: &str) {
    show_theme(theme);
    keep(THEME, theme);
}
