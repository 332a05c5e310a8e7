//! The use of tokens as pages show it, from the totals of days and the calls that are not added up yet.

use crate::db::database::{Connection, DAY, HOUR, micros, time};
use crate::error::Error;
use crate::gate::call_pack::PackedCall;
use crate::tokens::Tokens;
use crate::tokens::rows::corrupt;
use crate::tokens::sources::{Hours, Sources, Span};
use crate::tokens::usage::each_pack_to_count;
use crate::tokens::usage_queries::{
    Days, account_days, address_spans, client_spans, days_of, failing, hours_of, refused_days, refused_spans,
    sparklines,
};
use chrono::NaiveDate;
use domain::account::AccountId;
use domain::tokens::client_name::ClientName;
use domain::tokens::secret::AccountSid;
use domain::tokens::token::TokenId;
use domain::tokens::usage::{
    AccountUsage, AddressUse, ClientUse, DAYS, DAYS_MAX, DayUse, FailingToken, HOURS, HourUse, LISTED_MAX, RefusedFor,
    RefusedUse, SPARKLINES_MAX, Seen, Sparkline, Tally, UsageSummary, is_failure,
};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use uuid::Uuid;

/// A stored address or client, the number of the token's value if it has one, and the span of its calls.
type SpanRow = (String, i64, i64, i64, i64, i64);

impl Tokens<'_> {
    /// Returns the use of the account's token over the last days, today included: at most [`DAYS_MAX`]. It is empty if
    /// the account has no such token; that of a token which was deleted meanwhile is still there. Calls that are not
    /// written yet are not included.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn usage_of(self, account: AccountId, token: TokenId, days: u16) -> Result<UsageSummary, Error> {
        let of = self.last_days(days.min(DAYS_MAX));
        let mut tx = self.core.read().begin().await?; // calls added up meanwhile are neither missed nor counted twice
        let mut sums = Summary::default();
        let rows: Vec<(i64, String, i64, i64, i64)> =
            days_of(tx.dialect(), account, token, of).build_query_as().fetch_all(&mut *tx).await?;
        for (day, scope, status, version, calls) in rows {
            sums.add(day, scope, status, version, calls);
        }
        let mut sources = Sources::default();
        each_pack_to_count(&mut tx, account.0, of, &mut |day, calls| {
            for call in calls.iter().filter(|call| call.token == token) {
                sums.add(day, call.scope.to_owned(), call.status.into(), call.version.into(), 1);
            }
            sources.add(day, calls.iter().filter(|call| call.token == token));
        })
        .await?;
        let rows: Vec<(i64, i64)> = refused_days(account, token, of).build_query_as().fetch_all(&mut *tx).await?;
        for (day, refused) in rows {
            sums.days.entry(day).or_default().refused += refused.unsigned_abs();
        }
        let (addresses, clients) = sources_of(&mut tx, account, token, of, sources).await?;
        let rows: Vec<(String, String, i64, i64, i64)> =
            refused_spans(account, token, of).build_query_as().fetch_all(&mut *tx).await?;
        let refused = rows.into_iter().map(refused_use).collect::<Result<_, _>>()?;
        Ok(UsageSummary { days: each_day(&sums.days, of)?, addresses, clients, refused, ..sums.shares()? })
    }

    /// Returns the calls of the account's token by the hour, oldest first: the last [`HOURS`], the current one included.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn usage_by_hour(self, account: AccountId, token: TokenId) -> Result<Vec<HourUse>, Error> {
        let now = micros(self.core.now()).div_euclid(HOUR);
        let first = now + 1 - i64::from(HOURS);
        let days = ((first * HOUR).div_euclid(DAY), (now * HOUR).div_euclid(DAY));
        let mut tx = self.core.read().begin().await?;
        let mut hours = BTreeMap::<i64, Hours>::new();
        let rows: Vec<(i64, Vec<u8>)> = hours_of(account, token, days).build_query_as().fetch_all(&mut *tx).await?;
        for (day, stored) in rows {
            hours.insert(day, Hours::stored(&stored)?);
        }
        let mut sources = Sources::default();
        each_pack_to_count(&mut tx, account.0, days, &mut |day, calls| {
            sources.add(day, calls.iter().filter(|call| call.token == token));
        })
        .await?;
        for ((day, _), added) in sources.hours {
            hours.entry(day).or_default().add(&added);
        }
        let of_hour = |number: i64| {
            let (day, hour) = (number.div_euclid(24), usize::try_from(number.rem_euclid(24)).unwrap_or_default());
            let (calls, failures) = hours.get(&day).map_or((0, 0), |hours| hours.0[hour]);
            let tally = Tally { calls: calls.into(), failures: failures.into(), refused: 0 };
            Ok(HourUse { hour: time(number * HOUR)?, tally })
        };
        (first..=now).map(of_hour).collect()
    }

    /// Returns the sparklines of those of these tokens of the account that were called, in their order. Of more than
    /// [`SPARKLINES_MAX`], the first ones are meant.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn sparklines(self, account: AccountId, tokens: &[TokenId]) -> Result<Vec<Sparkline>, Error> {
        let tokens = &tokens[..tokens.len().min(SPARKLINES_MAX)];
        if tokens.is_empty() {
            return Ok(Vec::new());
        }
        let of @ (from, to) = self.last_days(DAYS);
        let mut tx = self.core.read().begin().await?;
        let mut sums: HashMap<Uuid, BTreeMap<i64, Tally>> = HashMap::new();
        let rows: Vec<(Uuid, i64, i64, i64, i64)> =
            sparklines(tx.dialect(), account, tokens, of).build_query_as().fetch_all(&mut *tx).await?;
        for (token, day, calls, failures, refused) in rows {
            *sums.entry(token).or_default().entry(day).or_default() += tally(calls, failures, refused);
        }
        each_pack_to_count(&mut tx, account.0, of, &mut |day, calls| {
            for call in calls.iter().filter(|call| tokens.contains(&call.token)) {
                *sums.entry(call.token.0).or_default().entry(day).or_default() += tally_of(call);
            }
        })
        .await?;
        let first = date(from)?;
        let of_token = |token: &TokenId| {
            let sums = sums.get(&token.0)?;
            let of_day = |day: i64| sums.get(&day).copied().unwrap_or_default();
            let days = (from..=to).map(of_day).map(|tally| (tally.all(), tally.failed())).collect();
            Some(Sparkline { token: *token, from: first, days })
        };
        Ok(tokens.iter().filter_map(of_token).collect())
    }

    /// Returns the calls of all tokens of the account over the last [`DAYS`] days, and the tokens that fail.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn account_usage(self, account: AccountId) -> Result<AccountUsage, Error> {
        let of = self.last_days(DAYS);
        let mut tx = self.core.read().begin().await?;
        let mut days = BTreeMap::<i64, Tally>::new();
        let rows: Vec<(i64, i64, i64, i64)> = account_days(account, of).build_query_as().fetch_all(&mut *tx).await?;
        for (day, calls, failures, refused) in rows {
            days.insert(day, tally(calls, failures, refused));
        }
        each_pack_to_count(&mut tx, account.0, of, &mut |day, calls| {
            for call in calls {
                *days.entry(day).or_default() += tally_of(call);
            }
        })
        .await?;
        let rows: Vec<FailingRow> = failing(account, self.core.now()).build_query_as().fetch_all(&mut *tx).await?;
        let failing = rows.into_iter().map(FailingToken::try_from).collect::<Result<_, _>>()?;
        Ok(AccountUsage { days: each_day(&days, of)?, failing })
    }

    /// Returns this many last days, today included.
    fn last_days(self, days: u16) -> Days {
        let today = micros(self.core.now()).div_euclid(DAY);
        (today + 1 - i64::from(days.max(1)), today)
    }
}

