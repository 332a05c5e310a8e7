//! Verification of the audit trail: each account's chain is walked from its first entry to its head.
//!
//! Nothing is written, neither to the database, which may be a read-only copy, nor beside its file. So this uses no
//! `Store`: opening one migrates the database.

use crate::audit::AuditTrail;
use crate::audit::chain::{BATCH, Head, Link, ZERO};
use crate::db::database::{Connection, Pools, time};
use crate::db::sql::{self, Dialect, Pool};
use crate::error::Error;
use crate::keys::check;
use crate::keys::server_key::{ServerKey, read_hex};
use chrono::{DateTime, Utc};
use domain::account::AccountId;
use domain::audit::action::Action;
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// The hash of an entry that was noted elsewhere. It vouches for that entry and all before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditHash([u8; 32]);

/// The error for a text that is no such hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a hash of the audit trail has 64 hexadecimal digits")]
pub struct NoAuditHash;

impl FromStr for AuditHash {
    type Err = NoAuditHash;

    fn from_str(text: &str) -> Result<Self, NoAuditHash> {
        read_hex(text).map(|bytes| Self(*bytes)).ok_or(NoAuditHash)
    }
}

impl fmt::Display for AuditHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// The result of verifying one account's chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditChain {
    /// The account.
    pub account: AccountId,
    /// The account's name; `None` if it no longer exists.
    pub name: Option<String>,
    /// The number of entries that were right, from the first on.
    pub entries: i64,
    /// The hash of the last of these, as 64 hexadecimal digits.
    pub head: String,
    /// The time at which the chain was made of entries that had none, and the number of those entries.
    pub sealed: Option<(DateTime<Utc>, i64)>,
    /// The hashes noted elsewhere that belong to this chain, each with the number of its entry.
    pub noted: Vec<(i64, AuditHash)>,
    /// The first fault, if there is any.
    pub fault: Option<AuditFault>,
}

impl AuditChain {
    /// Returns whether the chain was made of entries that had none, and no noted hash vouches for them. Only the hash
    /// of an entry from that moment on does.
    #[must_use]
    pub fn is_remade(&self) -> bool {
        self.sealed.is_some_and(|(_, count)| self.noted.iter().all(|(sequence, _)| *sequence <= count))
    }
}

/// The reason why a chain is broken. Times are those of the entry itself or, if it is missing, of the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuditFault {
    /// The entry with this number is not the one that was written: it was altered, swapped with another or made up.
    #[error("entry {sequence} ({at}) was altered or replaced")]
    Altered {
        /// Its number.
        sequence: i64,
        /// Its time.
        at: DateTime<Utc>,
    },
    /// No entry has a number, and there is no head: the chain was removed, or was never made.
    #[error("there is no chain; {entries} entries have no number or hash, and may have been altered")]
    Missing {
        /// The number of entries.
        entries: i64,
    },
    /// The entry with this number is missing.
    #[error("entry {sequence} was removed{}", and_when(.after.as_ref()))]
    Removed {
        /// Its number.
        sequence: i64,
        /// The time of the entry before it.
        after: Option<DateTime<Utc>>,
    },
    /// There is an entry that was never recorded.
    #[error("an entry dated {at} was inserted; it was never recorded")]
    Inserted {
        /// Its time.
        at: DateTime<Utc>,
    },
    /// The entries are in order, but the head, which names the last one, was altered or removed, so some may be missing
    /// at the end.
    #[error("the record of the last entry was altered or removed{}; entries may be missing there", and_when(.after.as_ref()))]
    Head {
        /// The time of the last remaining entry.
        after: Option<DateTime<Utc>>,
    },
}

fn and_when(at: Option<&DateTime<Utc>>) -> String {
    at.map(|at| format!(", after {at}")).unwrap_or_default()
}

impl AuditTrail<'_> {
    /// Verifies the store's own database as [`verify_audit_trail`] does.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn verify(self) -> Result<Vec<AuditChain>, Error> {
        verify(self.core.read(), self.core.key(), &[]).await
    }
}

/// Walks every account's chain in the database at this URL, all as of one moment, up to the first fault, and looks for
/// the hashes that were noted elsewhere. Only reads.
///
/// # Errors
/// [`Error::WrongKey`], [`Error::Unchained`], [`Error::UnsupportedDatabase`], [`Error::Database`], [`Error::Corrupt`].
pub async fn verify_audit_trail(url: &str, key: &ServerKey, noted: &[AuditHash]) -> Result<Vec<AuditChain>, Error> {
    let pool = Pools::open_to_read(url).await?;
    let has_chains: bool = sql::query_scalar(match pool.dialect() {
        Dialect::Sqlite => "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'audit_heads')",
        Dialect::Postgres => "SELECT to_regclass('audit_heads') IS NOT NULL",
    })
    .fetch_one(&pool)
    .await?;
    if !has_chains {
        return Err(Error::Unchained);
    }
    check::compare(&pool, key).await?;
    verify(&pool, key, noted).await
}

