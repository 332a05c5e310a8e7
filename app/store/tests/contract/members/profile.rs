//! People's own settings: giving the password again, changing it, sessions, accounts.

use crate::house::{HERE, House, PASSWORD};
use crate::sql;
use chrono::TimeDelta;
use domain::audit::trail::TrailFilter;
use domain::members::user::Preferences;
use domain::sign_in::session::STEP_UP_AFTER;
use serde_json::json;
use store::{Client, Error, SessionToken};

const NEW: &str = "another long password";

async fn signed_in(house: &House) -> SessionToken {
    house.store.sign_in(&house.aya.user.email, PASSWORD, HERE).await.unwrap()
}

async fn is_known(house: &House, session: &SessionToken) -> bool {
    house.store.session(session).await.unwrap().is_some()
}

#[tokio::test]
async fn password_is_needed_again_after_a_quarter_of_an_hour() {
    let house = House::new().await;
    let session = signed_in(&house).await;
    house.store.require_recent_password(&session).await.unwrap();
    house.later(STEP_UP_AFTER - TimeDelta::seconds(1));
    house.store.require_recent_password(&session).await.unwrap();
    house.later(TimeDelta::seconds(1));
    assert!(matches!(house.store.require_recent_password(&session).await, Err(Error::StepUpNeeded)));

    let wrong = house.store.give_password_again(&house.aya, &session, "a wrong password", HERE).await;
    assert!(matches!(wrong, Err(Error::WrongPassword)));
    assert!(matches!(house.store.require_recent_password(&session).await, Err(Error::StepUpNeeded)));

    let renewed = house.store.give_password_again(&house.aya, &session, PASSWORD, HERE).await.unwrap();
    house.store.require_recent_password(&renewed).await.unwrap();
    assert!(is_known(&house, &renewed).await);
    assert!(!is_known(&house, &session).await, "a session that somebody copied before ends here");
}

#[tokio::test]
async fn passwords_tried_in_a_session_are_throttled_like_sign_ins() {
    let house = House::new().await;
    let session = signed_in(&house).await;
    for _ in 0..5 {
        let wrong = house.store.give_password_again(&house.aya, &session, "a wrong password", HERE).await;
        assert!(matches!(wrong, Err(Error::WrongPassword)));
    }
    let throttled = house.store.give_password_again(&house.aya, &session, PASSWORD, HERE).await;
    assert!(matches!(throttled, Err(Error::Throttled { .. })));
}

#[tokio::test]
async fn password_of_another_user_renews_no_session() {
    let house = House::new().await;
    let session = signed_in(&house).await;
    let stranger = house.stranger().await;
    let refused = house.store.give_password_again(&stranger, &session, PASSWORD, HERE).await;
    assert!(matches!(refused, Err(Error::NotFound)), "{refused:?}");
    assert!(is_known(&house, &session).await);
}

#[tokio::test]
async fn changed_password_ends_other_sessions_and_old_password_fails() {
    let house = House::new().await;
    let (here, there) = (signed_in(&house).await, signed_in(&house).await);
    let refused = house.store.change_password(&house.aya, &here, ("a wrong password", NEW), HERE).await;
    assert!(matches!(refused, Err(Error::WrongPassword)));
    assert!(is_known(&house, &there).await);

    let renewed = house.store.change_password(&house.aya, &here, (PASSWORD, NEW), HERE).await.unwrap();
    assert!(is_known(&house, &renewed).await);
    assert!(!is_known(&house, &here).await && !is_known(&house, &there).await);
    let old = house.store.sign_in(&house.aya.user.email, PASSWORD, HERE).await;
    assert!(matches!(old, Err(Error::WrongCredentials)));
    house.store.sign_in(&house.aya.user.email, NEW, HERE).await.unwrap();
}

