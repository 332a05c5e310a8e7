//! Environment variables. An empty one counts as not set: `docker compose` and systemd set it to nothing if a value was
//! left out.

use std::{
    env,
    ffi::{OsStr, OsString},
};

/// Returns the variable's value, or `None` if it is empty or not set.
#[must_use]
pub fn variable(name: impl AsRef<OsStr>) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// Returns whether the variable is set to nothing.
#[must_use]
pub fn is_empty(name: impl AsRef<OsStr>) -> bool {
    env::var_os(name).is_some_and(|value| value.is_empty())
}
