//! Calls are noted, written, reported and rolled up.

use crate::house::{HERE, House, begin};
use crate::sql;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::scope::Scope;
use domain::token::{Token, TokenSettings};
use std::time::Duration;
use store::{Call, Error, TokenUsage};
use uuid::Uuid;

/// A row of `calls`.
type Row = (Uuid, Uuid, String, i64, i64, String, i64);

const EVER: (NaiveDate, NaiveDate) = (NaiveDate::MIN, NaiveDate::MAX);

impl House {
    fn call(&self, token: &Token) -> Call {
        Call {
            account: self.aya.account,
            token: token.id,
            scope: Scope::GET_COMPANY_INFORMATION,
            status: 200,
            at: self.clock.now(),
            address: HERE,
            latency: Duration::from_micros(1_500),
        }
    }

    async fn usage(&self) -> Vec<TokenUsage> {
        self.store.token_usage(self.aya.account, EVER.0, EVER.1).await.unwrap()
    }
}

#[tokio::test]
async fn a_call_is_kept_as_it_was() {
    let house = House::new().await;
    let token = house.issue("Export").await.token;
    house.store.record_call(Call { status: 503, ..house.call(&token) });
    assert!(house.usage().await.is_empty(), "it waits in memory");
    assert_eq!(house.store.at(store::Clock::system()).flush_calls().await.unwrap(), 1);
    assert_eq!(house.store.flush_calls().await.unwrap(), 0);
    let rows: Vec<Row> = sql::query_as("SELECT account_id, token_id, scope, status, at, address, latency FROM calls")
        .fetch_all(&house.database().await)
        .await
        .unwrap();
    let scope = "getCompanyInformation".to_owned();
    let at = begin().timestamp_micros();
    assert_eq!(rows, [(house.aya.account.0, token.id.0, scope, 503, at, "192.0.2.1".to_owned(), 1_500)]);
}

#[tokio::test]
async fn the_newest_use_wins_and_is_no_change_of_the_token() {
    let house = House::new().await;
    let [token, other] = [house.issue("Export").await.token, house.issue("Other").await.token];
    let call = |after: i64, status| {
        house.store.record_call(Call { status, at: begin() + TimeDelta::seconds(after), ..house.call(&token) });
    };
    call(20, 204);
    call(30, 399);
    call(10, 200);
    call(40, 400);
    house.store.flush_calls().await.unwrap();
    let used = house.token(&token).await;
    assert_eq!((used.last_used_at, used.revision), (Some(begin() + TimeDelta::seconds(30)), token.revision));
    call(25, 200);
    house.store.flush_calls().await.unwrap();
    assert_eq!(house.token(&token).await, used, "a later use is not overwritten by an earlier one");
    assert_eq!(house.token(&other).await, other);
    assert_eq!(house.actions().await[2..], ["token_created", "token_created"]);
}

#[tokio::test]
async fn no_call_is_lost_or_written_twice_when_a_flush_fails() {
    let house = House::new().await;
    let token = house.issue("Export").await.token;
    for _ in 0..2_500 {
        house.store.record_call(house.call(&token));
    }
    house.refuse("INSERT ON calls").await;
    for _ in 0..2 {
        assert!(matches!(house.store.flush_calls().await, Err(Error::Database(_))));
        house.store.record_call(house.call(&token));
    }
    assert_eq!(house.token(&token).await.last_used_at, None, "all or nothing");
    house.allow("INSERT ON calls").await;
    assert_eq!(house.store.flush_calls().await.unwrap(), 2_502);
    assert_eq!(house.usage().await[0].calls, 2_502);
}

