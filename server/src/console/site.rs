//! The built frontend in its folder, and Leptos's options for it.

use std::{env, fs, path::Path};

use anyhow::{Context as _, Result, ensure};
use app::pieces::Pieces;
use leptos::config::{Env, LeptosOptions};

/// The prefix of every file name in `pkg/`.
const NAME: &str = "kagitaba";
/// The file with the hashes of this build; `frontend/bundle` writes it beside the program.
const HASHES: &str = "hash.txt";
/// The name of the list of pieces, in that file and in `pkg/`.
const PIECES: &str = "pieces";

/// The frontend, as pages refer to it.
#[derive(Debug, Clone)]
pub struct Site {
    /// Leptos's options for the files.
    pub options: LeptosOptions,
    /// The pieces of wasm that pages need.
    pub pieces: Pieces,
}

impl Site {
    /// Returns the frontend in the folder that was built together with this program.
    ///
    /// # Errors
    /// If a file is missing that pages will ask for.
    pub fn open(folder: &Path) -> Result<Self> {
        let program = env::current_exe().context("cannot find out where this program is")?;
        let hashes = fs::read_to_string(program.with_file_name(HASHES)).with_context(|| {
            format!("the frontend is not built, {HASHES} is missing beside the program; run `make build`")
        })?;
        let mut pieces = Pieces::default();
        for (kind, hash) in hashes.lines().filter_map(|line| line.split_once(':')) {
            let hash = hash.trim();
            let name = if kind == PIECES { format!("{PIECES}.{hash}.json") } else { format!("{NAME}.{hash}.{kind}") };
            let file = folder.join("pkg").join(name);
            ensure!(file.exists(), "the frontend is not built, {} is missing; run `make build`", file.display());
            if kind == PIECES {
                let json = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
                pieces = Pieces::new(serde_json::from_slice(&json).context("cannot read the list of pieces")?);
            }
        }
        Ok(Self { options: options(folder, true), pieces })
    }

    /// Returns a frontend that is not built: pages work only in the parts that need no wasm.
    #[must_use]
    pub fn without_wasm(folder: &Path) -> Self {
        Self { options: options(folder, false), pieces: Pieces::default() }
    }
}

/// Returns Leptos's options. `hashed` says whether file names carry the hashes of this build.
fn options(folder: &Path, hashed: bool) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name(NAME)
        .site_root(folder.to_string_lossy())
        .site_pkg_dir("pkg")
        .env(Env::PROD)
        .hash_files(hashed)
        .hash_file(HASHES.into())
        .build()
}
