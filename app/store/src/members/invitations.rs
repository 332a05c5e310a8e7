//! Invitations into an account: made, withdrawn, and accepted once.

use crate::audit::event::Event;
use crate::clock::{counted, id_at};
use crate::db::database::{Connection, time};
use crate::db::sql;
use crate::error::Error;
use crate::keys::server_key::Purpose;
use crate::members::Members;
use crate::members::rows::{folded_email, members, role_named};
use crate::members::users;
use crate::sign_in::bearer::{Bearer, Kind};
use crate::sign_in::password_check::{RightPassword, check_password};
use crate::sign_in::second_step::{self, SignIn};
use crate::sign_in::session_start::{Client, FirstStep};
use crate::sign_in::throttle;
use chrono::{DateTime, Utc};
use domain::Refusal;
use domain::account::AccountId;
use domain::audit::action::Action;
use domain::members::membership::{
    INVITATION_LIFETIME, Invitation, InvitationId, Joining, Welcome, require_administrator,
};
use domain::members::role::Role;
use domain::members::user::CurrentUser;
use serde_json::json;
use std::net::IpAddr;
use uuid::Uuid;
use zeroize::Zeroizing;

/// The secret part of an invitation's link.
pub type InvitationToken = Bearer<OfInvitation>;

/// The kind of [`InvitationToken`].
#[derive(Debug)]
pub enum OfInvitation {}

impl Kind for OfInvitation {
    const NAME: &'static str = "InvitationToken";
}

#[derive(sqlx_macros::FromRow)]
struct InvitationRow {
    id: Uuid,
    email: String,
    role: String,
    invited_by: String,
    expires_at: i64,
}

impl TryFrom<InvitationRow> for Invitation {
    type Error = Error;

    fn try_from(row: InvitationRow) -> Result<Self, Error> {
        Ok(Self {
            id: InvitationId(row.id),
            email: row.email,
            role: role_named(&row.role)?,
            invited_by: row.invited_by,
            expires_at: time(row.expires_at)?,
        })
    }
}

/// The person who joins, once they have proved who they are.
enum Joiner {
    New { name: String, password_hash: String },
    Known(RightPassword),
}

