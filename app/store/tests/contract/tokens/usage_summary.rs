//! The use of tokens as pages show it: summaries, sparklines, last calls, and refused calls.

use crate::database::{Database, USAGE};
use crate::sql;
use crate::test_store::{HERE, TestStore, begin};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::account::AccountId;
use domain::gate::api_version::ApiVersion;
use domain::tokens::client_name::{CLIENTS_MAX, ClientName};
use domain::tokens::condition::{Condition, IN_USE_WITHIN};
use domain::tokens::filter::TokenFilter;
use domain::tokens::recent_call::{CallFilter, RECENT_MAX};
use domain::tokens::scope::Scope;
use domain::tokens::token::{Token, TokenId, TokenSettings};
use domain::tokens::usage::{
    ADDRESSES_MAX, Client, DAYS, DayUse, FAILING_FOR, HOURS, LISTED_MAX, REFUSED_ADDRESSES_MAX, RefusedFor,
    SPARKLINES_MAX, Tally, UsageSummary,
};
use std::net::IpAddr;
use std::time::Duration;
use store::{Call, Clock, RefusedCall, ServerKey, Store};
use uuid::Uuid;

impl TestStore {
    async fn summary(&self, token: &Token) -> UsageSummary {
        self.store.tokens().usage_of(self.aya.account, token.id, DAYS).await.unwrap()
    }

    async fn flush(&self) {
        self.store.gate().flush_calls().await.unwrap();
    }

    async fn add_up(&self) {
        self.store.tokens().add_up_calls().await.unwrap();
    }

    fn refused(&self, token: &Token, reason: RefusedFor, address: IpAddr) {
        let (account, token, at) = (self.aya.account, token.id, self.clock.now());
        self.store.gate().record_refused(RefusedCall { account, token, reason, address, at });
    }

    /// Returns the last calls, each by its status.
    async fn recent(&self, token: &Token, filter: &CallFilter) -> Vec<u16> {
        let recent = self.store.tokens().recent_calls(self.aya.account, token.id, filter).await.unwrap();
        assert!(!recent.is_cut);
        recent.calls.into_iter().map(|call| call.status).collect()
    }

    /// Returns the numbers of rows in the tables of sources and refused calls.
    async fn source_rows(&self) -> i64 {
        let count = "SELECT (SELECT COUNT(*) FROM calls_by_address) + (SELECT COUNT(*) FROM calls_by_client)
            + (SELECT COUNT(*) FROM calls_by_hour) + (SELECT COUNT(*) FROM refused_calls)";
        sql::query_scalar(count).fetch_one(&self.database().await).await.unwrap()
    }
}

fn address(number: u32) -> IpAddr {
    IpAddr::from(number.to_be_bytes())
}

fn client(name: &str) -> ClientName {
    ClientName::of_user_agent(name.as_bytes())
}

fn tally(calls: u64, failures: u64) -> Tally {
    Tally { calls, failures, refused: 0 }
}

/// Records some calls of three days, from two addresses and clients.
fn record(test: &TestStore, token: &Token) {
    let one = Call { version: Some(ApiVersion::NEWEST), client: client("nightly/1"), ..test.call(token) };
    let older = Call { version: ApiVersion::try_from(2).ok(), address: address(7), ..one };
    for call in [
        Call { at: begin() - TimeDelta::days(2), ..older },
        Call { at: begin() - TimeDelta::days(1), status: 404, value: 1, ..older },
        Call { at: begin() - TimeDelta::hours(1), scope: Scope::GET_ACCESS_TOKEN, client: ClientName::Unnamed, ..one },
        Call { at: begin() - TimeDelta::minutes(1), ..one },
        Call { status: 503, ..one },
    ] {
        test.store.gate().record_call(call);
    }
}

