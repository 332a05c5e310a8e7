//! A database with any number of nodes on it.

use std::{
    fs,
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use server::config::Data;
use tempfile::TempDir;
use tokio::time::sleep;

use crate::{
    load,
    node::Node,
    postgres::Postgres,
    tokens::{self, Tokens},
};

/// The largest number of nodes.
pub const NODES_MAX: usize = 10;
/// The longest wait until each node holds a lease, and no other.
const LEASED_WITHIN: Duration = Duration::from_mins(1);

/// The longest wait until calls are added up.
const ADDED_UP_WITHIN: Duration = Duration::from_secs(20);

/// A database with its nodes.
pub struct Place {
    /// The nodes. They end before their folder is removed.
    pub nodes: Vec<Node>,
    pub tokens: Tokens,
    /// The database; `None` for `SQLite`.
    pub postgres: Option<Postgres>,
    folder: TempDir,
}

/// The expense of nodes and database, up to a moment.
#[derive(Clone, Copy)]
pub struct Expense {
    /// The time that processors have worked for the nodes.
    pub nodes: Duration,
    /// The time that processors have worked for the database, unless it is part of a node.
    pub database: Duration,
    /// The statements that the database has carried out, unless it is part of a node.
    pub statements: i64,
}

impl Place {
    /// Makes a database with this many tokens, and no node yet.
    pub async fn fill(postgres: Option<Postgres>, tokens: usize) -> Result<Self> {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        // The program's frontend is beside it; calls do not use it, so it may be empty.
        fs::hard_link(env!("CARGO_BIN_EXE_kagitaba"), folder.path().join("kagitaba"))?;
        fs::write(folder.path().join("hash.txt"), "")?;
        let database = postgres.is_some().then(Postgres::url);
        let data = Data { database, ..Data::within(&folder.path().join("data")) };
        let tokens = tokens::fill(&data, tokens).await?;
        Ok(Self { nodes: Vec::new(), tokens, postgres, folder })
    }

    /// Starts or ends nodes until there are this many, which have all tokens that calls come from in their caches.
    pub async fn scale(&mut self, nodes: usize) -> Result<()> {
        while self.nodes.len() > nodes {
            let node = self.nodes.pop().context("no node")?;
            node.end().await?;
        }
        let known = self.nodes.len();
        while self.nodes.len() < nodes {
            let node = self.start().await?;
            self.nodes.push(node);
        }
        self.leased().await?;
        self.added_up().await?;
        for node in &self.nodes[known..] {
            load::once(node.address, &self.tokens.authorize).await?;
        }
        Ok(())
    }

    /// Starts one more node, which is not yet counted among the others.
    pub async fn start(&self) -> Result<Node> {
        let is_free = |number: &usize| self.nodes.iter().all(|node| node.number != *number);
        let number = (1..=NODES_MAX).find(is_free).context("too many nodes")?;
        let url = self.postgres.is_some().then(|| Postgres::url_of(number));
        Node::start(self.folder.path(), number, url.as_deref()).await
    }

    /// Waits until every node holds a lease, and none that is gone.
    async fn leased(&self) -> Result<()> {
        let Some(postgres) = &self.postgres else { return Ok(()) };
        let began = Instant::now();
        while postgres.leases().await? != self.nodes.len() {
            ensure!(began.elapsed() < LEASED_WITHIN, "not every node holds a lease, or another does");
            sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Waits until nodes that were started no longer add up calls, which each does at its start.
    async fn added_up(&self) -> Result<()> {
        let (Some(postgres), began) = (&self.postgres, Instant::now()) else { return Ok(()) };
        let mut left = None;
        while began.elapsed() < ADDED_UP_WITHIN {
            let packs = postgres.to_add_up().await?;
            if left.replace(packs) == Some(packs) {
                break;
            }
            sleep(Duration::from_millis(250)).await;
        }
        Ok(())
    }

    /// Returns the addresses of all nodes.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(|node| node.address).collect()
    }

    /// Returns the expense so far.
    pub async fn expense(&mut self) -> Result<Expense> {
        let nodes = self.nodes.iter().map(Node::work).sum();
        let (database, statements) = match &mut self.postgres {
            None => (Duration::ZERO, 0),
            Some(postgres) => (postgres.work(), postgres.statements().await?),
        };
        Ok(Expense { nodes, database, statements })
    }
}
