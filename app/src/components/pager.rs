//! Previous page, next page, and where one is.

use super::icon::Icon;
use super::reactive::say;
use crate::i18n::{t_string, use_i18n};
use leptos::prelude::*;

/// Links to the pages beside this one, whose addresses `link` knows; nothing where all fits on one.
#[component]
pub fn Pager(link: Callback<u32, String>, page: Signal<u32>, pages: Signal<u32>) -> impl IntoView {
    let i18n = use_i18n();
    let link_to = move |page: u32| (1..=pages.get()).contains(&page).then(|| link.run(page));
    // A link without an address is one that leads nowhere now; it keeps its place.
    let previous = move || link_to(page.get() - 1);
    let next = move || link_to(page.get() + 1);
    view! {
        <Show when=move || { pages.get() > 1 }>
            <nav class="pager" aria-label=say!(i18n, tokens.pages)>
                <a class="button" rel="prev" href=previous aria-disabled=move || previous().is_none().to_string()>
                    {Icon::ChevronLeft.view()}
                    {say!(i18n, tokens.previous_page)}
                </a>
                <span>
                    {move || t_string!(i18n, tokens.page_of, page = page.get(), pages = pages.get()).to_string()}
                </span>
                <a class="button" rel="next" href=next aria-disabled=move || next().is_none().to_string()>
                    {say!(i18n, tokens.next_page)}
                    {Icon::ChevronRight.view()}
                </a>
            </nav>
        </Show>
    }
}
