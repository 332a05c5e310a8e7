//! Nodes that join and leave while calls run: the number of calls that get no answer.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result};
use tokio::{task::JoinSet, time::sleep};

use crate::{client::Connection, load::CLIENTS, place::Place, tokens::Calls};

/// The number of times that one node joins and another leaves.
pub const TIMES: usize = 4;
/// The time after each.
const PAUSE: Duration = Duration::from_secs(1);
/// The pause of each client after each call.
const BETWEEN_CALLS: Duration = Duration::from_millis(3);
/// The number of times that a client tries to call before it gives up.
const ATTEMPTS: usize = 50;

/// How clients connect.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Connections {
    /// Each call has a connection of its own.
    New,
    /// A connection is kept from call to call.
    Kept,
}

/// The fate of calls.
#[derive(Clone, Copy, Default)]
pub struct Fate {
    /// The number of calls that passed.
    pub passed: usize,
    /// The number of connections that were refused; the call was made at another node.
    pub elsewhere: usize,
    /// The number of kept connections that were closed before the answer began; the call was made again, as HTTP clients
    /// do.
    pub again: usize,
    /// The number of calls with another answer, such as 503.
    pub refused: usize,
    /// The number of calls on an accepted connection that ended without an answer.
    pub lost: usize,
}

impl std::ops::AddAssign for Fate {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.elsewhere += other.elsewhere;
        self.again += other.again;
        self.refused += other.refused;
        self.lost += other.lost;
    }
}

/// The nodes as clients know them, and whether clients go on.
struct Known {
    addresses: Mutex<Vec<SocketAddr>>,
    ended: AtomicBool,
}

impl Known {
    fn change(&self, change: impl FnOnce(&mut Vec<SocketAddr>)) {
        change(&mut self.addresses.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn address(&self, turn: usize) -> SocketAddr {
        let addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        addresses[turn % addresses.len()]
    }
}

/// Lets nodes join and leave while calls run, and returns the fate of calls on new and on kept connections.
pub async fn measure(place: &mut Place) -> Result<[Fate; 2]> {
    let known = Known { addresses: Mutex::new(place.addresses()), ended: AtomicBool::new(false) };
    let known = Arc::new(known);
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let connections = if client % 2 == 0 { Connections::New } else { Connections::Kept };
        let (known, calls) = (Arc::clone(&known), Arc::clone(&place.tokens.authorize));
        clients.spawn(async move { (connections, call(&known, &calls, connections, client).await) });
    }
    for _ in 0..TIMES {
        let node = place.start().await?;
        known.change(|addresses| addresses.push(node.address));
        place.nodes.push(node);
        sleep(PAUSE).await;
        let node = place.nodes.remove(0);
        let address = node.address;
        node.end().await?;
        known.change(|addresses| addresses.retain(|known| *known != address));
        sleep(PAUSE).await;
    }
    known.ended.store(true, Ordering::Release);
    let mut fates = [Fate::default(); 2];
    while let Some(fate) = clients.join_next().await {
        let (connections, fate) = fate.context("a client")?;
        fates[usize::from(connections == Connections::Kept)] += fate;
    }
    Ok(fates)
}

/// Calls until it ends.
async fn call(known: &Known, calls: &Calls, connections: Connections, first: usize) -> Fate {
    let (mut fate, mut kept) = (Fate::default(), None);
    for (turn, call) in calls.iter().cycle().enumerate().skip(first) {
        if known.ended.load(Ordering::Acquire) {
            break;
        }
        kept = call_once(known, turn, call, kept, &mut fate).await.filter(|_| connections == Connections::Kept);
        sleep(BETWEEN_CALLS).await;
    }
    fate
}

/// Calls until there is an answer or the call is lost. Returns the connection of the answer.
async fn call_once(
    known: &Known,
    turn: usize,
    call: &[u8],
    mut kept: Option<Connection>,
    fate: &mut Fate,
) -> Option<Connection> {
    for attempt in 0..ATTEMPTS {
        let (mut connection, is_kept) = if let Some(connection) = kept.take() {
            (connection, true)
        } else if let Ok(connection) = Connection::open(known.address(turn + attempt)).await {
            (connection, false)
        } else {
            fate.elsewhere += 1;
            continue;
        };
        match connection.call(call).await.map(|answer| answer.status) {
            Ok(200) => fate.passed += 1,
            Ok(_) => fate.refused += 1,
            Err(_) if is_kept && !connection.has_received() => {
                fate.again += 1;
                continue;
            }
            Err(_) => {
                fate.lost += 1;
                return None;
            }
        }
        return Some(connection);
    }
    fate.lost += 1;
    None
}
