//! The rehearsal of changes: what they would have refused, compared with what the gate then refuses.

use crate::sql;
use crate::test_store::{HERE, TestStore, begin};
use chrono::TimeDelta;
use domain::account::security_policy::SecurityPolicy;
use domain::gate::api_version::ApiVersion;
use domain::tokens::client_name::ClientName;
use domain::tokens::rehearsal::{ADDRESSES_MAX, AccountChange, Rehearsal, TokenChange};
use domain::tokens::scope::{Scope, Scopes};
use domain::tokens::token::{Token, TokenSettings};
use domain::tokens::usage::Client;
use std::collections::BTreeSet;
use std::net::IpAddr;
use store::{Call, Error, IssuedToken};
use uuid::Uuid;

const SCOPES: usize = 4;

impl TestStore {
    async fn rehearse(&self, token: &Token, change: TokenChange) -> Rehearsal {
        self.store.tokens().rehearse(self.aya.account, token.id, change).await.unwrap()
    }

    async fn write_down(&self, calls: &[Call]) {
        for call in calls {
            self.store.gate().record_call(*call);
        }
        self.store.gate().flush_calls().await.unwrap();
    }

    async fn api_access(&self) {
        self.store.account().enable_api_access(&self.aya).await.unwrap();
    }
}

fn scope(number: usize) -> Scope {
    Scope::all().nth(number % SCOPES).unwrap()
}

fn narrowed(scopes: impl IntoIterator<Item = Scope>) -> TokenChange {
    TokenChange::Update { scopes: Scopes::from_iter(scopes), ends_earlier: false, upgrades: false }
}

/// Numbers without a pattern, the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn index(&mut self, bound: u64) -> usize {
        usize::try_from(self.below(bound)).unwrap()
    }
}

/// Returns some calls of the last days.
fn history(test: &TestStore, token: &Token, numbers: &mut Numbers) -> Vec<Call> {
    let one = test.call(token);
    let number = numbers.below(40);
    let mut calls = Vec::new();
    for _ in 0..number {
        let minutes = i64::try_from(numbers.below(40 * 24 * 60)).unwrap();
        calls.push(Call {
            scope: scope(numbers.index(4)),
            version: ApiVersion::ALL.get(numbers.index(3)).copied(),
            address: IpAddr::from([192, 0, 2, u8::try_from(numbers.below(4)).unwrap()]),
            status: [200, 200, 404, 403, 429, 503][numbers.index(6)],
            at: one.at - TimeDelta::minutes(minutes),
            ..one
        });
    }
    calls
}

/// Returns whether the gate lets the call pass now.
async fn passes(test: &TestStore, issued: &IssuedToken, call: &Call) -> bool {
    let sid = issued.token.sid.clone();
    let caller = test.store.gate().authenticate_from(sid, &issued.secret, call.address).await.unwrap();
    let passes = |caller: domain::gate::access::Caller| {
        !caller.expired && caller.require(issued.token.sid.as_str(), call.scope).is_ok()
    };
    caller.is_some_and(passes)
}

/// Makes the change.
async fn make(test: &TestStore, token: &Token, change: TokenChange) {
    let tokens = test.store.tokens();
    match change {
        TokenChange::Reset => drop(tokens.reset(&test.aya, token.id, token.revision).await.unwrap()),
        TokenChange::Disable => drop(tokens.disable(&test.aya, token.id).await.unwrap()),
        TokenChange::Delete => drop(tokens.delete(&test.aya, token.id).await.unwrap()),
        TokenChange::UpgradeVersion => drop(tokens.upgrade_version(&test.aya, token.id).await.unwrap()),
        TokenChange::Update { scopes, .. } => {
            let settings = TokenSettings { scopes, ..token.settings.clone() };
            tokens.update(&test.aya, token.id, settings, token.revision).await.unwrap();
        }
    }
}

