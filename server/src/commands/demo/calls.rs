//! The demo's calls: those of the last 30 days, more on weekdays, from some networks and clients. One token fails since
//! yesterday, and some calls were refused.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use anyhow::{Context as _, Result};
use chrono::{DateTime, Datelike as _, Days, NaiveTime, TimeDelta, Utc, Weekday};
use domain::{
    account::AccountId,
    tokens::{
        client_name::ClientName,
        filter::TokenFilter,
        overlap::TokenValue,
        scope::Scope,
        token::Token,
        usage::{DAYS, RefusedFor, Tally},
    },
};
use serde::Deserialize;
use store::{Call, RefusedCall, Store};

use crate::commands::demo::tokens::{Age, Sample};

/// The series of calls.
const SERIES: &str = include_str!("calls.csv");
/// More tokens than the demo has.
const TOKENS_MAX: u32 = 1_000;
/// The seconds of a day.
const SECONDS: i64 = 86_400;
/// Of so many calls that may fail now and then, one does.
const ONE_FAILS_OF: i64 = 40;
/// The time since the last call of a token that fails.
const LAST_FAILURE: TimeDelta = TimeDelta::minutes(40);
/// The token that somebody has tried wrong Auth Tokens with, and the address that they came from.
const TRIED: (&str, IpAddr) = ("Mobile app backend", IpAddr::V4(Ipv4Addr::new(192, 0, 2, 66)));

/// Calls with a token that have the client, the address and the operation in common.
#[derive(Debug, Deserialize)]
struct Series {
    token: String,
    client: String,
    address: IpAddr,
    operation: String,
    /// About so many calls on a weekday.
    weekday: i64,
    /// About so many calls on a day of a weekend.
    weekend: i64,
    /// The status of those that fail.
    failure: Option<u16>,
    /// The time since which all fail; without it, a call fails now and then.
    fails_since: Option<Age>,
    /// The least time that an answer takes, in milliseconds.
    latency: u64,
}

/// Records the calls of the last days, unless there are some already.
///
/// # Errors
/// If the store fails, or a series is not of the demo's tokens.
pub async fn record(store: &Store, now: DateTime<Utc>, account: AccountId) -> Result<()> {
    let known = store.tokens().account_usage(account).await?;
    if known.days.iter().any(|day| day.tally != Tally::default()) {
        return Ok(());
    }
    let (tokens, _) = store.tokens().numbered_page(account, &TokenFilter::default(), 1, TOKENS_MAX).await?;
    let samples = Sample::all()?;
    let all: Vec<Series> = csv::Reader::from_reader(SERIES.as_bytes()).deserialize().collect::<Result<_, _>>()?;
    let mut last_token = "";
    for (number, series) in (0..).zip(&all) {
        let token = named(&tokens, &series.token)?;
        let sample = samples.iter().find(|sample| sample.name == series.token).context("no such sample")?;
        let is_first = last_token != series.token;
        last_token = &series.token;
        for call in series.calls(number, (account, token), (sample, is_first), now)? {
            store.gate().record_call(call);
            if call.status == 403 {
                refuse(store, &call, RefusedFor::ScopeMissing);
            }
        }
    }
    try_wrong(store, account, named(&tokens, TRIED.0)?, now);
    store.gate().flush_calls().await?;
    store.tokens().add_up_calls().await?;
    Ok(())
}

fn named<'t>(tokens: &'t [Token], name: &str) -> Result<&'t Token> {
    let token = tokens.iter().find(|token| token.settings.name == name);
    token.with_context(|| format!("no demo token is called {name}"))
}

fn refuse(store: &Store, &Call { account, token, address, at, .. }: &Call, reason: RefusedFor) {
    store.gate().record_refused(RefusedCall { account, token, reason, address, at });
}

/// Records calls with wrong Auth Tokens, over two days that ended yesterday.
fn try_wrong(store: &Store, account: AccountId, token: &Token, now: DateTime<Utc>) {
    for hours in (30..78).step_by(4) {
        let (reason, at) = (RefusedFor::WrongAuthToken, now - TimeDelta::hours(hours));
        store.gate().record_refused(RefusedCall { account, token: token.id, reason, address: TRIED.1, at });
    }
}

impl Series {
    /// Returns the calls: none before the token was created, and none after it was last used, unless it fails since. The
    /// first series of a token has that last use.
    fn calls(
        &self,
        number: i64,
        (account, token): (AccountId, &Token),
        (sample, is_first): (&Sample, bool),
        now: DateTime<Utc>,
    ) -> Result<Vec<Call>> {
        let Age(used) = sample.used.context("a token that was never used has no calls")?;
        let Age(age) = sample.age;
        let fails_now = self.fails_since.is_some_and(|Age(since)| since <= used);
        let last = now - if fails_now { LAST_FAILURE } else { used };
        let created = now - age;
        let scope = Scope::find(&self.operation).with_context(|| format!("no operation {}", self.operation))?;
        let call = |at: DateTime<Utc>, seed: i64| Call {
            account,
            token: token.id,
            scope,
            version: Some(token.settings.api_version),
            value: TokenValue::Current.number(),
            client: ClientName::of_user_agent(self.client.as_bytes()),
            status: self.status(now - at, seed),
            at,
            address: self.address,
            latency: Duration::from_millis(self.latency + scattered(seed).unsigned_abs() % (self.latency / 2 + 1)),
        };
        let days = (0..u64::from(DAYS)).flat_map(|back| self.times(number, back, now));
        let mut calls: Vec<_> =
            days.filter(|(at, _)| created < *at && *at < last).map(|(at, seed)| call(at, seed)).collect();
        if is_first {
            calls.push(call(last, 0));
        }
        Ok(calls)
    }

    /// Returns the times of the calls on the day that many days back, each with a number of its own above 0.
    fn times(&self, number: i64, back: u64, now: DateTime<Utc>) -> Vec<(DateTime<Utc>, i64)> {
        let day = now.date_naive() - Days::new(back);
        let is_weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        let about = if is_weekend { self.weekend } else { self.weekday };
        let seed = (number * 1_000 + i64::from(day.num_days_from_ce()) % 1_000) * 1_000;
        // A fifth more or less.
        let some = about / 5;
        let calls = about - some + scattered(seed) % (2 * some + 1);
        let midnight = day.and_time(NaiveTime::MIN).and_utc();
        let time = |call: i64| {
            let seed = seed + call + 1;
            let within = scattered(seed) % (SECONDS / calls);
            (midnight + TimeDelta::seconds(call * SECONDS / calls + within), seed)
        };
        (0..calls).map(time).collect()
    }

    /// Returns the status of the call with this number that was so long ago. The number 0 is that of the last one.
    fn status(&self, ago: TimeDelta, seed: i64) -> u16 {
        let fails = match self.fails_since {
            Some(Age(since)) => ago < since,
            None => seed > 0 && scattered(seed) % ONE_FAILS_OF == 7,
        };
        self.failure.filter(|_| fails).unwrap_or(200)
    }
}

/// Returns a number without sign that shows no order if those that it is made of are in order.
fn scattered(number: i64) -> i64 {
    let mixed = (number.unsigned_abs() + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    i64::try_from(mixed >> 33).unwrap_or_default()
}
