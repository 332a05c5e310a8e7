//! The files of the sources, for tests that read them.

use std::fs;
use std::path::{Path, PathBuf};

/// Returns the files in the folder and those below it.
pub fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}
