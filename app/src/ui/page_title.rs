//! The title of the browser's window: the page's own, then the product's name.

use crate::i18n::{t_string, use_i18n};
use crate::ui::raw_text::title_content;
use leptos::prelude::*;
use leptos_meta::Title;

/// Sets the page's title. On the server it is evaluated at once: the head is written last, when signals may be
/// disposed.
#[component]
pub fn PageTitle(#[prop(into)] text: Signal<String>) -> impl IntoView {
    let i18n = use_i18n();
    let title = move || format!("{} – {}", text.get(), t_string!(i18n, product));
    if cfg!(feature = "ssr") {
        let title = title_content(untrack(title));
        view! { <Title text=title/> }.into_any()
    } else {
        view! { <Title text=title/> }.into_any()
    }
}
