//! Changes that are tried out before they are made.

use crate::test_store::TestStore;
use chrono::TimeDelta;
use domain::Refusal;
use domain::account::security_policy::SecurityPolicy;
use domain::gate::address_range::AddressRange;
use domain::tokens::scope::{Scope, Scopes};
use domain::tokens::token::{Token, TokenSettings};
use domain::tokens::trial::{LASTS, Trial, Tried};
use std::net::IpAddr;
use store::{Call, Error};

/// An address in no range of [`near`].
const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 7));

/// The scopes without the one that [`TestStore::call`] calls.
fn fewer() -> Scopes {
    Scopes::from_iter([Scope::find("getJob").unwrap()])
}

async fn begin(test: &TestStore, token: &Token, by_itself: bool) {
    test.store.tokens().begin_trial(&test.aya, token.id, fewer(), by_itself, token.revision).await.unwrap();
}

/// The addresses of which [`TestStore::call`] calls from one.
fn near() -> Vec<AddressRange> {
    vec!["192.0.2.0/24".parse().unwrap()]
}

async fn begin_near(test: &TestStore, by_itself: bool, revision: i64) {
    test.store.tokens().begin_address_trial(&test.aya, &near(), by_itself, revision).await.unwrap();
}

/// Returns the account's policy and its revision.
async fn policy(test: &TestStore) -> (SecurityPolicy, i64) {
    test.store.account().security_policy(test.aya.account).await.unwrap()
}

async fn write_down(test: &TestStore, call: Call) {
    test.store.gate().record_call(call);
    test.store.gate().flush_calls().await.unwrap();
}

async fn trials(test: &TestStore) -> Vec<Trial> {
    test.store.tokens().trials(test.aya.account, None).await.unwrap()
}

async fn token_with_access(test: &TestStore) -> Token {
    test.store.account().enable_api_access(&test.aya).await.unwrap();
    test.issue("Export").await.token
}

#[tokio::test]
async fn trial_lists_the_calls_that_it_would_refuse() {
    let test = TestStore::new().await;
    let token = token_with_access(&test).await;
    write_down(&test, test.call(&token)).await;
    test.later(TimeDelta::minutes(1));
    begin(&test, &token, false).await;
    assert_eq!(trials(&test).await[0].refused, [], "a call before does not count");
    test.later(TimeDelta::hours(1));
    let call = test.call(&token);
    write_down(&test, call).await;
    write_down(&test, Call { scope: Scope::find("getJob").unwrap(), ..call }).await;
    write_down(&test, Call { status: 403, ..call }).await;
    for added_up in [false, true] {
        if added_up {
            test.store.tokens().add_up_calls().await.unwrap();
        }
        let trial = trials(&test).await.remove(0);
        let refused: Vec<_> = trial.refused.iter().map(|one| (one.call.at, one.call.scope.as_str())).collect();
        assert_eq!(refused, [(call.at, "getCompanyInformation")]);
        assert!(!trial.silent);
        let lost = Scopes::from_iter([Scope::GET_COMPANY_INFORMATION]);
        assert_eq!(trial.tried, Tried::Scopes { token: token.id, name: "Export".to_owned(), lost });
    }
    assert_eq!(test.token(&token).await.settings, token.settings, "nothing is enforced");
    let late = Call { at: call.at + LASTS, ..call };
    write_down(&test, late).await;
    assert_eq!(trials(&test).await[0].refused.len(), 1, "calls are listed for a week");
    let stranger = test.stranger().await;
    assert_eq!(test.store.tokens().trials(stranger.account, None).await.unwrap(), []);
}

#[tokio::test]
async fn trial_is_enforced_or_dropped_once_and_on_record() {
    let test = TestStore::new().await;
    let token = token_with_access(&test).await;
    let tokens = test.store.tokens();
    let none = |answer: Option<Error>| matches!(answer, Some(Error::Refused(Refusal::NotFound)));
    assert!(none(tokens.drop_trial(&test.aya, Some(token.id)).await.err()));
    let outdated = tokens.begin_trial(&test.aya, token.id, fewer(), false, 9).await;
    assert!(matches!(outdated, Err(Error::Refused(Refusal::Conflict))));
    begin(&test, &token, false).await;
    tokens.drop_trial(&test.aya, Some(token.id)).await.unwrap();
    assert_eq!(trials(&test).await, []);
    begin(&test, &token, false).await;
    let changed = tokens.enforce_trial(&test.aya, token.id).await.unwrap();
    assert_eq!((changed.settings.scopes, changed.revision), (fewer(), 2));
    assert_eq!(trials(&test).await, []);
    assert!(none(tokens.enforce_trial(&test.aya, token.id).await.err()));
    let actions = test.actions().await;
    let expected = ["token_trial_begun", "token_trial_dropped", "token_trial_begun", "token_updated"];
    assert_eq!(actions[actions.len() - 4..], expected);
}