#[tokio::test]
async fn summary_is_the_same_before_and_after_adding_up() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    let other = test.issue("Other").await.token;
    record(&test, &token);
    test.store.gate().record_call(Call { at: begin() - TimeDelta::days(i64::from(DAYS)), ..test.call(&token) });
    test.store.gate().record_call(test.call(&other));
    test.flush().await;
    let before = test.summary(&token).await;
    test.add_up().await;
    assert_eq!(test.summary(&token).await, before);
    record(&test, &token);
    test.flush().await;
    let partly = test.summary(&token).await;
    test.add_up().await;
    assert_eq!(test.summary(&token).await, partly);

    let numbers =
        |tallies: Vec<Tally>| tallies.into_iter().map(|tally| (tally.calls, tally.failures)).collect::<Vec<_>>();
    assert_eq!(before.days.len(), usize::from(DAYS));
    assert_eq!(before.days.last().unwrap().day, begin().date_naive());
    assert_eq!(numbers(before.days[27..].iter().map(|day| day.tally).collect()), [(1, 0), (1, 1), (3, 1)]);
    let operations: Vec<_> = before.operations.iter().map(|(scope, tally)| (scope.as_str(), tally.calls)).collect();
    assert_eq!(operations, [("getCompanyInformation", 4), ("getAccessToken", 1)]);
    assert_eq!(before.statuses, [(200, 3), (404, 1), (503, 1)]);
    assert_eq!(before.versions, [(3, tally(3, 1)), (2, tally(2, 1))]);
    let addresses: Vec<_> = before.addresses.iter().map(|from| (from.address, from.value, from.seen.calls)).collect();
    assert_eq!(addresses, [(Some(HERE), 0, 3), (Some(address(7)), 1, 1), (Some(address(7)), 0, 1)]);
    assert_eq!(before.addresses[0].seen.first_at, begin() - TimeDelta::hours(1));
    assert_eq!((before.addresses[0].seen.last_at, before.addresses[0].seen.failures), (begin(), 1));
    let clients: Vec<_> = before.clients.iter().map(|from| (&from.client, from.seen.calls)).collect();
    assert_eq!(clients, [(&Client::Named("nightly/1".to_owned()), 4), (&Client::Unnamed, 1)]);
    assert_eq!(partly.days.last().unwrap().tally, tally(6, 2));
    assert_eq!(partly.addresses[0].seen.calls, 6);
}

#[tokio::test]
async fn ten_thousand_addresses_and_clients_take_few_rows() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    let stranger = test.issue("Other").await.token;
    for half in [0..5_000, 5_000..10_000] {
        for number in half {
            let client = client(&format!("client {number}"));
            test.store.gate().record_call(Call { address: address(number), client, ..test.call(&token) });
            test.refused(&token, RefusedFor::WrongAuthToken, address(number));
        }
        test.refused(&stranger, RefusedFor::Expired, HERE);
        test.flush().await;
        test.add_up().await;
    }
    let most = ADDRESSES_MAX + 1 + CLIENTS_MAX + 1 + 1 + REFUSED_ADDRESSES_MAX + 1 + 1;
    assert_eq!(test.source_rows().await, i64::try_from(most).unwrap());
    let summary = test.summary(&token).await;
    assert_eq!(summary.days.last().unwrap().tally, Tally { calls: 10_000, failures: 0, refused: 10_000 });
    assert_eq!(summary.addresses.len(), LISTED_MAX as usize);
    let others = summary.clients.iter().find(|from| from.client == Client::Others).unwrap();
    assert_eq!((summary.clients.len(), others.seen.calls), (CLIENTS_MAX + 1, 10_000 - CLIENTS_MAX as u64));
    assert_eq!(summary.refused.len(), LISTED_MAX as usize);
    let told_apart = summary.refused.iter().filter(|from| from.address.is_some()).count();
    assert!(told_apart >= REFUSED_ADDRESSES_MAX - 1, "{told_apart}");
}

#[tokio::test]
async fn refused_calls_are_counted_by_reason_and_address() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    for (reason, number) in
        [(RefusedFor::WrongAuthToken, 1), (RefusedFor::WrongAuthToken, 2), (RefusedFor::Disabled, 2)]
    {
        for _ in 0..=number {
            test.refused(&token, reason, address(number));
            test.later(TimeDelta::seconds(1));
        }
    }
    test.flush().await;
    test.refused(&token, RefusedFor::Disabled, address(2));
    test.flush().await;
    let summary = test.summary(&token).await;
    let refused: Vec<_> = summary.refused.iter().map(|from| (from.reason, from.address, from.seen.calls)).collect();
    let expected = [
        (RefusedFor::Disabled, Some(address(2)), 4),
        (RefusedFor::WrongAuthToken, Some(address(2)), 3),
        (RefusedFor::WrongAuthToken, Some(address(1)), 2),
    ];
    assert_eq!(refused, expected);
    assert_eq!(summary.refused[2].seen.first_at, begin());
    let today = summary.days.last().unwrap().tally;
    assert_eq!(today, Tally { refused: 5, ..Tally::default() }, "calls of a disabled token count as calls already");
    let account = test.store.tokens().account_usage(test.aya.account).await.unwrap();
    assert_eq!(account.days.last().unwrap().tally, today);
    let failing: Vec<_> = account.failing.iter().map(|token| (token.name.as_str(), token.since)).collect();
    assert_eq!(failing, [("Export", begin())]);
}

