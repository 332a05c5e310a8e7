//! A wire between a node and the database that can be cut, silenced or lost, and be mended.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Arc, Condvar, Mutex};
use std::{net::Shutdown, thread};
use tempfile::TempDir;

/// The name of a server's socket in its folder.
const SOCKET: &str = ".s.PGSQL.5432";

pub struct Wire {
    folder: TempDir,
    url: String,
    state: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Default)]
struct State {
    is_cut: bool,
    is_silent: bool,
    /// The number of connections made so far, and how many of them, from the first on, are lost.
    made: usize,
    lost: usize,
    streams: Vec<UnixStream>,
    /// The startup message of each connection.
    startups: Vec<Vec<u8>>,
}

/// Forwards data, except while the wire is silent, and never data of a lost connection.
fn hand_on(mut from: UnixStream, mut to: UnixStream, number: usize, to_server: bool, wire: &(Mutex<State>, Condvar)) {
    let (mut buffer, mut starts) = (vec![0; 1 << 16], to_server);
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        let (state, mended) = wire;
        // A request for TLS of eight bytes may come first; a socket has no TLS.
        if starts && read > 8 {
            starts = false;
            state.lock().unwrap().startups.push(buffer[..read].to_vec());
        }
        let state = mended.wait_while(state.lock().unwrap(), |state| state.is_silent).unwrap();
        if number < state.lost {
            continue; // the data is dropped
        }
        drop(state);
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    _ = to.shutdown(Shutdown::Both);
}

impl Wire {
    /// Returns a wire to the database of that URL, which names the folder of the server's socket.
    pub fn to(url: &str) -> Self {
        let (rest, server) = url.split_once("?host=").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(SOCKET)).unwrap();
        let state = Arc::<(Mutex<State>, Condvar)>::default();
        let (accepting, server) = (Arc::clone(&state), format!("{server}/{SOCKET}"));
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let mut state = accepting.0.lock().unwrap();
                if !state.is_cut {
                    let far = UnixStream::connect(&server).unwrap();
                    state.streams.extend([near.try_clone().unwrap(), far.try_clone().unwrap()]);
                    let number = state.made;
                    state.made += 1;
                    let back = (far.try_clone().unwrap(), near.try_clone().unwrap());
                    for ((from, to), to_server) in [((near, far), true), (back, false)] {
                        let wire = Arc::clone(&accepting);
                        thread::spawn(move || hand_on(from, to, number, to_server, &wire));
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

    /// Returns the names of the startup parameters of each connection.
    #[allow(dead_code)] // unused in some test binaries
    pub fn startup_parameters(&self) -> Vec<Vec<String>> {
        let parameters = |startup: &Vec<u8>| {
            // Length and version come first, then names and values, each followed by a zero byte.
            let texts = startup[8..].split(|byte| *byte == 0).map(|text| String::from_utf8(text.to_vec()).unwrap());
            texts.step_by(2).filter(|name| !name.is_empty()).collect()
        };
        self.state.0.lock().unwrap().startups.iter().map(parameters).collect()
    }

    /// Ends all connections and lets no new ones through.
    pub fn cut(&self) {
        let mut state = self.state.0.lock().unwrap();
        state.is_cut = true;
        for stream in state.streams.drain(..) {
            _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Keeps connections open and accepts new ones, but forwards nothing until the wire is mended, as if packets got
    /// lost.
    #[allow(dead_code)] // unused in some test binaries
    pub fn silence(&self) {
        self.state.0.lock().unwrap().is_silent = true;
    }

    /// Forwards nothing more on the present connections; new ones work, as if another machine had taken over.
    #[allow(dead_code)] // unused in some test binaries
    pub fn lose(&self) {
        let mut state = self.state.0.lock().unwrap();
        state.lost = state.made;
    }

    pub fn mend(&self) {
        let mut state = self.state.0.lock().unwrap();
        (state.is_cut, state.is_silent) = (false, false);
        self.state.1.notify_all();
    }
}
