//! A wire between a node and the database that can be cut, and mended.

use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Arc, Mutex};
use std::{io, net::Shutdown, thread};
use tempfile::TempDir;

/// The name of a server's socket in its folder.
const SOCKET: &str = ".s.PGSQL.5432";

pub struct Wire {
    folder: TempDir,
    url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    is_cut: bool,
    streams: Vec<UnixStream>,
}

impl Wire {
    /// A wire to the database of that URL, which names the folder of the server's socket.
    pub fn to(url: &str) -> Self {
        let (rest, server) = url.split_once("?host=").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(SOCKET)).unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let (accepting, server) = (Arc::clone(&state), format!("{server}/{SOCKET}"));
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let mut state = accepting.lock().unwrap();
                if !state.is_cut {
                    let far = UnixStream::connect(&server).unwrap();
                    state.streams.extend([near.try_clone().unwrap(), far.try_clone().unwrap()]);
                    let back = (far.try_clone().unwrap(), near.try_clone().unwrap());
                    for (mut from, mut to) in [(near, far), back] {
                        thread::spawn(move || {
                            _ = io::copy(&mut from, &mut to);
                            _ = to.shutdown(Shutdown::Both);
                        });
                    }
                }
            }
        });
        let url = format!("{rest}?host={}", folder.path().display());
        Self { folder, url, state }
    }

    pub fn url(&self) -> &str {
        assert!(self.folder.path().exists());
        &self.url
    }

    /// Ends all connections, and lets none through.
    pub fn cut(&self) {
        let mut state = self.state.lock().unwrap();
        state.is_cut = true;
        for stream in state.streams.drain(..) {
            _ = stream.shutdown(Shutdown::Both);
        }
    }

    pub fn mend(&self) {
        self.state.lock().unwrap().is_cut = false;
    }
}