#[tokio::test]
async fn refused_calls_are_counted_once_after_a_failed_flush() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    test.refuse("INSERT ON refused_calls").await;
    for _ in 0..3 {
        test.refused(&token, RefusedFor::Expired, HERE);
        assert!(test.store.gate().flush_calls().await.is_err());
    }
    assert_eq!(test.token(&token).await.last_failed_at, None, "all or nothing");
    test.allow("INSERT ON refused_calls").await;
    test.flush().await;
    test.flush().await;
    assert_eq!(test.summary(&token).await.refused[0].seen.calls, 3);
    assert_eq!(test.token(&token).await.last_failed_at, Some(begin()));
}

#[tokio::test]
async fn token_fails_since_its_first_failure_after_a_pass() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    let call = |after: i64, status| {
        let at = begin() + TimeDelta::seconds(after);
        test.store.gate().record_call(Call { status, at, ..test.call(&token) });
    };
    let since = async || {
        test.flush().await;
        let failing = test.store.tokens().account_usage(test.aya.account).await.unwrap().failing;
        failing.first().map(|token| (token.since - begin()).num_seconds())
    };
    assert_eq!(since().await, None);
    call(1, 404);
    call(2, 200);
    call(3, 500);
    call(4, 500);
    assert_eq!(since().await, Some(3), "within one batch");
    call(5, 403);
    assert_eq!(since().await, Some(3), "it goes on");
    call(6, 200);
    assert_eq!(since().await, None, "it passes again");
    call(7, 401);
    assert_eq!(since().await, Some(7));
    test.later(FAILING_FOR + TimeDelta::seconds(7));
    assert_eq!(since().await, Some(7));
    test.later(TimeDelta::microseconds(1));
    assert_eq!(since().await, None, "nothing has called it for long");
    call(8, 401);
    test.store.tokens().delete(&test.aya, token.id).await.unwrap();
    assert_eq!(since().await, None, "a deleted token");
}

#[tokio::test]
async fn failure_of_a_clock_ahead_gives_way_to_the_next_one() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    for ahead in [TimeDelta::days(365), TimeDelta::zero()] {
        test.later(ahead);
        test.refused(&token, RefusedFor::Disabled, HERE);
        test.flush().await;
        test.later(-ahead);
    }
    assert_eq!(test.token(&token).await.last_failed_at, Some(begin()));
    let usage = test.store.tokens().account_usage(test.aya.account).await.unwrap();
    assert_eq!(usage.failing.iter().map(|token| token.since).collect::<Vec<_>>(), [begin()]);
    assert_eq!(test.summary(&token).await.refused[0].seen.calls, 1, "that of a day to come is not counted");
}

#[tokio::test]
async fn refused_calls_show_that_an_expired_token_is_in_use() {
    let test = TestStore::new().await;
    let expires_at = Some(begin() + TimeDelta::days(1));
    let settings = TokenSettings { expires_at, ..test.settings("Export") };
    let token = test.store.tokens().create(&test.aya, settings, Uuid::now_v7()).await.unwrap().token;
    let in_use = TokenFilter { condition: Some(Condition::ExpiredInUse), ..TokenFilter::default() };
    test.later(TimeDelta::days(100));
    assert_eq!(test.names(in_use.clone()).await, [""; 0]);
    test.refused(&token, RefusedFor::Expired, HERE);
    test.flush().await;
    assert_eq!(test.names(in_use.clone()).await, ["Export"]);
    test.later(IN_USE_WITHIN + TimeDelta::microseconds(1));
    assert_eq!(test.names(in_use).await, [""; 0]);
}