async fn verify(pool: &Pool, key: &ServerKey, noted: &[AuditHash]) -> Result<Vec<AuditChain>, Error> {
    let mut tx = pool.begin().await?;
    let accounts: Vec<(Uuid, Option<String>)> = sql::query_as(
        "SELECT named.id, accounts.name
         FROM (SELECT id FROM accounts UNION SELECT account_id FROM audit_events
            UNION SELECT account_id FROM audit_heads) AS named
         LEFT JOIN accounts ON accounts.id = named.id ORDER BY accounts.name, named.id",
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut chains = Vec::new();
    for (account, name) in accounts {
        let mut walk = Walk::new(noted);
        let fault = walk.go_to_the_end(&mut tx, key, account).await?;
        let (entries, head) = (walk.sequence, hex::encode(walk.hash));
        let (sealed, noted) = (walk.sealed, walk.found);
        chains.push(AuditChain { account: AccountId(account), name, entries, head, sealed, noted, fault });
    }
    Ok(chains)
}

#[derive(sqlx_macros::FromRow)]
struct Found {
    sequence: Option<i64>,
    hash: Option<Vec<u8>>,
    #[sqlx(flatten)]
    link: Link,
}

/// The part of a chain that was found right.
struct Walk<'a> {
    noted: &'a [AuditHash],
    found: Vec<(i64, AuditHash)>,
    sequence: i64,
    hash: Vec<u8>,
    at: Option<DateTime<Utc>>,
    sealed: Option<(DateTime<Utc>, i64)>,
}

impl<'a> Walk<'a> {
    fn new(noted: &'a [AuditHash]) -> Self {
        Self { noted, found: Vec::new(), sequence: 0, hash: ZERO.to_vec(), at: None, sealed: None }
    }

    async fn go_to_the_end(
        &mut self,
        tx: &mut Connection,
        key: &ServerKey,
        account: Uuid,
    ) -> Result<Option<AuditFault>, Error> {
        let strays = "SELECT COUNT(*), MIN(at) FROM audit_events WHERE account_id = $1 AND sequence IS NULL";
        let (strays, stray): (i64, Option<i64>) = sql::query_as(strays).bind(account).fetch_one(&mut *tx).await?;
        loop {
            let found: Vec<Found> = sql::query_as(
                "SELECT sequence, hash, id, at, account_id, user_id, action, token_id, details, address
                 FROM audit_events WHERE account_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
            )
            .bind(account)
            .bind(self.sequence)
            .bind(BATCH)
            .fetch_all(&mut *tx)
            .await?;
            if found.is_empty() {
                break;
            }
            for found in found {
                if let Some(fault) = self.step(key, found)? {
                    return Ok(Some(fault));
                }
            }
        }
        let (head, after) = (Head::of(account, tx).await?, self.at);
        if let Some(at) = stray {
            let missing = self.sequence == 0 && head.is_none();
            let inserted = AuditFault::Inserted { at: time(at)? };
            return Ok(Some(if missing { AuditFault::Missing { entries: strays } } else { inserted }));
        }
        Ok(match head {
            Some(head) if !head.is_sealed(account, key) => Some(AuditFault::Head { after }),
            Some(head) if head.sequence > self.sequence => {
                Some(AuditFault::Removed { sequence: self.sequence + 1, after })
            }
            Some(head) if head.sequence == self.sequence && head.hash == self.hash => None,
            _ => Some(AuditFault::Head { after }),
        })
    }

    /// Goes on to the next entry if it is the right one, and returns the fault otherwise.
    fn step(&mut self, key: &ServerKey, Found { sequence, hash, link }: Found) -> Result<Option<AuditFault>, Error> {
        let (expected, at) = (self.sequence + 1, time(link.at)?);
        if sequence != Some(expected) {
            return Ok(Some(AuditFault::Removed { sequence: expected, after: self.at }));
        }
        let hash = hash.unwrap_or_default();
        if !key.verify(link.encoded(&self.hash, expected), &hash) {
            return Ok(Some(AuditFault::Altered { sequence: expected, at }));
        }
        if link.action == Action::AuditTrailSealed.as_str() {
            self.sealed = Some((at, expected - 1));
        }
        self.found.extend(self.noted.iter().filter(|noted| noted.0[..] == hash[..]).map(|noted| (expected, *noted)));
        (self.sequence, self.hash, self.at) = (expected, hash, Some(at));
        Ok(None)
    }
}
