//! The site while it is built in a separate folder: each file with its precompressed siblings, all published at once.

use std::{
    ffi::OsStr,
    fmt, fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};

use crate::files;

/// The file types worth compressing. Pictures and woff2 fonts are already compressed.
const COMPRESSIBLE: [&str; 11] =
    ["css", "html", "ico", "js", "json", "map", "svg", "txt", "wasm", "webmanifest", "xml"];

/// A site under construction. It is not visible before [`Site::publish`].
pub struct Site {
    root: PathBuf,
    compressed: bool,
    files: Vec<File>,
}

/// A file of the site: one line of the table.
struct File {
    path: PathBuf,
    size: usize,
    brotli_size: Option<usize>,
}

impl Site {
    /// Creates an empty site in the given folder. `compressed` says whether files get compressed siblings.
    pub fn create(root: PathBuf, compressed: bool) -> Result<Self> {
        files::make_empty(&root)?;
        Ok(Self { root, compressed, files: Vec::new() })
    }

    /// Adds a file and, in a compressed site, its `.br` and `.gz` siblings if its type is worth compressing.
    pub fn add(&mut self, path: PathBuf, content: &[u8]) -> Result<()> {
        self.write(&path, content)?;
        let brotli_size = if self.compressed && is_compressible(&path) {
            let brotli = brotli(content)?;
            self.write(&sibling(&path, "br"), &brotli)?;
            self.write(&sibling(&path, "gz"), &gzip(content)?)?;
            Some(brotli.len())
        } else {
            None
        };
        self.files.push(File { path, size: content.len(), brotli_size });
        Ok(())
    }

    /// Replaces the earlier site, of which no file remains.
    pub fn publish(&self, target: &Path) -> Result<()> {
        files::remove(target)?;
        fs::rename(&self.root, target).with_context(|| format!("cannot put the site at {}", target.display()))
    }

    /// Returns the files' paths in the site, without their compressed siblings.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|file| file.path.as_path())
    }

    /// Returns the file's size in bytes after brotli, or 0 if there is no file at this path or it is not compressed.
    pub fn brotli_size(&self, path: &Path) -> usize {
        self.files.iter().find(|file| file.path == path).and_then(|file| file.brotli_size).unwrap_or(0)
    }

    fn write(&self, path: &Path, content: &[u8]) -> Result<()> {
        let path = self.root.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Writes the table of files and their sizes in bytes.
impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<52}{:>10}{:>10}", "file", "bytes", "brotli")?;
        for File { path, size, brotli_size } in &self.files {
            let brotli_size = brotli_size.map_or("-".to_owned(), |size| size.to_string());
            writeln!(f, "{:<52}{size:>10}{brotli_size:>10}", path.display().to_string())?;
        }
        Ok(())
    }
}

/// Returns the name that Leptos requests if `hash.txt` gives this hash for this type.
pub fn hashed_name(hash: &str, extension: &str) -> String {
    format!("kagitaba.{hash}.{extension}")
}

/// Returns the path of a compressed sibling, as the file server looks for it: `style.css` and `br` give `style.css.br`.
fn sibling(path: &Path, encoding: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(encoding);
    name.into()
}

fn is_compressible(path: &Path) -> bool {
    path.extension().and_then(OsStr::to_str).is_some_and(|extension| COMPRESSIBLE.contains(&extension))
}

fn brotli(mut content: &[u8]) -> Result<Vec<u8>> {
    let params = BrotliEncoderParams { quality: 11, lgwin: 22, size_hint: content.len(), ..Default::default() };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut content, &mut compressed, &params)?;
    Ok(compressed)
}

fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::files::content_hash;

    #[test]
    fn a_name_carries_the_hash_of_the_content() {
        let name = |content: &[u8]| hashed_name(&content_hash(content), "css");

        assert_eq!(name(b"a{}"), "kagitaba.5f546eb4606b5c2b.css");
        assert_ne!(name(b"a{}"), name(b"b{}"));
    }

    #[test]
    fn compressed_content_is_smaller_and_restored_exactly() -> Result<()> {
        let content = b"a bunch of keys, ".repeat(1000);
        let (brotli, gzip) = (brotli(&content)?, gzip(&content)?);
        assert!(brotli.len() < gzip.len() && gzip.len() < content.len());

        let (mut from_brotli, mut from_gzip) = (Vec::new(), Vec::new());
        brotli::BrotliDecompress(&mut brotli.as_slice(), &mut from_brotli)?;
        flate2::read::GzDecoder::new(gzip.as_slice()).read_to_end(&mut from_gzip)?;
        assert_eq!(from_brotli, content);
        assert_eq!(from_gzip, content);
        Ok(())
    }

    #[test]
    fn font_gets_no_compressed_siblings() {
        assert!(is_compressible("pkg/kagitaba.0123.wasm".as_ref()));
        assert!(!is_compressible("fonts/text.woff2".as_ref()));
        assert_eq!(sibling("icon.svg".as_ref(), "br"), Path::new("icon.svg.br"));
    }
}