#[tokio::test]
async fn people_see_their_own_sessions_and_can_end_each_of_them() {
    let house = House::new().await;
    let here = signed_in(&house).await;
    house.later(TimeDelta::minutes(5));
    let browser = Client { user_agent: format!("Firefox/150 {}", "x".repeat(10_000)), ..Client::from(HERE) };
    let there = house.store.sign_in(&house.aya.user.email, PASSWORD, browser).await.unwrap();
    let stranger = house.stranger().await;
    let theirs = house.store.sign_in(&stranger.user.email, PASSWORD, HERE).await.unwrap();

    let sessions = house.store.own_sessions(&house.aya, &here).await.unwrap();
    assert_eq!(sessions.iter().map(|session| session.current).collect::<Vec<_>>(), [false, true]);
    assert_eq!((sessions[0].address.as_str(), sessions[0].user_agent.len()), (HERE.to_string().as_str(), 200));
    let foreign = house.store.own_sessions(&stranger, &theirs).await.unwrap()[0].id;
    assert!(matches!(house.store.end_session(&house.aya, foreign).await, Err(Error::NotFound)));
    assert!(is_known(&house, &theirs).await);

    house.store.end_session(&house.aya, sessions[0].id).await.unwrap();
    assert!(!is_known(&house, &there).await && is_known(&house, &here).await);

    let (one, two) = (signed_in(&house).await, signed_in(&house).await);
    assert_eq!(house.store.sign_out_elsewhere(&house.aya, &here).await.unwrap(), 2);
    assert!(!is_known(&house, &one).await && !is_known(&house, &two).await && is_known(&house, &here).await);
    assert!(is_known(&house, &theirs).await);
}

#[tokio::test]
async fn session_switches_only_to_accounts_of_its_user() {
    let house = House::new().await;
    let session = signed_in(&house).await;
    let other = house.stranger().await.account;
    assert!(matches!(house.store.switch_account(&house.aya, &session, other).await, Err(Error::NotFound)));
    assert_eq!(house.store.own_accounts(&house.aya).await.unwrap().len(), 1);

    let join = "INSERT INTO memberships (account_id, user_id, role, created_at) VALUES ($1, $2, 'finance', $3)";
    let later = crate::house::begin() + TimeDelta::days(1);
    let join = sql::query(join).bind(other.0).bind(house.aya.user.id.0).bind(later.timestamp_micros());
    join.execute(&house.database().await).await.unwrap();
    assert_eq!(house.store.own_accounts(&house.aya).await.unwrap().len(), 2);
    house.store.switch_account(&house.aya, &session, other).await.unwrap();
    let asker = house.store.session(&session).await.unwrap().unwrap();
    assert_eq!((asker.account, asker.role.as_str()), (other, "finance"));

    let mut trails = Vec::new();
    for account in [house.aya.account, other] {
        trails.push(house.store.audit_page(account, &TrailFilter::default()).await.unwrap().0.remove(0).action);
    }
    assert_eq!(trails, ["signed_out", "signed_in"]);
}

#[tokio::test]
async fn preferences_reach_every_session_and_are_recorded_once() {
    let house = House::new().await;
    let (here, there) = (signed_in(&house).await, signed_in(&house).await);
    let preferences = async |session| house.store.known_session(session).await.unwrap().unwrap().preferences;
    assert_eq!(preferences(&here).await, Preferences::default());
    let chosen = Preferences { language: Some("ja".to_owned()), time_zone: Some("Asia/Tokyo".to_owned()) };
    for _ in 0..2 {
        house.store.set_preferences(&house.aya, &chosen).await.unwrap();
        assert_eq!(preferences(&there).await, chosen);
    }
    let stranger = house.stranger().await;
    let theirs = house.store.sign_in(&stranger.user.email, PASSWORD, HERE).await.unwrap();
    assert_eq!(preferences(&theirs).await, Preferences::default());
    let zone_only = Preferences { language: None, ..chosen.clone() };
    house.store.set_preferences(&house.aya, &zone_only).await.unwrap();
    assert_eq!(preferences(&here).await, zone_only);
    let noted: Vec<_> = house.events().await.into_iter().filter(|(action, _)| action == "profile_updated").collect();
    assert_eq!(noted.len(), 2, "{noted:?}");
    assert_eq!(noted[1].1, json!({ "before": chosen, "after": zone_only }));
}

#[tokio::test]
async fn a_new_name_is_there_at_once() {
    let house = House::new().await;
    let session = signed_in(&house).await;
    house.store.rename_self(&house.aya, "愛子").await.unwrap();
    assert_eq!(house.store.session(&session).await.unwrap().unwrap().user.name, "愛子");
}
