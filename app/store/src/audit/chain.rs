//! The audit trail as one chain per account, so that tampering with the database is noticed.
//!
//! An entry has a number, counted from 1 in its account, and a hash: HMAC-SHA-256, with the server key, over the
//! previous entry's hash (32 zero bytes for the first) and the entry's own fields. The head of each chain, its last
//! number and hash, is in a row of its own, which is sealed with the server key, too. Both are written in the change's
//! transaction; as there is one writer, no two entries get the same number.
//!
//! The hashed bytes begin with 0xFF, which no text in UTF-8 has. So nothing else that the key hashes can pass for an
//! entry, although anyone may choose some of it (the e-mail address of a sign-in attempt). One byte follows that
//! distinguishes entry from head, then each field after its length in 8 bytes, big-endian; a missing field has the
//! greatest length. So different entries never have the same encoding.
//!
//! A chain begins with its account. Accounts from before there were chains get theirs once: migration 0017 of `SQLite`
//! (0007 of `PostgreSQL`) notes that they are missing, and the next `Store::open` makes them, each with an entry that
//! says so. This never happens again: if events have no chain later, it was removed.
//!
//! A person who can write to the database but lacks the server key is noticed when they alter, insert or swap entries,
//! remove some anywhere, even the last ones, or remove the chain; see `verify`. A break stays: later entries go
//! on from there with a head that has no seal. The database alone does not reveal:
//!
//! - a whole database, or all of an account's chain with its head, put back to an older copy;
//! - an account that is removed with everything it has;
//! - a database made to look like one from before there were chains, for which the next start makes chains of whatever
//!   is there. That leaves the entry [`Action::AuditTrailSealed`], and a chain that has it counts as right only
//!   together with the hash of a later entry that was noted elsewhere;
//! - changes of other tables: an entry has the user's id; their name and e-mail address are looked up;
//! - anything done by a person who has the server key as well.
//!
//! The first three are noticed by comparing with a hash that was noted elsewhere: `kagitaba audit verify --head`.

use crate::audit::AuditTrail;
use crate::db::database::Connection;
use crate::db::sql;
use crate::error::Error;
use crate::keys::server_key::ServerKey;
use domain::account::AccountId;
use domain::audit::action::Action;
use domain::audit::trail;
use uuid::Uuid;

/// Entries that are read at once.
pub(crate) const BATCH: i64 = 1_000;
/// The hash before the first entry, and the seal of a broken chain.
pub(crate) const ZERO: [u8; 32] = [0; 32];

/// The fields of an event that are hashed.
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
    /// Returns the bytes to be hashed for the entry with this number.
    pub(crate) fn encoded(&self, previous: &[u8], sequence: i64) -> Vec<u8> {
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

/// The end of a chain.
#[derive(sqlx_macros::FromRow)]
pub(crate) struct Head {
    pub(crate) sequence: i64,
    pub(crate) hash: Vec<u8>,
    seal: Vec<u8>,
}

impl Head {
    pub(crate) async fn of(account: Uuid, connection: &mut Connection) -> Result<Option<Self>, Error> {
        let head = sql::query_as("SELECT sequence, hash, seal FROM audit_heads WHERE account_id = $1");
        Ok(head.bind(account).fetch_optional(connection).await?)
    }

    fn encoded(&self, account: Uuid) -> Vec<u8> {
        encoded(b'H', &[Some(account.as_bytes()), Some(&self.sequence.to_be_bytes()), Some(&self.hash)])
    }

    pub(crate) fn is_sealed(&self, account: Uuid, key: &ServerKey) -> bool {
        key.verify(self.encoded(account), &self.seal)
    }
}

/// A place in a chain.
pub(crate) struct Place {
    pub(crate) sequence: i64,
    pub(crate) hash: Vec<u8>,
}

/// Makes the event the next entry of its account's chain, and returns its place there.
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
        tracing::error!(account = %account, "the audit trail was tampered with; run kagitaba audit verify for details");
    }
    let sequence = last.sequence + 1;
    let place = Place { sequence, hash: key.hash(link.encoded(&last.hash, sequence)) };
    write_head(tx, key, account, &place, sealed).await?;
    Ok(place)
}

/// Returns the last remaining entry of a chain without a head. It may have lost its hash; its number still counts.
async fn last_left(tx: &mut Connection, account: Uuid) -> Result<Place, Error> {
    let last: Option<(i64, Option<Vec<u8>>)> = sql::query_as(
        "SELECT sequence, hash FROM audit_events WHERE account_id = $1 AND sequence IS NOT NULL
         ORDER BY sequence DESC LIMIT 1",
    )
    .bind(account)
    .fetch_optional(tx)
    .await?;
    let (sequence, hash) = last.unwrap_or_default();
    Ok(Place { sequence, hash: hash.unwrap_or_else(|| ZERO.to_vec()) })
}

/// Writes the chain's head. A broken chain gets no seal again.
pub(crate) async fn write_head(
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

impl AuditTrail<'_> {
    /// Returns the last entry of the account's chain.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn head(self, account: AccountId) -> Result<Option<trail::Head>, Error> {
        let head = Head::of(account.0, &mut self.core.read().acquire().await?).await?;
        Ok(head.map(|Head { sequence, hash, .. }| trail::Head { sequence, hash: hex::encode(hash) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Fields = Vec<Option<Vec<u8>>>;

    fn fields() -> impl Strategy<Value = Fields> {
        // Few different bytes, so that fields often look like each other's lengths.
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
        fn encoding_differs_when_a_field_border_moves(text in "[a-c]{1,6}", at in 0..6_usize) {
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
