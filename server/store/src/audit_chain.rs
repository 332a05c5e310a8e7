//! The audit trail as one chain for each account, so that it is noticed where somebody tampers with the database.
//!
//! An entry has a number, counted from 1 in its account, and a hash: HMAC-SHA-256, with the server key, over the
//! hash of the entry before (32 zero bytes for the first) and the entry's own fields. The head of each chain, its last
//! number and hash, stands in a row of its own, sealed with the server key likewise. Both are written in the transaction
//! of the change; as there is one writer, no two entries get the same number.
//!
//! What is hashed begins with the byte 0xFF, which no text in UTF-8 has: all else that the key hashes is text, some of
//! it anybody's choice (the e-mail address of an attempt to sign in), and can never stand for an entry. One byte follows
//! that tells entry from head, then each field with its length in 8 bytes, big-endian; a field that is not there has the
//! greatest length. So different entries are never encoded the same.
//!
//! Who can write the database and has not the server key is noticed when they alter, insert or swap entries, remove
//! some anywhere, the last ones too, or make the chain anew. A break stays: what is recorded after it goes on from there
//! with a head that has no seal. Not noticed are:
//!
//! - a whole database, or all of an account's chain with its head, put back to an older copy: keep what `kagitaba audit
//!   verify` prints elsewhere, and compare;
//! - an account that is removed with all that it has;
//! - what stands in other tables: an entry has the user's id, their name and e-mail address are looked up;
//! - whoever has the server key as well.
//!
//! Databases of versions before this chain are chained as they are found, once. Then an entry `audit_trail_sealed` says
//! when that was and how many there were; for those before it, the chain says only that they have not changed since. It
//! is also what somebody leaves who takes the whole chain away to have it made anew.

use crate::audit::Event;
use crate::database::{Connection, time};
use crate::error::Error;
use crate::key::ServerKey;
use crate::sql;
use crate::store::Store;
use chrono::{DateTime, Utc};
use domain::account::AccountId;
use domain::audit::Action;
use serde_json::json;
use uuid::Uuid;

/// Entries that are read at once.
const BATCH: i64 = 1_000;
/// The hash before the first, and the seal of a chain that is broken.
const ZERO: [u8; 32] = [0; 32];

/// One account's chain, as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditChain {
    /// The account.
    pub account: AccountId,
    /// Its name; nothing where there is no such account any more.
    pub name: Option<String>,
    /// How many entries were right, from the first on.
    pub entries: i64,
    /// The hash of the last of those, as 64 hexadecimal digits.
    pub head: String,
    /// When the chain was made of entries that had none, and how many those were.
    pub sealed: Option<(DateTime<Utc>, i64)>,
    /// What is wrong first, if anything is.
    pub fault: Option<AuditFault>,
}

/// Why a chain is broken. Times are those of the entry itself, or of the one before where there is none left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuditFault {
    /// The entry of that number is not what was written; it was altered, swapped with another or made up.
    #[error("entry {sequence} ({at}) was altered, or another stands in its place")]
    Altered {
        /// Its number.
        sequence: i64,
        /// Its time.
        at: DateTime<Utc>,
    },
    /// The entry of that number is missing.
    #[error("entry {sequence} was removed{}", and_when(.after.as_ref()))]
    Removed {
        /// Its number.
        sequence: i64,
        /// The time of the entry before.
        after: Option<DateTime<Utc>>,
    },
    /// There is an entry that was never recorded.
    #[error("an entry of {at} was inserted that was never recorded")]
    Inserted {
        /// Its time.
        at: DateTime<Utc>,
    },
    /// The entries are in order, but the head that says which is the last was altered or removed, so that some may be
    /// missing at the end.
    #[error("the record of which entry is the last was altered or removed{}; entries may be missing there", and_when(.after.as_ref()))]
    Head {
        /// The time of the last entry that is left.
        after: Option<DateTime<Utc>>,
    },
}

fn and_when(at: Option<&DateTime<Utc>>) -> String {
    at.map(|at| format!(", after {at}")).unwrap_or_default()
}

/// An event as it is chained.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub(crate) struct Link {
    pub(crate) id: Uuid,
    pub(crate) at: i64,
    pub(crate) account_id: Uuid,
    pub(crate) user_id: Option<Uuid>,
    pub(crate) action: String,
    pub(crate) token_id: Option<Uuid>,
    pub(crate) details: String,
    pub(crate) address: Option<String>,
}

impl Link {
    /// What is hashed of the entry of that number.
    fn encoded(&self, previous: &[u8], sequence: i64) -> Vec<u8> {
        encoded(
            b'E',
            &[
                Some(previous),
                Some(&sequence.to_be_bytes()),
                Some(self.id.as_bytes()),
                Some(&self.at.to_be_bytes()),
                Some(self.account_id.as_bytes()),
                self.user_id.as_ref().map(|id| id.as_bytes().as_slice()),
                Some(self.action.as_bytes()),
                self.token_id.as_ref().map(|id| id.as_bytes().as_slice()),
                Some(self.details.as_bytes()),
                self.address.as_deref().map(str::as_bytes),
            ],
        )
    }
}

