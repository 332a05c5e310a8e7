//! The `PostgreSQL` database: in a throw-away cluster, with a role for each node, by which it can be cut off.

use std::time::Duration;

use anyhow::{Context as _, Result};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use crate::{cluster, work};

const DATABASE: &str = "nodes";

/// The database, as the benchmark watches it.
pub struct Postgres {
    /// A connection to another database of the cluster, whose statements are not counted.
    outside: PgConnection,
    /// The process whose children are all others of the cluster.
    postmaster: u64,
}

impl Postgres {
    /// Starts the cluster and makes an empty database, and roles for as many nodes.
    pub async fn start(nodes: usize) -> Result<Self> {
        cluster::create(DATABASE, "template1").await;
        let mut outside = PgConnection::connect(&cluster::url("postgres")).await?;
        for number in 1..=nodes {
            outside.execute(AssertSqlSafe(format!("CREATE ROLE {} SUPERUSER LOGIN", role(number)))).await?;
        }
        let own: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut outside).await?;
        let postmaster = work::parent(u64::try_from(own)?).context("the cluster runs on another machine")?;
        Ok(Self { outside, postmaster })
    }

    /// Returns the database's address for its owner.
    pub fn url() -> String {
        cluster::url(DATABASE)
    }

    /// Returns the database's address for a node.
    pub fn url_of(number: usize) -> String {
        Self::url().replacen("postgres@", &format!("{}@", role(number)), 1)
    }

    /// Returns the number of nodes that hold a lease.
    pub async fn leases(&self) -> Result<usize> {
        let leases = Self::count("SELECT COUNT(*) FROM nodes WHERE lease_until > clock_timestamp()").await?;
        Ok(usize::try_from(leases)?)
    }

    /// Returns the number of packs of calls that are not yet added up to days.
    pub async fn to_add_up(&self) -> Result<i64> {
        Self::count("SELECT COUNT(*) FROM call_packs WHERE NOT counted").await
    }

    /// Returns the number that a query within the nodes' database gives.
    async fn count(query: &'static str) -> Result<i64> {
        let mut inside = PgConnection::connect(&Self::url()).await?;
        let count = sqlx::query_scalar(query).fetch_one(&mut inside).await?;
        inside.close().await?;
        Ok(count)
    }

    /// Returns the number of transactions that have ended: each statement is one, unless it is part of a longer one.
    pub async fn statements(&mut self) -> Result<i64> {
        let ended = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = $1";
        Ok(sqlx::query_scalar(ended).bind(DATABASE).fetch_one(&mut self.outside).await?)
    }

    /// Returns the time that processors have worked for the cluster.
    pub fn work(&self) -> Duration {
        work::of_family(self.postmaster)
    }

    /// Ends all connections of a node, and refuses new ones.
    pub async fn cut_off(&mut self, number: usize) -> Result<()> {
        let role = role(number);
        self.outside.execute(AssertSqlSafe(format!("ALTER ROLE {role} NOLOGIN"))).await?;
        let ended = sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1");
        ended.bind(role).execute(&mut self.outside).await?;
        Ok(())
    }

    /// Lets a node that was cut off connect again.
    pub async fn mend(&mut self, number: usize) -> Result<()> {
        self.outside.execute(AssertSqlSafe(format!("ALTER ROLE {} LOGIN", role(number)))).await?;
        Ok(())
    }
}

fn role(number: usize) -> String {
    format!("node_{number}")
}
