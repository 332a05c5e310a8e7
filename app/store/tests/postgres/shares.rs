//! Shares of an account's calls: several nodes count together, and never let more calls pass than the limit.

use crate::sql;
use crate::test_store::TestStore;
use crate::wire::Wire;
use domain::gate::gcra::Quota;
use domain::gate::shares::{GIVEN_BACK_WITHIN, Grant, LIFETIME, Unused};
use domain::tokens::scope::RateGroup;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};
use store::{Clock, Counted, ServerKey, Store};
use tokio::task::JoinSet;

const HOUR: u64 = 3_600_000_000_000;

/// Returns the test's account with this limit.
fn counted(test: &TestStore, calls: u32, seconds: u32) -> Counted {
    let quota = Quota::new(NonZeroU32::new(calls).unwrap(), seconds);
    Counted { account: test.aya.account, group: RateGroup::Default, quota }
}

/// Calls until one is refused, and returns the number of calls that passed.
async fn call_until_refused(store: &Store, counted: Counted) -> u32 {
    let mut passed = 0;
    while store.gate().take_call(counted).await.unwrap().passed {
        passed += 1;
    }
    passed
}

/// Sets the time until all calls are back, in nanoseconds.
async fn set_back_in(test: &TestStore, nanos: i64) {
    let moved = "UPDATE call_allowances
                 SET back_at = CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000000 AS BIGINT) * 1000 + $1";
    sql::query(moved).bind(nanos).execute(&test.database().await).await.unwrap();
}

#[tokio::test]
async fn calls_taken_by_a_clock_ahead_cost_the_account_none() {
    let test = TestStore::new().await;
    let counted = counted(&test, 2, 200);
    let take = async || test.store.gate().take_share(counted, 1, None).await.unwrap().calls;
    assert_eq!((take().await, take().await, take().await), (1, 1, 0));
    let ahead = "UPDATE call_allowances SET back_at = back_at + 86400000000000";
    sql::query(ahead).execute(&test.database().await).await.unwrap();
    assert_eq!(test.store.gate().read_back_in(counted).await.unwrap(), 0);
    assert_eq!((take().await, take().await, take().await), (1, 1, 0));
}

/// The database decides with its own clock, by the same rule as the domain. The times are far enough apart that it does
/// not matter how fast the test runs.
#[tokio::test]
async fn database_and_domain_grant_alike() {
    let test = TestStore::new().await;
    let counted = counted(&test, 100, 1_000_000);
    let (gate, quota) = (test.store.gate(), counted.quota);
    assert_eq!(gate.take_share(counted, 1, None).await.unwrap().calls, 1);
    let all = i64::try_from(quota.all()).unwrap();
    let hour = i64::try_from(HOUR).unwrap();
    for back_in in [-hour, 0, hour, all / 3 + hour, all / 2 + hour, all - 12 * hour, all - hour, all] {
        for wanted in [0, 1, 4, 1_000_000] {
            set_back_in(&test, back_in).await;
            let expected = quota.share(u64::try_from(back_in).unwrap_or_default(), wanted);
            let Grant { calls, back_in: after, .. } = gate.take_share(counted, wanted, None).await.unwrap();
            let still = u64::try_from(back_in).unwrap_or_default() + u64::from(calls) * quota.every();
            assert_eq!((calls, still - after < HOUR / 2), (expected, true), "{wanted} of {back_in}");
        }
    }
}

#[tokio::test]
async fn database_and_domain_give_back_alike() {
    let test = TestStore::new().await;
    let counted = counted(&test, 1_000, 1_000_000);
    let (gate, quota) = (test.store.gate(), counted.quota);
    let Grant { calls, back_at, back_in } = gate.take_share(counted, 50, None).await.unwrap();
    assert_eq!(calls, 50);
    let now = back_at - back_in;
    let close = |one: u64, other: u64| one.abs_diff(other) < quota.every() / 2;
    let late = now - GIVEN_BACK_WITHIN - quota.every();
    for (calls, counted_at, counted_back_at) in [
        (20, now, back_at),
        (50, now, back_at),
        (900, now, back_at),
        (20, now, now + 3 * quota.every()),
        (20, now, 5),
        (20, late, back_at),
    ] {
        let unused = Unused { calls, counted_at, counted_back_at };
        let expected = quota.after_giving_back(back_in, unused, now);
        set_back_in(&test, back_in.try_into().unwrap()).await;
        gate.give_back(counted, unused).await.unwrap();
        let apart = gate.read_back_in(counted).await.unwrap();
        set_back_in(&test, back_in.try_into().unwrap()).await;
        let grant = gate.take_share(counted, 1, Some(unused)).await.unwrap();
        assert!(close(apart, expected), "{unused:?}: {apart} for {expected}");
        assert!(close(grant.back_in, expected + quota.every()), "{unused:?}: {grant:?} after {expected}");
    }
}

#[tokio::test]
async fn billions_of_calls_an_hour_are_counted_in_nanoseconds() {
    let test = TestStore::new().await;
    let counted = counted(&test, 4_000_000_000, 3_600);
    let grant = test.store.gate().take_share(counted, 1, None).await.unwrap();
    assert_eq!((grant.calls, grant.back_in), (1, 900));
    let mut callers = JoinSet::new();
    for _ in 0..8 {
        let store = test.store.clone();
        callers.spawn(async move { store.gate().take_call(counted).await.unwrap().passed });
    }
    assert_eq!(callers.join_all().await, [true; 8]);
}