fn encoded(kind: u8, fields: &[Option<&[u8]>]) -> Vec<u8> {
    let mut bytes = vec![0xFF, kind];
    for field in fields {
        let length = field.map_or(u64::MAX, |field| field.len() as u64);
        bytes.extend(length.to_be_bytes());
        bytes.extend(field.unwrap_or_default());
    }
    bytes
}

/// Where a chain ends.
#[derive(sqlx_macros::FromRow)]
struct Head {
    sequence: i64,
    hash: Vec<u8>,
    seal: Vec<u8>,
}

impl Head {
    async fn of(account: Uuid, connection: &mut Connection) -> Result<Option<Self>, Error> {
        let head = sql::query_as("SELECT sequence, hash, seal FROM audit_heads WHERE account_id = $1");
        Ok(head.bind(account).fetch_optional(connection).await?)
    }

    fn encoded(&self, account: Uuid) -> Vec<u8> {
        encoded(b'H', &[Some(account.as_bytes()), Some(&self.sequence.to_be_bytes()), Some(&self.hash)])
    }

    fn is_sealed(&self, account: Uuid, key: &ServerKey) -> bool {
        key.verify(self.encoded(account), &self.seal)
    }
}

/// A place in a chain.
pub(crate) struct Place {
    pub(crate) sequence: i64,
    pub(crate) hash: Vec<u8>,
}

/// Makes the event the next of its account's chain, and answers its place there.
pub(crate) async fn append(tx: &mut Connection, key: &ServerKey, link: &Link) -> Result<Place, Error> {
    let account = link.account_id;
    let (last, sealed) = match Head::of(account, tx).await? {
        Some(head) => {
            let sealed = head.is_sealed(account, key);
            (Place { sequence: head.sequence, hash: head.hash }, sealed)
        }
        // Only an account's first event begins a chain.
        None => (last_left(tx, account).await?, link.action == Action::AccountAdded.as_str()),
    };
    if !sealed {
        tracing::error!(account = %account, "the audit trail was tampered with; kagitaba audit verify says more");
    }
    let sequence = last.sequence + 1;
    let place = Place { sequence, hash: key.hash(link.encoded(&last.hash, sequence)) };
    write_head(tx, key, account, &place, sealed).await?;
    Ok(place)
}

/// The last entry that is left of a chain without head.
async fn last_left(tx: &mut Connection, account: Uuid) -> Result<Place, Error> {
    let last: Option<(i64, Vec<u8>)> = sql::query_as(
        "SELECT sequence, hash FROM audit_events WHERE account_id = $1 AND sequence IS NOT NULL AND hash IS NOT NULL
         ORDER BY sequence DESC LIMIT 1",
    )
    .bind(account)
    .fetch_optional(tx)
    .await?;
    let (sequence, hash) = last.unwrap_or((0, ZERO.to_vec()));
    Ok(Place { sequence, hash })
}

/// A chain that was found broken gets no seal again.
async fn write_head(
    tx: &mut Connection,
    key: &ServerKey,
    account: Uuid,
    last: &Place,
    sealed: bool,
) -> Result<(), Error> {
    let head = Head { sequence: last.sequence, hash: last.hash.clone(), seal: ZERO.to_vec() };
    let seal = if sealed { key.hash(head.encoded(account)) } else { head.seal };
    sql::query(
        "INSERT INTO audit_heads (account_id, sequence, hash, seal) VALUES ($1, $2, $3, $4)
         ON CONFLICT (account_id) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash, seal = excluded.seal",
    )
    .bind(account)
    .bind(head.sequence)
    .bind(head.hash)
    .bind(seal)
    .execute(tx)
    .await?;
    Ok(())
}

