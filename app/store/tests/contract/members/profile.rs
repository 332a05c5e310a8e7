//! People's own settings: giving the password again, changing it, sessions, accounts.

use crate::sql;
use crate::test_store::{HERE, PASSWORD, TestStore};
use chrono::TimeDelta;
use domain::Refusal;
use domain::audit::trail::TrailFilter;
use domain::members::user::Preferences;
use domain::sign_in::session::STEP_UP_AFTER;
use serde_json::json;
use store::{Client, Error, SessionToken};

const NEW: &str = "another long password";

async fn signed_in(test: &TestStore) -> SessionToken {
    test.store.sign_in().with_password(&test.aya.user.email, PASSWORD, HERE).await.unwrap().session().unwrap()
}

async fn is_known(test: &TestStore, session: &SessionToken) -> bool {
    test.store.sign_in().session(session).await.unwrap().is_some()
}

#[tokio::test]
async fn password_is_needed_again_after_a_quarter_of_an_hour() {
    let test = TestStore::new().await;
    let session = signed_in(&test).await;
    test.store.members().require_recent_password(&session).await.unwrap();
    test.later(STEP_UP_AFTER - TimeDelta::seconds(1));
    test.store.members().require_recent_password(&session).await.unwrap();
    test.later(TimeDelta::seconds(1));
    assert!(matches!(
        test.store.members().require_recent_password(&session).await,
        Err(Error::Refused(Refusal::StepUpNeeded))
    ));

    let wrong = test.store.members().give_password_again(&test.aya, &session, "a wrong password", HERE).await;
    assert!(matches!(wrong, Err(Error::Refused(Refusal::WrongPassword))));
    assert!(matches!(
        test.store.members().require_recent_password(&session).await,
        Err(Error::Refused(Refusal::StepUpNeeded))
    ));

    let renewed = test.store.members().give_password_again(&test.aya, &session, PASSWORD, HERE).await.unwrap();
    test.store.members().require_recent_password(&renewed).await.unwrap();
    assert!(is_known(&test, &renewed).await);
    assert!(!is_known(&test, &session).await, "a session that somebody copied before ends here");
}

#[tokio::test]
async fn passwords_tried_in_a_session_are_throttled_like_sign_ins() {
    let test = TestStore::new().await;
    let session = signed_in(&test).await;
    for _ in 0..5 {
        let wrong = test.store.members().give_password_again(&test.aya, &session, "a wrong password", HERE).await;
        assert!(matches!(wrong, Err(Error::Refused(Refusal::WrongPassword))));
    }
    let throttled = test.store.members().give_password_again(&test.aya, &session, PASSWORD, HERE).await;
    assert!(matches!(throttled, Err(Error::Refused(Refusal::Throttled { .. }))));
}

#[tokio::test]
async fn password_of_another_user_renews_no_session() {
    let test = TestStore::new().await;
    let session = signed_in(&test).await;
    let stranger = test.stranger().await;
    let refused = test.store.members().give_password_again(&stranger, &session, PASSWORD, HERE).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::NotFound))), "{refused:?}");
    assert!(is_known(&test, &session).await);
}

#[tokio::test]
async fn changed_password_ends_other_sessions_and_old_password_fails() {
    let test = TestStore::new().await;
    let (here, there) = (signed_in(&test).await, signed_in(&test).await);
    let refused = test.store.members().change_password(&test.aya, &here, ("a wrong password", NEW), HERE).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::WrongPassword))));
    assert!(is_known(&test, &there).await);

    let renewed = test.store.members().change_password(&test.aya, &here, (PASSWORD, NEW), HERE).await.unwrap();
    assert!(is_known(&test, &renewed).await);
    assert!(!is_known(&test, &here).await && !is_known(&test, &there).await);
    let old = test.store.sign_in().with_password(&test.aya.user.email, PASSWORD, HERE).await;
    assert!(matches!(old, Err(Error::Refused(Refusal::WrongCredentials))));
    test.store.sign_in().with_password(&test.aya.user.email, NEW, HERE).await.unwrap().session().unwrap();
}

#[tokio::test]
async fn people_see_their_own_sessions_and_can_end_each_of_them() {
    let test = TestStore::new().await;
    let here = signed_in(&test).await;
    test.later(TimeDelta::minutes(5));
    let browser = Client { user_agent: format!("Firefox/150 {}", "x".repeat(10_000)), ..Client::from(HERE) };
    let there =
        test.store.sign_in().with_password(&test.aya.user.email, PASSWORD, browser).await.unwrap().session().unwrap();
    let stranger = test.stranger().await;
    let theirs =
        test.store.sign_in().with_password(&stranger.user.email, PASSWORD, HERE).await.unwrap().session().unwrap();

    let sessions = test.store.members().own_sessions(&test.aya, &here).await.unwrap();
    assert_eq!(sessions.iter().map(|session| session.current).collect::<Vec<_>>(), [false, true]);
    assert_eq!((sessions[0].address.as_str(), sessions[0].user_agent.len()), (HERE.to_string().as_str(), 200));
    let foreign = test.store.members().own_sessions(&stranger, &theirs).await.unwrap()[0].id;
    assert!(matches!(
        test.store.members().end_session(&test.aya, foreign).await,
        Err(Error::Refused(Refusal::NotFound))
    ));
    assert!(is_known(&test, &theirs).await);

    test.store.members().end_session(&test.aya, sessions[0].id).await.unwrap();
    assert!(!is_known(&test, &there).await && is_known(&test, &here).await);

    let (one, two) = (signed_in(&test).await, signed_in(&test).await);
    assert_eq!(test.store.members().sign_out_elsewhere(&test.aya, &here).await.unwrap(), 2);
    assert!(!is_known(&test, &one).await && !is_known(&test, &two).await && is_known(&test, &here).await);
    assert!(is_known(&test, &theirs).await);
}