#[tokio::test]
async fn silent_trial_is_enforced_by_itself_where_asked_for() {
    let test = TestStore::new().await;
    let token = token_with_access(&test).await;
    let tokens = test.store.tokens();
    let [kept, called] = [test.issue("Kept").await.token, test.issue("Called").await.token];
    begin(&test, &token, true).await;
    begin(&test, &kept, false).await;
    begin(&test, &called, true).await;
    write_down(&test, test.call(&called)).await;
    test.later(LASTS - TimeDelta::microseconds(1));
    assert_eq!(tokens.enforce_silent_trials().await.unwrap(), 0);
    test.later(TimeDelta::microseconds(1));
    assert_eq!(tokens.enforce_silent_trials().await.unwrap(), 1);
    assert_eq!(test.token(&token).await.settings.scopes, fewer());
    for waiting in [&kept, &called] {
        assert_eq!(test.token(waiting).await.settings.scopes, waiting.settings.scopes);
    }
    assert_eq!(trials(&test).await.len(), 2);
    assert_eq!(test.actions().await.last().unwrap(), "token_updated");
}

#[tokio::test]
async fn trial_of_a_deleted_token_waits_for_nothing() {
    let test = TestStore::new().await;
    let token = token_with_access(&test).await;
    begin(&test, &token, true).await;
    test.store.tokens().delete(&test.aya, token.id).await.unwrap();
    assert_eq!(trials(&test).await, []);
    test.later(LASTS);
    assert_eq!(test.store.tokens().enforce_silent_trials().await.unwrap(), 0);
    test.store.tokens().remove_deleted().await.unwrap();
    assert_eq!(trials(&test).await, []);
}

#[tokio::test]
async fn trial_neither_gives_scopes_nor_takes_later_ones() {
    let test = TestStore::new().await;
    let token = token_with_access(&test).await;
    let tokens = test.store.tokens();
    let wider = Scopes::from_iter([Scope::find("getJob").unwrap(), Scope::find("listJobs").unwrap()]);
    tokens.begin_trial(&test.aya, token.id, wider, false, token.revision).await.unwrap();
    let later = Scopes::from_iter([Scope::GET_COMPANY_INFORMATION, Scope::find("replayJob").unwrap()]);
    let settings = TokenSettings { scopes: later, ..token.settings.clone() };
    tokens.update(&test.aya, token.id, settings, token.revision).await.unwrap();
    let enforced = tokens.enforce_trial(&test.aya, token.id).await.unwrap();
    assert_eq!(enforced.settings.scopes, Scopes::from_iter([Scope::find("replayJob").unwrap()]));
}

#[tokio::test]
async fn trial_of_addresses_lists_calls_from_elsewhere() {
    let test = TestStore::new().await;
    let (export, other) = (token_with_access(&test).await, test.issue("Other").await.token);
    let (_, revision) = policy(&test).await;
    begin(&test, &export, false).await;
    test.later(TimeDelta::minutes(1));
    begin_near(&test, false, revision).await;
    let silent = trials(&test).await;
    assert_eq!(
        silent.iter().map(|trial| (trial.token(), trial.silent)).collect::<Vec<_>>(),
        [(Some(export.id), true), (None, true)]
    );
    test.later(TimeDelta::hours(1));
    let job = Call { scope: Scope::find("getJob").unwrap(), ..test.call(&export) };
    write_down(&test, job).await;
    write_down(&test, Call { address: ELSEWHERE, ..job }).await;
    write_down(&test, Call { address: ELSEWHERE, status: 403, ..job }).await;
    test.later(TimeDelta::minutes(1));
    write_down(&test, Call { address: ELSEWHERE, ..test.call(&other) }).await;
    for added_up in [false, true] {
        if added_up {
            test.store.tokens().add_up_calls().await.unwrap();
        }
        let [of_scopes, of_addresses]: [Trial; 2] = trials(&test).await.try_into().unwrap();
        assert!(of_scopes.silent && !of_addresses.silent);
        assert_eq!(of_addresses.tried, Tried::Addresses(near()));
        assert_eq!(test.store.tokens().trials(test.aya.account, Some(export.id)).await.unwrap(), [of_scopes]);
        let refused: Vec<_> = of_addresses.refused.iter().map(|one| (one.name.as_str(), one.call.address)).collect();
        assert_eq!(refused, [("Other", ELSEWHERE), ("Export", ELSEWHERE)]);
    }
    assert_eq!(policy(&test).await, (SecurityPolicy::default(), revision), "nothing is enforced");
}

