//! Resets while a node is stopped, gone, or cut off from the database.

use std::time::Duration;

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

/// Connections to the last node, which fails, and to the first, which resets a token.
struct Faulty {
    there: Connection,
    through: Connection,
    /// A call with the Auth Token before both resets.
    old: Vec<u8>,
}

impl Faulty {
    /// Lets the last node have the token in its cache.
    async fn begin(place: &mut Place, account: usize) -> Result<Self> {
        let addresses = place.addresses();
        let [through, .., there] = addresses[..] else { bail!("too few nodes") };
        let (mut there, through) = (Connection::open(there).await?, Connection::open(through).await?);
        let old = place.tokens.accounts[account].call();
        for _ in 0..2 {
            ensure!(there.call(&old).await?.status == 200, "the Auth Token does not pass");
        }
        Ok(Self { there, through, old })
    }

    async fn reset(&mut self, place: &mut Place, account: usize) -> Result<[Duration; 2]> {
        let account = &mut place.tokens.accounts[account];
        let (first, _) = account.reset(&mut self.through).await?;
        let (second, _) = account.reset(&mut self.through).await?;
        Ok([first, second])
    }
}

/// Measures resets while the last node is stopped; it goes on afterwards.
async fn paused(place: &mut Place, account: usize) -> Result<Fault> {
    let mut faulty = Faulty::begin(place, account).await?;
    place.nodes.last().context("no node")?.signal(Signal::STOP)?;
    let times = faulty.reset(place, account).await?;
    // The call is there before the node goes on.
    faulty.there.send(&faulty.old).await?;
    place.nodes.last().context("no node")?.signal(Signal::CONT)?;
    let stale = faulty.there.receive().await?.status == 200;
    Ok(Fault { name: "paused (SIGSTOP)", times, stale })
}

/// Measures resets after the last node was killed.
async fn killed(place: &mut Place, account: usize) -> Result<Fault> {
    let mut faulty = Faulty::begin(place, account).await?;
    drop(place.nodes.pop());
    let times = faulty.reset(place, account).await?;
    Ok(Fault { name: "killed (SIGKILL)", times, stale: false })
}

/// Measures resets while the last node can't reach the database; it is ended afterwards.
async fn cut_off(place: &mut Place, account: usize) -> Result<Fault> {
    let mut faulty = Faulty::begin(place, account).await?;
    let number = place.nodes.last().context("no node")?.number;
    place.postgres.as_mut().context("no PostgreSQL")?.cut_off(number).await?;
    let times = faulty.reset(place, account).await?;
    let stale = faulty.there.call(&faulty.old).await?.status == 200;
    place.postgres.as_mut().context("no PostgreSQL")?.mend(number).await?;
    drop(place.nodes.pop());
    Ok(Fault { name: "cut off from the database", times, stale })
}
