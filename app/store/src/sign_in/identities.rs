//! Identities: persons known to an identity provider, and the users that they are linked to.

use crate::audit::event::Event;
use crate::db::database::Tx;
use crate::db::sql;
use crate::error::Error;
use crate::members::invitations;
use crate::members::rows::{self, folded_email, membership};
use crate::members::users;
use crate::sign_in::SigningIn;
use crate::sign_in::bearer::Bearer;
use crate::sign_in::second_step::{self, SignIn};
use crate::sign_in::session_start::{Client, FirstStep};
use chrono::{DateTime, Utc};
use domain::Refusal;
use domain::account::AccountId;
use domain::audit::action::Action;
use domain::members::membership::MembershipState;
use domain::members::user::{self, UserId};
use serde_json::{Value, json};
use uuid::Uuid;
use zeroize::Zeroizing;

/// A person, as an identity provider names them. The caller has verified that they are the one who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The provider (`OpenID` Connect Core 1.0, section 2: `iss`).
    pub issuer: String,
    /// The provider's name for the person (`sub`).
    pub subject: String,
}

/// An identity provider's statements about a person. The address is verified to be the person's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedPerson {
    /// The e-mail address.
    pub email: String,
    /// The person's name, if the provider gives it.
    pub name: Option<String>,
}

impl VerifiedPerson {
    /// Returns the name that a new user gets, which they can change: the one that the provider gives, otherwise the
    /// part of their address before the `@`.
    fn name(&self) -> String {
        let said = self.name.as_deref().and_then(|name| user::name(name).ok());
        let short = || self.email.split('@').next().and_then(|name| user::name(name).ok());
        said.or_else(short).unwrap_or_else(|| self.email.trim().chars().take(user::NAME_MAX).collect())
    }
}

