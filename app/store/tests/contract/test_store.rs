//! A fresh database, an agency account in it, and a clock that stands still.

use crate::database::Database;
use crate::sql::{self, Pool};
use chrono::{DateTime, TimeDelta, Utc};
use domain::account::AccountId;
use domain::account::security_policy::SecurityPolicy;
use domain::gate::api_version::ApiVersion;
use domain::members::role::Role;
use domain::members::user::{CurrentUser, Person};
use domain::tokens::filter::TokenFilter;
use domain::tokens::scope::{Scope, Scopes};
use domain::tokens::token::{Token, TokenSettings};
use std::net::{IpAddr, Ipv4Addr};
use store::{Clock, Error, IssuedToken, NewUser, ServerKey, Store};
use uuid::Uuid;

/// The password of every user that a test adds.
pub const PASSWORD: &str = "a long enough password";
/// The network address that tests sign in from.
pub const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// A store, with the clock, user and database that a test needs.
pub struct TestStore {
    pub store: Store,
    pub clock: Clock,
    pub aya: CurrentUser,
    pub database: Database,
}

impl TestStore {
    /// Returns a store with one account, *Acme*, and its administrator, Aya.
    pub async fn new() -> Self {
        let database = Database::new().await;
        let clock = Clock::fixed(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let store = open(&database, &clock).await;
        let aya = asker(&store, "Acme", "Aya").await;
        Self { store, clock, aya, database }
    }

    /// Adds another account and returns its user.
    pub async fn stranger(&self) -> CurrentUser {
        asker(&self.store, "Other", "Otto").await
    }

    /// Opens the same database once more.
    pub async fn reopened(&self) -> Store {
        open(&self.database, &self.clock).await
    }

    /// Opens the same database with another key.
    pub async fn reopened_with(&self, key: ServerKey) -> Result<Store, Error> {
        Store::open(&self.database.url(), key, self.clock.clone()).await
    }

    /// Returns whether the database has been opened with a key.
    pub async fn has_key(&self) -> bool {
        Store::has_key(&self.database.url(), None).await.unwrap()
    }

    /// Returns the database itself, to bypass the store.
    pub async fn database(&self) -> Pool {
        self.database.pool().await
    }

    /// Makes the database refuse an operation from now on, written like `INSERT ON calls`.
    pub async fn refuse(&self, what: &str) {
        self.database.refuse(what).await;
    }

    /// Lets the database do the refused operation again.
    pub async fn allow(&self, what: &str) {
        self.database.allow(what).await;
    }

    /// Returns whether the text is anywhere in the database, deleted or not.
    pub async fn holds(&self, text: &str) -> bool {
        self.database.bytes().await.windows(text.len()).any(|window| window == text.as_bytes())
    }

    pub fn later(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    pub fn settings(&self, name: &str) -> TokenSettings {
        TokenSettings {
            name: name.to_owned(),
            description: "What it is for".to_owned(),
            api_version: ApiVersion::try_from(2).unwrap(),
            primary_contact: self.aya.user.id,
            developers: vec!["dev@partner.example".to_owned()],
            scopes: Scopes::from_iter([Scope::GET_COMPANY_INFORMATION, Scope::find("getJob").unwrap()]),
            expires_at: None,
        }
    }

    pub async fn issue(&self, name: &str) -> IssuedToken {
        self.store.tokens().create(&self.aya, self.settings(name), Uuid::now_v7()).await.unwrap()
    }

    pub async fn token(&self, token: &Token) -> Token {
        self.store.tokens().get(self.aya.account, token.id).await.unwrap()
    }

    /// Returns the names on the page of the list that the filter asks for.
    pub async fn names(&self, filter: TokenFilter) -> Vec<String> {
        let list = self.store.tokens().list(self.aya.account, &filter).await.unwrap();
        list.tokens.into_iter().map(|token| token.settings.name).collect()
    }

    /// Returns the actions of the audit trail and their details, oldest first.
    pub async fn events(&self) -> Vec<(String, serde_json::Value)> {
        let rows: Vec<(String, String)> = sql::query_as("SELECT action, details FROM audit_events ORDER BY rowid")
            .fetch_all(&self.database().await)
            .await
            .unwrap();
        rows.into_iter().map(|(action, details)| (action, serde_json::from_str(&details).unwrap())).collect()
    }

    /// Requires a second factor of every user of the current user's account, or no longer.
    pub async fn require_second_factor(&self, by: &CurrentUser, on: bool) -> Result<(), Error> {
        let (policy, revision) = self.store.account().security_policy(by.account).await?;
        let policy = SecurityPolicy { second_factor_required: on, ..policy };
        self.store.account().update_security_policy(by, &policy, revision).await.map(drop)
    }

    /// Returns whether the account requires a second factor of every user.
    pub async fn second_factor_required(&self, account: AccountId) -> bool {
        self.store.account().security_policy(account).await.unwrap().0.second_factor_required
    }

    /// Returns the actions of the audit trail, oldest first.
    pub async fn actions(&self) -> Vec<String> {
        self.events().await.into_iter().map(|(action, _)| action).collect()
    }
}

pub fn new_user(name: &str, role: Role) -> NewUser {
    let email = format!("{name}@agency.example");
    NewUser { name: name.to_owned(), email, password: PASSWORD.to_owned(), role }
}

/// Adds an account and returns its first user, an administrator.
async fn asker(store: &Store, account_name: &str, name: &str) -> CurrentUser {
    let role = Role::AccountAdministrator;
    let account: AccountId = store.account().add(account_name).await.unwrap();
    let id = store.members().add(account, new_user(name, role)).await.unwrap();
    let user = Person { id, name: name.to_owned(), email: format!("{name}@agency.example") };
    CurrentUser { user, account, account_name: account_name.to_owned(), role }
}

async fn open(database: &Database, clock: &Clock) -> Store {
    Store::open(&database.url(), ServerKey::from_bytes([7; 32]), clock.clone()).await.unwrap()
}

/// Returns the time on the clock when a test begins.
pub fn begin() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}
