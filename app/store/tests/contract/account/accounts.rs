//! Accounts and their users.

use crate::house::{House, PASSWORD, new_user};
use crate::sql;
use domain::account::{AccountId, company::CompanyInformation};
use domain::members::role::Role;
use serde_json::json;
use store::{Clock, Error, NewUser, ServerKey, Store};
use uuid::Uuid;

#[tokio::test]
async fn account_is_found_by_name_and_starts_without_api_access() {
    let house = House::new().await;
    let other = house.stranger().await.account;
    assert_eq!(house.store.account_named("Acme").await.unwrap(), Some(house.aya.account));
    assert_eq!(house.store.account_named("Acme%").await.unwrap(), None);
    assert!(!house.store.account(other).await.unwrap().api_access);
    let names: Vec<_> = house.store.accounts().await.unwrap().into_iter().map(|account| account.name).collect();
    assert_eq!(names, ["Acme", "Other"]);
    assert!(matches!(house.store.account(AccountId(Uuid::nil())).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_second_account_of_the_same_name_is_refused() {
    let house = House::new().await;
    assert!(matches!(house.store.add_account("Acme").await, Err(Error::AccountExists)));
    assert_eq!(house.actions().await, ["account_added", "user_added"], "no event of what was refused");
}

#[tokio::test]
async fn api_access_switch_is_one_event_in_own_account_only() {
    let house = House::new().await;
    let stranger = house.stranger().await;
    for _ in 0..2 {
        house.store.enable_api_access(&house.aya).await.unwrap();
    }
    assert!(house.store.account(house.aya.account).await.unwrap().api_access);
    assert!(!house.store.account(stranger.account).await.unwrap().api_access);
    for _ in 0..2 {
        house.store.disable_api_access(&house.aya).await.unwrap();
    }
    assert!(!house.store.account(house.aya.account).await.unwrap().api_access);
    assert_eq!(house.actions().await[4..], ["api_access_enabled", "api_access_disabled"]);
}

#[tokio::test]
async fn the_company_profile_begins_with_the_name_and_can_be_replaced() {
    let house = House::new().await;
    let account = house.aya.account;
    let named = CompanyInformation::named("Acme");
    assert_eq!(house.store.company_information(account).await.unwrap(), named);
    let full = CompanyInformation { website: "https://acme.example".to_owned(), ..named };
    house.store.set_company_information(account, &full).await.unwrap();
    assert_eq!(house.store.company_information(account).await.unwrap(), full);
    let nobody = AccountId(Uuid::nil());
    assert!(matches!(house.store.company_information(nobody).await, Err(Error::NotFound)));
    assert!(matches!(house.store.set_company_information(nobody, &full).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn company_profile_change_is_one_event_in_own_account_only() {
    let house = House::new().await;
    let stranger = house.stranger().await;
    let named = CompanyInformation::named("Acme");
    let mut full = CompanyInformation { website: "https://acme.example".to_owned(), ..named.clone() };
    full.ein_ssn_foreign_tax_id = "12-3454832".to_owned();
    let events = house.actions().await.len();
    for _ in 0..2 {
        let edit = |_: &CompanyInformation| Ok::<_, ()>(full.clone());
        assert_eq!(house.store.update_company_information(&house.aya, edit).await.unwrap(), Ok(full.clone()));
    }
    let refuse = |_: &CompanyInformation| Err("no");
    assert_eq!(house.store.update_company_information(&house.aya, refuse).await.unwrap(), Err("no"));
    assert_eq!(house.store.company_information(house.aya.account).await.unwrap(), full);
    let theirs = house.store.company_information(stranger.account).await.unwrap();
    assert_eq!(theirs, CompanyInformation::named("Other"));
    let details = json!({ "before": named, "after": full.masked() });
    assert_eq!(house.events().await[events..], [("company_information_updated".to_owned(), details)]);
    let by_whom: (Option<Uuid>, Option<Uuid>) =
        sql::query_as("SELECT user_id, token_id FROM audit_events WHERE action = 'company_information_updated'")
            .fetch_one(&house.database().await)
            .await
            .unwrap();
    assert_eq!(by_whom, (Some(house.aya.user.id.0), None));
}

#[tokio::test]
async fn people_are_the_accounts_own_users_by_name() {
    let house = House::new().await;
    house.stranger().await;
    for name in ["zoe", "Émile", "Ben"] {
        house.store.add_user(house.aya.account, new_user(name, Role::Finance)).await.unwrap();
    }
    let people = house.store.people(house.aya.account).await.unwrap();
    let names: Vec<_> = people.iter().map(|person| person.name.as_str()).collect();
    assert_eq!(names, ["Aya", "Ben", "zoe", "Émile"]);
    assert!(people.contains(&house.aya.user));
}

#[tokio::test]
async fn email_is_taken_in_any_case_width_and_account() {
    let house = House::new().await;
    let other = house.stranger().await.account;
    for email in ["aya@AGENCY.example", " Aya@agency.example", "ＡＹＡ@agency.example"] {
        let user = NewUser { email: email.to_owned(), ..new_user("Aya", Role::Analyst) };
        assert!(matches!(house.store.add_user(other, user).await, Err(Error::EmailTaken)), "{email}");
    }
    assert_eq!(house.store.people(other).await.unwrap().len(), 1);
    assert_eq!(house.actions().await.len(), 4, "no event of what was refused");
}

#[tokio::test]
async fn a_user_of_no_account_is_not_added_at_all() {
    let house = House::new().await;
    let nowhere = house.store.add_user(AccountId(Uuid::nil()), new_user("Lost", Role::Analyst)).await;
    assert!(matches!(nowhere, Err(Error::Database(_))));
    house.store.add_user(house.aya.account, new_user("Lost", Role::Analyst)).await.unwrap();
}

#[tokio::test]
async fn a_store_begins_without_users() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("new.db").display());
    let store = Store::open(&url, ServerKey::from_bytes([1; 32]), Clock::system()).await.unwrap();
    assert!(!store.has_users().await.unwrap());
    let account = store.add_account("Acme").await.unwrap();
    store.add_user(account, new_user("Aya", Role::Analyst)).await.unwrap();
    assert!(store.has_users().await.unwrap());
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
