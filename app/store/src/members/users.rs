//! Account users and the accounts that they belong to.

use crate::audit::event::Event;
use crate::clock::id_at;
use crate::db::database::{Connection, Tx, micros, time};
use crate::db::sql;
use crate::error::Error;
use crate::sign_in::password_resets;
use crate::store::Store;
use chrono::{DateTime, Utc};
use domain::Refusal;
use domain::account::AccountId;
use domain::audit::action::Action;
use domain::members::membership::{self, Change, Contact, Member, MembershipState};
use domain::members::role::Role;
use domain::members::user::{CurrentUser, Person, UserId};
use domain::text::folded;
use serde_json::json;
use std::fmt;
use uuid::Uuid;
use zeroize::Zeroizing;

/// A user to be added. `domain` has checked name, address and password.
pub struct NewUser {
    /// Their name.
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

#[derive(sqlx_macros::FromRow)]
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

#[derive(sqlx_macros::FromRow)]
pub(crate) struct MemberRow {
    #[sqlx(flatten)]
    person: PersonRow,
    role: String,
    state: String,
    last_seen_at: Option<i64>,
}

impl TryFrom<MemberRow> for Member {
    type Error = Error;

    fn try_from(row: MemberRow) -> Result<Self, Error> {
        let unreadable = || Error::Corrupt(format!("the state {}", row.state));
        Ok(Self {
            person: row.person.into(),
            role: role_named(&row.role)?,
            state: MembershipState::from_name(&row.state).ok_or_else(unreadable)?,
            last_seen_at: row.last_seen_at.map(time).transpose()?,
        })
    }
}

/// Returns the role with this name in the database.
pub(crate) fn role_named(name: &str) -> Result<Role, Error> {
    Role::from_name(name).ok_or_else(|| Error::Corrupt(format!("the role {name}")))
}

/// Returns the form in which e-mail addresses are compared: without white space around them, and regardless of case and
/// width.
pub(crate) fn folded_email(email: &str) -> String {
    folded(email.trim())
}

/// Returns the user with this e-mail address.
pub(crate) async fn named(connection: &mut Connection, email: &str) -> Result<Option<UserId>, Error> {
    let id = sql::query_scalar("SELECT id FROM users WHERE email_folded = $1").bind(folded_email(email));
    Ok(id.fetch_optional(connection).await?.map(UserId))
}

/// Returns the account that the user joined first, of those that they may work in, or else of all, and their state in
/// it.
pub(crate) async fn membership(
    tx: &mut Connection,
    user: UserId,
) -> Result<Option<(AccountId, MembershipState)>, Error> {
    let found: Option<(Uuid, String)> = sql::query_as(
        "SELECT account_id, state FROM memberships WHERE user_id = $1
         ORDER BY CASE state WHEN 'active' THEN 0 ELSE 1 END, created_at, account_id LIMIT 1",
    )
    .bind(user.0)
    .fetch_optional(tx)
    .await?;
    let read = |(account, state): (Uuid, String)| {
        let state = MembershipState::from_name(&state).ok_or_else(|| Error::Corrupt(format!("the state {state}")));
        Ok((AccountId(account), state?))
    };
    found.map(read).transpose()
}

impl Store {
    /// Adds a user to the account.
    ///
    /// # Errors
    /// [`Refusal::EmailTaken`], [`Error::Password`], [`Error::Database`] (also if there is no such account).
    pub async fn add_user(&self, account: AccountId, user: NewUser) -> Result<UserId, Error> {
        let password_hash = self.passwords().hash(Zeroizing::new(user.password)).await?;
        let now = self.clock().now();
        let mut tx = self.pools().begin().await?;
        let id = insert(&mut tx, &user.name, &user.email, &password_hash, now).await?;
        join(&mut tx, account, id, user.role, now).await?;
        let details = json!({ "user": id, "role": user.role });
        let event = Event { account, user: None, action: Action::UserAdded, token: None, details };
        event.record(self, &mut tx, now).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Returns whether there is any user at all.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn has_users(&self) -> Result<bool, Error> {
        Ok(sql::query_scalar("SELECT EXISTS (SELECT 1 FROM users)").fetch_one(&self.pools().read).await?)
    }

    /// Returns the account's users, by name.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn people(&self, account: AccountId) -> Result<Vec<Person>, Error> {
        let rows = sql::query_as::<PersonRow>(
            "SELECT users.id, users.name, users.email FROM memberships
             JOIN users ON users.id = memberships.user_id WHERE memberships.account_id = $1",
        );
        let rows = rows.bind(account.0).fetch_all(&self.pools().read).await?;
        let mut people: Vec<_> = rows.into_iter().map(Person::from).collect();
        people.sort_by_cached_key(|person| (folded(&person.name), person.id.0));
        Ok(people)
    }

    /// Returns the account's members, by name.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn members(&self, account: AccountId) -> Result<Vec<Member>, Error> {
        members(&mut self.pools().read.acquire().await?, account).await
    }

