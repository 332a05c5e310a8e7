//! Account users and the accounts that they belong to.

use crate::audit::event::Event;
use crate::clock::id_at;
use crate::db::database::{Connection, Tx};
use crate::db::sql;
use crate::error::Error;
use crate::members::Members;
use crate::members::rows::{self, folded_email, members};
use crate::sign_in::password_resets;
use chrono::{DateTime, Utc};
use domain::Refusal;
use domain::account::AccountId;
use domain::audit::action::Action;
use domain::members::membership::{self, Change, Contact, Member, MembershipState};
use domain::members::role::Role;
use domain::members::user::{CurrentUser, Person, UserId};
use domain::search::search_form;
use serde_json::json;
use std::fmt;
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

impl Members<'_> {
    /// Adds a user to the account.
    ///
    /// # Errors
    /// [`Refusal::EmailTaken`], [`Error::Password`], [`Error::Database`] (also if there is no such account).
    pub async fn add(self, account: AccountId, user: NewUser) -> Result<UserId, Error> {
        let password_hash = self.core.passwords().hash(Zeroizing::new(user.password)).await?;
        let now = self.core.now();
        let mut tx = self.core.begin().await?;
        let id = insert(&mut tx, &user.name, &user.email, &password_hash, now).await?;
        join(&mut tx, account, id, user.role, now).await?;
        let details = json!({ "user": id, "role": user.role });
        Event::of(Action::UserAdded, account).with(details).record(self.core, &mut tx, now).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Returns whether there is any user at all.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn has_users(self) -> Result<bool, Error> {
        Ok(sql::query_scalar("SELECT EXISTS (SELECT 1 FROM users)").fetch_one(self.core.read()).await?)
    }

    /// Returns the account's users, by name.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn people(self, account: AccountId) -> Result<Vec<Person>, Error> {
        let mut people = rows::people(&mut self.core.read().acquire().await?, account).await?;
        people.sort_by_cached_key(|person| (search_form(&person.name), person.id.0));
        Ok(people)
    }

    /// Returns the account's members, by name.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn list(self, account: AccountId) -> Result<Vec<Member>, Error> {
        members(&mut self.core.read().acquire().await?, account).await
    }

    /// Returns the users who may be the primary contact of a token of the account, by name. `present` is the current
    /// one.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn contacts(self, account: AccountId, present: Option<UserId>) -> Result<Vec<Contact>, Error> {
        Ok(membership::contacts(self.list(account).await?, present))
    }

    /// Gives a member of the current user's account another role, which takes effect with their next request. Returns
    /// the member after the change.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Refusal::LastAdministrator`]; [`Refusal::NotAllowed`] if the current user is no longer
    /// an active administrator; [`Error::Database`], [`Error::Corrupt`].
    pub async fn change_role(self, by: &CurrentUser, user: UserId, role: Role) -> Result<Member, Error> {
        self.change_member(by, user, Change::Role(role), Action::UserRoleChanged).await
    }

    /// Keeps a user from working in the current user's account: their sessions in it end, and they can't begin new
    /// ones.
    ///
    /// # Errors
    /// As [`Members::change_role`].
    pub async fn deactivate(self, by: &CurrentUser, user: UserId) -> Result<Member, Error> {
        self.change_member(by, user, Change::Deactivate, Action::UserDeactivated).await
    }

    /// Lets a deactivated user work in the current user's account again.
    ///
    /// # Errors
    /// As [`Members::change_role`].
    pub async fn reinstate(self, by: &CurrentUser, user: UserId) -> Result<Member, Error> {
        self.change_member(by, user, Change::Reinstate, Action::UserReinstated).await
    }

    /// Makes the change, if the account's members as they are in this transaction allow it: nothing else changes them
    /// meanwhile, so that one administrator stays.
    async fn change_member(
        self,
        by: &CurrentUser,
        of: UserId,
        change: Change,
        action: Action,
    ) -> Result<Member, Error> {
        let mut tx = self.core.begin().await?;
        let members = members(&mut tx, by.account).await?;
        let after = change.apply(&members, by.user.id, of)?;
        self.store_change(tx, by.account, Some(by.user.id), members, after, action).await
    }

    /// Stores one of `members`, all of the account's, as they are `after` a change, with its event in the audit trail,
    /// and ends the transaction. Returns the member.
    pub(crate) async fn store_change(
        self,
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
                .bind(account)
                .bind(of)
                .execute(&mut *tx)
                .await?;
            if after.state == MembershipState::Deactivated {
                sql::query("DELETE FROM sessions WHERE account_id = $1 AND user_id = $2")
                    .bind(account)
                    .bind(of)
                    .execute(&mut *tx)
                    .await?;
                password_resets::end_links(&mut tx, of).await?;
            }
            let mut details = json!({ "user": of, "email": after.person.email });
            if after.role != before.role {
                details["before"] = json!({ "role": before.role });
                details["after"] = json!({ "role": after.role });
            }
            Event::of(action, account).by(by).with(details).record(self.core, &mut tx, self.core.now()).await?;
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
    .bind(id)
    .bind(name)
    .bind(email.trim())
    .bind(folded_email(email))
    .bind(password_hash)
    .bind(now)
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
    .bind(account)
    .bind(user)
    .bind(role.as_str())
    .bind(now)
    .execute(&mut *tx)
    .await?;
    if joined.rows_affected() == 0 {
        return Err(Refusal::AlreadyMember.into());
    }
    password_resets::end_links(tx, user).await
}
