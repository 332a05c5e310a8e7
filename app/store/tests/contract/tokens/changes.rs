//! Creating tokens, and every item of the card's menu except delete.

use crate::test_store::{TestStore, begin, new_user};
use chrono::TimeDelta;
use domain::Refusal;
use domain::gate::api_version::ApiVersion;
use domain::members::role::Role;
use domain::tokens::token::{GO_BACK_WITHIN, Token, TokenId, TokenSettings, TokenState};
use store::Error;
use uuid::Uuid;

#[tokio::test]
async fn a_new_token_is_enabled_unused_and_as_it_was_asked_for() {
    let test = TestStore::new().await;
    let issued = test.issue("鍵 'Export' %_").await;
    let token = &issued.token;
    assert_eq!(token.settings, test.settings("鍵 'Export' %_"));
    assert_eq!(token.primary_contact, test.aya.user);
    assert_eq!((token.state, token.revision, token.last_used_at), (TokenState::Enabled, 1, None));
    assert_eq!(token.created_at, begin());
    assert!(!issued.name_exists);
    assert_eq!(&test.token(token).await, token);
}

#[tokio::test]
async fn duplicate_name_is_allowed_and_reported() {
    let test = TestStore::new().await;
    test.issue("Ｅxport").await;
    assert!(test.issue("export").await.name_exists);
    let (_, name_exists) = {
        let other = test.issue("Other").await.token;
        test.store.tokens().update(&test.aya, other.id, test.settings("EXPORT"), 1).await.unwrap()
    };
    assert!(name_exists);
}

#[tokio::test]
async fn a_request_sent_twice_is_carried_out_once() {
    let test = TestStore::new().await;
    let request = Uuid::now_v7();
    let token = test.store.tokens().create(&test.aya, test.settings("Export"), request).await.unwrap().token;
    let again = test.store.tokens().create(&test.aya, test.settings("Export"), request).await;
    assert!(matches!(again, Err(Error::Refused(Refusal::AlreadyDone))));
    let again = test.store.tokens().duplicate(&test.aya, token.id, request).await;
    assert!(matches!(again, Err(Error::Refused(Refusal::AlreadyDone))));
    assert_eq!(test.names(domain::tokens::filter::TokenFilter::default()).await, ["Export"]);
    assert_eq!(test.actions().await[2..], ["token_created"]);
    let stranger = test.stranger().await;
    let settings = TokenSettings { primary_contact: stranger.user.id, ..test.settings("Export") };
    test.store.tokens().create(&stranger, settings, request).await.expect("another account's request is another one");
}

#[tokio::test]
async fn the_primary_contact_is_a_user_of_the_account() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    let settings = TokenSettings { primary_contact: test.stranger().await.user.id, ..test.settings("Export") };
    let created = test.store.tokens().create(&test.aya, settings.clone(), Uuid::now_v7()).await;
    assert!(matches!(created, Err(Error::Database(_))));
    let updated = test.store.tokens().update(&test.aya, token.id, settings, 1).await;
    assert!(matches!(updated, Err(Error::Database(_))));
    assert_eq!(test.token(&token).await, token);
}

#[tokio::test]
async fn an_update_changes_the_settings_and_nothing_else() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    let ben = test.store.members().add(test.aya.account, new_user("Ben", Role::Analyst)).await.unwrap();
    let settings = TokenSettings {
        description: String::new(),
        api_version: ApiVersion::NEWEST,
        primary_contact: ben,
        developers: vec![],
        ..test.settings("Import")
    };
    test.later(TimeDelta::hours(1));
    let (updated, name_exists) = test.store.tokens().update(&test.aya, token.id, settings.clone(), 1).await.unwrap();
    assert_eq!((&updated.settings, updated.primary_contact.name.as_str()), (&settings, "Ben"));
    assert_eq!((updated.revision, updated.created_at, &updated.sid), (2, token.created_at, &token.sid));
    assert!(!name_exists, "its own name is not another's");
    assert_eq!(test.token(&token).await, updated);
}

