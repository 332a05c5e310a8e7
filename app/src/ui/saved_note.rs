//! The note of a page that answers a plain form.

use crate::routes::Notice;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Returns the note with the text, if the page's address has a notice.
pub fn saved_note(text: Signal<&'static str>) -> AnyView {
    let saved = use_query_map().with_untracked(|query| query.get(Notice::PARAMETER).is_some());
    saved.then(|| view! { <p class="note" role="status">{text}</p> }).into_any()
}