impl Members<'_> {
    /// Invites a person into the current user's account. An earlier invitation of the address into it is replaced: its
    /// link no longer works. The token is not stored: it can only be shown now.
    ///
    /// # Errors
    /// [`Refusal::AlreadyMember`]; [`Refusal::NotAllowed`] if the current user is no longer an active administrator;
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn invite(
        self,
        by: &CurrentUser,
        email: &str,
        role: Role,
    ) -> Result<(Invitation, InvitationToken), Error> {
        let token = InvitationToken::generate();
        let now = self.core.now();
        let invitation = Invitation {
            id: InvitationId(id_at(now)),
            email: email.trim().to_owned(),
            role,
            invited_by: by.user.name.clone(),
            expires_at: now + INVITATION_LIFETIME,
        };
        let folded = folded_email(email);
        let mut tx = self.core.begin().await?;
        let members = members(&mut tx, by.account).await?;
        require_administrator(&members, by.user.id)?;
        if members.iter().any(|member| folded_email(&member.person.email) == folded) {
            return Err(Refusal::AlreadyMember.into());
        }
        sql::query(
            "INSERT INTO invitations
                (id, account_id, email, email_folded, role, token_hash, invited_by, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (account_id, email_folded) DO UPDATE SET id = excluded.id, email = excluded.email,
                role = excluded.role, token_hash = excluded.token_hash, invited_by = excluded.invited_by,
                created_at = excluded.created_at, expires_at = excluded.expires_at",
        )
        .bind(invitation.id)
        .bind(by.account)
        .bind(&invitation.email)
        .bind(folded)
        .bind(role.as_str())
        .bind(token.hash())
        .bind(by.user.id)
        .bind(now)
        .bind(invitation.expires_at)
        .execute(&mut *tx)
        .await?;
        let details = json!({ "email": invitation.email, "role": role });
        Event::of(Action::UserInvited, by.account).by(by.user.id).with(details).record(self.core, &mut tx, now).await?;
        tx.commit().await?;
        Ok((invitation, token))
    }

    /// Returns the account's invitations that can be accepted, newest first.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn invitations(self, account: AccountId) -> Result<Vec<Invitation>, Error> {
        let (since, until) = counted(INVITATION_LIFETIME, self.core.now());
        let rows: Vec<InvitationRow> = sql::query_as(
            "SELECT invitations.id, invitations.email, role, users.name AS invited_by, expires_at FROM invitations
             JOIN users ON users.id = invitations.invited_by
             WHERE account_id = $1 AND invitations.created_at > $2 AND invitations.created_at <= $3
             ORDER BY invitations.created_at DESC, invitations.id DESC",
        )
        .bind(account)
        .bind(since)
        .bind(until)
        .fetch_all(self.core.read())
        .await?;
        rows.into_iter().map(Invitation::try_from).collect()
    }

    /// Withdraws an invitation: its link no longer works.
    ///
    /// # Errors
    /// [`Refusal::InvitationOver`] if it was accepted, withdrawn or replaced; [`Refusal::NotAllowed`] if the current
    /// user is no longer an active administrator; [`Error::Database`], [`Error::Corrupt`].
    pub async fn withdraw_invitation(self, by: &CurrentUser, id: InvitationId) -> Result<(), Error> {
        let mut tx = self.core.begin().await?;
        require_administrator(&members(&mut tx, by.account).await?, by.user.id)?;
        let withdrawn: Option<(String, String)> =
            sql::query_as("DELETE FROM invitations WHERE account_id = $1 AND id = $2 RETURNING email, role")
                .bind(by.account)
                .bind(id)
                .fetch_optional(&mut *tx)
                .await?;
        let (email, role) = withdrawn.ok_or(Refusal::InvitationOver)?;
        let details = json!({ "email": email, "role": role });
        Event::of(Action::InvitationWithdrawn, by.account)
            .by(by.user.id)
            .with(details)
            .record(self.core, &mut tx, self.core.now())
            .await?;
        Ok(tx.commit().await?)
    }

    /// Returns the invitation with this token, as the invited person sees it. Guesses are throttled by the network
    /// address `from`, as guesses of passwords are.
    ///
    /// # Errors
    /// [`Refusal::InvitationOver`] if there is none, or no longer; [`Refusal::Throttled`], [`Error::Database`],
    /// [`Error::Corrupt`].
    pub async fn invitation(self, token: &InvitationToken, from: IpAddr) -> Result<Welcome, Error> {
        let now = self.core.now();
        let guess = self.core.key().hash_for(Purpose::InvitationGuess, token.reveal());
        let (since, until) = counted(INVITATION_LIFETIME, now);
        let mut tx = self.core.begin().await?;
        throttle::attempt(&mut tx, now, &guess, from).await?;
        let found: Option<(String, String, String, bool)> = sql::query_as(
            "SELECT accounts.name, invitations.email, invitations.role,
                EXISTS (SELECT 1 FROM users WHERE users.email_folded = invitations.email_folded)
             FROM invitations JOIN accounts ON accounts.id = invitations.account_id
             WHERE invitations.token_hash = $1 AND invitations.created_at > $2 AND invitations.created_at <= $3",
        )
        .bind(token.hash())
        .bind(since)
        .bind(until)
        .fetch_optional(&mut *tx)
        .await?;
        if found.is_some() {
            throttle::forgive(&mut tx, &guess).await?;
        }
        tx.commit().await?;
        let (account_name, email, role, known) = found.ok_or(Refusal::InvitationOver)?;
        Ok(Welcome { account_name, email, role: role_named(&role)?, known })
    }

    /// Accepts an invitation, which works once: the person belongs to the account from then on, and signs in to it as
    /// `SigningIn::with_password` does.
    ///
    /// # Errors
    /// [`Refusal::InvitationOver`] and [`Refusal::Throttled`] as [`Members::invitation`]; [`Refusal::WrongCredentials`]
    /// and [`Refusal::Throttled`] for the password of a known user, as `SigningIn::with_password`;
    /// [`Refusal::EmailTaken`] for a new one whose address a user has by now;
    /// [`Refusal::AlreadyMember`] for a known one who has joined since, by an identity provider; [`Error::Password`], [`Error::Database`],
    /// [`Error::Corrupt`].
    pub async fn accept_invitation(
        self,
        token: &InvitationToken,
        joining: Joining,
        from: impl Into<Client>,
    ) -> Result<SignIn, Error> {
        let from = from.into();
        let welcome = self.invitation(token, from.address).await?;
        let joiner = match joining {
            Joining::New { name, password } => {
                Joiner::New { name, password_hash: self.core.passwords().hash(Zeroizing::new(password)).await? }
            }
            Joining::Known { password } => {
                let right = check_password(self.core, &welcome.email, &Zeroizing::new(password), from.address).await?;
                Joiner::Known(right.ok_or(Refusal::WrongCredentials)?)
            }
        };
        let now = self.core.now();
        let (since, until) = counted(INVITATION_LIFETIME, now);
        let mut tx = self.core.begin().await?;
        let accepted: Option<(Uuid, String, String)> = sql::query_as(
            "DELETE FROM invitations WHERE token_hash = $1 AND created_at > $2 AND created_at <= $3
             RETURNING account_id, email, role",
        )
        .bind(token.hash())
        .bind(since)
        .bind(until)
        .fetch_optional(&mut *tx)
        .await?;
        let (account, email, role) = accepted.ok_or(Refusal::InvitationOver)?;
        let account = AccountId(account);
        let user = match joiner {
            Joiner::New { name, password_hash } => users::insert(&mut tx, &name, &email, &password_hash, now).await?,
            Joiner::Known(right) if right.still_holds(&mut tx).await? => right.user,
            Joiner::Known(_) => return Err(Refusal::WrongCredentials.into()),
        };
        users::join(&mut tx, account, user, role_named(&role)?, now).await?;
        let details = json!({ "user": user, "email": email, "role": role });
        Event::of(Action::InvitationAccepted, account).by(user).with(details).record(self.core, &mut tx, now).await?;
        let begun = second_step::after(FirstStep::Password, self.core, &mut tx, account, user, &from, now).await?;
        tx.commit().await?;
        Ok(begun)
    }

    /// Removes the invitations that have expired. Returns their number.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn remove_expired_invitations(self) -> Result<u64, Error> {
        let mut tx = self.core.begin().await?;
        let (since, until) = counted(INVITATION_LIFETIME, self.core.now());
        let removed = sql::query("DELETE FROM invitations WHERE created_at <= $1 OR created_at > $2");
        let removed = removed.bind(since).bind(until).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(removed.rows_affected())
    }
}

