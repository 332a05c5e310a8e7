//! Changes of account users from the command line, by the person who runs the server. The audit trail names no user for
//! them.

use crate::db::sql;
use crate::error::Error;
use crate::members::Members;
use crate::members::rows::{self, MemberRow};
use domain::Refusal;
use domain::account::AccountId;
use domain::audit::action::Action;
use domain::members::membership::{Change, Member};
use domain::search::search_form;

#[derive(sqlx_macros::FromRow)]
struct Row {
    account_name: String,
    #[sqlx(flatten)]
    member: MemberRow,
}

impl Members<'_> {
    /// Returns the users of one account, or of all, with the account's name, sorted by account and name.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn all(self, account: Option<AccountId>) -> Result<Vec<(String, Member)>, Error> {
        let rows: Vec<Row> = sql::query_as(
            "SELECT accounts.name AS account_name, users.id, users.name, users.email, memberships.role,
                memberships.state, memberships.last_seen_at
             FROM memberships JOIN users ON users.id = memberships.user_id
             JOIN accounts ON accounts.id = memberships.account_id
             WHERE $1 IS NULL OR memberships.account_id = $1",
        )
        .bind(account)
        .fetch_all(self.core.read())
        .await?;
        let read = |row: Row| Ok((row.account_name, row.member.try_into()?));
        let mut members = rows.into_iter().map(read).collect::<Result<Vec<(String, Member)>, Error>>()?;
        members.sort_by_cached_key(|(account, member)| {
            (search_form(account), account.clone(), search_form(&member.person.name), member.person.id.0)
        });
        Ok(members)
    }

    /// Changes the role or state of the user with this e-mail address in the account. Returns the member after the
    /// change.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if the account has no user with this address; [`Refusal::LastAdministrator`];
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn change_named(self, account: AccountId, email: &str, change: Change) -> Result<Member, Error> {
        let action = match change {
            Change::Role(_) => Action::UserRoleChanged,
            Change::Deactivate => Action::UserDeactivated,
            Change::Reinstate => Action::UserReinstated,
        };
        let mut tx = self.core.begin().await?;
        let user = rows::named(&mut tx, email).await?.ok_or(Refusal::NotFound)?;
        let members = rows::members(&mut tx, account).await?;
        let after = change.apply_from_command_line(&members, user)?;
        self.store_change(tx, account, None, members, after, action).await
    }
}
