//! Account users and the accounts that they belong to.

use crate::audit::Event;
use crate::clock::id_at;
use crate::error::Error;
use crate::sqlite::micros;
use crate::store::Store;
use domain::account::AccountId;
use domain::audit::Action;
use domain::role::Role;
use domain::text::folded;
use domain::user::{Person, UserId};
use serde_json::json;
use std::fmt;
use uuid::Uuid;
use zeroize::Zeroizing;

/// A user to be added. Name, address and password are as `domain` has checked them.
pub struct NewUser {
    /// The name they go by.
    pub name: String,
    /// Their e-mail address, with which they sign in.
    pub email: String,
    /// Their password. It is wiped from memory once it is hashed.
    pub password: String,
    /// Their role in the account.
    pub role: Role,
}

impl fmt::Debug for NewUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser").field("email", &self.email).field("role", &self.role).finish_non_exhaustive()
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct PersonRow {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) email: String,
}

impl From<PersonRow> for Person {
    fn from(row: PersonRow) -> Self {
        Self { id: UserId(row.id), name: row.name, email: row.email }
    }
}

/// How an e-mail address is compared: without white space around it, regard to case or width.
pub(crate) fn folded_email(email: &str) -> String {
    folded(email.trim())
}

impl Store {
    /// Adds a user to the account.
    ///
    /// # Errors
    /// [`Error::EmailTaken`], [`Error::Password`], [`Error::Database`] (no such account, too).
    pub async fn add_user(&self, account: AccountId, user: NewUser) -> Result<UserId, Error> {
        let password_hash = self.passwords().hash(Zeroizing::new(user.password)).await?;
        let now = self.clock().now();
        let id = UserId(id_at(now));
        let mut tx = self.pools().begin().await?;
        let added = sqlx::query(
            "INSERT INTO users (id, name, email, email_folded, password_hash, created_at)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (email_folded) DO NOTHING",
        )
        .bind(id.0)
        .bind(&user.name)
        .bind(user.email.trim())
        .bind(folded_email(&user.email))
        .bind(password_hash)
        .bind(micros(now))
        .execute(&mut *tx)
        .await?;
        if added.rows_affected() == 0 {
            return Err(Error::EmailTaken);
        }
        sqlx::query("INSERT INTO memberships (account_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)")
            .bind(account.0)
            .bind(id.0)
            .bind(user.role.as_str())
            .bind(micros(now))
            .execute(&mut *tx)
            .await?;
        let details = json!({ "user": id, "role": user.role });
        let event = Event { account, user: None, action: Action::UserAdded, token: None, details };
        event.record(&mut tx, now).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Whether there is any user at all.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn has_users(&self) -> Result<bool, Error> {
        Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM users)").fetch_one(&self.pools().read).await?)
    }

    /// The account's users, by name.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn people(&self, account: AccountId) -> Result<Vec<Person>, Error> {
        let rows = sqlx::query_as::<_, PersonRow>(
            "SELECT users.id, users.name, users.email FROM memberships
             JOIN users ON users.id = memberships.user_id WHERE memberships.account_id = $1",
        );
        let rows = rows.bind(account.0).fetch_all(&self.pools().read).await?;
        let mut people: Vec<_> = rows.into_iter().map(Person::from).collect();
        people.sort_by_cached_key(|person| (folded(&person.name), person.id.0));
        Ok(people)
    }
}
