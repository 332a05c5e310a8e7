//! Packs the compiled frontend for the browser: bindings, optimised wasm, style, hashed names, precompressed.
//!
//! Runs in the workspace's root, after the frontend's own build:
//!
//! - in: `target/wasm32-unknown-unknown/wasm-release/frontend.wasm`, `style/main.css`, `style/assets/`
//! - out: `target/site/`, which the server hands out as it stands, and `target/release/hash.txt`
//!
//! Names and `hash.txt` are those of Leptos's `hash_files` option: `HydrationScripts` and `HashedStylesheet` read
//! `hash.txt` beside the server's binary and ask for `pkg/kagitaba.HASH.js`, `.wasm` and `.css`. A name changes with the
//! content, so browsers may keep what is in `pkg/` for ever.

mod files;
mod fingerprint;
mod site;
mod tools;

use std::{fs, path::Path};

use anyhow::{Context as _, Result, ensure};

use crate::{
    files::{below, content_hash, read},
    fingerprint::Fingerprint,
    site::{Site, hashed_name},
};

const WASM: &str = "target/wasm32-unknown-unknown/wasm-release/frontend.wasm";
const STYLE: &str = "style/main.css";
const ASSETS: &str = "style/assets";
const TOOLS: &str = "frontend/package-lock.json";

const SITE: &str = "target/site";
const HASHES: &str = "target/release/hash.txt";

/// Intermediate files, a folder of our own.
const WORK: &str = "target/bundle";

/// The most that the wasm may weigh on its way to the browser, in bytes after brotli. The goal is 330,000; this is where
/// it stands, so that it never grows unseen.
const WASM_BUDGET: usize = 440_000;

fn main() -> Result<()> {
    ensure!(Path::new(WASM).exists(), "{WASM} is missing: `make build` compiles it first");
    ensure!(Path::new(STYLE).exists(), "{STYLE} is missing: is this the workspace's root?");

    let stamp = Path::new(WORK).join("stamp");
    let inputs = Fingerprint::of(&[WASM, "style", TOOLS])?;
    if inputs.is_that_of(&stamp) {
        println!("{SITE} is up to date");
        return Ok(());
    }
    files::make_empty(WORK.as_ref())?;

    let (mut site, hashes) = pack(Path::new(WORK))?;
    copy_assets(&mut site)?;
    print!("{site}");
    check_budget(&site)?;

    site.publish(SITE.as_ref())?;
    fs::write(HASHES, hashes).with_context(|| format!("cannot write {HASHES}"))?;
    inputs.stamp(&stamp, site.files().map(|file| Path::new(SITE).join(file)).chain([HASHES.into()]))
}

/// Runs the tools and lays out `pkg/`. Returns the site so far and the text of `hash.txt`.
fn pack(work: &Path) -> Result<(Site, String)> {
    let bindings = work.join("bindings");
    tools::bind(WASM.as_ref(), &bindings)?;
    let wasm = work.join("kagitaba.wasm");
    tools::optimise(&bindings.join("kagitaba_bg.wasm"), &wasm)?;
    let css = work.join("kagitaba.css");
    tools::minify(STYLE.as_ref(), &css)?;

    let mut site = Site::create(work.join("site"))?;
    let mut js = fs::read_to_string(bindings.join("kagitaba.js"))?;
    if let Some(folder) = copy_snippets(&bindings.join("snippets"), &mut site)? {
        js = js.replace("./snippets/", &format!("./{folder}/"));
    }

    let mut hashes = String::new();
    for (extension, content) in [("js", js.into_bytes()), ("wasm", read(&wasm)?), ("css", read(&css)?)] {
        let hash = content_hash(&content);
        site.add(Path::new("pkg").join(hashed_name(&hash, extension)), &content)?;
        hashes += &format!("{extension}: {hash}\n");
    }
    Ok((site, hashes))
}

/// Copies the scripts that crates bring along. They import one another by relative path, so the hash is in the name of
/// their folder, which is returned.
fn copy_snippets(from: &Path, site: &mut Site) -> Result<Option<String>> {
    if !from.exists() {
        return Ok(None);
    }
    let snippets = below(from)?;
    let contents = snippets.iter().map(|path| read(path)).collect::<Result<Vec<_>>>()?;
    let folder = format!("snippets.{}", content_hash(&contents.concat()));
    for (path, content) in snippets.iter().zip(&contents) {
        site.add(Path::new("pkg").join(&folder).join(path.strip_prefix(from)?), content)?;
    }
    Ok(Some(folder))
}

/// Copies fonts, icons and the like as they are, names too: their addresses are known outside.
fn copy_assets(site: &mut Site) -> Result<()> {
    if Path::new(ASSETS).exists() {
        for path in below(ASSETS.as_ref())? {
            site.add(path.strip_prefix(ASSETS)?.to_owned(), &read(&path)?)?;
        }
    }
    Ok(())
}

fn check_budget(site: &Site) -> Result<()> {
    let wasm = site.brotli_size("wasm");
    ensure!(
        wasm <= WASM_BUDGET,
        "the wasm is {wasm} bytes after brotli, {} over its budget of {WASM_BUDGET}: \
         look for what grew, a new dependency first of all",
        wasm - WASM_BUDGET,
    );
    Ok(())
}