#[tokio::test]
async fn session_switches_only_to_accounts_of_its_user() {
    let test = TestStore::new().await;
    let session = signed_in(&test).await;
    let other = test.stranger().await.account;
    assert!(matches!(
        test.store.members().switch_account(&test.aya, &session, other).await,
        Err(Error::Refused(Refusal::NotFound))
    ));
    assert_eq!(test.store.members().own_accounts(&test.aya).await.unwrap().len(), 1);

    let join = "INSERT INTO memberships (account_id, user_id, role, created_at) VALUES ($1, $2, 'finance', $3)";
    let later = crate::test_store::begin() + TimeDelta::days(1);
    let join = sql::query(join).bind(other.0).bind(test.aya.user.id.0).bind(later.timestamp_micros());
    join.execute(&test.database().await).await.unwrap();
    assert_eq!(test.store.members().own_accounts(&test.aya).await.unwrap().len(), 2);
    test.store.members().switch_account(&test.aya, &session, other).await.unwrap();
    let asker = test.store.sign_in().session(&session).await.unwrap().unwrap();
    assert_eq!((asker.account, asker.role.as_str()), (other, "finance"));

    let mut trails = Vec::new();
    for account in [test.aya.account, other] {
        trails.push(test.store.audit().page(account, &TrailFilter::default()).await.unwrap().0.remove(0).action);
    }
    assert_eq!(trails, ["signed_out", "signed_in"]);
}

#[tokio::test]
async fn preferences_reach_every_session_and_are_recorded_once() {
    let test = TestStore::new().await;
    let (here, there) = (signed_in(&test).await, signed_in(&test).await);
    let preferences = async |session| test.store.sign_in().known_session(session).await.unwrap().unwrap().preferences;
    assert_eq!(preferences(&here).await, Preferences::default());
    let chosen = Preferences { language: Some("ja".to_owned()), time_zone: Some("Asia/Tokyo".to_owned()) };
    for _ in 0..2 {
        test.store.members().update_profile(&test.aya, "Aya", &chosen).await.unwrap();
        assert_eq!(preferences(&there).await, chosen);
    }
    let stranger = test.stranger().await;
    let theirs =
        test.store.sign_in().with_password(&stranger.user.email, PASSWORD, HERE).await.unwrap().session().unwrap();
    assert_eq!(preferences(&theirs).await, Preferences::default());
    let zone_only = Preferences { language: None, ..chosen.clone() };
    test.store.members().update_profile(&test.aya, "Aya", &zone_only).await.unwrap();
    assert_eq!(preferences(&here).await, zone_only);
    let noted: Vec<_> = test.events().await.into_iter().filter(|(action, _)| action == "profile_updated").collect();
    assert_eq!(noted.len(), 2, "{noted:?}");
    assert_eq!(noted[1].1, json!({ "before": chosen, "after": zone_only }));
}

#[tokio::test]
async fn name_and_preferences_change_together_with_one_event() {
    let test = TestStore::new().await;
    let session = signed_in(&test).await;
    let chosen = Preferences { language: Some("ja".to_owned()), time_zone: None };
    test.store.members().update_profile(&test.aya, "愛子", &chosen).await.unwrap();
    let known = test.store.sign_in().known_session(&session).await.unwrap().unwrap();
    assert_eq!((known.asker.user.name.as_str(), &known.preferences), ("愛子", &chosen));
    let noted: Vec<_> = test.events().await.into_iter().filter(|(action, _)| action == "profile_updated").collect();
    let expected = json!({
        "name": { "before": "Aya", "after": "愛子" },
        "before": Preferences::default(),
        "after": chosen,
    });
    assert_eq!(noted.iter().map(|(_, details)| details).collect::<Vec<_>>(), [&expected]);

    test.refuse("INSERT ON audit_events").await;
    assert!(test.store.members().update_profile(&test.aya, "Aya", &Preferences::default()).await.is_err());
    let known = test.store.sign_in().known_session(&session).await.unwrap().unwrap();
    assert_eq!((known.asker.user.name.as_str(), &known.preferences), ("愛子", &chosen), "neither or both");
}

#[tokio::test]
async fn a_new_name_is_there_at_once() {
    let test = TestStore::new().await;
    let session = signed_in(&test).await;
    test.store.members().update_profile(&test.aya, "愛子", &Preferences::default()).await.unwrap();
    assert_eq!(test.store.sign_in().session(&session).await.unwrap().unwrap().user.name, "愛子");
}
