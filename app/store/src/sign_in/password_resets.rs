//! Setting a new password if the old one is forgotten: by a link, which an administrator makes or the person asks for,
//! or by the person who runs the server. A second factor stays as it is, so that no link bypasses it.

use crate::audit::event::Event;
use crate::clock::counted;
use crate::db::database::Connection;
use crate::db::sql;
use crate::error::Error;
use crate::keys::server_key::Purpose;
use crate::members::rows::{self, folded_email};
use crate::sign_in::SigningIn;
use crate::sign_in::bearer::{Bearer, Kind};
use crate::sign_in::throttle;
use chrono::{DateTime, Utc};
use domain::Refusal;
use domain::account::AccountId;
use domain::audit::action::Action;
use domain::members::membership::{MembershipState, require_administrator};
use domain::members::user::{CurrentUser, Person, UserId};
use domain::sign_in::password_reset::{Handover, RESET_LIFETIME, RESETS_ASKED_MAX, may_make_link};
use serde_json::json;
use std::net::IpAddr;
use uuid::Uuid;
use zeroize::Zeroizing;

/// The secret part of a link to set a new password.
pub type ResetToken = Bearer<OfPasswordReset>;

/// The kind of [`ResetToken`].
#[derive(Debug)]
pub enum OfPasswordReset {}

impl Kind for OfPasswordReset {
    const NAME: &'static str = "ResetToken";
}

/// A link to set a new password, for one person. The token is not stored: it can only be sent now.
#[derive(Debug)]
pub struct ResetLink {
    /// The person. Their address is the one with which they sign in, whatever was typed to find it.
    pub person: Person,
    /// The code of the person's language, if they have chosen one.
    pub language: Option<String>,
    /// Whether the person belongs to other accounts than the administrator's, who then must not see the link.
    pub belongs_elsewhere: bool,
    /// The token.
    pub token: ResetToken,
}

