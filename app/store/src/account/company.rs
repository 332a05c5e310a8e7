//! The company profile: reading, replacing and changing it.

use crate::account::Accounts;
use crate::audit::event::Event;
use crate::db::database::{Connection, require_row};
use crate::db::sql;
use crate::error::Error;
use crate::gate::verification_cache::Invalidation;
use domain::Refusal;
use domain::account::{AccountId, company::CompanyInformation};
use domain::audit::action::{Action, Actor};
use serde_json::json;

impl Accounts<'_> {
    /// Returns the account's company profile.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Error::Database`], [`Error::Corrupt`].
    pub async fn company_information(self, account: AccountId) -> Result<CompanyInformation, Error> {
        read(&mut self.core.read().acquire().await?, account).await
    }

    /// Replaces the account's company profile.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Error::Database`].
    pub async fn set_company_information(
        self,
        account: AccountId,
        information: &CompanyInformation,
    ) -> Result<(), Error> {
        let mut tx = self.core.begin_in(account).await?;
        write(&mut tx, account, information).await?;
        self.core.commit(tx, Invalidation::Account(account)).await
    }

    /// Changes the company profile of the actor's account in one transaction, in force on every node once it returns: `edit` takes the current profile and
    /// returns the new one, or refuses, and then nothing is written. Returns the profile after the change.
    ///
    /// # Errors
    /// That of `edit`, or in its form [`Refusal::NotFound`], [`Error::Database`], [`Error::Corrupt`].
    pub async fn update_company_information<E: From<Error>>(
        self,
        by: impl Into<Actor>,
        edit: impl FnOnce(&CompanyInformation) -> Result<CompanyInformation, E> + Send,
    ) -> Result<CompanyInformation, E> {
        let Actor { account, user, access_token, token } = by.into();
        let mut tx = self.core.begin_in(account).await?;
        let before = read(&mut tx, account).await?;
        let after = edit(&before)?;
        if after != before {
            write(&mut tx, account, &after).await?;
            let details = json!({ "before": before.masked(), "after": after.masked() });
            Event::of(Action::CompanyInformationUpdated, account)
                .by(user)
                .on(token)
                .with(details)
                .by_access_token(access_token.as_ref())
                .record(self.core, &mut tx, self.core.now())
                .await?;
        }
        // Also if nothing changes: an earlier change may be committed, and not in force on every node yet.
        self.core.commit(tx, Invalidation::Account(account)).await?;
        Ok(after)
    }
}

pub(crate) async fn read(connection: &mut Connection, account: AccountId) -> Result<CompanyInformation, Error> {
    let json = sql::query_scalar::<String>("SELECT company_information FROM accounts WHERE id = $1");
    let json = json.bind(account).fetch_optional(connection).await?.ok_or(Refusal::NotFound)?;
    serde_json::from_str(&json).map_err(|error| Error::Corrupt(format!("a company profile: {error}")))
}

async fn write(tx: &mut Connection, account: AccountId, information: &CompanyInformation) -> Result<(), Error> {
    let changed = sql::query("UPDATE accounts SET company_information = $1 WHERE id = $2")
        .bind(json!(information).to_string())
        .bind(account)
        .execute(tx)
        .await?;
    require_row(&changed)
}
