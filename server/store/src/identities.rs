//! Identities: whom an identity provider vouches for, and which user that is.

use crate::audit::Event;
use crate::database::{Tx, micros};
use crate::error::Error;
use crate::second_step;
use crate::sessions::{Client, FirstStep, SessionToken};
use crate::sql;
use crate::store::Store;
use crate::users::{self, folded_email, membership};
use chrono::{DateTime, Utc};
use domain::account::AccountId;
use domain::audit::Action;
use domain::membership::MembershipState;
use domain::user::UserId;
use serde_json::{Value, json};
use uuid::Uuid;

/// A person, as an identity provider names them. That it is they who ask is the caller's to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The provider (`OpenID` Connect Core 1.0, section 2: `iss`).
    pub issuer: String,
    /// Its name for the person (`sub`).
    pub subject: String,
}

impl Store {
    /// Begins a session of the user that the identity is linked to; nothing where it is linked to none. The password
    /// counts as never given in it.
    ///
    /// # Errors
    /// [`Error::SecondStepNeeded`] where the user has a second factor; [`Error::NotInvited`] where they may no longer
    /// work in any account; [`Error::Database`].
    pub async fn sign_in_by_identity(
        &self,
        identity: &Identity,
        from: impl Into<Client>,
    ) -> Result<Option<SessionToken>, Error> {
        let mut tx = self.pools().begin().await?;
        let user: Option<Uuid> = sql::query_scalar("SELECT user_id FROM identities WHERE issuer = $1 AND subject = $2")
            .bind(&identity.issuer)
            .bind(&identity.subject)
            .fetch_optional(&mut *tx)
            .await?;
        let Some(user) = user.map(UserId) else { return Ok(None) };
        let now = self.clock().now();
        let Some((account, MembershipState::Active)) = membership(&mut tx, user).await? else {
            return Err(self.refuse(tx, identity, user, Error::NotInvited, now).await?);
        };
        let step = FirstStep::Provider(&identity.issuer);
        let begun = second_step::after(step, self, &mut tx, account, user, &from.into(), now).await?;
        tx.commit().await?;
        begun.map(Some).map_err(Error::SecondStepNeeded)
    }

    /// Links an identity, which is linked to nobody yet, to the user of that e-mail address, and begins a session of
    /// theirs as [`Store::sign_in_by_identity`] does. That the address is the person's own is the caller's to know.
    ///
    /// # Errors
    /// [`Error::SecondStepNeeded`] once it is linked, where the user has a second factor; [`Error::NotInvited`] where
    /// nobody has the address, or they may no longer work in any account; [`Error::LinkedOtherwise`];
    /// [`Error::Database`].
    pub async fn link_identity(
        &self,
        identity: &Identity,
        email: &str,
        from: impl Into<Client>,
    ) -> Result<SessionToken, Error> {
        let now = self.clock().now();
        let mut tx = self.pools().begin().await?;
        let found: Option<(Uuid, String)> = sql::query_as("SELECT id, email FROM users WHERE email_folded = $1")
            .bind(folded_email(email))
            .fetch_optional(&mut *tx)
            .await?;
        // Folded addresses are compared more generously than mail servers tell mailboxes apart.
        let user = found.filter(|(_, known)| known.eq_ignore_ascii_case(email.trim())).map(|(user, _)| user);
        let user = UserId(user.ok_or(Error::NotInvited)?);
        let Some((account, MembershipState::Active)) = membership(&mut tx, user).await? else {
            return Err(self.refuse(tx, identity, user, Error::NotInvited, now).await?);
        };
        let linked = sql::query(
            "INSERT INTO identities (issuer, subject, user_id, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT DO NOTHING",
        )
        .bind(&identity.issuer)
        .bind(&identity.subject)
        .bind(user.0)
        .bind(micros(now))
        .execute(&mut *tx)
        .await?;
        if linked.rows_affected() == 0 {
            return Err(self.refuse(tx, identity, user, Error::LinkedOtherwise, now).await?);
        }
        event(account, user, Action::IdentityLinked, details(identity)).record(self, &mut tx, now).await?;
        let step = FirstStep::Provider(&identity.issuer);
        let begun = second_step::after(step, self, &mut tx, account, user, &from.into(), now).await?;
        tx.commit().await?;
        begun.map_err(Error::SecondStepNeeded)
    }

    /// Removes the links of the user of that e-mail address to identity providers: the next sign-in by one makes it
    /// anew. Answers how many there were.
    ///
    /// # Errors
    /// [`Error::NotFound`] where nobody has the address; [`Error::Database`].
    pub async fn unlink_identities(&self, email: &str) -> Result<usize, Error> {
        let mut tx = self.pools().begin().await?;
        let user = users::named(&mut tx, email).await?.ok_or(Error::NotFound)?;
        let removed: Vec<(String, String)> =
            sql::query_as("DELETE FROM identities WHERE user_id = $1 RETURNING issuer, subject")
                .bind(user.0)
                .fetch_all(&mut *tx)
                .await?;
        let account = membership(&mut tx, user).await?.map(|(account, _)| account);
        for (issuer, subject) in &removed {
            let identity = Identity { issuer: issuer.clone(), subject: subject.clone() };
            if let Some(account) = account {
                let mut details = details(&identity);
                details["user"] = json!(user);
                let event = Event { account, user: None, action: Action::IdentityUnlinked, token: None, details };
                event.record(self, &mut tx, self.clock().now()).await?;
            }
        }
        tx.commit().await?;
        Ok(removed.len())
    }

    /// Writes down that a user whom the provider vouches for was not let in. Answers why.
    async fn refuse(
        &self,
        mut tx: Tx,
        identity: &Identity,
        user: UserId,
        reason: Error,
        now: DateTime<Utc>,
    ) -> Result<Error, Error> {
        if let Some((account, _)) = membership(&mut tx, user).await? {
            event(account, user, Action::SignInRefused, details(identity)).record(self, &mut tx, now).await?;
        }
        tx.commit().await?;
        Ok(reason)
    }
}

fn details(identity: &Identity) -> Value {
    json!({ "issuer": identity.issuer, "subject": identity.subject })
}

fn event(account: AccountId, user: UserId, action: Action, details: Value) -> Event {
    Event { account, user: Some(user), action, token: None, details }
}
