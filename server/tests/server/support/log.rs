//! The log of all tests at level `trace`, kept in memory.

use std::{
    io,
    sync::{LazyLock, Mutex},
};

use tracing_subscriber::EnvFilter;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// The global subscriber, installed once: log lines may come from any thread.
static KEPT: LazyLock<()> = LazyLock::new(|| {
    // Everything except the tests' own client, which logs the requests that it sends.
    let filter = EnvFilter::new("trace,ureq=off,ureq_proto=off");
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(|| Log).init();
});

struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps the log from now on.
pub fn keep() {
    LazyLock::force(&KEPT);
}

/// Returns the log so far.
pub fn text() -> String {
    String::from_utf8_lossy(&LOG.lock().unwrap()).into_owned()
}
