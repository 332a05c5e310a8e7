//! An account's demands on its access tokens and its users: reading and changing them, and the consequences of a
//! change.

use crate::account::Accounts;
use crate::audit::event::Event;
use crate::db::database::{Connection, DAY, time};
use crate::db::sql;
use crate::error::Error;
use crate::gate::verification_cache::Invalidation;
use crate::members::rows;
use crate::sign_in::factors::has_second_factor;
use crate::tokens::rows::{lifetime, overlap_limit};
use crate::tokens::trial_rows;
use chrono::{DateTime, Utc};
use domain::Refusal;
use domain::account::AccountId;
use domain::account::security_policy::{Consequences, SecurityPolicy};
use domain::audit::action::Action;
use domain::members::membership::require_administrator;
use domain::members::user::{CurrentUser, UserId};
use domain::tokens::expiry::{self, Lifetime, Terms};
use serde_json::json;

#[derive(sqlx_macros::FromRow)]
struct PolicyRow {
    token_lifetime: Option<i64>,
    longest_overlap: i64,
    allowed_addresses: String,
    tokens_viewable: bool,
    second_factor_required: bool,
    policy_revision: i64,
}

impl Accounts<'_> {
    /// Returns the account's policy and its revision.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Error::Database`], [`Error::Corrupt`].
    pub async fn security_policy(self, account: AccountId) -> Result<(SecurityPolicy, i64), Error> {
        read(&mut self.core.read().acquire().await?, account).await
    }

    /// Returns the terms that decide how long new Auth Tokens of the account may pass.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Error::Database`], [`Error::Corrupt`].
    pub async fn terms(self, account: AccountId) -> Result<Terms, Error> {
        let longest = self.security_policy(account).await?.0.token_lifetime;
        Ok(Terms { now: self.core.now(), longest })
    }

    /// Returns what the account's tokens would lose at once by this policy, and what would change for its users.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Error::Database`], [`Error::Corrupt`].
    pub async fn policy_consequences(self, account: AccountId, policy: &SecurityPolicy) -> Result<Consequences, Error> {
        let now = self.core.now();
        let mut tx = self.core.read().begin().await?;
        let (before, _) = read(&mut tx, account).await?;
        let terms: Vec<(Option<i64>, i64, bool, Option<i64>)> = sql::query_as(
            "SELECT expires_at, secret_issued_at, sealed_secret IS NOT NULL, old_until FROM tokens
             WHERE account_id = $1 AND deleted_at IS NULL",
        )
        .bind(account)
        .fetch_all(&mut *tx)
        .await?;
        let changed = before.second_factor_required != policy.second_factor_required;
        let second_factor = changed.then_some(policy.second_factor_required);
        let mut consequences = Consequences { second_factor, ..Consequences::default() };
        for (expires_at, issued_at, viewable, old_until) in terms {
            let (expires_at, issued_at) = (expires_at.map(time).transpose()?, time(issued_at)?);
            let passes =
                |longest: Option<Lifetime>| !expiry::has_ended(expiry::end(expires_at, issued_at, longest), now);
            consequences.expiring += u64::from(passes(before.token_lifetime) && !passes(policy.token_lifetime));
            let old_until = old_until.map(time).transpose()?;
            let is_cut = |until| until > now && until > policy.longest_overlap.latest(issued_at);
            consequences.overlaps_cut += u64::from(old_until.is_some_and(is_cut));
            consequences.forgotten += u64::from(viewable && !policy.tokens_viewable);
        }
        Ok(consequences)
    }

    /// Changes the policy of the current user's account, unless it was changed since `revision`; it is in force from
    /// then on. Open overlaps are cut to the longest that it allows. If Auth Tokens may not be viewed again, the stored
    /// ones are deleted along with it. If every user needs a second factor, those who have none can then do nothing but
    /// set one up. Returns the new revision.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Refusal::Conflict`], [`Error::SealingKeys`], [`Error::Database`], [`Error::Corrupt`]; if
    /// the second factor is concerned, [`Refusal::SecondFactorNeeded`] if it is required by a user who has none, and
    /// [`Refusal::NotAllowed`] if the current user is no longer an active administrator.
    pub async fn update_security_policy(
        self,
        by: &CurrentUser,
        policy: &SecurityPolicy,
        revision: i64,
    ) -> Result<i64, Error> {
        // It may change every token of the account.
        let mut tx = self.core.begin().await?;
        let (before, current) = read(&mut tx, by.account).await?;
        if current != revision {
            return Err(Refusal::Conflict.into());
        }
        if *policy == before {
            return Ok(current);
        }
        if policy.second_factor_required != before.second_factor_required {
            self.require_second_factor(&mut tx, by, policy.second_factor_required).await?;
        }
        // The second factor has an event of its own.
        let before = SecurityPolicy { second_factor_required: policy.second_factor_required, ..before };
        if *policy != before {
            self.demand_of_tokens(&mut tx, (by.account, by.user.id), (&before, policy)).await?;
        }
        if policy.allowed_addresses != before.allowed_addresses {
            // It was tried out against other addresses.
            trial_rows::remove(&mut tx, by.account, None).await?;
        }
        write(&mut tx, by.account, policy).await?;
        self.core.commit(tx, Invalidation::Account(by.account)).await?;
        Ok(current + 1)
    }

    /// Allows the addresses only that the account is trying out, and ends the trial; with `begun`, only one that has begun
    /// at that time.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if there is none, [`Error::SealingKeys`], [`Error::Database`], [`Error::Corrupt`].
    pub async fn enforce_address_trial(
        self,
        account: AccountId,
        by: UserId,
        begun: Option<DateTime<Utc>>,
    ) -> Result<(), Error> {
        let mut tx = self.core.begin().await?;
        let allowed_addresses = trial_rows::addresses(&mut tx, account, begun).await?.ok_or(Refusal::NotFound)?;
        let (before, _) = read(&mut tx, account).await?;
        let policy = SecurityPolicy { allowed_addresses, ..before.clone() };
        trial_rows::remove(&mut tx, account, None).await?;
        if policy != before {
            self.demand_of_tokens(&mut tx, (account, by), (&before, &policy)).await?;
            write(&mut tx, account, &policy).await?;
        }
        self.core.commit(tx, Invalidation::Account(account)).await?;
        Ok(())
    }

    /// Checks and records that the account requires a second factor of every user from now on, or no longer.
    async fn require_second_factor(self, tx: &mut Connection, by: &CurrentUser, on: bool) -> Result<(), Error> {
        require_administrator(&rows::members(tx, by.account).await?, by.user.id)?;
        if on && !has_second_factor(tx, by.user.id).await? {
            return Err(Refusal::SecondFactorNeeded.into());
        }
        let action = if on { Action::SecondFactorRequired } else { Action::SecondFactorNotRequired };
        Event::of(action, by.account).by(by.user.id).record(self.core, tx, self.core.now()).await
    }

    /// Checks and records what the account demands of its access tokens from now on, and deletes stored Auth Tokens that
    /// may not be viewed again.
    async fn demand_of_tokens(
        self,
        tx: &mut Connection,
        (account, by): (AccountId, UserId),
        (before, after): (&SecurityPolicy, &SecurityPolicy),
    ) -> Result<(), Error> {
        let mut details = json!({ "before": before, "after": after });
        if after.tokens_viewable {
            self.core.sealing_keys()?; // fails now rather than when a token is created
        } else {
            let forgotten = forget(tx, account).await?;
            if forgotten > 0 {
                details["forgotten"] = json!(forgotten);
            }
        }
        let cut = cut_overlaps(tx, account, after).await?;
        if cut > 0 {
            details["overlaps_cut"] = json!(cut);
        }
        let action = Action::SecurityPolicyUpdated;
        Event::of(action, account).by(by).with(details).record(self.core, tx, self.core.now()).await
    }
}