#[tokio::test]
async fn hours_are_the_last_ones_before_and_after_adding_up() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    let other = test.issue("Other").await.token;
    let hours = i64::from(HOURS);
    for (back, status) in [(0, 200), (0, 500), (1, 200), (9, 200), (hours - 1, 404), (hours, 200)] {
        test.store.gate().record_call(Call { at: begin() - TimeDelta::hours(back), status, ..test.call(&token) });
    }
    test.store.gate().record_call(test.call(&other));
    test.flush().await;
    let before = test.store.tokens().usage_by_hour(test.aya.account, token.id).await.unwrap();
    test.add_up().await;
    let after = test.store.tokens().usage_by_hour(test.aya.account, token.id).await.unwrap();
    assert_eq!(before, after);
    assert_eq!(after.len(), usize::from(HOURS));
    let newest: Vec<_> = after.iter().rev().map(|hour| hour.tally).collect();
    assert_eq!((newest[0], newest[1], newest[2]), (tally(2, 1), tally(1, 0), tally(0, 0)));
    assert_eq!((newest[9], newest[usize::from(HOURS) - 1]), (tally(1, 0), tally(1, 1)));
    assert_eq!(after.last().unwrap().hour, begin(), "the clock of tests begins with an hour");
    record(&test, &token);
    test.flush().await;
    test.add_up().await;
    let more = test.store.tokens().usage_by_hour(test.aya.account, token.id).await.unwrap();
    assert_eq!(more.last().unwrap().tally, tally(3, 2), "they are added to those that are there");
}

#[tokio::test]
async fn sparklines_are_those_of_the_accounts_tokens_in_order() {
    let test = TestStore::new().await;
    let [one, two] = [test.issue("One").await.token, test.issue("Two").await.token];
    let silent = test.issue("Silent").await.token;
    record(&test, &one);
    test.refused(&one, RefusedFor::WrongAuthToken, HERE);
    test.refused(&one, RefusedFor::ScopeMissing, HERE);
    test.store.gate().record_call(test.call(&two));
    test.flush().await;
    for _ in 0..2 {
        let lines = test.store.tokens().sparklines(test.aya.account, &[two.id, silent.id, one.id]).await.unwrap();
        assert_eq!(lines.iter().map(|line| line.token).collect::<Vec<_>>(), [two.id, one.id], "those with calls");
        assert_eq!(lines[0].days[28..], [(0, 0), (1, 0)]);
        assert_eq!((lines[1].days.len(), lines[1].from), (30, begin().date_naive() - TimeDelta::days(29)));
        assert_eq!(lines[1].days[27..], [(1, 0), (1, 1), (4, 2)]);
        test.add_up().await;
    }
    let stranger = test.stranger().await;
    assert_eq!(test.store.tokens().sparklines(stranger.account, &[one.id]).await.unwrap(), []);
    let many = [one.id; SPARKLINES_MAX + 1];
    assert_eq!(test.store.tokens().sparklines(test.aya.account, &many).await.unwrap().len(), SPARKLINES_MAX);
    assert_eq!(test.store.tokens().sparklines(test.aya.account, &[]).await.unwrap(), []);
}

#[tokio::test]
async fn use_of_a_token_is_not_seen_in_another_account() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    let stranger = test.stranger().await;
    record(&test, &token);
    test.refused(&token, RefusedFor::Expired, HERE);
    test.flush().await;
    for _ in 0..2 {
        let tokens = test.store.tokens();
        let summary = tokens.usage_of(stranger.account, token.id, DAYS).await.unwrap();
        let none = |day: &DayUse| day.tally == Tally::default();
        assert!(summary.days.iter().all(none) && summary.operations.is_empty() && summary.statuses.is_empty());
        assert!(summary.addresses.is_empty() && summary.clients.is_empty() && summary.refused.is_empty());
        let hours = tokens.usage_by_hour(stranger.account, token.id).await.unwrap();
        assert!(hours.iter().all(|hour| hour.tally == Tally::default()));
        let recent = tokens.recent_calls(stranger.account, token.id, &CallFilter::default()).await.unwrap();
        assert_eq!((recent.calls.len(), recent.is_cut), (0, false));
        let account = tokens.account_usage(stranger.account).await.unwrap();
        assert!(account.days.iter().all(none) && account.failing.is_empty());
        test.add_up().await;
    }
}

