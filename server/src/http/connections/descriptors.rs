//! File descriptors: how many this process may have open, and one in reserve.

use std::fs::File;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The most descriptors ever asked for; some systems refuse more.
const MOST: u64 = 1 << 20;

/// Raises the soft limit of open file descriptors to the hard one, and returns the limit that holds then.
pub fn raise_limit() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(MOST).min(MOST);
    let mut holds = current.unwrap_or(u64::MAX);
    if holds < wanted {
        match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }) {
            Ok(()) => holds = wanted,
            Err(error) => tracing::warn!(%error, "the limit of open files stays at {holds}"),
        }
    }
    usize::try_from(holds).unwrap_or(usize::MAX)
}

/// A descriptor in reserve. It is given up if there are no others, to accept a connection and close it: otherwise its
/// client would wait for an answer that can't come.
pub struct Spare(Option<File>);

impl Spare {
    /// Opens a descriptor.
    pub fn open() -> Self {
        Self(File::open("/dev/null").ok())
    }

    /// Gives the descriptor up, runs `work`, and opens it again.
    pub fn lend(&mut self, work: impl FnOnce()) {
        self.0 = None;
        work();
        *self = Self::open();
    }
}