/// Returns the account's policy and its revision.
pub(crate) async fn read(connection: &mut Connection, account: AccountId) -> Result<(SecurityPolicy, i64), Error> {
    let row: Option<PolicyRow> = sql::query_as(
        "SELECT token_lifetime, longest_overlap, allowed_addresses, tokens_viewable, second_factor_required, policy_revision
         FROM accounts WHERE id = $1",
    )
    .bind(account)
    .fetch_optional(connection)
    .await?;
    let row = row.ok_or(Refusal::NotFound)?;
    let ranges = serde_json::from_str(&row.allowed_addresses);
    let policy = SecurityPolicy {
        token_lifetime: row.token_lifetime.map(lifetime).transpose()?,
        longest_overlap: overlap_limit(row.longest_overlap)?,
        allowed_addresses: ranges.map_err(|error| Error::Corrupt(format!("address ranges: {error}")))?,
        tokens_viewable: row.tokens_viewable,
        second_factor_required: row.second_factor_required,
    };
    Ok((policy, row.policy_revision))
}

async fn write(tx: &mut Connection, account: AccountId, policy: &SecurityPolicy) -> Result<(), Error> {
    sql::query(
        "UPDATE accounts SET token_lifetime = $1, allowed_addresses = $2, tokens_viewable = $3,
            second_factor_required = $4, longest_overlap = $5, policy_revision = policy_revision + 1
         WHERE id = $6",
    )
    .bind(policy.token_lifetime.map(Lifetime::days))
    .bind(json!(policy.allowed_addresses).to_string())
    .bind(policy.tokens_viewable)
    .bind(policy.second_factor_required)
    .bind(policy.longest_overlap.days())
    .bind(account)
    .execute(tx)
    .await?;
    Ok(())
}

/// Cuts the account's overlaps that are longer than the policy allows, and returns their number. One that would be over
/// already stops at once: the gate compares its end with the clock. It stays so under a policy that allows more.
async fn cut_overlaps(tx: &mut Connection, account: AccountId, policy: &SecurityPolicy) -> Result<u64, Error> {
    let cut = sql::query(
        "UPDATE tokens SET old_until = secret_issued_at + $1
         WHERE account_id = $2 AND old_until IS NOT NULL AND old_until > secret_issued_at + $1",
    );
    let micros = i64::from(policy.longest_overlap.days()) * DAY;
    let cut = cut.bind(micros).bind(account).execute(&mut *tx).await?.rows_affected();
    if let Some(longest) = policy.token_lifetime {
        let expire = sql::query(
            "UPDATE tokens SET old_until = old_issued_at + $1
             WHERE account_id = $2 AND old_until IS NOT NULL AND old_until > old_issued_at + $1",
        );
        expire.bind(i64::from(longest.days()) * DAY).bind(account).execute(tx).await?;
    }
    Ok(cut)
}

/// Deletes every stored Auth Token of the account, and returns their number.
async fn forget(tx: &mut Connection, account: AccountId) -> Result<u64, Error> {
    let query = "UPDATE tokens SET sealed_secret = NULL WHERE account_id = $1 AND sealed_secret IS NOT NULL";
    Ok(sql::query(query).bind(account).execute(tx).await?.rows_affected())
}
