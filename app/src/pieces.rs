//! The pieces of wasm that a page's lazy views are in: the browser is asked to load them along with the page.
//!
//! Leptos would do so itself, by a manifest. But its links are made when the page's reactive owner is no longer current
//! (`leptos_integration_utils` 0.8.9, `ExtendResponse::from_app`), and with many pages rendered at once they went
//! missing, or into another page.

use leptos::PrefetchLazyFn;
use leptos::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The addresses of the pieces by the names of the lazy functions that need them.
#[derive(Debug, Clone, Default)]
pub struct Pieces(Arc<BTreeMap<String, Vec<String>>>);

impl Pieces {
    /// As `frontend/bundle` wrote them down.
    #[must_use]
    pub fn new(pieces: BTreeMap<String, Vec<String>>) -> Self {
        Self(Arc::new(pieces))
    }

    /// Links to what the page needs. They stand behind the app, which has told by then what that is.
    pub(crate) fn links(self) -> impl IntoView {
        move || {
            let lazy = use_context::<PrefetchLazyFn>().map(|lazy| lazy.0.get_value()).unwrap_or_default();
            let needed: BTreeSet<_> = lazy.into_iter().filter_map(|function| self.0.get(function)).flatten().collect();
            let link = |piece: &String| {
                view! { <link rel="preload" href=piece.clone() r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/> }
            };
            needed.into_iter().map(link).collect_view()
        }
    }
}
