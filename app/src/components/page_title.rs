//! The title of the browser's window: the page's own, then the product's name.

use crate::i18n::{t_string, use_i18n};
use leptos::prelude::*;
use leptos_meta::Title;

/// Names the page. On the server the head is written last, when the signals of a suspended view may be gone: then the
/// text stands as it was.
#[component]
pub fn PageTitle(#[prop(into)] text: Signal<String>) -> impl IntoView {
    let i18n = use_i18n();
    let first = text.get_untracked();
    let title = move || {
        let text = text.try_get().unwrap_or_else(|| first.clone());
        format!("{text} – {}", t_string!(i18n, product))
    };
    view! { <Title text=title/> }
}