/// Returns whether an account invites exactly this address.
pub(crate) async fn has_open(connection: &mut Connection, email: &str, now: DateTime<Utc>) -> Result<bool, Error> {
    Ok(!open(connection, email, now).await?.is_empty())
}

/// Takes the open invitations of exactly this address, oldest first. Returns the accounts, and the role in each.
pub(crate) async fn take_open(
    tx: &mut Connection,
    email: &str,
    now: DateTime<Utc>,
) -> Result<Vec<(AccountId, Role)>, Error> {
    let mut taken = Vec::new();
    for (id, account, role) in open(tx, email, now).await? {
        sql::query("DELETE FROM invitations WHERE id = $1").bind(id).execute(&mut *tx).await?;
        taken.push((AccountId(account), role_named(&role)?));
    }
    Ok(taken)
}

/// Returns ids, accounts and roles of the open invitations. Folding alone would equate addresses that mail servers
/// distinguish.
async fn open(tx: &mut Connection, email: &str, now: DateTime<Utc>) -> Result<Vec<(Uuid, Uuid, String)>, Error> {
    let (since, until) = counted(INVITATION_LIFETIME, now);
    let open: Vec<(Uuid, Uuid, String, String)> = sql::query_as(
        "SELECT id, account_id, role, email FROM invitations
         WHERE email_folded = $1 AND created_at > $2 AND created_at <= $3 ORDER BY created_at, id",
    )
    .bind(folded_email(email))
    .bind(since)
    .bind(until)
    .fetch_all(tx)
    .await?;
    let open = open.into_iter().filter(|(.., invited)| invited.eq_ignore_ascii_case(email.trim()));
    Ok(open.map(|(id, account, role, _)| (id, account, role)).collect())
}