#[tokio::test]
async fn an_update_or_reset_from_an_older_revision_is_a_conflict() {
    let test = TestStore::new().await;
    let issued = test.issue("Export").await;
    let id = issued.token.id;
    let disabled = test.store.tokens().disable(&test.aya, id).await.unwrap();
    for revision in [1, 3, -1] {
        let updated = test.store.tokens().update(&test.aya, id, test.settings("Import"), revision).await;
        assert!(matches!(updated, Err(Error::Refused(Refusal::Conflict))));
        assert!(matches!(
            test.store.tokens().reset(&test.aya, id, revision).await,
            Err(Error::Refused(Refusal::Conflict))
        ));
    }
    assert_eq!(test.token(&issued.token).await, disabled);
    assert!(test.store.gate().authenticate(&issued.token.sid, &issued.secret).await.unwrap().is_some());
}

#[tokio::test]
async fn a_reset_gives_a_new_secret_for_the_same_sid_and_settings() {
    let test = TestStore::new().await;
    let old = test.issue("Export").await;
    let new = test.store.tokens().reset(&test.aya, old.token.id, 1).await.unwrap();
    assert_eq!((&new.token.sid, &new.token.settings, new.token.revision), (&old.token.sid, &old.token.settings, 2));
    assert!(test.store.gate().authenticate(&old.token.sid, &old.secret).await.unwrap().is_none());
    assert!(test.store.gate().authenticate(&old.token.sid, &new.secret).await.unwrap().is_some());
}

#[tokio::test]
async fn duplicate_has_its_own_name_sid_and_secret() {
    let test = TestStore::new().await;
    let original = test.issue("Export").await;
    test.store.gate().record_use(original.token.id).await.unwrap();
    test.store.tokens().disable(&test.aya, original.token.id).await.unwrap();
    test.issue("ＥＸＰＯＲＴ (2)").await;
    let copy = test.store.tokens().duplicate(&test.aya, original.token.id, Uuid::now_v7()).await.unwrap();
    assert_eq!(copy.token.settings, test.settings("Export (3)"), "a name that folds to another's is taken");
    assert_eq!((copy.token.state, copy.token.revision), (TokenState::Enabled, 1));
    assert_eq!(copy.token.last_used_at, None);
    assert!(!copy.name_exists);
    assert_ne!(copy.token.sid, original.token.sid);
    assert!(test.store.gate().authenticate(&copy.token.sid, &original.secret).await.unwrap().is_none());
    assert!(test.store.gate().authenticate(&copy.token.sid, &copy.secret).await.unwrap().is_some());
    let next = test.store.tokens().duplicate(&test.aya, copy.token.id, Uuid::now_v7()).await.unwrap();
    assert_eq!(next.token.settings.name, "Export (4)");
}

#[tokio::test]
async fn upgrading_moves_to_the_newest_version_once() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    let upgraded = test.store.tokens().upgrade_version(&test.aya, token.id).await.unwrap();
    assert_eq!((upgraded.settings.api_version, upgraded.revision), (ApiVersion::NEWEST, 2));
    assert_eq!(test.store.tokens().upgrade_version(&test.aya, token.id).await.unwrap(), upgraded);
    assert_eq!(test.actions().await[2..], ["token_created", "token_version_upgraded"]);
}

