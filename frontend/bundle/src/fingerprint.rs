//! The fingerprint of the site's inputs, so that an unchanged frontend is not packed again.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::files::{below, content_hash, read};

/// One hash over everything that determines the site: the given files and folders, and this program itself.
pub struct Fingerprint(String);

impl Fingerprint {
    /// Reads every input and returns its fingerprint.
    pub fn of(inputs: &[&str]) -> Result<Self> {
        let mut list = content_hash(&read(&env::current_exe()?)?);
        for input in inputs.iter().map(Path::new) {
            let files = if input.is_dir() { below(input)? } else { vec![input.to_owned()] };
            for file in files {
                list += &format!("\n{} {}", content_hash(&read(&file)?), file.display());
            }
        }
        Ok(Self(content_hash(list.as_bytes())))
    }

    /// Returns whether the stamp has this fingerprint and every output that it lists still exists.
    pub fn is_that_of(&self, stamp: &Path) -> bool {
        let stamp = fs::read_to_string(stamp).unwrap_or_default();
        let mut lines = stamp.lines();
        lines.next() == Some(&self.0) && lines.all(|output| Path::new(output).exists())
    }

    /// Writes the stamp: the fingerprint, then one output per line.
    pub fn stamp(&self, stamp: &Path, outputs: impl Iterator<Item = PathBuf>) -> Result<()> {
        let lines = outputs.map(|output| format!("{}\n", output.display()));
        let text = format!("{}\n{}", self.0, lines.collect::<String>());
        fs::write(stamp, text).with_context(|| format!("cannot write {}", stamp.display()))
    }
}
