//! Third-party tools: wasm-bindgen, binaryen's wasm-opt and lightningcss, each called with Kagitaba's options.

use std::{collections::HashMap, path::Path, process::Command};

use anyhow::{Context as _, Result, bail, ensure};
use wasm_bindgen_cli_support::Bindgen;

use crate::files::read;

/// The folder into which `npm ci` puts the tools that `frontend/package.json` names.
const NODE_TOOLS: &str = "frontend/node_modules/.bin";

/// The WebAssembly features of rustc's output. wasm-opt neither accepts nor introduces any feature that is not enabled
/// here.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// The oldest browsers that the style supports: those of May 2024. lightningcss rewrites newer CSS for them.
const BROWSERS: &str = "chrome >= 125, edge >= 125, firefox >= 126, safari >= 17.5, ios_saf >= 17.5";

/// Splits the wasm at its lazy functions: writes the part that every page needs to `main`, and the pieces for single
/// pages and the script that loads them into the given folder. Returns which pieces (names without `.wasm`) each lazy
/// function needs.
pub fn split(wasm: &Path, main: &Path, folder: &Path, loader: &str) -> Result<HashMap<String, Vec<String>>> {
    let wasm = read(wasm)?;
    let mut options = wasm_split_cli_support::Options::new(&wasm);
    options.output_dir = folder;
    options.main_out_path = main;
    options.main_module = "./kagitaba.js";
    let link_name = format!("./{loader}");
    options.link_name = &link_name;
    match wasm_split_cli_support::transform(options) {
        Ok(split) => Ok(split.prefetch_map),
        Err(error) => bail!("the wasm cannot be split: {error:#}"),
    }
}

/// Writes `kagitaba.js`, `kagitaba_bg.wasm` and, if crates contain scripts, `snippets/` into the given folder.
pub fn bind(wasm: &Path, folder: &Path) -> Result<()> {
    Bindgen::new()
        .input_path(wasm)
        .out_name("kagitaba")
        .web(true)?
        .typescript(false)
        .keep_lld_exports(true) // the pieces share them
        .demangle(false)
        .omit_default_module_path(true) // Leptos hands the wasm's address to the script
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(folder)
        .context("wasm-bindgen failed; its version in Cargo.toml must be that of wasm-bindgen-cli-support")
}

/// The passes of wasm-opt that make wasm smaller, but larger once it is compressed: copies of a function in its callers
/// resemble one another less than calls of it do, and functions in the compiler's order stand beside their like. Measured
/// with brotli, the main wasm is some 7 % larger with these passes than without.
const SKIPPED_PASSES: [&str; 2] = ["--skip-pass=inlining-optimizing", "--skip-pass=reorder-functions"];

/// Returns the wasm optimised by wasm-opt, for its size once it is compressed.
pub fn optimise(wasm: &Path) -> Result<Vec<u8>> {
    let to = wasm.with_extension("optimised");
    // wasm-opt runs only for moments, so V8's optimising compiler would not pay off.
    run(Command::new("node")
        .arg("--liftoff-only")
        .arg(Path::new(NODE_TOOLS).join("wasm-opt"))
        .args(["-Os", "--strip-debug", "--strip-producers"])
        .args(SKIPPED_PASSES)
        .args(WASM_FEATURES)
        .arg("--output")
        .args([&to, wasm]))?;
    read(&to)
}

/// Bundles the style sheet with all its imports into one minified file.
pub fn minify(css: &Path, to: &Path) -> Result<()> {
    run(Command::new(Path::new(NODE_TOOLS).join("lightningcss"))
        .args(["--bundle", "--minify", "--targets", BROWSERS, "--output-file"])
        .args([to, css]))
}

/// Runs the tool, which prints its own output and errors.
fn run(tool: &mut Command) -> Result<()> {
    let name = tool.get_program().display().to_string();
    let status =
        tool.status().with_context(|| format!("cannot run {name}: it needs Node.js, and `npm ci` in frontend/"))?;
    ensure!(status.success(), "{name} failed: {status}");
    Ok(())
}