#[tokio::test]
async fn account_usage_sums_up_all_tokens() {
    let test = TestStore::new().await;
    let [one, two] = [test.issue("One").await.token, test.issue("Two").await.token];
    record(&test, &one);
    record(&test, &two);
    test.refused(&two, RefusedFor::Expired, HERE);
    test.flush().await;
    for _ in 0..2 {
        let account = test.store.tokens().account_usage(test.aya.account).await.unwrap();
        assert_eq!(account.days.len(), usize::from(DAYS));
        let last: Vec<_> = account.days[27..].iter().map(|day| day.tally).collect();
        assert_eq!(last, [tally(2, 0), tally(2, 2), Tally { calls: 6, failures: 2, refused: 1 }]);
        test.add_up().await;
    }
}

/// Records numbered calls of the token, one a minute, among those of another one; the status is the number.
async fn record_numbered(test: &TestStore, token: &Token, other: &Token) {
    for number in 0..300_u16 {
        let at = begin() - TimeDelta::minutes(number.into());
        let from = if number.is_multiple_of(2) { HERE } else { address(1) };
        let client = client(if number.is_multiple_of(3) { "three" } else { "" });
        let call = Call { at, address: from, client, status: number, ..test.call(token) };
        test.store.gate().record_call(call);
        test.store.gate().record_call(Call { token: other.id, ..call });
        if number.is_multiple_of(100) {
            test.flush().await;
        }
    }
    test.flush().await;
}

#[tokio::test]
async fn last_calls_are_the_newest_that_match() {
    let test = TestStore::new().await;
    let [token, other] = [test.issue("Export").await.token, test.issue("Other").await.token];
    record_numbered(&test, &token, &other).await;
    let any = CallFilter::default();
    let newest = |step: u16| (0..300).step_by(step.into()).take(RECENT_MAX).collect::<Vec<u16>>();
    for _ in 0..2 {
        assert_eq!(test.recent(&token, &any).await, newest(1));
        let here = CallFilter { address: Some(HERE), ..any.clone() };
        assert_eq!(test.recent(&token, &here).await, newest(2));
        let elsewhere = CallFilter { address: Some(address(9)), ..any.clone() };
        assert_eq!(test.recent(&token, &elsewhere).await, [0_u16; 0]);
        let named = CallFilter { client: Some("three".to_owned()), ..any.clone() };
        assert_eq!(test.recent(&token, &named).await, newest(3));
        let status = CallFilter { status: Some(250), ..any.clone() };
        assert_eq!(test.recent(&token, &status).await, [250]);
        let scope = CallFilter { scope: Some("getJob".to_owned()), ..any.clone() };
        assert_eq!(test.recent(&token, &scope).await, [0_u16; 0]);
        let version = CallFilter { version: Some(0), ..any.clone() };
        assert_eq!(test.recent(&token, &version).await, newest(1));
        test.add_up().await;
    }
    let recent = test.store.tokens().recent_calls(test.aya.account, token.id, &any).await.unwrap();
    let call = &recent.calls[0];
    assert_eq!((call.at, call.scope.as_str(), call.version), (begin(), "getCompanyInformation", 0));
    assert_eq!((&call.client, call.address, call.latency), (&Client::Named("three".to_owned()), HERE, 1_500));
}

#[tokio::test]
async fn last_calls_of_several_days_are_each_found_once() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    let midnight = begin().date_naive().and_hms_opt(0, 0, 0).unwrap().and_utc();
    for number in 0..90_i64 {
        // Around midnight, so that packs of neighbouring days are next to each other.
        let at = midnight - TimeDelta::days(number / 3) + TimeDelta::seconds(number % 3 - 1);
        let status = u16::try_from(number).unwrap();
        let version = Some(ApiVersion::NEWEST);
        test.store.gate().record_call(Call { at, status, version, ..test.call(&token) });
    }
    test.flush().await;
    test.add_up().await;
    let mut found = test.recent(&token, &CallFilter::default()).await;
    assert_eq!(found[..3], [2, 1, 0]);
    found.sort_unstable();
    assert_eq!(found, (0..90).collect::<Vec<_>>());
}

