//! Account users as the server's operator manages them.

use crate::test_store::{HERE, PASSWORD, TestStore, new_user};
use domain::Refusal;
use domain::members::membership::{Change, MembershipState};
use domain::members::role::Role;
use serde_json::json;
use store::Error;

#[tokio::test]
async fn users_are_listed_by_account_and_name() {
    let test = TestStore::new().await;
    test.store.members().add(test.aya.account, new_user("ben", Role::Finance)).await.unwrap();
    test.stranger().await;
    let names = async |account| {
        let members = test.store.members().all(account).await.unwrap();
        members.into_iter().map(|(account, it)| format!("{account}/{}", it.person.name)).collect::<Vec<_>>()
    };
    assert_eq!(names(None).await, ["Acme/Aya", "Acme/ben", "Other/Otto"]);
    assert_eq!(names(Some(test.aya.account)).await, ["Acme/Aya", "Acme/ben"]);
}

#[tokio::test]
async fn operator_changes_take_effect_at_once_and_are_recorded() {
    let test = TestStore::new().await;
    let account = test.aya.account;
    test.store.members().add(account, new_user("Ben", Role::Analyst)).await.unwrap();
    let session =
        test.store.sign_in().with_password("ben@agency.example", PASSWORD, HERE).await.unwrap().session().unwrap();
    let change = async |change| test.store.members().change_named(account, "BEN@agency.example", change).await.unwrap();
    assert_eq!(change(Change::Role(Role::Finance)).await.role, Role::Finance);
    assert_eq!(test.store.sign_in().session(&session).await.unwrap().unwrap().role, Role::Finance);
    assert_eq!(change(Change::Deactivate).await.state, MembershipState::Deactivated);
    assert_eq!(test.store.sign_in().session(&session).await.unwrap(), None);
    assert_eq!(change(Change::Reinstate).await.state, MembershipState::Active);
    let events = test.events().await;
    let actions: Vec<_> = events.iter().rev().take(3).map(|(action, _)| action.as_str()).collect();
    assert_eq!(actions, ["user_reinstated", "user_deactivated", "user_role_changed"]);
    assert_eq!(events[events.len() - 3].1["after"], json!({ "role": "finance" }));
}

#[tokio::test]
async fn operator_cannot_remove_the_last_administrator() {
    let test = TestStore::new().await;
    let before = test.actions().await;
    for change in [Change::Deactivate, Change::Role(Role::Analyst)] {
        let refused = test.store.members().change_named(test.aya.account, &test.aya.user.email, change).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::LastAdministrator))), "{refused:?}");
    }
    test.stranger().await;
    for email in ["otto@agency.example", "nobody@agency.example"] {
        let refused = test.store.members().change_named(test.aya.account, email, Change::Deactivate).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::NotFound))), "{refused:?}");
    }
    assert_eq!(test.actions().await[..before.len()], before);
}
