//! Preload links for the wasm chunks of a page's lazy views, so that the browser loads them along with the page.
//!
//! Leptos would add such links itself, by a manifest. But it makes them when the page's reactive owner is no longer
//! current (`leptos_integration_utils` 0.8.9, `ExtendResponse::from_app`): with many pages rendered at once, links were
//! missing, or went into another page.

use leptos::PrefetchLazyFn;
use leptos::nonce::use_nonce;
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

    /// Returns the script that adds the links to the chunks that the page needs. It stands after the app, since rendering
    /// it registers its lazy functions. Dozens of links would be a tenth of a page; their folder is named once here.
    pub(crate) fn links(self) -> impl IntoView {
        move || {
            let lazy = use_context::<PrefetchLazyFn>().map(|lazy| lazy.0.get_value()).unwrap_or_default();
            let needed: BTreeSet<_> = lazy.into_iter().filter_map(|function| self.0.get(function)).flatten().collect();
            let script = script(needed.into_iter().map(String::as_str));
            // Unlike other scripts, one of this kind does not wait for the style sheet.
            script.map(|script| view! { <script r#type="module" r#async=true nonce=use_nonce()>{script}</script> })
        }
    }
}

/// Adds a link for each name in a folder.
const ADD: &str = "const add=(folder,names)=>{for(const name of names.split(' '))document.body.append(\
                   Object.assign(document.createElement('link'),\
                   {rel:'preload',as:'fetch',crossOrigin:'',href:folder+name}))};";

/// Returns the script that adds a preload link for each of these URLs, or `None` if there are none.
fn script<'a>(urls: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut folders = BTreeMap::<&str, Vec<&str>>::new();
    for url in urls {
        let (folder, name) = url.split_at(url.rfind('/').map_or(0, |slash| slash + 1));
        folders.entry(folder).or_default().push(name);
    }
    let calls = folders.iter().map(|(folder, names)| format!("add('{folder}','{}');", names.join(" ")));
    (!folders.is_empty()).then(|| ADD.to_owned() + &calls.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_names_each_folder_once() {
        let urls = ["/pkg/parts.1/chunk_1.wasm", "/pkg/parts.1/chunk_2.wasm", "/pkg/a.wasm"];
        let script = script(urls.into_iter()).unwrap();
        let calls = script.strip_prefix(ADD).unwrap();
        assert_eq!(calls, "add('/pkg/','a.wasm');add('/pkg/parts.1/','chunk_1.wasm chunk_2.wasm');");
        assert_eq!(super::script([].into_iter()), None);
    }
}
