//! The file of an `SQLite` database: where its URL says it is, and how it is made and opened.

use crate::error::Error;
use percent_encoding::percent_decode_str;
use sqlx::sqlite::SqliteConnectOptions;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStringExt;
use std::path::{self, Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// The time to wait for another process that writes.
const BUSY: Duration = Duration::from_secs(5);

/// Returns the file that `sqlite:PATH` names, in which `%25` stands for a percent sign and `?` begins parameters. The
/// path is absolute: `SQLite` would read one that begins with `file:` as a URI.
///
/// # Errors
/// [`Error::UnsupportedDatabase`] for a database in memory, [`Error::Database`] if the working directory is gone.
pub(crate) fn file(url: &str) -> Result<PathBuf, Error> {
    let (path, parameters) = split(url);
    if path == ":memory:" || parameters.contains("mode=memory") {
        return Err(Error::UnsupportedDatabase("sqlite in memory".to_owned()));
    }
    let path = OsString::from_vec(percent_decode_str(path).collect());
    Ok(path::absolute(path).map_err(sqlx::Error::Io)?)
}

/// Returns the path of a URL as it is written there, and its parameters.
fn split(url: &str) -> (&str, &str) {
    let address = url.strip_prefix("sqlite:").unwrap_or(url);
    let address = address.strip_prefix("//").unwrap_or(address);
    address.split_once('?').unwrap_or((address, ""))
}

/// Returns the options to open the file with, which include the URL's parameters.
pub(crate) fn options(url: &str, file: &Path) -> Result<SqliteConnectOptions, Error> {
    let parameters = SqliteConnectOptions::from_str(&format!("sqlite:file?{}", split(url).1))?;
    Ok(parameters.filename(in_utf8(file).map_err(sqlx::Error::Io)?).foreign_keys(true).busy_timeout(BUSY))
}

/// Returns a name of the file in UTF-8, as the driver takes no other. Linux also names a directory by its file
/// descriptor, which stays open as long as the process runs; `SQLite` follows that to the directory's own name.
pub(crate) fn in_utf8(file: &Path) -> io::Result<PathBuf> {
    if file.to_str().is_some() {
        return Ok(file.to_owned());
    }
    let folder = File::open(file.parent().unwrap_or(file))?;
    let name = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd()));
    std::mem::forget(folder);
    Ok(name.join(file.file_name().unwrap_or_default()))
}

/// Creates the file if it is missing, for its owner only: it holds password hashes. `SQLite` gives the files that it
/// puts beside it the same permissions. An existing file is not even opened: closing it would end the locks that
/// `SQLite` holds on it in this process (fcntl(2)).
pub(crate) fn make(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.write(true).create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_names_any_path() {
        let here = std::env::current_dir().unwrap();
        for (url, path) in [
            ("sqlite:/a/b.db", "/a/b.db".into()),
            ("sqlite:///a/b.db?mode=rwc", "/a/b.db".into()),
            ("sqlite:a b.db", here.join("a b.db")),
            ("sqlite://a.db", here.join("a.db")),
            ("sqlite:/100%25/%3F%23", "/100%/?#".into()),
            ("sqlite:file:x", here.join("file:x")),
            ("sqlite:/mode=memory/:memory:", "/mode=memory/:memory:".into()),
        ] {
            assert_eq!(file(url).unwrap(), path, "{url}");
        }
        let bytes = file("sqlite:/%FF.db").unwrap().into_os_string().into_vec();
        assert_eq!(bytes, b"/\xff.db");
    }
}