/// Runs `round` until it took less time than shares can be given back in: what is given back later is withheld.
async fn in_time(mut round: impl AsyncFnMut()) {
    loop {
        let began = Instant::now();
        round().await;
        if began.elapsed() < Duration::from_nanos(LIFETIME) {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_together_pass_exactly_the_limit() {
    for (calls, group) in [(1, RateGroup::ReportExport), (2_000, RateGroup::Default)] {
        let mut counts = (0, 0);
        in_time(async || {
            let test = TestStore::new().await;
            let stranger = test.stranger().await.account;
            // So slow that none comes back meanwhile.
            let counted = Counted { group, ..counted(&test, calls, 4_000_000) };
            let nodes = [test.store.clone(), test.reopened().await, test.reopened().await];
            let mut callers = JoinSet::new();
            for store in nodes.iter().chain(&nodes) {
                let store = store.clone();
                callers.spawn(async move { call_until_refused(&store, counted).await });
            }
            let passed: u32 = callers.join_all().await.into_iter().sum();
            for node in &nodes {
                node.gate().give_back_shares(true).await.unwrap();
            }
            counts = (passed, call_until_refused(&test.reopened().await, counted).await);
            assert!(counts.0 + counts.1 <= calls, "{counts:?}");
            let other = Counted { account: stranger, ..counted };
            assert!(nodes[0].gate().take_call(other).await.unwrap().passed);
        })
        .await;
        assert_eq!(counts.0 + counts.1, calls, "{counts:?}");
    }
}

#[tokio::test]
async fn crashed_node_withholds_a_sixteenth_at_most() {
    let test = TestStore::new().await;
    let counted = counted(&test, 2_000, 4_000_000);
    let crashed = test.reopened().await;
    let mut passed = 0;
    for _ in 0..300 {
        passed += u32::from(crashed.gate().take_call(counted).await.unwrap().passed);
    }
    drop(crashed);
    let rest = call_until_refused(&test.store, counted).await;
    assert_eq!(passed, 300);
    assert!((1_700 - 1_700 / 15..=1_700).contains(&rest), "{rest}");
}

#[tokio::test]
async fn headers_know_what_this_node_has_left() {
    let test = TestStore::new().await;
    let counted = counted(&test, 2_000, 4_000_000);
    let left = async |store: &Store| counted.quota.left(store.gate().calls_back_in(counted).await.unwrap());
    assert_eq!(left(&test.store).await, 2_000);
    for made in 1..200 {
        let taken = test.store.gate().take_call(counted).await.unwrap();
        assert_eq!((counted.quota.left(taken.back_in), left(&test.store).await), (2_000 - made, 2_000 - made));
    }
    let other = left(&test.reopened().await).await;
    assert!((2_000 - 199 - 2_000 / 16..=2_000 - 199).contains(&other), "{other}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn call_without_a_share_is_refused_without_the_database() {
    let test = TestStore::new().await;
    let counted = counted(&test, 1_000, 3_600_000);
    let wire = Wire::to(&test.database.url());
    let node = Store::open(wire.url(), ServerKey::from_bytes([7; 32]), Clock::system()).await.unwrap();
    for _ in 0..20 {
        assert!(node.gate().take_call(counted).await.unwrap().passed);
    }
    wire.cut();
    let mut callers = JoinSet::new();
    for _ in 0..20 {
        let node = node.clone();
        // By the share that is left from before at first.
        callers.spawn(async move {
            for _ in 0..1_000 {
                if let Err(error) = node.gate().take_call(counted).await {
                    return error.is_unavailable();
                }
            }
            false
        });
    }
    // Together, not one after the other.
    let refused = tokio::time::timeout(Duration::from_secs(30), callers.join_all()).await.unwrap();
    assert_eq!(refused, [true; 20]);
    wire.mend();
    while node.gate().take_call(counted).await.is_err() {
        tokio::task::yield_now().await;
    }
}

/// The count is slower than calls come back: each answer is older than the time of one call.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_beyond_a_high_limit_are_refused_and_do_not_queue() {
    let test = TestStore::new().await;
    let counted = counted(&test, 36_000_000, 3_600);
    assert!(test.store.gate().take_call(counted).await.unwrap().passed);
    test.store.gate().give_back_shares(true).await.unwrap();
    let mut refused = 0;
    // A slow machine may let all of a round's calls come back.
    for _ in 0..100 {
        set_back_in(&test, counted.quota.all().try_into().unwrap()).await;
        let mut callers = JoinSet::new();
        for _ in 0..500 {
            let store = test.store.clone();
            callers.spawn(async move { store.gate().take_call(counted).await.unwrap().passed });
        }
        refused += callers.join_all().await.into_iter().filter(|passed| !passed).count();
        if refused > 0 {
            return;
        }
    }
    panic!("no call was refused");
}

#[tokio::test]
async fn calls_not_given_back_are_given_back_the_next_time() {
    let mut left = Vec::new();
    in_time(async || {
        left.clear();
        let test = TestStore::new().await;
        let wire = Wire::to(&test.database.url());
        let node = Store::open(wire.url(), ServerKey::from_bytes([7; 32]), Clock::system()).await.unwrap();
        let of = |group| Counted { group, ..counted(&test, 1_000, 3_600_000) };
        for counted in RateGroup::ALL.map(of) {
            for _ in 0..12 {
                assert!(node.gate().take_call(counted).await.unwrap().passed);
            }
        }
        wire.cut();
        assert!(node.gate().give_back_shares(true).await.is_err());
        wire.mend();
        while node.gate().give_back_shares(true).await.is_err() {
            tokio::task::yield_now().await;
        }
        for counted in RateGroup::ALL.map(of) {
            left.push(counted.quota.left(test.store.gate().read_back_in(counted).await.unwrap()));
        }
        left.sort_unstable();
    })
    .await;
    // One may have been lost with the connection.
    assert!(left[1] == 988 && (900..=988).contains(&left[0]), "{left:?}");
}
