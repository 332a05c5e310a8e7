//! Environment variables, of which an empty one counts as not set: `docker compose` and systemd set it where a value was
//! left out.

use std::{
    env,
    ffi::{OsStr, OsString},
};

/// Returns the variable's value; `None` where it is empty or not set.
#[must_use]
pub fn variable(name: impl AsRef<OsStr>) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// Whether the variable is set to nothing.
#[must_use]
pub fn is_empty(name: impl AsRef<OsStr>) -> bool {
    env::var_os(name).is_some_and(|value| value.is_empty())
}