/// The sums of one token.
#[derive(Default)]
struct Summary {
    days: BTreeMap<i64, Tally>,
    operations: BTreeMap<String, Tally>,
    statuses: BTreeMap<i64, u64>,
    versions: BTreeMap<i64, Tally>,
}

impl Summary {
    fn add(&mut self, day: i64, scope: String, status: i64, version: i64, calls: i64) {
        let tally = tally(calls, if status >= 400 { calls } else { 0 }, 0);
        *self.days.entry(day).or_default() += tally;
        *self.operations.entry(scope).or_default() += tally;
        *self.statuses.entry(status).or_default() += tally.calls;
        *self.versions.entry(version).or_default() += tally;
    }

    /// Returns the sums but those of the days.
    fn shares(self) -> Result<UsageSummary, Error> {
        let mut operations = Vec::from_iter(self.operations);
        operations.sort_by_key(|(_, tally)| Reverse(tally.calls)); // stable: equal ones stay in the order of their ids
        let statuses = self.statuses.into_iter().map(|(status, calls)| Ok((number(status)?, calls)));
        let versions = self.versions.into_iter().rev().map(|(version, tally)| Ok((number(version)?, tally)));
        Ok(UsageSummary {
            operations,
            statuses: statuses.collect::<Result<_, Error>>()?,
            versions: versions.collect::<Result<_, Error>>()?,
            ..UsageSummary::default()
        })
    }
}