#[tokio::test]
async fn trial_of_addresses_is_enforced_or_dropped_once() {
    let test = TestStore::new().await;
    let (tokens, account) = (test.store.tokens(), test.store.account());
    let none = |answer: Option<Error>| matches!(answer, Some(Error::Refused(Refusal::NotFound)));
    let (_, revision) = policy(&test).await;
    assert!(none(tokens.drop_trial(&test.aya, None).await.err()));
    assert!(none(account.enforce_address_trial(test.aya.account, test.aya.user.id, None).await.err()));
    let outdated = tokens.begin_address_trial(&test.aya, &near(), false, revision + 1).await;
    assert!(matches!(outdated, Err(Error::Refused(Refusal::Conflict))));
    begin_near(&test, false, revision).await;
    let stranger = test.stranger().await;
    assert!(none(tokens.drop_trial(&stranger, None).await.err()));
    assert!(none(account.enforce_address_trial(stranger.account, stranger.user.id, None).await.err()));
    tokens.drop_trial(&test.aya, None).await.unwrap();
    begin_near(&test, false, revision).await;
    account.enforce_address_trial(test.aya.account, test.aya.user.id, None).await.unwrap();
    let allowed = SecurityPolicy { allowed_addresses: near(), ..SecurityPolicy::default() };
    assert_eq!(policy(&test).await, (allowed, revision + 1));
    assert_eq!(trials(&test).await, []);
    let actions = test.actions().await;
    let actions: Vec<_> = actions.iter().filter(|action| action.contains("policy")).collect();
    let expected = ["policy_trial_begun", "policy_trial_dropped", "policy_trial_begun", "security_policy_updated"];
    assert_eq!(actions, expected);
}

#[tokio::test]
async fn other_addresses_end_the_trial_of_addresses() {
    let test = TestStore::new().await;
    let (_, revision) = policy(&test).await;
    begin_near(&test, true, revision).await;
    let shorter = SecurityPolicy { token_lifetime: Some(90_u16.try_into().unwrap()), ..SecurityPolicy::default() };
    let account = test.store.account();
    let revision = account.update_security_policy(&test.aya, &shorter, revision).await.unwrap();
    assert_eq!(trials(&test).await.len(), 1, "another change of the policy does not concern it");
    let elsewhere = vec!["203.0.113.0/24".parse().unwrap()];
    let other = SecurityPolicy { allowed_addresses: elsewhere, ..shorter };
    account.update_security_policy(&test.aya, &other, revision).await.unwrap();
    assert_eq!(trials(&test).await, []);
    test.later(LASTS);
    assert_eq!(test.store.tokens().enforce_silent_trials().await.unwrap(), 0);
    assert_eq!(policy(&test).await.0, other);
}

#[tokio::test]
async fn silent_trial_of_addresses_is_enforced_by_itself() {
    let test = TestStore::new().await;
    let token = token_with_access(&test).await;
    let tokens = test.store.tokens();
    let (_, revision) = policy(&test).await;
    begin_near(&test, true, revision).await;
    write_down(&test, test.call(&token)).await;
    write_down(&test, Call { address: ELSEWHERE, ..test.call(&token) }).await;
    tokens.add_up_calls().await.unwrap();
    test.later(LASTS);
    assert_eq!(tokens.enforce_silent_trials().await.unwrap(), 0, "there was a call from elsewhere");
    begin_near(&test, true, revision).await;
    test.later(TimeDelta::hours(1));
    write_down(&test, test.call(&token)).await;
    test.later(LASTS);
    assert_eq!(tokens.enforce_silent_trials().await.unwrap(), 1);
    assert_eq!(policy(&test).await.0.allowed_addresses, near());
    assert_eq!(test.events().await.last().unwrap().0, "security_policy_updated");
}