impl SigningIn<'_> {
    /// Makes a link for a member of the current user's account. Earlier links of the person no longer work.
    ///
    /// # Errors
    /// [`Refusal::BelongsElsewhere`] as [`may_make_link`]; [`Refusal::NotFound`]; [`Refusal::Deactivated`];
    /// [`Refusal::NotAllowed`] if the current user is no longer an active administrator; [`Error::Database`],
    /// [`Error::Corrupt`].
    pub async fn make_reset_link(self, by: &CurrentUser, user: UserId, handover: Handover) -> Result<ResetLink, Error> {
        let now = self.core.now();
        let mut tx = self.core.begin().await?;
        let members = rows::members(&mut tx, by.account).await?;
        require_administrator(&members, by.user.id)?;
        let member = members.into_iter().find(|member| member.person.id == user).ok_or(Refusal::NotFound)?;
        let accounts = accounts_of(&mut tx, user).await?;
        let belongs_elsewhere = accounts.iter().any(|account| *account != by.account);
        may_make_link(&member, belongs_elsewhere, handover)?;
        end_links(&mut tx, user).await?;
        let token = add_link(&mut tx, user, Some(by.user.id), now).await?;
        let details = json!({ "user": user, "email": member.person.email });
        Event::of(Action::PasswordLinkMade, by.account)
            .by(by.user.id)
            .with(details)
            .record(self.core, &mut tx, now)
            .await?;
        let language = language_of(&mut tx, user).await?;
        tx.commit().await?;
        Ok(ResetLink { person: member.person, language, belongs_elsewhere, token })
    }

    /// Counts a request for a link by mail, which anyone can make for any address. The answer and the time that it
    /// takes are the same whether or not a user has the address; [`SigningIn::reset_link_for`] does the rest, after the
    /// answer.
    ///
    /// # Errors
    /// [`Refusal::Throttled`] after 5 requests in 15 minutes for the e-mail address, or 20 requests and failed attempts
    /// to sign in from the network of the address `from`; [`Error::Database`].
    pub async fn count_reset_request(self, email: &str, from: IpAddr) -> Result<(), Error> {
        let asked = self.core.key().hash_for(Purpose::PasswordReset, folded_email(email));
        let mut tx = self.core.begin().await?;
        throttle::attempt(&mut tx, self.core.now(), &asked, from).await?;
        Ok(tx.commit().await?)
    }

    /// Makes a link for the person with this e-mail address, to be mailed to them. Returns `None` if there is no such
    /// person, if they may work in no account, or if they have [`RESETS_ASKED_MAX`] such links already.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn reset_link_for(self, email: &str) -> Result<Option<ResetLink>, Error> {
        let now = self.core.now();
        let mut tx = self.core.begin().await?;
        let found: Option<(Uuid, String, String)> =
            sql::query_as("SELECT id, name, email FROM users WHERE email_folded = $1")
                .bind(folded_email(email))
                .fetch_optional(&mut *tx)
                .await?;
        let Some((id, name, email)) = found else { return Ok(None) };
        let person = Person { id: UserId(id), name, email };
        let Some((account, MembershipState::Active)) = rows::membership(&mut tx, person.id).await? else {
            return Ok(None);
        };
        let asked = "SELECT COUNT(*) FROM password_resets WHERE user_id = $1 AND made_by IS NULL
             AND created_at > $2 AND created_at <= $3";
        let (since, latest) = counted(RESET_LIFETIME, now);
        let asked: i64 = sql::query_scalar(asked).bind(id).bind(since).bind(latest).fetch_one(&mut *tx).await?;
        if asked >= RESETS_ASKED_MAX {
            return Ok(None);
        }
        let token = add_link(&mut tx, person.id, None, now).await?;
        let details = json!({ "user": person.id, "email": person.email });
        Event::of(Action::PasswordLinkMailed, account).with(details).record(self.core, &mut tx, now).await?;
        let language = language_of(&mut tx, person.id).await?;
        tx.commit().await?;
        Ok(Some(ResetLink { person, language, belongs_elsewhere: false, token }))
    }

    /// Withdraws a link that could not be sent to the person.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn withdraw_reset_link(self, token: &ResetToken) -> Result<(), Error> {
        let mut tx = self.core.begin().await?;
        sql::query("DELETE FROM password_resets WHERE token_hash = $1").bind(token.hash()).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Returns the e-mail address of the person whom a link is for. Guesses are throttled by the network address
    /// `from`, as guesses of passwords are.
    ///
    /// # Errors
    /// [`Refusal::ResetOver`] if there is no such link, or no longer; [`Refusal::Throttled`], [`Error::Database`].
    pub async fn password_reset(self, token: &ResetToken, from: IpAddr) -> Result<String, Error> {
        let now = self.core.now();
        let (since, latest) = counted(RESET_LIFETIME, now);
        let guess = self.core.key().hash_for(Purpose::ResetGuess, token.reveal());
        let mut tx = self.core.begin().await?;
        throttle::attempt(&mut tx, now, &guess, from).await?;
        let email: Option<String> = sql::query_scalar(
            "SELECT users.email FROM password_resets JOIN users ON users.id = password_resets.user_id
             WHERE token_hash = $1 AND password_resets.created_at > $2 AND password_resets.created_at <= $3",
        )
        .bind(token.hash())
        .bind(since)
        .bind(latest)
        .fetch_optional(&mut *tx)
        .await?;
        if email.is_some() {
            throttle::forgive(&mut tx, &guess).await?;
        }
        tx.commit().await?;
        email.ok_or(Refusal::ResetOver.into())
    }

    /// Sets a new password by a link, which works once. All sessions of the person end, in every account, and so do
    /// their other links. They sign in with the new password next, and with their second factor if they have one. The
    /// caller has checked the password by `domain`'s rules.
    ///
    /// # Errors
    /// As [`SigningIn::password_reset`]; [`Refusal::ResetOver`] also if the person may work in no account by now;
    /// [`Error::Password`], [`Error::Corrupt`].
    pub async fn reset_password(self, token: &ResetToken, password: &str, from: IpAddr) -> Result<(), Error> {
        self.password_reset(token, from).await?;
        let hash = self.core.passwords().hash(Zeroizing::new(password.to_owned())).await?;
        let now = self.core.now();
        let (since, latest) = counted(RESET_LIFETIME, now);
        let mut tx = self.core.begin().await?;
        let user: Option<Uuid> = sql::query_scalar(
            "DELETE FROM password_resets WHERE token_hash = $1 AND created_at > $2 AND created_at <= $3 RETURNING user_id",
        )
        .bind(token.hash())
        .bind(since)
        .bind(latest)
        .fetch_optional(&mut *tx)
        .await?;
        let user = UserId(user.ok_or(Refusal::ResetOver)?);
        let Some((_, MembershipState::Active)) = rows::membership(&mut tx, user).await? else {
            return Err(Refusal::ResetOver.into());
        };
        self.replace_password(&mut tx, user, Some(user), &hash, now).await?;
        Ok(tx.commit().await?)
    }

    /// Sets the password of the user with this e-mail address, for the person who runs the server. Ends the same things
    /// as [`SigningIn::reset_password`]. Returns the number of sessions ended.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if no user has the address; [`Error::Password`], [`Error::Database`], [`Error::Corrupt`].
    pub async fn set_password(self, email: &str, password: &str) -> Result<u64, Error> {
        let hash = self.core.passwords().hash(Zeroizing::new(password.to_owned())).await?;
        let mut tx = self.core.begin().await?;
        let user = rows::named(&mut tx, email).await?.ok_or(Refusal::NotFound)?;
        let ended = self.replace_password(&mut tx, user, None, &hash, self.core.now()).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// Removes the links that have expired. Returns their number.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn remove_expired_resets(self) -> Result<u64, Error> {
        let (since, latest) = counted(RESET_LIFETIME, self.core.now());
        let mut tx = self.core.begin().await?;
        let removed = sql::query("DELETE FROM password_resets WHERE created_at <= $1 OR created_at > $2");
        let removed = removed.bind(since).bind(latest).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(removed.rows_affected())
    }

    /// Replaces the password and ends everything that the old one has opened. The trail of every account of the user
    /// records it: the password opens each of them.
    async fn replace_password(
        self,
        tx: &mut Connection,
        user: UserId,
        by: Option<UserId>,
        hash: &str,
        now: DateTime<Utc>,
    ) -> Result<u64, Error> {
        let email: String = sql::query_scalar("UPDATE users SET password_hash = $1 WHERE id = $2 RETURNING email")
            .bind(hash)
            .bind(user)
            .fetch_one(&mut *tx)
            .await?;
        let ended = sql::query("DELETE FROM sessions WHERE user_id = $1").bind(user).execute(&mut *tx).await?;
        sql::query("DELETE FROM pending_sign_ins WHERE user_id = $1").bind(user).execute(&mut *tx).await?;
        end_links(tx, user).await?;
        // A person who had forgotten the password may have tried too often.
        throttle::forgive(tx, &self.core.key().hash_for(Purpose::SignIn, folded_email(&email))).await?;
        let ended = ended.rows_affected();
        for account in accounts_of(tx, user).await? {
            let details = json!({ "user": user, "email": email, "sessions_ended": ended });
            Event::of(Action::PasswordReset, account).by(by).with(details).record(self.core, tx, now).await?;
        }
        Ok(ended)
    }
}