impl SigningIn<'_> {
    /// Signs in the user that the identity is linked to; returns `None` if it is linked to none. The session
    /// counts as one in which the password was never given. A person who may work in no account joins those that have
    /// invited their address.
    ///
    /// # Errors
    /// [`Refusal::NotInvited`] if they may no longer work in any account; [`Error::Database`].
    pub async fn with_identity(self, identity: &Identity, from: impl Into<Client>) -> Result<Option<SignIn>, Error> {
        let mut tx = self.core.begin().await?;
        let user: Option<Uuid> = sql::query_scalar("SELECT user_id FROM identities WHERE issuer = $1 AND subject = $2")
            .bind(&identity.issuer)
            .bind(&identity.subject)
            .fetch_optional(&mut *tx)
            .await?;
        let Some(user) = user.map(UserId) else { return Ok(None) };
        let now = self.core.now();
        let Some(account) = self.account_for(&mut tx, identity, user, now).await? else {
            return Err(self.refuse(tx, identity, user, Refusal::NotInvited, now).await?);
        };
        let step = FirstStep::Provider(&identity.issuer);
        let begun = second_step::after(step, self.core, &mut tx, account, user, &from.into(), now).await?;
        tx.commit().await?;
        Ok(Some(begun))
    }

    /// Links an identity, which is not linked yet, to the user with this e-mail address, and begins a session of theirs
    /// as [`SigningIn::with_identity`] does. A person who may work in no account yet joins those that have invited
    /// the address, and becomes a user if they are none. The caller has verified that the address is the person's own.
    ///
    /// # Errors
    /// [`Refusal::NotInvited`] if no user has the address and no account invites it, or the user may no longer work in
    /// any account; [`Refusal::LinkedOtherwise`]; [`Error::Password`], [`Error::Database`], [`Error::Corrupt`].
    pub async fn link_identity(
        self,
        identity: &Identity,
        person: &VerifiedPerson,
        from: impl Into<Client>,
    ) -> Result<SignIn, Error> {
        let no_password = self.no_password_for(&person.email).await?;
        let now = self.core.now();
        let mut tx = self.core.begin().await?;
        let (user, is_new) = match (known(&mut tx, &person.email).await?, no_password) {
            (Some(user), _) => (user, false),
            (None, Some(hash)) => (users::insert(&mut tx, &person.name(), &person.email, &hash, now).await?, true),
            (None, None) => return Err(Refusal::NotInvited.into()),
        };
        if membership(&mut tx, user).await?.is_none_or(|(_, state)| state != MembershipState::Active)
            && !invitations::has_open(&mut tx, &person.email, now).await?
        {
            return Err(self.refuse(tx, identity, user, Refusal::NotInvited, now).await?);
        }
        if !link(&mut tx, identity, user, now).await? {
            return Err(self.refuse(tx, identity, user, Refusal::LinkedOtherwise, now).await?);
        }
        let Some(account) = self.account_for(&mut tx, identity, user, now).await? else {
            return Err(Refusal::NotInvited.into());
        };
        Event::of(Action::IdentityLinked, account)
            .by(user)
            .with(details(identity))
            .record(self.core, &mut tx, now)
            .await?;
        let step = FirstStep::Provider(&identity.issuer);
        let step = if is_new { FirstStep::Joined(&identity.issuer) } else { step };
        let begun = second_step::after(step, self.core, &mut tx, account, user, &from.into(), now).await?;
        tx.commit().await?;
        Ok(begun)
    }

    /// Returns the hash of a random password that is kept nowhere, for a person who is invited and not a user yet;
    /// `None` for anyone else. Such a person signs in at the provider until they set a password by a link.
    async fn no_password_for(self, email: &str) -> Result<Option<String>, Error> {
        let mut connection = self.core.read().acquire().await?;
        let invited = invitations::has_open(&mut connection, email, self.core.now()).await?;
        if !invited || rows::named(&mut connection, email).await?.is_some() {
            return Ok(None);
        }
        drop(connection);
        let password = Bearer::<()>::generate();
        Ok(Some(self.core.passwords().hash(Zeroizing::new(password.reveal().to_owned())).await?))
    }

    /// Returns the account that the user works in, as [`membership`] does. If they may work in none, they join all that
    /// have invited them, and one of those is returned.
    async fn account_for(
        self,
        tx: &mut Tx,
        identity: &Identity,
        user: UserId,
        now: DateTime<Utc>,
    ) -> Result<Option<AccountId>, Error> {
        if let Some((account, MembershipState::Active)) = membership(tx, user).await? {
            return Ok(Some(account));
        }
        let email: String =
            sql::query_scalar("SELECT email FROM users WHERE id = $1").bind(user).fetch_one(&mut **tx).await?;
        for (account, role) in invitations::take_open(tx, &email, now).await? {
            match users::join(tx, account, user, role, now).await {
                Ok(()) => {
                    let details = json!({ "user": user, "email": email, "role": role, "issuer": identity.issuer });
                    Event::of(Action::InvitationAccepted, account)
                        .by(user)
                        .with(details)
                        .record(self.core, tx, now)
                        .await?;
                }
                // They were deactivated there since: an invitation does not let them in again.
                Err(Error::Refused(Refusal::AlreadyMember)) => {}
                Err(error) => return Err(error),
            }
        }
        let active = membership(tx, user).await?.filter(|(_, state)| *state == MembershipState::Active);
        Ok(active.map(|(account, _)| account))
    }

    /// Removes the links to identity providers of the user with this e-mail address; their next sign-in by one makes a
    /// new link. Returns the number of links removed.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if no user has the address; [`Error::Database`].
    pub async fn unlink_identities(self, email: &str) -> Result<usize, Error> {
        let mut tx = self.core.begin().await?;
        let user = rows::named(&mut tx, email).await?.ok_or(Refusal::NotFound)?;
        let removed: Vec<(String, String)> =
            sql::query_as("DELETE FROM identities WHERE user_id = $1 RETURNING issuer, subject")
                .bind(user)
                .fetch_all(&mut *tx)
                .await?;
        let account = membership(&mut tx, user).await?.map(|(account, _)| account);
        for (issuer, subject) in &removed {
            let identity = Identity { issuer: issuer.clone(), subject: subject.clone() };
            if let Some(account) = account {
                let mut details = details(&identity);
                details["user"] = json!(user);
                Event::of(Action::IdentityUnlinked, account)
                    .with(details)
                    .record(self.core, &mut tx, self.core.now())
                    .await?;
            }
        }
        tx.commit().await?;
        Ok(removed.len())
    }

    /// Records that a user whom the provider vouches for was not let in. Returns the reason.
    async fn refuse(
        self,
        mut tx: Tx,
        identity: &Identity,
        user: UserId,
        reason: Refusal,
        now: DateTime<Utc>,
    ) -> Result<Error, Error> {
        if let Some((account, _)) = membership(&mut tx, user).await? {
            Event::of(Action::SignInRefused, account)
                .by(user)
                .with(details(identity))
                .record(self.core, &mut tx, now)
                .await?;
        }
        tx.commit().await?;
        Ok(reason.into())
    }
}

/// Returns the user with exactly this address. Folding alone would equate addresses that mail servers distinguish.
async fn known(tx: &mut Tx, email: &str) -> Result<Option<UserId>, Error> {
    let found: Option<(Uuid, String)> = sql::query_as("SELECT id, email FROM users WHERE email_folded = $1")
        .bind(folded_email(email))
        .fetch_optional(&mut **tx)
        .await?;
    Ok(found.filter(|(_, known)| known.eq_ignore_ascii_case(email.trim())).map(|(user, _)| UserId(user)))
}

/// Links the identity to the user. Returns whether neither was linked before.
async fn link(tx: &mut Tx, identity: &Identity, user: UserId, now: DateTime<Utc>) -> Result<bool, Error> {
    let linked = sql::query(
        "INSERT INTO identities (issuer, subject, user_id, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING",
    )
    .bind(&identity.issuer)
    .bind(&identity.subject)
    .bind(user)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(linked.rows_affected() > 0)
}

fn details(identity: &Identity) -> Value {
    json!({ "issuer": identity.issuer, "subject": identity.subject })
}