    /// Returns the users who may be the primary contact of a token of the account, by name. `present` is the current
    /// one.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn contacts(&self, account: AccountId, present: Option<UserId>) -> Result<Vec<Contact>, Error> {
        Ok(membership::contacts(self.members(account).await?, present))
    }

    /// Gives a member of the current user's account another role, which takes effect with their next request. Returns
    /// the member after the change.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Refusal::LastAdministrator`]; [`Refusal::NotAllowed`] if the current user is no longer an
    /// active administrator; [`Error::Database`], [`Error::Corrupt`].
    pub async fn change_role(&self, by: &CurrentUser, user: UserId, role: Role) -> Result<Member, Error> {
        self.change_member(by, user, Change::Role(role), Action::UserRoleChanged).await
    }

    /// Keeps a user from working in the current user's account: their sessions in it end, and they can't begin new
    /// ones.
    ///
    /// # Errors
    /// As [`Store::change_role`].
    pub async fn deactivate_user(&self, by: &CurrentUser, user: UserId) -> Result<Member, Error> {
        self.change_member(by, user, Change::Deactivate, Action::UserDeactivated).await
    }

    /// Lets a deactivated user work in the current user's account again.
    ///
    /// # Errors
    /// As [`Store::change_role`].
    pub async fn reinstate_user(&self, by: &CurrentUser, user: UserId) -> Result<Member, Error> {
        self.change_member(by, user, Change::Reinstate, Action::UserReinstated).await
    }

    /// Makes the change, if the account's members as they are in this transaction allow it: nothing else changes them
    /// meanwhile, so that one administrator stays.
    async fn change_member(
        &self,
        by: &CurrentUser,
        of: UserId,
        change: Change,
        action: Action,
    ) -> Result<Member, Error> {
        let mut tx = self.pools().begin().await?;
        let members = members(&mut tx, by.account).await?;
        let after = change.apply(&members, by.user.id, of)?;
        self.store_change(tx, by.account, Some(by.user.id), members, after, action).await
    }

    /// Stores one of `members`, all of the account's, as they are `after` a change, with its event in the audit trail,
    /// and ends the transaction. Returns the member.
    pub(crate) async fn store_change(
        &self,
        mut tx: Tx,
        account: AccountId,
        by: Option<UserId>,
        members: Vec<Member>,
        after: Member,
        action: Action,
    ) -> Result<Member, Error> {
        let of = after.person.id;
        let before = members.into_iter().find(|member| member.person.id == of).ok_or(Refusal::NotFound)?;
        if after != before {
            sql::query("UPDATE memberships SET role = $1, state = $2 WHERE account_id = $3 AND user_id = $4")
                .bind(after.role.as_str())
                .bind(after.state.as_str())
                .bind(account.0)
                .bind(of.0)
                .execute(&mut *tx)
                .await?;
            if after.state == MembershipState::Deactivated {
                sql::query("DELETE FROM sessions WHERE account_id = $1 AND user_id = $2")
                    .bind(account.0)
                    .bind(of.0)
                    .execute(&mut *tx)
                    .await?;
                password_resets::end_links(&mut tx, of).await?;
            }
            let mut details = json!({ "user": of, "email": after.person.email });
            if after.role != before.role {
                details["before"] = json!({ "role": before.role });
                details["after"] = json!({ "role": after.role });
            }
            let event = Event { account, user: by, action, token: None, details };
            event.record(self, &mut tx, self.clock().now()).await?;
            tx.commit().await?;
        }
        Ok(after)
    }
}

/// Adds a user who belongs to no account yet.
///
/// # Errors
/// [`Refusal::EmailTaken`], [`Error::Database`].
pub(crate) async fn insert(
    tx: &mut Connection,
    name: &str,
    email: &str,
    password_hash: &str,
    now: DateTime<Utc>,
) -> Result<UserId, Error> {
    let id = UserId(id_at(now));
    let added = sql::query(
        "INSERT INTO users (id, name, email, email_folded, password_hash, created_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (email_folded) DO NOTHING",
    )
    .bind(id.0)
    .bind(name)
    .bind(email.trim())
    .bind(folded_email(email))
    .bind(password_hash)
    .bind(micros(now))
    .execute(tx)
    .await?;
    if added.rows_affected() == 0 { Err(Refusal::EmailTaken.into()) } else { Ok(id) }
}

/// Adds the user to the account. Their links to set a new password end: one that an administrator of their other
/// account could see must not open this one.
///
/// # Errors
/// [`Refusal::AlreadyMember`], [`Error::Database`].
pub(crate) async fn join(
    tx: &mut Connection,
    account: AccountId,
    user: UserId,
    role: Role,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let joined = sql::query(
        "INSERT INTO memberships (account_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (account_id, user_id) DO NOTHING",
    )
    .bind(account.0)
    .bind(user.0)
    .bind(role.as_str())
    .bind(micros(now))
    .execute(&mut *tx)
    .await?;
    if joined.rows_affected() == 0 {
        return Err(Refusal::AlreadyMember.into());
    }
    password_resets::end_links(tx, user).await
}

/// Returns the account's members, by name.
pub(crate) async fn members(connection: &mut Connection, account: AccountId) -> Result<Vec<Member>, Error> {
    let rows: Vec<MemberRow> = sql::query_as(
        "SELECT users.id, users.name, users.email, memberships.role, memberships.state, memberships.last_seen_at
         FROM memberships JOIN users ON users.id = memberships.user_id WHERE memberships.account_id = $1",
    )
    .bind(account.0)
    .fetch_all(connection)
    .await?;
    let mut members = rows.into_iter().map(Member::try_from).collect::<Result<Vec<_>, _>>()?;
    members.sort_by_cached_key(|member| (folded(&member.person.name), member.person.id.0));
    Ok(members)
}
