//! Preload links for the wasm chunks of a page's lazy views, so that the browser loads them along with the page.
//!
//! Leptos would add such links itself, by a manifest. But it makes them when the page's reactive owner is no longer
//! current (`leptos_integration_utils` 0.8.9, `ExtendResponse::from_app`): with many pages rendered at once, links were
//! missing, or went into another page.

use leptos::PrefetchLazyFn;
use leptos::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The URLs of the chunks by the names of the lazy functions that need them.
#[derive(Debug, Clone, Default)]
pub struct Pieces(Arc<BTreeMap<String, Vec<String>>>);

impl Pieces {
    /// Returns the chunks as listed by `frontend/bundle`.
    #[must_use]
    pub fn new(pieces: BTreeMap<String, Vec<String>>) -> Self {
        Self(Arc::new(pieces))
    }

    /// Returns the links to the chunks that the page needs. They stand after the app, since rendering it registers its
    /// lazy functions.
    pub(crate) fn links(self) -> impl IntoView {
        move || {
            let lazy = use_context::<PrefetchLazyFn>().map(|lazy| lazy.0.get_value()).unwrap_or_default();
            let needed: BTreeSet<_> = lazy.into_iter().filter_map(|function| self.0.get(function)).flatten().collect();
            // Without a type and the default's name, which say nothing new: a page has dozens of these links.
            let link = |piece: &String| view! { <link rel="preload" href=piece.clone() r#as="fetch" crossorigin=""/> };
            needed.into_iter().map(link).collect_view()
        }
    }
}
