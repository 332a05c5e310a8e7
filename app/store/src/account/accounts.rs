//! Agency accounts: their API access and company profile.

use crate::account::Accounts;
use crate::audit::event::Event;
use crate::clock::id_at;
use crate::db::sql;
use crate::error::Error;
use crate::gate::verification_cache::Invalidation;
use domain::Refusal;
use domain::account::{Account, AccountId, company::CompanyInformation};
use domain::audit::action::Action;
use domain::members::user::CurrentUser;
use serde_json::json;
use uuid::Uuid;

#[derive(sqlx_macros::FromRow)]
struct AccountRow {
    id: Uuid,
    name: String,
    api_access: bool,
}

impl From<AccountRow> for Account {
    fn from(row: AccountRow) -> Self {
        Self { id: AccountId(row.id), name: row.name, api_access: row.api_access }
    }
}

impl Accounts<'_> {
    /// Adds an account with API access off and a company profile that holds only the name.
    ///
    /// # Errors
    /// [`Refusal::AccountExists`], [`Error::Database`].
    pub async fn add(self, name: &str) -> Result<AccountId, Error> {
        let now = self.core.now();
        let id = AccountId(id_at(now));
        let mut tx = self.core.begin().await?;
        let added = sql::query(
            "INSERT INTO accounts (id, name, company_information, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (name) DO NOTHING",
        )
        .bind(id)
        .bind(name)
        .bind(json!(CompanyInformation::named(name)).to_string())
        .bind(now)
        .execute(&mut *tx)
        .await?;
        if added.rows_affected() == 0 {
            return Err(Refusal::AccountExists.into());
        }
        let details = json!({ "name": name });
        Event::of(Action::AccountAdded, id).with(details).record(self.core, &mut tx, now).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Returns the account with exactly this name, if there is one.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn named(self, name: &str) -> Result<Option<AccountId>, Error> {
        let id = sql::query_scalar("SELECT id FROM accounts WHERE name = $1").bind(name);
        Ok(id.fetch_optional(self.core.read()).await?.map(AccountId))
    }

    /// Returns all accounts, by name.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn all(self) -> Result<Vec<Account>, Error> {
        let rows = sql::query_as::<AccountRow>("SELECT id, name, api_access FROM accounts ORDER BY name");
        Ok(rows.fetch_all(self.core.read()).await?.into_iter().map(Account::from).collect())
    }

    /// Returns the account.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Error::Database`].
    pub async fn get(self, account: AccountId) -> Result<Account, Error> {
        let row = sql::query_as::<AccountRow>("SELECT id, name, api_access FROM accounts WHERE id = $1");
        let row = row.bind(account).fetch_optional(self.core.read()).await?;
        row.map(Account::from).ok_or(Refusal::NotFound.into())
    }

    /// Switches on API access for the current user's account.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn enable_api_access(self, by: &CurrentUser) -> Result<(), Error> {
        self.set_api_access(by, true, Action::ApiAccessEnabled).await
    }

    /// Switches off API access for the current user's account; from then on none of its tokens passes the gate.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn disable_api_access(self, by: &CurrentUser) -> Result<(), Error> {
        self.set_api_access(by, false, Action::ApiAccessDisabled).await
    }

    async fn set_api_access(self, by: &CurrentUser, api_access: bool, action: Action) -> Result<(), Error> {
        let mut tx = self.core.begin_in(by.account).await?;
        let changed = sql::query("UPDATE accounts SET api_access = $1 WHERE id = $2 AND api_access <> $1")
            .bind(api_access)
            .bind(by.account)
            .execute(&mut *tx)
            .await?;
        if changed.rows_affected() > 0 {
            Event::of(action, by.account).by(by.user.id).record(self.core, &mut tx, self.core.now()).await?;
        }
        self.core.commit(tx, Invalidation::Account(by.account)).await
    }
}