#[tokio::test]
async fn rehearsal_finds_the_calls_that_the_gate_then_refuses() {
    let test = TestStore::new().await;
    test.api_access().await;
    let mut numbers = Numbers(7);
    let first_day = begin().date_naive() - TimeDelta::days(29);
    for round in 0..40 {
        let scopes = (0..SCOPES).filter(|_| numbers.below(4) > 0).map(scope).collect();
        let settings = TokenSettings { scopes, ..test.settings(&format!("Export {round}")) };
        let issued = test.store.tokens().create(&test.aya, settings, Uuid::now_v7()).await.unwrap();
        let token = &issued.token;
        let calls = history(&test, token, &mut numbers);
        let (older, newer) = calls.split_at(calls.len() / 2);
        test.write_down(older).await;
        test.store.tokens().add_up_calls().await.unwrap();
        test.write_down(newer).await;
        let left = (0..SCOPES).filter(|_| numbers.below(2) > 0).map(scope);
        let change = match round % 5 {
            0 => TokenChange::Reset,
            1 => TokenChange::Disable,
            2 => TokenChange::Delete,
            3 => TokenChange::UpgradeVersion,
            _ => narrowed(left),
        };
        let rehearsal = test.rehearse(token, change).await;
        let mut passed = Vec::new();
        for call in calls {
            let counts = !matches!(call.status, 401 | 403 | 429) && call.at.date_naive() >= first_day;
            if counts && passes(&test, &issued, &call).await {
                passed.push(call);
            }
        }
        make(&test, token, change).await;
        let mut refused = Vec::new();
        for call in passed {
            if !passes(&test, &issued, &call).await {
                refused.push(call);
            }
        }
        let networks: BTreeSet<_> = refused.iter().map(|call| call.address).collect();
        let numbers = (rehearsal.calls, rehearsal.networks, rehearsal.unknown);
        assert_eq!(numbers, (refused.len() as u64, networks.len() as u64, 0), "{change:?}");
        let last = refused.iter().map(|call| call.at).max();
        assert_eq!(rehearsal.last.map(|last| last.at), last, "{change:?}");
    }
}

#[tokio::test]
async fn rehearsal_is_the_same_before_and_after_adding_up() {
    let test = TestStore::new().await;
    test.api_access().await;
    let token = test.issue("Export").await.token;
    let one = Call { client: ClientName::of_user_agent(b"nightly-export"), ..test.call(&token) };
    let earlier = Call { at: one.at - TimeDelta::hours(30), address: IpAddr::from([203, 0, 113, 7]), ..one };
    let job = Scope::find("getJob").unwrap();
    let refused = Call { status: 403, at: one.at + TimeDelta::seconds(1), ..one };
    test.write_down(&[
        earlier,
        earlier,
        one,
        Call { scope: job, version: Some(ApiVersion::NEWEST), ..earlier },
        refused,
    ])
    .await;
    let before = test.rehearse(&token, TokenChange::Disable).await;
    assert_eq!((before.calls, before.networks, before.more_networks), (4, 2, false));
    let last = before.last.clone().unwrap();
    assert_eq!((last.at, last.address), (one.at, Some(HERE)));
    assert_eq!(last.client, Some(Client::Named("nightly-export".to_owned())));
    assert_eq!(before.operations, [("getCompanyInformation".to_owned(), 3), ("getJob".to_owned(), 1)]);
    let upgrade = test.rehearse(&token, TokenChange::UpgradeVersion).await;
    assert_eq!(upgrade.calls, 0);
    let uses: Vec<_> = upgrade.versions.iter().map(|of| (of.operation.as_str(), of.calls, of.newest)).collect();
    assert_eq!(uses, [("getCompanyInformation", 3, 0), ("getJob", 1, 1)]);

    test.store.tokens().add_up_calls().await.unwrap();
    assert_eq!(test.rehearse(&token, TokenChange::Disable).await, before);
    assert_eq!(test.rehearse(&token, TokenChange::UpgradeVersion).await, upgrade);
    test.write_down(&[one]).await;
    let more = test.rehearse(&token, narrowed([job])).await;
    assert_eq!((more.calls, more.operations.len()), (4, 1));
    test.store.tokens().add_up_calls().await.unwrap();
    assert_eq!(test.rehearse(&token, narrowed([job])).await, more);
}

