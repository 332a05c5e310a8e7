//! Packs the compiled frontend for the browser: bindings, optimised wasm, style, hashed names, precompressed.
//!
//! Runs in the workspace's root, after the frontend's own build:
//!
//! - in: `target/wasm32-unknown-unknown/wasm-release/frontend.wasm`, `style/main.css`, `style/assets/`, the app's scripts
//! - out: `target/site/`, which the server hands out as it stands, and `target/release/hash.txt`
//!
//! With `--dev` it packs the debug build, quickly and without making anything small, for `target/debug/kagitaba`:
//!
//! - in: `target/wasm32-unknown-unknown/debug/frontend.wasm`, `style/` as above
//! - out: `target/dev/site/` and `target/debug/hash.txt`
//!
//! With `--reload` as well, pages of the debug build reload themselves when `make dev` has made another one.
//!
//! Names and `hash.txt` are those of Leptos's `hash_files` option: `HydrationScripts` and `HashedStylesheet` read
//! `hash.txt` beside the server's binary and request `pkg/kagitaba.HASH.js`, `.wasm` and `.css`. The server reads from
//! `pkg/pieces.HASH.json` which pieces of wasm a page needs. A name changes with the content, so browsers may cache the
//! files in `pkg/` forever.

mod code;
mod files;
mod fingerprint;
mod site;
mod tools;

use std::{env, fs, path::Path};

use anyhow::{Context as _, Result, ensure};

use crate::{
    code::Code,
    files::{below, content_hash, read, read_text},
    fingerprint::Fingerprint,
    site::{Site, hashed_name},
};

const STYLE: &str = "style/main.css";
const ASSETS: &str = "style/assets";
const TOOLS: &str = "frontend/package-lock.json";
/// The app's own scripts, which are added to that of every page: one file less to fetch for each.
const SCRIPTS: [&str; 3] = ["app/src/shell/translations.js", "app/src/shell/pieces.js", "app/src/tokens/live.js"];

/// One kind of build: the paths of its inputs and outputs, and whether its files are optimised for size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Build {
    wasm: &'static str,
    site: &'static str,
    hashes: &'static str,
    /// The folder of intermediate files, used only by this program.
    work: &'static str,
    small: bool,
    /// A script to add to that of every page, beside those of the app.
    added_script: Option<&'static str>,
}

const RELEASE: Build = Build {
    wasm: "target/wasm32-unknown-unknown/wasm-release/frontend.wasm",
    site: "target/site",
    hashes: "target/release/hash.txt",
    work: "target/bundle",
    small: true,
    added_script: None,
};
const DEV: Build = Build {
    wasm: "target/wasm32-unknown-unknown/debug/frontend.wasm",
    site: "target/dev/site",
    hashes: "target/debug/hash.txt",
    work: "target/dev/bundle",
    small: false,
    added_script: None,
};
const RELOADING: Build = Build { added_script: Some("frontend/bundle/src/reload.js"), ..DEV };

/// The folder of scripts, wasm and style in the site.
const PKG: &str = "pkg";

/// Greatest size of the wasm that every page needs, in bytes after brotli.
const MAIN_BUDGET: usize = 316_000;
/// Greatest size of all the wasm that any one page needs, in bytes after brotli. The limit keeps growth from going
/// unnoticed.
const PAGE_BUDGET: usize = 720_000;
/// The same limit for the pages that are loaded together: see `settings_pages` in the app.
const TOGETHER_BUDGET: usize = 828_000;

fn main() -> Result<()> {
    let is_given = |option: &str| env::args().any(|argument| argument == option);
    let dev = if is_given("--reload") { RELOADING } else { DEV };
    let build = if is_given("--dev") { dev } else { RELEASE };
    let work = Path::new(build.work);
    ensure!(Path::new(build.wasm).exists(), "{} is missing: `make` compiles it first", build.wasm);
    ensure!(Path::new(STYLE).exists(), "{STYLE} is missing: is this the workspace's root?");

    let stamp = work.join("stamp");
    let scripts: Vec<_> = SCRIPTS.into_iter().chain(build.added_script).collect();
    let mut inputs = vec![build.wasm, "style", TOOLS];
    inputs.extend(&scripts);
    let inputs = Fingerprint::of(&inputs)?;
    if inputs.is_that_of(&stamp) {
        println!("{} is up to date", build.site);
        return Ok(());
    }
    files::make_empty(work)?;

    let scripts = scripts.iter().map(|path| read_text(path.as_ref())).collect::<Result<String>>()?;
    let code = Code::make(build.wasm.as_ref(), work, &scripts, build.small)?;
    let style = work.join("kagitaba.css");
    tools::minify(STYLE.as_ref(), &style)?;
    let style = read(&style)?;
    let style_hash = content_hash(&style);

    let mut site = Site::create(work.join("site"), build.small)?;
    for (path, content) in &code.files {
        site.add(Path::new(PKG).join(path), content)?;
    }
    site.add(Path::new(PKG).join(hashed_name(&style_hash, "css")), &style)?;
    copy_assets(&mut site)?;
    if build.small {
        print!("{site}");
        check_budget(&site, &code)?;
    }

    site.publish(build.site.as_ref())?;
    let hashes = format!("{}css: {style_hash}\n", code.hash_lines());
    fs::write(build.hashes, hashes).with_context(|| format!("cannot write {}", build.hashes))?;
    let files = site.files().map(|file| Path::new(build.site).join(file));
    inputs.stamp(&stamp, files.chain([build.hashes.into()]))
}

/// Copies fonts, icons and other assets unchanged. They keep their names, as their addresses are known outside.
fn copy_assets(site: &mut Site) -> Result<()> {
    if Path::new(ASSETS).exists() {
        for path in below(ASSETS.as_ref())? {
            site.add(path.strip_prefix(ASSETS)?.to_owned(), &read(&path)?)?;
        }
    }
    Ok(())
}

/// Prints the size of the wasm that each lazy function needs, and fails if that, or the wasm that every page needs,
/// exceeds its budget.
fn check_budget(site: &Site, code: &Code) -> Result<()> {
    let main = site.brotli_size(&Path::new(PKG).join(hashed_name(&code.hash, "wasm")));
    let mut over = Vec::new();
    println!("\n{:<52}{:>10}{:>10}", "wasm needed for", "files", "brotli");
    for (function, pieces) in &code.pieces {
        let all =
            main + pieces.iter().map(|piece| site.brotli_size(piece.trim_start_matches('/').as_ref())).sum::<usize>();
        println!("{function:<52}{:>10}{all:>10}", 1 + pieces.len());
        let budget = if function.starts_with("settings_pages") { TOGETHER_BUDGET } else { PAGE_BUDGET };
        if main > MAIN_BUDGET || all > budget {
            over.push(format!("{function} needs {all} bytes of {budget}, {main} of {MAIN_BUDGET} on every page"));
        }
    }
    ensure!(over.is_empty(), "{}; look for what grew, a new dependency first of all", over.join("; "));
    Ok(())
}