#[tokio::test]
async fn calls_that_wait_for_too_long_are_given_up_from_the_oldest_on() {
    let house = House::new().await;
    let token = house.issue("Export").await.token;
    house.refuse("INSERT ON calls").await;
    let first = Call { status: 201, ..house.call(&token) };
    house.store.record_call(first);
    house.store.flush_calls().await.unwrap_err();
    for _ in 0..200_000 {
        house.store.record_call(house.call(&token));
    }
    house.allow("INSERT ON calls").await;
    assert_eq!(house.store.flush_calls().await.unwrap(), 200_000);
    let statuses: Vec<_> = house.usage().await.iter().map(|usage| (usage.status, usage.calls)).collect();
    assert_eq!(statuses, [(200, 200_000)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_noted_and_flushed_side_by_side_are_each_written_once() {
    let house = House::new().await;
    let token = house.issue("Export").await.token;
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (store, call) = (house.store.clone(), house.call(&token));
            tokio::spawn(async move {
                for number in 0..500 {
                    store.record_call(call);
                    if number % 50 == 0 {
                        drop(tokio::spawn({
                            let store = store.clone();
                            async move { store.flush_calls().await }
                        }));
                        let given_up = store.flush_calls();
                        tokio::select! { biased; _ = given_up => {}, () = tokio::task::yield_now() => {} }
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    house.store.flush_calls().await.unwrap();
    assert_eq!(house.usage().await[0].calls, 4_000);
}

#[tokio::test]
async fn usage_is_told_by_day_token_operation_and_status_with_the_mean_latency() {
    let house = House::new().await;
    let token = house.issue("Export").await.token;
    house.later(TimeDelta::seconds(1)); // so that their order is known
    let other = house.issue("Other").await.token;
    let midnight: DateTime<Utc> = begin().date_naive().and_hms_opt(0, 0, 0).unwrap().and_utc();
    let day = midnight.date_naive();
    let call = house.call(&token);
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
        house.store.record_call(call);
    }
    house.store.flush_calls().await.unwrap();
    house.store.delete(&house.aya, other.id).await.unwrap();
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
    assert_eq!(house.store.token_usage(house.aya.account, day, day).await.unwrap(), expected);
    let days: Vec<_> = house.usage().await.into_iter().map(|usage| usage.day).collect();
    assert_eq!((days.first(), days.last(), days.len()), (day.pred_opt().as_ref(), day.succ_opt().as_ref(), 6));
    assert!(house.store.token_usage(house.aya.account, day.succ_opt().unwrap(), day).await.unwrap().is_empty());
}

#[tokio::test]
async fn another_accounts_calls_are_not_seen() {
    let house = House::new().await;
    let stranger = house.stranger().await;
    let token = house.issue("Export").await.token;
    let settings = TokenSettings { primary_contact: stranger.user.id, ..house.settings("Theirs") };
    let theirs = house.store.create(&stranger, settings, Uuid::now_v7()).await.unwrap().token;
    house.store.record_call(house.call(&token));
    house.store.record_call(Call { account: stranger.account, ..house.call(&theirs) });
    house.store.flush_calls().await.unwrap();
    for _ in 0..2 {
        let [ours, others] = [house.aya.account, stranger.account]
            .map(async |account| house.store.token_usage(account, EVER.0, EVER.1).await.unwrap());
        let names = |usage: Vec<TokenUsage>| usage.into_iter().filter_map(|usage| usage.name).collect::<Vec<_>>();
        assert_eq!((names(ours.await), names(others.await)), (vec!["Export".to_owned()], vec!["Theirs".to_owned()]));
        house.later(TimeDelta::seconds(1));
        house.store.roll_up_calls(TimeDelta::zero()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_roll_up_keeps_the_totals_and_counts_each_call_once() {
    let house = House::new().await;
    let stranger = house.stranger().await;
    let token = house.issue("Export").await.token;
    for number in 0..12_000_i64 {
        let call = Call {
            at: begin() - TimeDelta::seconds(number * 60),
            status: if number % 3 == 0 { 404 } else { 200 },
            latency: Duration::from_micros(u64::try_from(number).unwrap()),
            ..house.call(&token)
        };
        house.store.record_call(call);
        if number % 100 == 0 {
            house.store.record_call(Call { account: stranger.account, ..call });
        }
    }
    assert_eq!(house.store.flush_calls().await.unwrap(), 12_120);
    let before = house.usage().await;
    assert_eq!(before.iter().map(|usage| usage.calls).sum::<u64>(), 12_000);
    let keep = TimeDelta::seconds(6_000 * 60);
    let rolled_up = house.store.roll_up_calls(keep).await.unwrap();
    assert_eq!(rolled_up, 5_999 + 59, "those that are older than that");
    assert_eq!(house.usage().await, before, "the day that is rolled up in part too");
    let at_once = [TimeDelta::zero(); 2].map(|keep| {
        let store = house.store.clone();
        tokio::spawn(async move { store.roll_up_calls(keep).await.unwrap() })
    });
    let mut rolled_up = 0;
    for task in at_once {
        rolled_up += task.await.unwrap();
    }
    assert_eq!(rolled_up, 6_001 + 61 - 2, "all but those of this instant");
    assert_eq!(house.usage().await, before);
    let left: i64 = sql::query_scalar("SELECT COUNT(*) FROM calls").fetch_one(&house.database().await).await.unwrap();
    assert_eq!(left, 2);
}
