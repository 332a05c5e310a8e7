//! The last calls of one token. They lie among those of its account, so that the times at which it was called say where to
//! look, and not more than some packs are looked through.

use crate::db::database::{Connection, DAY, HOUR, micros};
use crate::db::sql::{self, Dialect, QueryBuilder};
use crate::error::Error;
use crate::gate::call_pack::PackedCall;
use crate::gate::calls::{PackRow, Place};
use crate::tokens::Tokens;
use crate::tokens::usage::SELECT;
use crate::tokens::usage_queries::index_of_tokens;
use chrono::{DateTime, Utc};
use domain::account::AccountId;
use domain::tokens::client_name::ClientName;
use domain::tokens::overlap::TokenValue;
use domain::tokens::recent_call::{CallFilter, RECENT_MAX, RecentCall, RecentCalls};
use domain::tokens::token::TokenId;
use domain::tokens::usage::DAYS_MAX;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;
use uuid::Uuid;

/// The most packs that are looked through.
const PACKS_MAX: usize = 20_000;
/// The most calls in the packs that are looked through, some 40 MB.
const CALLS_MAX: usize = 2_000_000;
/// The packs that are read first. If they have few calls, more are read the next time.
const PACKS_FIRST: usize = 50;
/// The most packs that are read at once, some 80 MB if the first ones had few calls and these have many.
const PACKS_AT_ONCE: usize = 1_000;
/// The calls that are read at once, roughly.
const CALLS: usize = 100_000;

/// Times from one to another, both included, in microseconds.
type Times = (i64, i64);

impl Tokens<'_> {
    /// Returns the last calls of the account's token that match the filter, newest first: at most [`RECENT_MAX`]. Calls
    /// that are not written yet, or were removed for their age, are not included.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn recent_calls(
        self,
        account: AccountId,
        token: TokenId,
        filter: &CallFilter,
    ) -> Result<RecentCalls, Error> {
        let mut tx = self.core.read().begin().await?;
        let reset_at = overlap_began(&mut tx, account, token, self.core.now()).await?;
        let wanted = |_: TokenId, call: &RecentCall| filter.matches(call);
        let mut search = Search { reset_at, ..Search::new(account, Some(token), &wanted) };
        // Those that are not added up may be of any time, but are few.
        let mut done = search.through(&mut tx, "AND NOT counted", (i64::MIN, i64::MAX)).await?;
        for times in called_at(&mut tx, account, token, filter).await? {
            done = done && search.through(&mut tx, "AND counted", times).await?;
        }
        let calls = search.found.into_iter().map(|(_, call)| call).collect();
        Ok(RecentCalls { calls, is_cut: !done, in_overlap: reset_at.is_some() })
    }
}

/// The decision whether a token's call is wanted.
type Wanted<'f> = dyn Fn(TokenId, &RecentCall) -> bool + Sync + 'f;

/// Returns the last calls of the account's token, or of all, in this time that are wanted, newest first: at most
/// [`RECENT_MAX`], as far as they are found in the packs that are looked through.
pub(crate) async fn calls_since(
    on: &mut Connection,
    account: AccountId,
    token: Option<TokenId>,
    times: Times,
    wanted: &Wanted<'_>,
) -> Result<Vec<(TokenId, RecentCall)>, Error> {
    let mut search = Search::new(account, token, wanted);
    if search.through(on, "AND NOT counted", times).await? {
        search.through(on, "AND counted", times).await?;
    }
    Ok(search.found)
}

/// A search for the last calls.
struct Search<'f> {
    account: AccountId,
    /// The token; `None` for all.
    token: Option<TokenId>,
    wanted: &'f Wanted<'f>,
    /// The time of the reset of the token, in microseconds, if it has an open overlap.
    reset_at: Option<i64>,
    /// Newest first, at most [`RECENT_MAX`].
    found: Vec<(TokenId, RecentCall)>,
    packs: usize,
    calls: usize,
}

impl<'f> Search<'f> {
    fn new(account: AccountId, token: Option<TokenId>, wanted: &'f Wanted<'f>) -> Self {
        Self { account, token, wanted, reset_at: None, found: Vec::new(), packs: 0, calls: 0 }
    }

