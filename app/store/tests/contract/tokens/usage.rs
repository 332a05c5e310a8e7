//! Calls: recording, writing, reading one by one, adding up, reporting and removing.

use crate::database::{CALL_PACKS, Database};
use crate::sql::{self, Pool};
use crate::test_store::{HERE, TestStore, begin};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::account::AccountId;
use domain::gate::api_version::ApiVersion;
use domain::members::user::CurrentUser;
use domain::tokens::client_name::ClientName;
use domain::tokens::overlap::TokenValue;
use domain::tokens::scope::Scope;
use domain::tokens::token::{Token, TokenId, TokenSettings};
use domain::tokens::usage::Client;
use sqlx::AssertSqlSafe;
use std::slice;
use std::time::Duration;
use store::{Call, Clock, Error, RecordedCall, ServerKey, Store, TokenUsage};
use uuid::Uuid;

const EVER: (NaiveDate, NaiveDate) = (NaiveDate::MIN, NaiveDate::MAX);

impl TestStore {
    pub fn call(&self, token: &Token) -> Call {
        Call {
            account: self.aya.account,
            token: token.id,
            scope: Scope::GET_COMPANY_INFORMATION,
            version: None,
            value: TokenValue::Current.number(),
            client: ClientName::Unnamed,
            status: 200,
            at: self.clock.now(),
            address: HERE,
            latency: Duration::from_micros(1_500),
        }
    }

    async fn usage(&self) -> Vec<TokenUsage> {
        self.store.tokens().usage(self.aya.account, EVER.0, EVER.1).await.unwrap()
    }

    async fn log(&self, from: NaiveDate, to: NaiveDate) -> Vec<RecordedCall> {
        let mut log = self.store.gate().call_log(self.aya.account, from, to);
        let mut calls = Vec::new();
        loop {
            match log.next().await.unwrap() {
                some if some.is_empty() => return calls,
                some => calls.extend(some),
            }
        }
    }
}

#[tokio::test]
async fn a_call_is_kept_as_it_was() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    let client = ClientName::of_user_agent(b"nightly-export");
    let version = Some(ApiVersion::NEWEST);
    test.store.gate().record_call(Call { status: 503, version, value: 1, client, ..test.call(&token) });
    assert!(test.usage().await.is_empty(), "it waits in memory");
    assert_eq!(test.store.at(Clock::system()).gate().flush_calls().await.unwrap(), 1);
    assert_eq!(test.store.gate().flush_calls().await.unwrap(), 0);
    let kept = RecordedCall {
        at: begin(),
        token: token.id,
        name: Some("Export".to_owned()),
        sid: Some(token.sid.clone()),
        scope: "getCompanyInformation".to_owned(),
        version: 3,
        client: Client::Named("nightly-export".to_owned()),
        value: 1,
        address: HERE,
        status: 503,
        latency: Duration::from_micros(1_500),
    };
    assert_eq!(test.log(EVER.0, EVER.1).await, slice::from_ref(&kept));
    test.store.tokens().delete(&test.aya, token.id).await.unwrap();
    assert_eq!(test.log(EVER.0, EVER.1).await, [RecordedCall { name: None, sid: None, ..kept }]);
}

#[tokio::test]
async fn the_newest_use_wins_and_is_no_change_of_the_token() {
    let test = TestStore::new().await;
    let [token, other] = [test.issue("Export").await.token, test.issue("Other").await.token];
    let call = |after: i64, status| {
        test.store.gate().record_call(Call { status, at: begin() + TimeDelta::seconds(after), ..test.call(&token) });
    };
    call(20, 204);
    call(30, 399);
    call(10, 200);
    call(40, 400);
    test.store.gate().flush_calls().await.unwrap();
    let used = test.token(&token).await;
    assert_eq!((used.last_used_at, used.revision), (Some(begin() + TimeDelta::seconds(30)), token.revision));
    call(25, 200);
    test.store.gate().flush_calls().await.unwrap();
    assert_eq!(test.token(&token).await, used, "a later use is not overwritten by an earlier one");
    call(39, 200);
    test.store.gate().flush_calls().await.unwrap();
    assert_eq!(test.token(&token).await, used, "a use within ten seconds of it is not worth a change");
    call(40, 200);
    test.store.gate().flush_calls().await.unwrap();
    assert_eq!(test.token(&token).await.last_used_at, Some(begin() + TimeDelta::seconds(40)));
    assert_eq!(test.token(&other).await, other);
    assert_eq!(test.actions().await[2..], ["token_created", "token_created"]);
}

