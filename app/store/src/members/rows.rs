//! Users and members as their database rows, and as the domain's types.

use crate::db::database::{Connection, time};
use crate::db::sql;
use crate::error::Error;
use domain::account::AccountId;
use domain::members::membership::{Member, MembershipState};
use domain::members::role::Role;
use domain::members::user::{Person, UserId};
use domain::search::search_form;
use domain::text::folded;
use uuid::Uuid;

#[derive(sqlx_macros::FromRow)]
struct PersonRow {
    id: Uuid,
    name: String,
    email: String,
}

impl From<PersonRow> for Person {
    fn from(row: PersonRow) -> Self {
        Self { id: UserId(row.id), name: row.name, email: row.email }
    }
}

/// Returns the people of the account's members, in no order.
pub(crate) async fn people(connection: &mut Connection, account: AccountId) -> Result<Vec<Person>, Error> {
    let rows: Vec<PersonRow> = sql::query_as(
        "SELECT users.id, users.name, users.email FROM memberships
         JOIN users ON users.id = memberships.user_id WHERE memberships.account_id = $1",
    )
    .bind(account)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Person::from).collect())
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
            state: row.state.parse().map_err(|_| unreadable())?,
            last_seen_at: row.last_seen_at.map(time).transpose()?,
        })
    }
}

/// Returns the role with this name in the database.
pub(crate) fn role_named(name: &str) -> Result<Role, Error> {
    name.parse().map_err(|_| Error::Corrupt(format!("the role {name}")))
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
    .bind(user)
    .fetch_optional(tx)
    .await?;
    let read = |(account, state): (Uuid, String)| {
        let state = state.parse().map_err(|_| Error::Corrupt(format!("the state {state}")));
        Ok((AccountId(account), state?))
    };
    found.map(read).transpose()
}

/// Returns the account's members, by name.
pub(crate) async fn members(connection: &mut Connection, account: AccountId) -> Result<Vec<Member>, Error> {
    let rows: Vec<MemberRow> = sql::query_as(
        "SELECT users.id, users.name, users.email, memberships.role, memberships.state, memberships.last_seen_at
         FROM memberships JOIN users ON users.id = memberships.user_id WHERE memberships.account_id = $1",
    )
    .bind(account)
    .fetch_all(connection)
    .await?;
    let mut members = rows.into_iter().map(Member::try_from).collect::<Result<Vec<_>, _>>()?;
    members.sort_by_cached_key(|member| (search_form(&member.person.name), member.person.id.0));
    Ok(members)
}
