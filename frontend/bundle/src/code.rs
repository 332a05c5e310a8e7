//! Scripts and wasm: split into the part that every page needs and the pieces that only some pages need, then optimised
//! and named.
//!
//! The files refer to one another and belong together: each name contains the same hash, over all of them.

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Result, ensure};
use rayon::prelude::*;

use crate::{
    files::{below, content_hash, read, read_text},
    site::hashed_name,
    tools,
};

/// The file name of the script that loads the pieces, before a hash is added.
const LOADER: &str = "__wasm_split.js";
/// The beginning of a piece's address in that script.
const OWN_ADDRESS: &str = "new URL(\"./";
/// The function of the app's scripts that fetches a piece (`app/src/shell/pieces.js`).
const FETCH: &str = "kagitabaFetch";

/// Paths with their contents.
type Files = Vec<(PathBuf, Vec<u8>)>;

/// The scripts and wasm of one build.
pub struct Code {
    /// The hash in the names of all files.
    pub hash: String,
    /// Paths below `pkg/`, with their contents.
    pub files: Files,
    /// The addresses of the pieces that each lazy function needs before it can run.
    pub pieces: BTreeMap<String, Vec<String>>,
}

impl Code {
    /// Makes the files from the compiled wasm and scripts to add to that of every page, with intermediate files below
    /// `work`. `small` says whether wasm-opt makes the wasm smaller.
    pub fn make(wasm: &Path, work: &Path, added_scripts: &str, small: bool) -> Result<Self> {
        let (main, bindings, pieces) = (work.join("main.wasm"), work.join("bindings"), work.join("pieces"));
        let lazy = tools::split(wasm, &main, &pieces, LOADER)?;
        tools::bind(&main, &bindings)?;

        let mut snippets = Vec::new();
        if bindings.join("snippets").exists() {
            for path in below(&bindings.join("snippets"))? {
                snippets.push((path.strip_prefix(&bindings)?.to_owned(), read(&path)?));
            }
        }
        let (wasm, finished) = finish(&bindings.join("kagitaba_bg.wasm"), &pieces, small)?;
        let script = read_text(&bindings.join("kagitaba.js"))? + added_scripts;
        let loader = read_text(&pieces.join(LOADER))?;
        ensure!(loader.contains(&format!(" fetch({OWN_ADDRESS}")), "{LOADER} fetches the pieces in another way");

        let mut all = vec![script.as_bytes(), loader.as_bytes(), &wasm];
        all.extend(snippets.iter().chain(&finished).map(|(_, content)| content.as_slice()));
        let hash = content_hash(&all.concat());

        // Snippets import one another by relative path, and there are many pieces, so the hash is in the name of their
        // folder instead.
        let folder = format!("parts.{hash}");
        let main_js = hashed_name(&hash, "js");
        let main_wasm = PathBuf::from(hashed_name(&hash, "wasm"));
        let loader_js = format!("__wasm_split.{hash}.js");
        let script = script
            .replace("\"./snippets/", &format!("\"./{folder}/snippets/"))
            .replace(&format!("from \"./{LOADER}\""), &format!("from \"./{loader_js}\""));
        let loader = loader
            .replace(&format!(" fetch({OWN_ADDRESS}"), &format!(" {FETCH}({OWN_ADDRESS}"))
            .replace("from \"./kagitaba.js\"", &format!("from \"./{main_js}\""))
            .replace(OWN_ADDRESS, &format!("{OWN_ADDRESS}{folder}/"));

        let pieces: BTreeMap<_, Vec<_>> = lazy
            .into_iter()
            .map(|(function, pieces)| {
                (function, pieces.iter().map(|piece| format!("/pkg/{folder}/{piece}.wasm")).collect())
            })
            .collect();

        let mut files = vec![
            (main_js.into(), script.into_bytes()),
            (main_wasm, wasm),
            (loader_js.into(), loader.into_bytes()),
            (format!("pieces.{hash}.json").into(), serde_json::to_vec(&pieces)?),
        ];
        let parts = snippets.into_iter().chain(finished);
        files.extend(parts.map(|(path, content)| (Path::new(&folder).join(path), content)));
        Ok(Self { hash, files, pieces })
    }

    /// Returns the lines of `hash.txt` by which Leptos and the server find the files.
    pub fn hash_lines(&self) -> String {
        ["js", "wasm", "pieces"].map(|kind| format!("{kind}: {}\n", self.hash)).concat()
    }
}

/// Returns the main wasm and the pieces in this folder with their paths in it, optimised for size if `small`.
fn finish(main: &Path, pieces: &Path, small: bool) -> Result<(Vec<u8>, Files)> {
    let mut paths = below(pieces)?;
    paths.retain(|path| path.extension().is_some_and(|it| it == "wasm"));
    // Large pieces come first, so that no core waits for another at the end.
    paths.sort_by_cached_key(|path| Reverse(path.metadata().map_or(0, |file| file.len())));
    let finish = |path: &Path| if small { tools::optimise(path) } else { read(path) };
    let (main, pieces) = rayon::join(
        || finish(main),
        || {
            let finished =
                paths.iter().par_bridge().map(|path| Ok((path.strip_prefix(pieces)?.to_owned(), finish(path)?)));
            let mut finished = finished.collect::<Result<Vec<_>>>()?;
            finished.sort();
            anyhow::Ok(finished)
        },
    );
    Ok((main?, pieces?))
}