#[tokio::test]
async fn change_of_the_account_is_rehearsed_for_all_tokens() {
    let test = TestStore::new().await;
    test.api_access().await;
    let (export, other) = (test.issue("Export").await.token, test.issue("Other").await.token);
    let elsewhere = IpAddr::from([203, 0, 113, 7]);
    let call = test.call(&export);
    test.write_down(&[call, Call { address: elsewhere, ..call }, Call { address: elsewhere, ..test.call(&other) }])
        .await;
    let tokens = test.store.tokens();
    let off = tokens.rehearse_all(test.aya.account, &AccountChange::ApiAccessOff).await.unwrap();
    assert_eq!((off.calls, off.networks), (3, 2));
    let shares: Vec<_> = off.tokens.iter().map(|of| (of.name.as_str(), of.calls)).collect();
    assert_eq!(shares, [("Export", 2), ("Other", 1)]);
    let policy =
        SecurityPolicy { allowed_addresses: vec!["192.0.2.0/24".parse().unwrap()], ..SecurityPolicy::default() };
    let ranges = tokens.rehearse_all(test.aya.account, &policy.change()).await.unwrap();
    assert_eq!((ranges.calls, ranges.networks, ranges.tokens.len()), (2, 1, 2));
    assert_eq!(ranges.last.unwrap().address, Some(elsewhere));
    let none = tokens.rehearse_all(test.aya.account, &SecurityPolicy::default().change()).await.unwrap();
    assert_eq!((none.calls, none.unknown, none.last), (0, 0, None));
    let stranger = test.stranger().await;
    let theirs = tokens.rehearse_all(stranger.account, &AccountChange::ApiAccessOff).await.unwrap();
    assert_eq!((theirs.calls, theirs.tokens.len()), (0, 0));
    let refused = tokens.rehearse(stranger.account, export.id, TokenChange::Disable).await;
    assert!(matches!(refused, Err(Error::Refused(domain::Refusal::NotFound))));
}

#[tokio::test]
async fn shorter_history_is_told() {
    let test = TestStore::new().await;
    test.api_access().await;
    let token = test.issue("Export").await.token;
    assert_eq!(test.rehearse(&token, TokenChange::Disable).await.known_days, Some(1), "it is new");
    test.later(TimeDelta::days(40));
    let silent = test.rehearse(&token, TokenChange::Disable).await;
    assert_eq!((silent.known_days, silent.calls, silent.last_used_at), (None, 0, None));
    test.write_down(&[test.call(&token)]).await;
    test.store.tokens().add_up_calls().await.unwrap();
    test.later(TimeDelta::days(12));
    test.write_down(&[test.call(&token)]).await;
    test.store.tokens().add_up_calls().await.unwrap();
    let whole = test.rehearse(&token, TokenChange::Disable).await;
    assert_eq!((whole.known_days, whole.calls), (None, 2));
    test.store.tokens().remove_old_calls(TimeDelta::days(5)).await.unwrap();
    let rest = test.rehearse(&token, TokenChange::Disable).await;
    assert_eq!((rest.known_days, rest.calls), (Some(1), 1));
}

#[tokio::test]
async fn ten_thousand_addresses_take_few_rows_to_rehearse() {
    let test = TestStore::new().await;
    test.api_access().await;
    let token = test.issue("Export").await.token;
    let from = |number: u32| Call { address: IpAddr::from(number.to_be_bytes()), ..test.call(&token) };
    test.write_down(&(1..=10_000).map(from).collect::<Vec<_>>()).await;
    test.store.tokens().add_up_calls().await.unwrap();
    let count = sql::query_scalar("SELECT COUNT(*) FROM passed_calls");
    let rows: i64 = count.fetch_one(&test.database().await).await.unwrap();
    assert_eq!(usize::try_from(rows).unwrap(), ADDRESSES_MAX + 1);
    let all = test.rehearse(&token, TokenChange::Reset).await;
    assert_eq!((all.calls, all.networks, all.more_networks), (10_000, ADDRESSES_MAX as u64, true));
    let policy =
        SecurityPolicy { allowed_addresses: vec!["192.0.2.0/24".parse().unwrap()], ..SecurityPolicy::default() };
    let ranges = test.store.tokens().rehearse_all(test.aya.account, &policy.change()).await.unwrap();
    assert_eq!((ranges.calls, ranges.unknown), (ADDRESSES_MAX as u64, 10_000 - ADDRESSES_MAX as u64));
}