/// Returns the addresses and the clients of the token's calls: those that are stored, and these newer ones.
async fn sources_of(
    tx: &mut Connection,
    account: AccountId,
    token: TokenId,
    days: Days,
    newer: Sources,
) -> Result<(Vec<AddressUse>, Vec<ClientUse>), Error> {
    let (mut addresses, mut clients) = (HashMap::new(), HashMap::new());
    let rows: Vec<SpanRow> = address_spans(account, token, days).build_query_as().fetch_all(&mut *tx).await?;
    for row in rows {
        add_row(&mut addresses, row);
    }
    let rows: Vec<SpanRow> = client_spans(account, token, days).build_query_as().fetch_all(&mut *tx).await?;
    for row in rows {
        add_row(&mut clients, row);
    }
    for ((_, _, address, value), span) in newer.addresses {
        add(&mut addresses, (address, value.into()), span);
    }
    for ((_, _, client), span) in newer.clients {
        add(&mut clients, (client, 0), span);
    }
    let addresses = latest_first(addresses).into_iter().map(|((address, value), span)| {
        let value = u8::try_from(value).map_err(|_| corrupt(format!("the value {value}")))?;
        Ok(AddressUse { address: stored_address(&address)?, value, seen: seen(span)? })
    });
    let clients = latest_first(clients)
        .into_iter()
        .map(|((client, _), span)| Ok(ClientUse { client: ClientName::stored(&client).into(), seen: seen(span)? }));
    Ok((addresses.collect::<Result<_, Error>>()?, clients.collect::<Result<_, Error>>()?))
}

/// Spans of calls by what they have in common.
type Spans = HashMap<(String, i64), Span>;

fn add(spans: &mut Spans, key: (String, i64), span: Span) {
    spans.entry(key).and_modify(|all| all.add(span)).or_insert(span);
}

fn add_row(spans: &mut Spans, (text, value, calls, failures, first_at, last_at): SpanRow) {
    add(spans, (text, value), Span { calls, failures, first_at, last_at });
}

/// Returns the spans with the latest calls, the latest first: at most [`LISTED_MAX`].
fn latest_first(spans: Spans) -> Vec<((String, i64), Span)> {
    let mut spans = Vec::from_iter(spans);
    spans.sort_unstable_by(|(one, of), (other, than)| (than.last_at, one).cmp(&(of.last_at, other)));
    spans.truncate(LISTED_MAX as usize);
    spans
}

fn seen(Span { calls, failures, first_at, last_at }: Span) -> Result<Seen, Error> {
    let (calls, failures) = (calls.unsigned_abs(), failures.unsigned_abs());
    Ok(Seen { first_at: time(first_at)?, last_at: time(last_at)?, calls, failures })
}

fn refused_use(row: (String, String, i64, i64, i64)) -> Result<RefusedUse, Error> {
    let (reason, address, calls, first_at, last_at) = row;
    let reason: RefusedFor = reason.parse().map_err(|_| corrupt(format!("the reason {reason}")))?;
    let seen = seen(Span { calls, failures: calls, first_at, last_at })?;
    Ok(RefusedUse { reason, address: stored_address(&address)?, seen })
}

/// Returns the address that is stored as this text: `None` for those that are counted together.
pub(crate) fn stored_address(text: &str) -> Result<Option<IpAddr>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| corrupt(format!("the address {text}")))
}

fn tally(calls: i64, failures: i64, refused: i64) -> Tally {
    Tally { calls: calls.unsigned_abs(), failures: failures.unsigned_abs(), refused: refused.unsigned_abs() }
}

fn tally_of(call: &PackedCall<'_>) -> Tally {
    Tally { calls: 1, failures: is_failure(call.status).into(), refused: 0 }
}

fn number(number: i64) -> Result<u16, Error> {
    number.try_into().map_err(|_| corrupt(format!("the number {number}")))
}

fn date(day: i64) -> Result<NaiveDate, Error> {
    let date = i32::try_from(day).ok().and_then(NaiveDate::from_epoch_days);
    date.ok_or_else(|| Error::Corrupt(format!("the day {day}")))
}

/// Returns each of the days with its sum.
fn each_day(sums: &BTreeMap<i64, Tally>, (from, to): Days) -> Result<Vec<DayUse>, Error> {
    let of_day = |day: i64| Ok(DayUse { day: date(day)?, tally: sums.get(&day).copied().unwrap_or_default() });
    (from..=to).map(of_day).collect()
}

#[derive(sqlx_macros::FromRow)]
struct FailingRow {
    id: Uuid,
    name: String,
    sid: String,
    failing_since: i64,
    last_failed_at: i64,
}

impl TryFrom<FailingRow> for FailingToken {
    type Error = Error;

    fn try_from(row: FailingRow) -> Result<Self, Error> {
        Ok(Self {
            token: TokenId(row.id),
            name: row.name,
            sid: AccountSid::try_from(row.sid).map_err(corrupt)?,
            since: time(row.failing_since)?,
            last_failed_at: time(row.last_failed_at)?,
        })
    }
}