#[tokio::test]
async fn no_call_is_lost_or_written_twice_when_a_flush_fails() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    for _ in 0..2_500 {
        test.store.gate().record_call(test.call(&token));
    }
    test.refuse("INSERT ON call_packs").await;
    for _ in 0..2 {
        assert!(matches!(test.store.gate().flush_calls().await, Err(Error::Database(_))));
        test.store.gate().record_call(test.call(&token));
    }
    assert_eq!(test.token(&token).await.last_used_at, None, "all or nothing");
    test.allow("INSERT ON call_packs").await;
    assert_eq!(test.store.gate().flush_calls().await.unwrap(), 2_502);
    assert_eq!(test.usage().await[0].calls, 2_502);
}

#[tokio::test]
async fn overfull_buffer_drops_the_oldest_calls_never_tried() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    test.refuse("INSERT ON call_packs").await;
    let first = Call { status: 201, ..test.call(&token) };
    test.store.gate().record_call(first);
    test.store.gate().flush_calls().await.unwrap_err();
    for number in 0..200_000 {
        let status = if number == 0 { 202 } else { 200 };
        test.store.gate().record_call(Call { status, ..first });
    }
    test.allow("INSERT ON call_packs").await;
    assert_eq!(test.store.gate().flush_calls().await.unwrap(), 200_000);
    let statuses: Vec<_> = test.usage().await.iter().map(|usage| (usage.status, usage.calls)).collect();
    assert_eq!(statuses, [(200, 199_999), (201, 1)], "what may have been written already stays");
    for _ in 0..200_001 {
        test.store.gate().record_call(first);
    }
    assert_eq!(test.store.gate().flush_calls().await.unwrap(), 200_000, "as many may wait as before");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_noted_and_flushed_side_by_side_are_each_written_once() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (store, call) = (test.store.clone(), test.call(&token));
            tokio::spawn(async move {
                for number in 0..500 {
                    store.gate().record_call(call);
                    if number % 50 == 0 {
                        drop(tokio::spawn({
                            let store = store.clone();
                            async move { store.gate().flush_calls().await }
                        }));
                        let given_up = store.gate().flush_calls();
                        tokio::select! { biased; _ = given_up => {}, () = tokio::task::yield_now() => {} }
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    test.store.gate().flush_calls().await.unwrap();
    assert_eq!(test.usage().await[0].calls, 4_000);
}

#[tokio::test]
async fn usage_is_by_day_token_operation_status_with_mean_latency() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    test.later(TimeDelta::seconds(1)); // gives the tokens a known order
    let other = test.issue("Other").await.token;
    let midnight: DateTime<Utc> = begin().date_naive().and_hms_opt(0, 0, 0).unwrap().and_utc();
    let day = midnight.date_naive();
    let call = test.call(&token);
    let get_job = Scope::find("getJob").unwrap();
    let calls = [
        Call { at: midnight - TimeDelta::microseconds(1), ..call },
        Call { at: midnight, ..call },
        Call { at: midnight, latency: Duration::from_micros(2_502), ..call },
        Call { at: midnight, status: 403, ..call },
        Call { at: midnight, scope: get_job, ..call },
        Call { at: midnight, token: other.id, ..call },
        Call { at: midnight + TimeDelta::days(1), ..call },
    ];
    for call in calls {
        test.store.gate().record_call(call);
    }
    test.store.gate().flush_calls().await.unwrap();
    test.store.tokens().delete(&test.aya, other.id).await.unwrap();
    let one = TokenUsage {
        token: token.id,
        name: Some("Export".to_owned()),
        sid: Some(token.sid.clone()),
        day,
        scope: call.scope.id().to_owned(),
        status: 200,
        calls: 1,
        mean_latency: call.latency,
    };
    let expected = [
        TokenUsage { calls: 2, mean_latency: Duration::from_micros(2_001), ..one.clone() },
        TokenUsage { status: 403, ..one.clone() },
        TokenUsage { scope: "getJob".to_owned(), ..one.clone() },
        TokenUsage { token: other.id, name: None, sid: None, ..one.clone() },
    ];
    assert_eq!(test.store.tokens().usage(test.aya.account, day, day).await.unwrap(), expected);
    let days: Vec<_> = test.usage().await.into_iter().map(|usage| usage.day).collect();
    assert_eq!((days.first(), days.last(), days.len()), (day.pred_opt().as_ref(), day.succ_opt().as_ref(), 6));
    assert!(test.store.tokens().usage(test.aya.account, day.succ_opt().unwrap(), day).await.unwrap().is_empty());
}

#[tokio::test]
async fn another_accounts_calls_are_not_seen() {
    let test = TestStore::new().await;
    let stranger = test.stranger().await;
    let token = test.issue("Export").await.token;
    let settings = TokenSettings { primary_contact: stranger.user.id, ..test.settings("Theirs") };
    let theirs = test.store.tokens().create(&stranger, settings, Uuid::now_v7()).await.unwrap().token;
    test.store.gate().record_call(test.call(&token));
    test.store.gate().record_call(Call { account: stranger.account, ..test.call(&theirs) });
    test.store.gate().flush_calls().await.unwrap();
    for _ in 0..2 {
        let [ours, others] = [test.aya.account, stranger.account]
            .map(async |account| test.store.tokens().usage(account, EVER.0, EVER.1).await.unwrap());
        let names = |usage: Vec<TokenUsage>| usage.into_iter().filter_map(|usage| usage.name).collect::<Vec<_>>();
        assert_eq!((names(ours.await), names(others.await)), (vec!["Export".to_owned()], vec!["Theirs".to_owned()]));
        test.later(TimeDelta::seconds(1));
        assert!(test.store.tokens().add_up_calls().await.unwrap() <= 2);
        test.store.tokens().remove_old_calls(TimeDelta::zero()).await.unwrap();
        assert_eq!(test.log(EVER.0, EVER.1).await, []);
    }
}

/// Records the calls of more than eight days, one a minute from now back; every third has failed.
fn record_days(test: &TestStore, token: &Token, stranger: &CurrentUser) {
    for number in 0..12_000_i64 {
        let call = Call {
            at: begin() - TimeDelta::minutes(number),
            status: if number % 3 == 0 { 404 } else { 200 },
            latency: Duration::from_micros(u64::try_from(number).unwrap()),
            ..test.call(token)
        };
        test.store.gate().record_call(call);
        if number % 100 == 0 {
            test.store.gate().record_call(Call { account: stranger.account, ..call });
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn adding_up_keeps_the_totals_and_counts_each_call_once() {
    let test = TestStore::new().await;
    let stranger = test.stranger().await;
    let token = test.issue("Export").await.token;
    record_days(&test, &token, &stranger);
    assert_eq!(test.store.gate().flush_calls().await.unwrap(), 12_120);
    let before = test.usage().await;
    assert_eq!(before.iter().map(|usage| usage.calls).sum::<u64>(), 12_000);
    let at_once = [(); 3].map(|()| {
        let store = test.store.clone();
        tokio::spawn(async move { store.tokens().add_up_calls().await.unwrap() })
    });
    let mut added = 0;
    for task in at_once {
        added += task.await.unwrap();
    }
    assert_eq!(added, 12_120);
    assert_eq!(test.usage().await, before);
    test.store.gate().record_call(test.call(&token));
    test.store.gate().flush_calls().await.unwrap();
    assert_eq!(test.usage().await.iter().map(|usage| usage.calls).sum::<u64>(), 12_001, "what is newer is added");
    assert_eq!(test.store.tokens().add_up_calls().await.unwrap(), 1);
    assert_eq!(test.log(EVER.0, EVER.1).await.len(), 12_001, "the calls themselves stay");
}

#[tokio::test]
async fn old_calls_are_removed_once_counted_and_their_totals_stay() {
    let test = TestStore::new().await;
    let stranger = test.stranger().await;
    let token = test.issue("Export").await.token;
    record_days(&test, &token, &stranger);
    test.store.gate().flush_calls().await.unwrap();
    let before = test.usage().await;
    test.store.tokens().remove_old_calls(TimeDelta::zero()).await.unwrap();
    assert_eq!(test.log(EVER.0, EVER.1).await.len(), 12_000, "none is added up yet");
    test.store.tokens().add_up_calls().await.unwrap();
    test.store.tokens().remove_old_calls(TimeDelta::minutes(6_000)).await.unwrap();
    let left = test.log(EVER.0, EVER.1).await;
    let oldest = left.iter().map(|call| call.at).min().unwrap();
    let longest = TimeDelta::minutes(6_060);
    assert!(
        oldest <= begin() - TimeDelta::minutes(6_000) && oldest > begin() - longest,
        "{oldest}: up to an hour more"
    );
    assert_eq!(test.usage().await, before);
    test.store.tokens().remove_old_calls(TimeDelta::zero()).await.unwrap();
    assert_eq!(test.usage().await, before);
    let left: i64 = sql::query_scalar("SELECT COUNT(*) FROM call_packs WHERE last_at < $1")
        .bind(begin().timestamp_micros())
        .fetch_one(&test.database().await)
        .await
        .unwrap();
    assert_eq!(left, 0, "no account has any");
}

#[tokio::test]
async fn the_log_has_each_call_of_the_days_that_are_asked_for_once() {
    let test = TestStore::new().await;
    let stranger = test.stranger().await;
    let token = test.issue("Export").await.token;
    record_days(&test, &token, &stranger);
    for _ in 0..9_000 {
        test.store.gate().record_call(test.call(&token)); // more than one pack holds
    }
    test.store.gate().flush_calls().await.unwrap();
    let today = begin().date_naive();
    let all = test.log(EVER.0, EVER.1).await;
    assert_eq!(all.len(), 21_000);
    let mut parts = Vec::new();
    for day in today.pred_opt().unwrap().pred_opt().unwrap().iter_days().take(3) {
        let calls = test.log(day, day).await;
        assert!(!calls.is_empty() && calls.iter().all(|call| call.at.date_naive() == day));
        parts.extend(calls);
    }
    let since = parts.iter().map(|call| call.at).min().unwrap();
    assert_eq!(parts, all.into_iter().filter(|call| call.at >= since).collect::<Vec<_>>());
    assert_eq!(test.log(today.succ_opt().unwrap(), NaiveDate::MAX).await, []);
}

#[tokio::test]
async fn damaged_pack_is_an_error_and_stays_until_it_is_old() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    test.store.gate().record_call(test.call(&token));
    test.store.gate().flush_calls().await.unwrap();
    let database = test.database().await;
    for damage in ["calls = 2", "pack = SUBSTR(pack, 1, 30)", "pack = SUBSTR(pack, 2)"] {
        sql::query(AssertSqlSafe(format!("UPDATE call_packs SET {damage}"))).execute(&database).await.unwrap();
        let usage = test.store.tokens().usage(test.aya.account, EVER.0, EVER.1).await;
        assert!(matches!(usage, Err(Error::Corrupt(_))), "{damage}");
        assert!(matches!(
            test.store.gate().call_log(test.aya.account, EVER.0, EVER.1).next().await,
            Err(Error::Corrupt(_))
        ));
        assert!(matches!(test.store.tokens().add_up_calls().await, Err(Error::Corrupt(_))));
    }
    test.store.tokens().remove_old_calls(TimeDelta::zero()).await.unwrap();
    assert_eq!(count(&database, "TRUE").await, 1);
    test.later(TimeDelta::seconds(1));
    test.store.tokens().remove_old_calls(TimeDelta::zero()).await.unwrap();
    assert_eq!(count(&database, "TRUE").await, 0);
    assert_eq!(test.store.tokens().add_up_calls().await.unwrap(), 0);
}

/// Returns the number of packs that meet the condition.
async fn count(database: &Pool, condition: &str) -> i64 {
    let count = format!("SELECT COUNT(*) FROM call_packs WHERE {condition}");
    sql::query_scalar(AssertSqlSafe(count)).fetch_one(database).await.unwrap()
}

#[tokio::test]
async fn unreadable_pack_does_not_stop_counting_other_accounts() {
    let test = TestStore::new().await;
    let stranger = test.stranger().await;
    let token = test.issue("Export").await.token;
    let mut accounts = [test.aya.account, stranger.account];
    accounts.sort_unstable_by_key(|account| account.0); // the order in which packs are added up
    for account in accounts {
        test.store.gate().record_call(Call { account, ..test.call(&token) });
    }
    test.store.gate().flush_calls().await.unwrap();
    let database = test.database().await;
    let damage = sql::query("UPDATE call_packs SET calls = 2 WHERE account_id = $1").bind(accounts[0].0);
    damage.execute(&database).await.unwrap();
    assert!(matches!(test.store.tokens().add_up_calls().await, Err(Error::Corrupt(_))));
    assert_eq!((count(&database, "counted").await, count(&database, "calls = 2 AND NOT counted").await), (1, 1));
    test.store.gate().record_call(Call { account: accounts[0], ..test.call(&token) });
    test.store.gate().flush_calls().await.unwrap();
    test.later(TimeDelta::seconds(1));
    test.store.tokens().remove_old_calls(TimeDelta::zero()).await.unwrap();
    assert_eq!((count(&database, "TRUE").await, count(&database, "calls = 2").await), (1, 0));
    assert_eq!(test.store.tokens().add_up_calls().await.unwrap(), 1, "that goes on");
    for account in accounts {
        assert_eq!(test.store.tokens().usage(account, EVER.0, EVER.1).await.unwrap()[0].calls, 1);
    }
}

#[tokio::test]
async fn the_log_is_read_some_calls_at_a_time() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    for _ in 0..50_000 {
        test.store.gate().record_call(test.call(&token));
    }
    test.store.gate().flush_calls().await.unwrap();
    let mut log = test.store.gate().call_log(test.aya.account, EVER.0, EVER.1);
    let mut read = Vec::new();
    for _ in 0..3 {
        read.push(log.next().await.unwrap().len());
    }
    assert!((40_000..44_000).contains(&read[0]), "{read:?}");
    assert_eq!((read[0] + read[1], read[2]), (50_000, 0));
}

#[tokio::test]
async fn calls_kept_one_by_one_by_older_versions_are_packed() {
    let database = Database::before(CALL_PACKS).await;
    let pool = database.pool().await;
    let (account, token) = (AccountId(Uuid::now_v7()), TokenId(Uuid::now_v7()));
    let at = begin() - TimeDelta::microseconds(1);
    let before = [
        ("getJob", 200_u16, "192.0.2.1", 1_500_i64),
        ("anOldOperation", 404, "2001:db8::1", 0),
        ("getJob", 503, "192.0.2.1", i64::MAX / 2),
    ];
    for (scope, status, address, latency) in before {
        sql::query(
            "INSERT INTO calls (account_id, token_id, scope, status, at, address, latency)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(account.0)
        .bind(token.0)
        .bind(scope)
        .bind(status)
        .bind(at.timestamp_micros())
        .bind(address)
        .bind(latency)
        .execute(&pool)
        .await
        .unwrap();
    }
    let store = Store::open(&database.url(), ServerKey::from_bytes([7; 32]), Clock::fixed(begin())).await.unwrap();
    let kept = before.map(|(scope, status, address, latency)| RecordedCall {
        at,
        token,
        name: None,
        sid: None,
        scope: scope.to_owned(),
        version: 0,
        client: Client::Unnamed,
        value: TokenValue::Current.number(),
        address: address.parse().unwrap(),
        status,
        latency: Duration::from_micros(latency.unsigned_abs().min(u32::MAX.into())),
    });
    assert_eq!(store.gate().call_log(account, EVER.0, EVER.1).next().await.unwrap(), kept);
    let scope = Scope::find("getJob").unwrap();
    let (version, value, client) = (None, TokenValue::Current.number(), ClientName::Unnamed);
    let (status, latency) = (200, Duration::from_micros(1_500));
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
    let packs: Vec<Vec<u8>> =
        sql::query_scalar("SELECT pack FROM call_packs ORDER BY id").fetch_all(&pool).await.unwrap();
    assert_eq!(packs.iter().map(|pack| pack[0]).collect::<Vec<_>>(), [1, 1, 1, 2], "each in the form of its time");
    assert_eq!(store.tokens().add_up_calls().await.unwrap(), 4);
    let usage = store.tokens().usage(account, EVER.0, EVER.1).await.unwrap();
    let calls: Vec<_> = usage.iter().map(|usage| (usage.scope.as_str(), usage.status, usage.calls)).collect();
    assert_eq!(calls, [("anOldOperation", 404, 1), ("getJob", 200, 2), ("getJob", 503, 1)]);
}
