//! The call log: each call's token, operation, client, network address and outcome.

use crate::core::Core;
use crate::db::database::{DAY, day_number};
use crate::error::Error;
use crate::gate::Gate;
use crate::gate::calls::{PackRow, Place};
use crate::tokens::usage::{IN_ORDER, SELECT, names, some_packs};
use chrono::{DateTime, NaiveDate, Utc};
use domain::account::AccountId;
use domain::tokens::client_name::ClientName;
use domain::tokens::secret::AccountSid;
use domain::tokens::token::TokenId;
use domain::tokens::usage::Client;
use std::net::IpAddr;
use std::time::Duration;
use uuid::Uuid;

/// Calls that are read at once, exceeded by at most one pack: some 10 MB.
const CALLS: i64 = 40_000;

/// A recorded call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedCall {
    /// The time of the call.
    pub at: DateTime<Utc>,
    /// The token that it came with.
    pub token: TokenId,
    /// The token's current name; `None` if it was deleted.
    pub name: Option<String>,
    /// The token's public half; `None` if it was deleted.
    pub sid: Option<AccountSid>,
    /// The operation's id, even if the catalogue no longer has it.
    pub scope: String,
    /// The API version; 0 if it is unknown.
    pub version: u16,
    /// The client.
    pub client: Client,
    /// The number of the token's value that it came with.
    pub value: u8,
    /// The network address that it came from.
    pub address: IpAddr,
    /// The answer's HTTP status.
    pub status: u16,
    /// The time that the answer took, in whole microseconds.
    pub latency: Duration,
}

/// An account's calls, which are read in batches.
#[derive(Debug)]
pub struct CallLog {
    core: Core,
    account: AccountId,
    after: Place,
    before: i64,
}

impl Gate<'_> {
    /// Returns the account's calls from one day to another, both included, in UTC: roughly by time, as packs come in
    /// the order of their last calls. Calls that are not written yet, or were removed for their age, are not included;
    /// calls that are written meanwhile may be missing.
    #[must_use]
    pub fn call_log(self, account: AccountId, from: NaiveDate, to: NaiveDate) -> CallLog {
        let (after, before) = ((day_number(from) * DAY, Uuid::nil()), (day_number(to) + 1) * DAY);
        CallLog { core: self.core.clone(), account, after, before }
    }
}

impl CallLog {
    /// Returns the next calls; none at the end.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn next(&mut self) -> Result<Vec<RecordedCall>, Error> {
        let mut connection = self.core.read().acquire().await?;
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
            let (version, client, value) = (call.version.into(), ClientName::stored(call.client).into(), call.value);
            RecordedCall { at, token, name, sid, scope, version, client, value, address, status, latency }
        });
        Ok(recorded.collect())
    }
}
