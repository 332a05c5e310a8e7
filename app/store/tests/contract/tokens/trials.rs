//! Changes of scopes that are tried out before they are made.

use crate::test_store::TestStore;
use chrono::TimeDelta;
use domain::Refusal;
use domain::tokens::scope::{Scope, Scopes};
use domain::tokens::token::Token;
use domain::tokens::trial::{LASTS, Trial};
use store::{Call, Error};

/// The scopes without the one that [`TestStore::call`] calls.
fn fewer() -> Scopes {
    Scopes::from_iter([Scope::find("getJob").unwrap()])
}

async fn begin(test: &TestStore, token: &Token, by_itself: bool) {
    test.store.tokens().begin_trial(&test.aya, token.id, fewer(), by_itself, token.revision).await.unwrap();
}

async fn write_down(test: &TestStore, call: Call) {
    test.store.gate().record_call(call);
    test.store.gate().flush_calls().await.unwrap();
}

async fn trials(test: &TestStore) -> Vec<Trial> {
    test.store.tokens().trials(test.aya.account).await.unwrap()
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
    assert_eq!(trials(&test).await[0].refused.calls, [], "a call before does not count");
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
        let refused: Vec<_> = trial.refused.calls.iter().map(|call| (call.at, call.scope.as_str())).collect();
        assert_eq!(refused, [(call.at, "getCompanyInformation")]);
        assert_eq!((trial.name.as_str(), trial.scopes), ("Export", fewer()));
        assert_eq!(trial.lost, Scopes::from_iter([Scope::GET_COMPANY_INFORMATION]));
    }
    assert_eq!(test.token(&token).await.settings, token.settings, "nothing is enforced");
    let late = Call { at: call.at + LASTS, ..call };
    write_down(&test, late).await;
    assert_eq!(trials(&test).await[0].refused.calls.len(), 1, "calls are listed for a week");
    let stranger = test.stranger().await;
    assert_eq!(test.store.tokens().trials(stranger.account).await.unwrap(), []);
}

#[tokio::test]
async fn trial_is_enforced_or_dropped_once_and_on_record() {
    let test = TestStore::new().await;
    let token = token_with_access(&test).await;
    let tokens = test.store.tokens();
    let none = |answer: Option<Error>| matches!(answer, Some(Error::Refused(Refusal::NotFound)));
    assert!(none(tokens.drop_trial(&test.aya, token.id).await.err()));
    let outdated = tokens.begin_trial(&test.aya, token.id, fewer(), false, 9).await;
    assert!(matches!(outdated, Err(Error::Refused(Refusal::Conflict))));
    begin(&test, &token, false).await;
    tokens.drop_trial(&test.aya, token.id).await.unwrap();
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