    /// Looks through the packs that may have calls of these times, the latest first, as long as one may have newer calls
    /// than those that were found. Returns `false` if it gives up before.
    async fn through(&mut self, on: &mut Connection, condition: &str, (from, to): Times) -> Result<bool, Error> {
        // A pack is of one hour.
        let mut before = (to.div_euclid(HOUR).saturating_add(1).saturating_mul(HOUR), Uuid::nil());
        let mut some = PACKS_FIRST;
        loop {
            let query = packs(self.account, condition, from, before, some);
            let packs: Vec<PackRow> = query.build_query_as().fetch_all(&mut *on).await?;
            let Some(last) = packs.last() else { return Ok(true) };
            before = last.place();
            let mut calls = 0;
            for pack in &packs {
                if self.is_beyond(pack.last_at) {
                    return Ok(true);
                }
                calls += self.add(&pack.calls()?);
            }
            self.packs += packs.len();
            self.calls += calls;
            if self.packs >= PACKS_MAX || self.calls >= CALLS_MAX {
                return Ok(false);
            }
            some = (CALLS * packs.len() / calls.max(1)).clamp(PACKS_FIRST, PACKS_AT_ONCE);
        }
    }

    /// Returns whether enough calls were found, none of which is older than this.
    fn is_beyond(&self, last_at: i64) -> bool {
        self.found.len() >= RECENT_MAX && self.found.last().is_some_and(|(_, oldest)| micros(oldest.at) >= last_at)
    }

