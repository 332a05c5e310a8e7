//! Accounts and their users.

use crate::sql;
use crate::test_store::{PASSWORD, TestStore, new_user};
use domain::Refusal;
use domain::account::{AccountId, company::CompanyInformation};
use domain::members::role::Role;
use serde_json::json;
use store::{Clock, Error, NewUser, ServerKey, Store};
use uuid::Uuid;

#[tokio::test]
async fn account_is_found_by_name_and_starts_without_api_access() {
    let test = TestStore::new().await;
    let other = test.stranger().await.account;
    assert_eq!(test.store.account().named("Acme").await.unwrap(), Some(test.aya.account));
    assert_eq!(test.store.account().named("Acme%").await.unwrap(), None);
    assert!(!test.store.account().get(other).await.unwrap().api_access);
    let names: Vec<_> = test.store.account().all().await.unwrap().into_iter().map(|account| account.name).collect();
    assert_eq!(names, ["Acme", "Other"]);
    assert!(matches!(test.store.account().get(AccountId(Uuid::nil())).await, Err(Error::Refused(Refusal::NotFound))));
}

#[tokio::test]
async fn a_second_account_of_the_same_name_is_refused() {
    let test = TestStore::new().await;
    assert!(matches!(test.store.account().add("Acme").await, Err(Error::Refused(Refusal::AccountExists))));
    assert_eq!(test.actions().await, ["account_added", "user_added"], "no event of what was refused");
}

#[tokio::test]
async fn api_access_switch_is_one_event_in_own_account_only() {
    let test = TestStore::new().await;
    let stranger = test.stranger().await;
    for _ in 0..2 {
        test.store.account().enable_api_access(&test.aya).await.unwrap();
    }
    assert!(test.store.account().get(test.aya.account).await.unwrap().api_access);
    assert!(!test.store.account().get(stranger.account).await.unwrap().api_access);
    for _ in 0..2 {
        test.store.account().disable_api_access(&test.aya).await.unwrap();
    }
    assert!(!test.store.account().get(test.aya.account).await.unwrap().api_access);
    assert_eq!(test.actions().await[4..], ["api_access_enabled", "api_access_disabled"]);
}

#[tokio::test]
async fn the_company_profile_begins_with_the_name_and_can_be_replaced() {
    let test = TestStore::new().await;
    let account = test.aya.account;
    let named = CompanyInformation::named("Acme");
    assert_eq!(test.store.account().company_information(account).await.unwrap(), named);
    let full = CompanyInformation { website: "https://acme.example".to_owned(), ..named };
    test.store.account().set_company_information(account, &full).await.unwrap();
    assert_eq!(test.store.account().company_information(account).await.unwrap(), full);
    let nobody = AccountId(Uuid::nil());
    assert!(matches!(test.store.account().company_information(nobody).await, Err(Error::Refused(Refusal::NotFound))));
    assert!(matches!(
        test.store.account().set_company_information(nobody, &full).await,
        Err(Error::Refused(Refusal::NotFound))
    ));
}

#[tokio::test]
async fn company_profile_change_is_one_event_in_own_account_only() {
    let test = TestStore::new().await;
    let stranger = test.stranger().await;
    let named = CompanyInformation::named("Acme");
    let mut full = CompanyInformation { website: "https://acme.example".to_owned(), ..named.clone() };
    full.ein_ssn_foreign_tax_id = "12-3454832".to_owned();
    let events = test.actions().await.len();
    for _ in 0..2 {
        let edit = |_: &CompanyInformation| Ok::<_, Error>(full.clone());
        assert_eq!(test.store.account().update_company_information(&test.aya, edit).await.unwrap(), full);
    }
    let refuse = |_: &CompanyInformation| Err(Refusal::Conflict.into());
    let refused: Result<_, Error> = test.store.account().update_company_information(&test.aya, refuse).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::Conflict))), "{refused:?}");
    assert_eq!(test.store.account().company_information(test.aya.account).await.unwrap(), full);
    let theirs = test.store.account().company_information(stranger.account).await.unwrap();
    assert_eq!(theirs, CompanyInformation::named("Other"));
    let details = json!({ "before": named, "after": full.masked() });
    assert_eq!(test.events().await[events..], [("company_information_updated".to_owned(), details)]);
    let by_whom: (Option<Uuid>, Option<Uuid>) =
        sql::query_as("SELECT user_id, token_id FROM audit_events WHERE action = 'company_information_updated'")
            .fetch_one(&test.database().await)
            .await
            .unwrap();
    assert_eq!(by_whom, (Some(test.aya.user.id.0), None));
}

#[tokio::test]
async fn people_are_the_accounts_own_users_by_name() {
    let test = TestStore::new().await;
    test.stranger().await;
    for name in ["zoe", "Émile", "Ben"] {
        test.store.members().add(test.aya.account, new_user(name, Role::Finance)).await.unwrap();
    }
    let people = test.store.members().people(test.aya.account).await.unwrap();
    let names: Vec<_> = people.iter().map(|person| person.name.as_str()).collect();
    assert_eq!(names, ["Aya", "Ben", "zoe", "Émile"]);
    assert!(people.contains(&test.aya.user));
}

#[tokio::test]
async fn email_is_taken_in_any_case_width_and_account() {
    let test = TestStore::new().await;
    let other = test.stranger().await.account;
    for email in ["aya@AGENCY.example", " Aya@agency.example", "ＡＹＡ@agency.example"] {
        let user = NewUser { email: email.to_owned(), ..new_user("Aya", Role::Analyst) };
        assert!(
            matches!(test.store.members().add(other, user).await, Err(Error::Refused(Refusal::EmailTaken))),
            "{email}"
        );
    }
    assert_eq!(test.store.members().people(other).await.unwrap().len(), 1);
    assert_eq!(test.actions().await.len(), 4, "no event of what was refused");
}

#[tokio::test]
async fn a_user_of_no_account_is_not_added_at_all() {
    let test = TestStore::new().await;
    let nowhere = test.store.members().add(AccountId(Uuid::nil()), new_user("Lost", Role::Analyst)).await;
    assert!(matches!(nowhere, Err(Error::Database(_))));
    test.store.members().add(test.aya.account, new_user("Lost", Role::Analyst)).await.unwrap();
}

#[tokio::test]
async fn a_store_begins_without_users() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("new.db").display());
    let store = Store::open(&url, ServerKey::from_bytes([1; 32]), Clock::system()).await.unwrap();
    assert!(!store.members().has_users().await.unwrap());
    let account = store.account().add("Acme").await.unwrap();
    store.members().add(account, new_user("Aya", Role::Analyst)).await.unwrap();
    assert!(store.members().has_users().await.unwrap());
}

#[tokio::test]
async fn unsupported_database_is_refused_without_its_password() {
    let url = format!("mysql://root:{PASSWORD}@db.example/kagitaba");
    let error = Store::open(&url, ServerKey::from_bytes([1; 32]), Clock::system()).await.unwrap_err();
    assert!(matches!(error, Error::UnsupportedDatabase(_)));
    let says = error.to_string();
    assert!(says.contains("`mysql`") && says.contains("sqlite:PATH") && says.contains("postgres://"), "{says}");
    assert!(!format!("{error:?}").contains(PASSWORD));
}
