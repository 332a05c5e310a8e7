//! Resets while a node is stopped, gone, or cut off from the database.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::Signal;

use crate::{client::Connection, place::Place};

/// Measures resets in each of these cases. Nodes are missing afterwards.
pub async fn measure(place: &mut Place) -> Result<[Fault; 3]> {
    Ok([paused(place, 0).await?, cut_off(place, 1).await?, killed(place, 2).await?])
}

/// Resets while a node does not answer.
pub struct Fault {
    pub name: &'static str,
    /// The time that the first reset took, and the one after it.
    pub times: [Duration; 2],
    /// Whether an old Auth Token passed on that node.
    pub stale: bool,
}

/// Resets of one token through the first node, while the last one, which has it in its cache, fails.
struct Faulty {
    account: usize,
    through: Connection,
    /// The address of the node that fails.
    there: SocketAddr,
    /// A call with the Auth Token before the resets.
    old: Vec<u8>,
}

impl Faulty {
    /// Lets the last node have the account's token in its cache.
    async fn begin(place: &mut Place, account: usize) -> Result<Self> {
        // Only a node with a lease caches anything.
        place.scale(place.nodes.len()).await?;
        let addresses = place.addresses();
        let [through, .., there] = addresses[..] else { bail!("too few nodes") };
        let (through, mut connection) = (Connection::open(through).await?, Connection::open(there).await?);
        let old = place.tokens.accounts[account].call();
        for _ in 0..2 {
            ensure!(connection.call(&old).await?.status == 200, "the Auth Token does not pass");
        }
        Ok(Self { account, through, there, old })
    }

    /// Resets the token twice.
    async fn reset(&mut self, place: &mut Place) -> Result<[Duration; 2]> {
        let account = &mut place.tokens.accounts[self.account];
        let (first, _) = account.reset(&mut self.through).await?;
        let (second, _) = account.reset(&mut self.through).await?;
        Ok([first, second])
    }
}

/// Measures resets while the last node is stopped; it goes on afterwards.
async fn paused(place: &mut Place, account: usize) -> Result<Fault> {
    let mut faulty = Faulty::begin(place, account).await?;
    place.nodes.last().context("no node")?.signal(Signal::STOP)?;
    let times = faulty.reset(place).await?;
    // The call waits for the node before it goes on; the system has accepted the connection.
    let mut connection = Connection::open(faulty.there).await?;
    connection.send(&faulty.old).await?;
    place.nodes.last().context("no node")?.signal(Signal::CONT)?;
    let stale = connection.receive().await?.status == 200;
    Ok(Fault { name: "paused (SIGSTOP)", times, stale })
}

/// Measures resets while the last node can't reach the database; it is ended afterwards.
async fn cut_off(place: &mut Place, account: usize) -> Result<Fault> {
    let mut faulty = Faulty::begin(place, account).await?;
    let number = place.nodes.last().context("no node")?.number;
    place.postgres.as_mut().context("no PostgreSQL")?.cut_off(number).await?;
    let times = faulty.reset(place).await?;
    let stale = Connection::open(faulty.there).await?.call(&faulty.old).await?.status == 200;
    place.postgres.as_mut().context("no PostgreSQL")?.mend(number).await?;
    drop(place.nodes.pop());
    Ok(Fault { name: "cut off from the database", times, stale })
}

/// Measures resets after the last node was killed.
async fn killed(place: &mut Place, account: usize) -> Result<Fault> {
    let mut faulty = Faulty::begin(place, account).await?;
    drop(place.nodes.pop());
    let times = faulty.reset(place).await?;
    Ok(Fault { name: "killed (SIGKILL)", times, stale: false })
}