    /// Adds the calls that match, and returns the number of all.
    fn add(&mut self, calls: &[PackedCall<'_>]) -> usize {
        let own = calls.iter().filter(|call| self.token.is_none_or(|token| call.token == token));
        let own = own.map(|call| (call.token, recent(call, self.reset_at)));
        let matching: Vec<_> = own.filter(|(token, call)| (self.wanted)(*token, call)).collect();
        if !matching.is_empty() {
            self.found.extend(matching);
            self.found.sort_by_key(|(_, call)| Reverse(call.at)); // stable
            self.found.truncate(RECENT_MAX);
        }
        calls.len()
    }
}

fn recent(call: &PackedCall<'_>, reset_at: Option<i64>) -> RecentCall {
    // The Auth Token that was the current one before the reset is the old one now.
    let since_reset = reset_at.is_some_and(|reset_at| micros(call.at) >= reset_at);
    RecentCall {
        at: call.at,
        scope: call.scope.to_owned(),
        version: call.version.into(),
        status: call.status,
        address: call.address,
        client: ClientName::stored(call.client).into(),
        value: call.value,
        used: since_reset.then(|| TokenValue::numbered(call.value)),
        latency: call.latency.as_micros().try_into().unwrap_or(u32::MAX),
    }
}

/// Returns when the token was reset, in microseconds, if the overlap that began then is open.
async fn overlap_began(
    on: &mut Connection,
    account: AccountId,
    token: TokenId,
    now: DateTime<Utc>,
) -> Result<Option<i64>, Error> {
    let reset_at =
        sql::query_scalar("SELECT secret_issued_at FROM tokens WHERE account_id = $1 AND id = $2 AND old_until > $3");
    Ok(reset_at.bind(account).bind(token).bind(micros(now)).fetch_optional(on).await?)
}

/// Returns the times at which calls that match may have come, the latest first: of each day on which there were any, from
/// the first one to the last one. Of calls that older versions have added up, only the day is known.
async fn called_at(
    on: &mut Connection,
    account: AccountId,
    token: TokenId,
    filter: &CallFilter,
) -> Result<Vec<Times>, Error> {
    let days: Vec<(i64, i64)> = days(on.dialect(), account, token, filter).build_query_as().fetch_all(&mut *on).await?;
    let of_all: Vec<_> = spans(account, token, None).build_query_as().fetch_all(&mut *on).await?;
    let of_all: HashMap<i64, Times> = of_all.into_iter().map(by_day).collect();
    let of_address = match filter.address {
        Some(address) => {
            let spans: Vec<_> = spans(account, token, Some(address)).build_query_as().fetch_all(&mut *on).await?;
            Some(spans.into_iter().map(by_day).collect::<HashMap<i64, Times>>())
        }
        None => None,
    };
    let times = days.into_iter().filter_map(|(day, oldest_version)| {
        if oldest_version == 0 || !of_all.contains_key(&day) {
            return Some((day * DAY, day * DAY + DAY - 1));
        }
        of_address.as_ref().unwrap_or(&of_all).get(&day).copied()
    });
    Ok(times.collect())
}

fn by_day((day, first_at, last_at): (i64, i64, i64)) -> (i64, Times) {
    (day, (first_at, last_at))
}

/// Returns the query for the latest days on which calls match, and the lowest number of their versions.
fn days(dialect: Dialect, account: AccountId, token: TokenId, filter: &CallFilter) -> QueryBuilder {
    let mut query = QueryBuilder::new("SELECT day, MIN(version) FROM calls_by_day");
    query.push(index_of_tokens(dialect)).push(" WHERE account_id = ").push_bind(account);
    query.push(" AND token_id = ").push_bind(token);
    if let Some(scope) = &filter.scope {
        query.push(" AND scope = ").push_bind(scope);
    }
    if let Some(status) = filter.status {
        query.push(" AND status = ").push_bind(status);
    }
    if let Some(version) = filter.version {
        query.push(" AND version = ").push_bind(version);
    }
    query.push(format_args!(" GROUP BY day ORDER BY day DESC LIMIT {DAYS_MAX}"));
    query
}

/// Returns the query for the first and the last call of each day, from this address or one of those that are counted
/// together, if only they matter.
fn spans(account: AccountId, token: TokenId, address: Option<IpAddr>) -> QueryBuilder {
    let mut query =
        QueryBuilder::new("SELECT day, MIN(first_at), MAX(last_at) FROM calls_by_address WHERE account_id = ");
    query.push_bind(account).push(" AND token_id = ").push_bind(token);
    if let Some(address) = address {
        query.push(" AND address IN ('', ").push_bind(address.to_string()).push(")");
    }
    query.push(" GROUP BY day");
    query
}

/// Returns the query for the last packs of the account that meet the condition, before this place, and may have calls
/// since that time.
fn packs(account: AccountId, condition: &str, from: i64, (last_at, id): Place, number: usize) -> QueryBuilder {
    let mut query = QueryBuilder::new(SELECT);
    query.push(" FROM call_packs WHERE account_id = ").push_bind(account).push(" AND last_at >= ").push_bind(from);
    query.push(" AND (last_at, id) < (").push_bind(last_at).push(", ").push_bind(id).push(") ").push(condition);
    query.push(format_args!(" ORDER BY last_at DESC, id DESC LIMIT {number}"));
    query
}

#[cfg(test)]
mod with_services {
    use super::*;
    use crate::db::plans::{plan, stores};

    #[tokio::test]
    async fn last_calls_are_found_by_indexes_in_their_order() {
        let (account, token) = (AccountId(Uuid::nil()), TokenId(Uuid::nil()));
        for store in stores().await {
            let dialect = store.core.pools().dialect();
            let filter = CallFilter { status: Some(200), ..CallFilter::default() };
            for query in
                [days(dialect, account, token, &filter), spans(account, token, Some(IpAddr::from([192, 0, 2, 1])))]
            {
                let plan = plan(&store, query).await;
                assert!(!plan.contains("SCAN calls_by") && !plan.contains("Seq Scan"), "{plan}");
            }
            if dialect == Dialect::Sqlite {
                for condition in ["AND counted", "AND NOT counted"] {
                    let plan = plan(&store, packs(account, condition, 0, (i64::MAX, Uuid::nil()), 50)).await;
                    assert!(plan.contains("SEARCH call_packs USING INDEX"), "{plan}");
                    assert!(!plan.contains("TEMP B-TREE"), "{plan}");
                }
            }
        }
    }
}
