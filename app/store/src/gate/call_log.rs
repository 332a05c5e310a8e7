//! The calls one by one: who called what, from where, and what came of it.

use crate::db::database::{DAY, day_number};
use crate::error::Error;
use crate::gate::calls::{PackRow, Place};
use crate::store::Store;
use crate::tokens::usage::{IN_ORDER, SELECT, names, some_packs};
use chrono::{DateTime, NaiveDate, Utc};
use domain::account::AccountId;
use domain::tokens::secret::AccountSid;
use domain::tokens::token::TokenId;
use std::net::IpAddr;
use std::time::Duration;
use uuid::Uuid;

/// Calls that are read at once, up to a pack more: some 10 MB.
const CALLS: i64 = 40_000;

/// A call that is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedCall {
    /// When it came.
    pub at: DateTime<Utc>,
    /// The token that it came with.
    pub token: TokenId,
    /// The token's name now; nothing where it was deleted.
    pub name: Option<String>,
    /// The token's public half; nothing where it was deleted.
    pub sid: Option<AccountSid>,
    /// The operation's id. One that the catalogue no longer has is named too.
    pub scope: String,
    /// Where it came from.
    pub address: IpAddr,
    /// The answer's HTTP status.
    pub status: u16,
    /// How long the answer took, in whole microseconds.
    pub latency: Duration,
}

/// An account's calls, which are read some at a time.
#[derive(Debug)]
pub struct CallLog {
    store: Store,
    account: AccountId,
    after: Place,
    before: i64,
}

impl Store {
    /// The account's calls from the one day to the other, both included, in UTC: roughly by time, as each pack comes by
    /// the time of its last call. Those that are not written yet, or were removed for their age, are not in it; those
    /// that are written meanwhile may be missing.
    #[must_use]
    pub fn call_log(&self, account: AccountId, from: NaiveDate, to: NaiveDate) -> CallLog {
        let (after, before) = ((day_number(from) * DAY, Uuid::nil()), (day_number(to) + 1) * DAY);
        CallLog { store: self.clone(), account, after, before }
    }
}

impl CallLog {
    /// The next of them; none where it is at the end.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn next(&mut self) -> Result<Vec<RecordedCall>, Error> {
        let mut connection = self.store.pools().read.acquire().await?;
        let mut packs = some_packs(SELECT, "", self.account.0, self.after, self.before, CALLS);
        packs.push(IN_ORDER);
        let packs: Vec<PackRow> = packs.build_query_as().fetch_all(&mut connection).await?;
        let mut calls = Vec::new();
        for pack in &packs {
            self.after = pack.place();
            calls.extend(pack.calls()?);
        }
        let named = names(&mut connection, self.account, calls.iter().map(|call| call.token.0)).await?;
        let recorded = calls.into_iter().map(|call| {
            let (name, sid) = named.get(&call.token.0).cloned().unzip();
            let scope = call.scope.to_owned();
            let (at, token, address, status, latency) = (call.at, call.token, call.address, call.status, call.latency);
            RecordedCall { at, token, name, sid, scope, address, status, latency }
        });
        Ok(recorded.collect())
    }
}