#[tokio::test]
async fn sources_go_with_the_calls_and_totals_stay() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    record(&test, &token);
    test.refused(&token, RefusedFor::Expired, HERE);
    test.flush().await;
    test.add_up().await;
    let before = test.summary(&token).await;
    test.later(TimeDelta::days(10));
    test.store.tokens().remove_old_calls(TimeDelta::days(10)).await.unwrap();
    let kept = test.summary(&token).await;
    assert_eq!(kept.addresses.len(), 1, "those of the last day");
    assert_eq!((kept.refused.len(), &kept.operations), (1, &before.operations));
    test.later(TimeDelta::days(1));
    test.store.tokens().remove_old_calls(TimeDelta::days(10)).await.unwrap();
    assert_eq!(test.source_rows().await, 0);
    let after = test.summary(&token).await;
    assert_eq!(
        (&after.operations, &after.statuses, &after.versions),
        (&before.operations, &before.statuses, &before.versions)
    );
    assert_eq!(test.recent(&token, &CallFilter::default()).await, [0_u16; 0]);
}

#[tokio::test]
async fn totals_of_older_versions_are_brought_along() {
    let database = Database::before(USAGE).await;
    let pool = database.pool().await;
    let (account, token) = (AccountId(Uuid::now_v7()), TokenId(Uuid::now_v7()));
    let today: DateTime<Utc> = begin();
    let day = i64::from(today.date_naive().to_epoch_days());
    for (scope, status, calls) in [("getJob", 200_i64, 5_i64), ("getJob", 404, 2), ("runReport", 200, 1)] {
        sql::query(
            "INSERT INTO calls_by_day (account_id, day, token_id, scope, status, calls, latency_sum)
             VALUES ($1, $2, $3, $4, $5, $6, 9)",
        )
        .bind(account.0)
        .bind(day)
        .bind(token.0)
        .bind(scope)
        .bind(status)
        .bind(calls)
        .execute(&pool)
        .await
        .unwrap();
    }
    // One of these calls is still there, packed as it was then.
    let pack = [
        &b"\x01\0\x01\x06getJob\0\x01\x09192.0.2.1\0\x01"[..],
        token.0.as_bytes(),
        b"\0\0\0\0\0\0\0\xc8\0\0\0\0\0\0\x05\xdc",
    ];
    let older =
        "INSERT INTO call_packs (id, account_id, last_at, calls, counted, pack) VALUES ($1, $2, $3, 1, TRUE, $4)";
    let older = sql::query(older).bind(Uuid::now_v7()).bind(account.0).bind(begin().timestamp_micros());
    older.bind(pack.concat()).execute(&pool).await.unwrap();
    let store = Store::open(&database.url(), ServerKey::from_bytes([7; 32]), Clock::fixed(begin())).await.unwrap();
    let scope = Scope::find("getJob").unwrap();
    let (version, value, client) = (Some(ApiVersion::NEWEST), 0, ClientName::Unnamed);
    let (status, at, latency) = (200, begin(), Duration::ZERO);
    store.gate().record_call(Call {
        account,
        token,
        scope,
        version,
        value,
        client,
        status,
        at,
        address: HERE,
        latency,
    });
    store.gate().flush_calls().await.unwrap();
    for added in [1, 0] {
        assert_eq!(store.tokens().add_up_calls().await.unwrap(), added);
    }
    let summary = store.tokens().usage_of(account, token, DAYS).await.unwrap();
    assert_eq!((summary.addresses.len(), summary.addresses[0].seen.calls), (1, 2), "each call is counted once");
    let recent = store.tokens().recent_calls(account, token, &CallFilter::default()).await.unwrap();
    let mut versions: Vec<_> = recent.calls.iter().map(|call| call.version).collect();
    versions.sort_unstable();
    assert_eq!(versions, [0, 3]);
    assert_eq!(summary.operations, [("getJob".to_owned(), tally(8, 2)), ("runReport".to_owned(), tally(1, 0))]);
    assert_eq!(summary.versions, [(3, tally(1, 0)), (0, tally(8, 2))]);
    let account_usage = store.tokens().account_usage(account).await.unwrap();
    assert_eq!(account_usage.days.last().unwrap().tally, tally(9, 2));
    let report = store.tokens().usage(account, NaiveDate::MIN, NaiveDate::MAX).await.unwrap();
    let report: Vec<_> = report.iter().map(|row| (row.scope.as_str(), row.status, row.calls)).collect();
    assert_eq!(report, [("getJob", 200, 6), ("getJob", 404, 2), ("runReport", 200, 1)]);
}
