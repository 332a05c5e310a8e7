//! The built frontend in its folder, and the options by which Leptos finds it there.

use std::{env, fs, path::Path};

use anyhow::{Context as _, Result, ensure};
use leptos::config::{Env, LeptosOptions};

/// The name that every file in `pkg/` begins with.
const NAME: &str = "kagitaba";
/// Names the files of this build; `frontend/bundle` writes it beside the program.
const HASHES: &str = "hash.txt";

/// Makes sure that the folder has every file that pages will ask for.
///
/// # Errors
/// Where one is missing.
pub fn check(folder: &Path) -> Result<()> {
    let program = env::current_exe().context("cannot tell where this program is")?;
    let hashes = fs::read_to_string(program.with_file_name(HASHES)).with_context(|| {
        format!("the frontend is not built, {HASHES} is missing beside the program; run `make build`")
    })?;
    for (kind, hash) in hashes.lines().filter_map(|line| line.split_once(':')) {
        let file = folder.join("pkg").join(format!("{NAME}.{}.{kind}", hash.trim()));
        ensure!(file.exists(), "the frontend is not built, {} is missing; run `make build`", file.display());
    }
    Ok(())
}

/// Leptos's options for the frontend in the folder. `hashed` says whether file names carry the hashes of this build.
#[must_use]
pub fn options(folder: &Path, hashed: bool) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name(NAME)
        .site_root(folder.to_string_lossy())
        .site_pkg_dir("pkg")
        .env(Env::PROD)
        .hash_files(hashed)
        .hash_file(HASHES.into())
        .build()
}