#[tokio::test]
async fn upgraded_token_goes_back_within_72_hours() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    let (tokens, by) = (test.store.tokens(), &test.aya);
    let refused = |answer: Result<Token, Error>| matches!(answer, Err(Error::Refused(Refusal::TooLateToGoBack)));
    assert!(refused(tokens.go_back_version(by, token.id).await), "it was never upgraded");
    let upgraded = tokens.upgrade_version(by, token.id).await.unwrap();
    let from = upgraded.upgraded_from.unwrap();
    assert_eq!((from.version, from.until), (token.settings.api_version, test.clock.now() + GO_BACK_WITHIN));
    test.later(GO_BACK_WITHIN - TimeDelta::microseconds(1));
    assert_eq!(tokens.forget_older_versions().await.unwrap(), 0);
    let back = tokens.go_back_version(by, token.id).await.unwrap();
    assert_eq!((back.settings.api_version, back.upgraded_from, back.revision), (token.settings.api_version, None, 3));
    assert!(refused(tokens.go_back_version(by, token.id).await), "only once");
    let expected = ["token_created", "token_version_upgraded", "token_version_reverted"];
    assert_eq!(test.actions().await[2..], expected);

    let settings = TokenSettings { api_version: ApiVersion::NEWEST, ..back.settings.clone() };
    let (updated, _) = tokens.update(by, token.id, settings, 3).await.unwrap();
    assert!(updated.upgraded_from.is_some(), "an update that upgrades counts, too");
    test.later(GO_BACK_WITHIN);
    assert!(refused(tokens.go_back_version(by, token.id).await), "too late");
    assert_eq!(test.token(&token).await, updated);
    assert_eq!(tokens.forget_older_versions().await.unwrap(), 1);
    assert_eq!(test.token(&token).await, Token { upgraded_from: None, ..updated });
}

#[tokio::test]
async fn disabling_or_enabling_twice_changes_nothing_more() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    assert_eq!(test.store.tokens().enable(&test.aya, token.id).await.unwrap(), token);
    let disabled = test.store.tokens().disable(&test.aya, token.id).await.unwrap();
    assert_eq!((disabled.state, disabled.revision), (TokenState::Disabled, 2));
    assert_eq!(test.store.tokens().disable(&test.aya, token.id).await.unwrap(), disabled);
    let enabled = test.store.tokens().enable(&test.aya, token.id).await.unwrap();
    assert_eq!((enabled.state, enabled.revision), (TokenState::Enabled, 3));
    assert_eq!(test.actions().await[2..], ["token_created", "token_disabled", "token_enabled"]);
}

#[tokio::test]
async fn an_update_to_the_same_settings_changes_nothing() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    let (same, _) = test.store.tokens().update(&test.aya, token.id, token.settings.clone(), 1).await.unwrap();
    assert_eq!(same, token);
    assert_eq!(test.actions().await[2..], ["token_created"]);
}

#[tokio::test]
async fn no_operation_finds_unknown_tokens_or_those_of_others() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    let stranger = test.stranger().await;
    let events = test.actions().await.len();
    let (store, settings) = (&test.store, || test.settings("Import"));
    for (by, id) in [(&stranger, token.id), (&test.aya, TokenId(Uuid::nil()))] {
        let answers = [
            store.tokens().get(by.account, id).await.err(),
            store.tokens().update(by, id, settings(), 1).await.err(),
            store.tokens().duplicate(by, id, Uuid::now_v7()).await.err(),
            store.tokens().reset(by, id, 1).await.err(),
            store.tokens().stop_old_value(by, id).await.err(),
            store.tokens().used_in_overlap(by.account, id).await.err(),
            store.tokens().upgrade_version(by, id).await.err(),
            store.tokens().go_back_version(by, id).await.err(),
            store.tokens().begin_trial(by, id, settings().scopes, false, 1).await.err(),
            store.tokens().drop_trial(by, Some(id)).await.err(),
            store.tokens().enforce_trial(by, id).await.err(),
            store.tokens().disable(by, id).await.err(),
            store.tokens().enable(by, id).await.err(),
            store.tokens().delete(by, id).await.err(),
            store.tokens().undo_delete(by, id).await.err(),
        ];
        for (operation, answer) in answers.into_iter().enumerate() {
            assert!(matches!(answer, Some(Error::Refused(Refusal::NotFound))), "operation {operation}: {answer:?}");
        }
    }
    assert_eq!(test.token(&token).await, token);
    assert_eq!(test.actions().await.len(), events);
}