impl Store {
    /// Chains the events of accounts that have no chain at all: those of versions before it.
    pub(crate) async fn chain_older_events(&self) -> Result<(), Error> {
        let mut tx = self.pools().begin().await?;
        let accounts: Vec<Uuid> = sql::query_scalar(
            "SELECT id FROM accounts
             WHERE EXISTS (SELECT 1 FROM audit_events WHERE account_id = accounts.id)
                AND NOT EXISTS (SELECT 1 FROM audit_heads WHERE account_id = accounts.id)
                AND NOT EXISTS (SELECT 1 FROM audit_events WHERE account_id = accounts.id AND hash IS NOT NULL)",
        )
        .fetch_all(&mut *tx)
        .await?;
        for account in accounts {
            self.chain(&mut tx, account).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn chain(&self, tx: &mut Connection, account: Uuid) -> Result<(), Error> {
        let mut last = Place { sequence: 0, hash: ZERO.to_vec() };
        loop {
            let links: Vec<Link> = sql::query_as(
                "SELECT id, at, account_id, user_id, action, token_id, details, address FROM audit_events
                 WHERE account_id = $1 AND hash IS NULL ORDER BY rowid LIMIT $2",
            )
            .bind(account)
            .bind(BATCH)
            .fetch_all(&mut *tx)
            .await?;
            if links.is_empty() {
                break;
            }
            for link in links {
                let sequence = last.sequence + 1;
                last = Place { sequence, hash: self.key().hash(link.encoded(&last.hash, sequence)) };
                let names = crate::audit::names(tx, &link).await?;
                sql::query("UPDATE audit_events SET sequence = $1, hash = $2, names_folded = $3 WHERE id = $4")
                    .bind(last.sequence)
                    .bind(&last.hash)
                    .bind(names)
                    .bind(link.id)
                    .execute(&mut *tx)
                    .await?;
            }
        }
        write_head(tx, self.key(), account, &last, true).await?;
        let details = json!({ "entries": last.sequence });
        let account = AccountId(account);
        let event = Event { account, user: None, action: Action::AuditTrailSealed, token: None, details };
        event.record(self, tx, self.clock().now()).await
    }

    /// Walks every account's chain, all as they are at one moment, up to what is wrong first.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn verify_audit_trail(&self) -> Result<Vec<AuditChain>, Error> {
        let mut tx = self.pools().read.begin().await?;
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
            let mut walk = Walk::default();
            let fault = walk.go_to_the_end(&mut tx, self.key(), account).await?;
            let (entries, head) = (walk.sequence, hex(&walk.hash));
            chains.push(AuditChain { account: AccountId(account), name, entries, head, sealed: walk.sealed, fault });
        }
        Ok(chains)
    }
}

#[derive(sqlx_macros::FromRow)]
struct Found {
    sequence: Option<i64>,
    hash: Option<Vec<u8>>,
    #[sqlx(flatten)]
    link: Link,
}

/// How far a chain has been found right.
struct Walk {
    sequence: i64,
    hash: Vec<u8>,
    at: Option<DateTime<Utc>>,
    sealed: Option<(DateTime<Utc>, i64)>,
}

impl Default for Walk {
    fn default() -> Self {
        Self { sequence: 0, hash: ZERO.to_vec(), at: None, sealed: None }
    }
}

impl Walk {
    async fn go_to_the_end(
        &mut self,
        tx: &mut Connection,
        key: &ServerKey,
        account: Uuid,
    ) -> Result<Option<AuditFault>, Error> {
        let stray = "SELECT at FROM audit_events WHERE account_id = $1 AND sequence IS NULL ORDER BY at LIMIT 1";
        let stray: Option<i64> = sql::query_scalar(stray).bind(account).fetch_optional(&mut *tx).await?;
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
        if let Some(at) = stray {
            return Ok(Some(AuditFault::Inserted { at: time(at)? }));
        }
        let after = self.at;
        Ok(match Head::of(account, tx).await? {
            Some(head) if !head.is_sealed(account, key) => Some(AuditFault::Head { after }),
            Some(head) if head.sequence > self.sequence => {
                Some(AuditFault::Removed { sequence: self.sequence + 1, after })
            }
            Some(head) if head.sequence == self.sequence && head.hash == self.hash => None,
            _ => Some(AuditFault::Head { after }),
        })
    }

    /// Goes on to the next entry, if it is the right one.
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
        (self.sequence, self.hash, self.at) = (expected, hash, Some(at));
        Ok(None)
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Fields = Vec<Option<Vec<u8>>>;

    fn fields() -> impl Strategy<Value = Fields> {
        // Few different bytes, so that fields often look like one another's lengths.
        let field = proptest::collection::vec(prop_oneof![Just(0_u8), Just(1), Just(8), Just(255)], 0..12);
        proptest::collection::vec(proptest::option::of(field), 3)
    }

    fn encode(fields: &Fields) -> Vec<u8> {
        encoded(b'E', &fields.iter().map(Option::as_deref).collect::<Vec<_>>())
    }

    proptest! {
        #[test]
        fn different_entries_are_never_encoded_the_same(one in fields(), other in fields()) {
            prop_assert_eq!(one == other, encode(&one) == encode(&other));
        }

        #[test]
        fn what_stands_at_a_border_counts_to_one_side(text in "[a-c]{1,6}", at in 0..6_usize) {
            let (left, right) = text.split_at(at.min(text.len() - 1));
            let split = [Some(left.as_bytes()), Some(right.as_bytes())];
            prop_assert_ne!(encoded(b'E', &split), encoded(b'E', &[Some(text.as_bytes()), Some(b"")]));
        }
    }

    #[test]
    fn no_text_is_ever_encoded_like_an_entry_or_a_head() {
        assert!(str::from_utf8(&encoded(b'E', &[])).is_err());
        assert_ne!(encoded(b'E', &[]), encoded(b'H', &[]));
    }
}