/// Ends all links of the user.
pub(crate) async fn end_links(tx: &mut Connection, user: UserId) -> Result<(), Error> {
    sql::query("DELETE FROM password_resets WHERE user_id = $1").bind(user).execute(tx).await?;
    Ok(())
}

async fn add_link(
    tx: &mut Connection,
    user: UserId,
    made_by: Option<UserId>,
    now: DateTime<Utc>,
) -> Result<ResetToken, Error> {
    let token = ResetToken::generate();
    sql::query(
        "INSERT INTO password_resets (token_hash, user_id, made_by, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(token.hash())
    .bind(user)
    .bind(made_by)
    .bind(now)
    .bind(now + RESET_LIFETIME)
    .execute(tx)
    .await?;
    Ok(token)
}

/// Returns the accounts that the user belongs to, in any role or state.
async fn accounts_of(tx: &mut Connection, user: UserId) -> Result<Vec<AccountId>, Error> {
    let accounts = sql::query_scalar("SELECT account_id FROM memberships WHERE user_id = $1 ORDER BY account_id");
    let accounts: Vec<Uuid> = accounts.bind(user).fetch_all(tx).await?;
    Ok(accounts.into_iter().map(AccountId).collect())
}

async fn language_of(tx: &mut Connection, user: UserId) -> Result<Option<String>, Error> {
    Ok(sql::query_scalar("SELECT language FROM users WHERE id = $1").bind(user).fetch_one(tx).await?)
}
