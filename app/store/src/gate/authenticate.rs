//! The gate's look-up: the caller with given credentials.

use crate::db::database::time;
use crate::db::sql;
use crate::error::Error;
use crate::gate::Gate;
use crate::gate::call::RefusedCall;
use crate::gate::verification_cache::{AccountPolicy, Credentials, OldCredentials};
use crate::tokens::rows::{api_version, corrupt, from_json, lifetime, state};
use chrono::{DateTime, Utc};
use domain::account::AccountId;
use domain::gate::access::Caller;
use domain::gate::address_range::allows;
use domain::tokens::expiry;
use domain::tokens::overlap::TokenValue;
use domain::tokens::secret::{AccountSid, Secret};
use domain::tokens::token::TokenId;
use domain::tokens::usage::RefusedFor;
use std::net::IpAddr;
use uuid::Uuid;

/// The Auth Token that a client sent, and when it expires.
type Matched = (TokenValue, Option<DateTime<Utc>>);

#[derive(sqlx_macros::FromRow)]
struct CredentialsRow {
    id: Uuid,
    account_id: Uuid,
    secret_hash: Vec<u8>,
    api_access: bool,
    state: String,
    api_version: i64,
    scopes: String,
    expires_at: Option<i64>,
    secret_issued_at: i64,
    old_secret_hash: Option<Vec<u8>>,
    old_issued_at: Option<i64>,
    old_until: Option<i64>,
    token_lifetime: Option<i64>,
    allowed_addresses: String,
}

impl TryFrom<CredentialsRow> for (Credentials, AccountPolicy) {
    type Error = Error;

    fn try_from(row: CredentialsRow) -> Result<Self, Error> {
        let longest = row.token_lifetime.map(lifetime).transpose()?;
        let expires_at = row.expires_at.map(time).transpose()?;
        let secret_issued_at = time(row.secret_issued_at)?;
        let old = match (row.old_secret_hash, row.old_issued_at, row.old_until) {
            (Some(hash), Some(issued_at), Some(until)) => {
                let (issued_at, until) = (time(issued_at)?, time(until)?);
                Some(OldCredentials {
                    secret_hash: hash.try_into().map_err(|_| corrupt("an old hash of another length"))?,
                    issued_at,
                    replaced_at: secret_issued_at,
                    // The token's own expiry may have been brought forward since the reset.
                    ends_at: [expiry::end(Some(until), issued_at, longest), expires_at]
                        .into_iter()
                        .flatten()
                        .min()
                        .unwrap_or(until),
                })
            }
            _ => None,
        };
        let demands = AccountPolicy { api_access: row.api_access, addresses: from_json(&row.allowed_addresses)? };
        let credentials = Credentials {
            token: TokenId(row.id),
            account: AccountId(row.account_id),
            ends_at: expiry::end(expires_at, secret_issued_at, longest),
            secret_hash: row.secret_hash.try_into().map_err(|_| corrupt("a hash of another length"))?,
            old,
            state: state(&row.state)?,
            api_version: api_version(row.api_version)?,
            scopes: from_json(&row.scopes)?,
        };
        Ok((credentials, demands))
    }
}

impl Gate<'_> {
    /// Returns the caller with these credentials; `None` if the Account SID is unknown or the Auth Token is not its
    /// own: neither the current one nor, while an overlap is open, the old one. [`Caller::is_usable`] and
    /// [`Caller::require`] decide whether the token may be used at all, now and from the store's client address (if there
    /// is none, any address will do). Hashes are compared in constant time; the existence of an Account SID is no secret.
    ///
    /// Only a token's first call reads the database, and its first after a change: see `verification_cache`.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn authenticate(self, sid: &AccountSid, secret: &Secret) -> Result<Option<Caller>, Error> {
        self.verified(sid.clone(), secret, self.core.address()).await
    }

    /// Authenticates as [`Gate::authenticate`] does, from this address.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn authenticate_from(
        self,
        sid: AccountSid,
        secret: &Secret,
        address: IpAddr,
    ) -> Result<Option<Caller>, Error> {
        self.verified(sid, secret, Some(address)).await
    }

    async fn verified(
        self,
        sid: AccountSid,
        secret: &Secret,
        address: Option<IpAddr>,
    ) -> Result<Option<Caller>, Error> {
        let admitted = |demands: &AccountPolicy| {
            let address_allowed = address.is_none_or(|address| allows(&demands.addresses, address));
            (demands.api_access, address_allowed)
        };
        let believed = self.core.node().lease_is_valid();
        let known = match believed.then(|| self.core.cache().get(&sid, admitted)).flatten() {
            Some(cached) => Some(cached),
            None => self.read_credentials(&sid, believed).await?.map(|(known, demands)| (known, admitted(&demands))),
        };
        let Some((known, admitted)) = known else { return Ok(None) };
        let Some(matched) = self.matched(secret, &known) else {
            self.note_unmatched(secret, &known, address);
            self.note_wrong_secret(&known, address);
            return Ok(None);
        };
        if let (Some(old), Some(address)) = (known.old, address) {
            let issued_at = if matched.0 == TokenValue::Old { old.issued_at } else { old.replaced_at };
            self.core.uses().note(known.token, issued_at, address, self.core.now());
        }
        Ok(Some(self.caller(sid, known, matched, admitted)))
    }

    /// Counts a call with this Account SID, if a token has it, whose Auth Token can't be one.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn refuse_malformed(self, sid: &AccountSid, address: IpAddr) -> Result<(), Error> {
        let believed = self.core.node().lease_is_valid();
        let known = match believed.then(|| self.core.cache().get(sid, |_| ())).flatten() {
            Some((known, ())) => Some(known),
            None => self.read_credentials(sid, believed).await?.map(|(known, _)| known),
        };
        if let Some(known) = known {
            self.note_wrong_secret(&known, Some(address));
        }
        Ok(())
    }

    /// Counts the call as refused, if it comes from an address: introspection asks about others' calls.
    fn note_wrong_secret(self, known: &Credentials, address: Option<IpAddr>) {
        let (account, token, reason) = (known.account, known.token, RefusedFor::WrongAuthToken);
        if let Some(address) = address {
            self.record_refused(RefusedCall { account, token, reason, address, at: self.core.now() });
        }
    }

    /// Notes a wrong Auth Token, which may be one that no longer passes; see `retired_uses`.
    fn note_unmatched(self, secret: &Secret, known: &Credentials, address: Option<IpAddr>) {
        let hash = self.core.key().hash(secret.reveal()).try_into().ok();
        if let (Some(address), Some(hash)) = (address, hash) {
            self.core.unmatched().note((known.account, known.token, hash, address), self.core.now());
        }
    }

    /// Returns which of the token's Auth Tokens this is, and when it expires; `None` if it is neither, or an old one
    /// whose overlap is over.
    fn matched(self, secret: &Secret, known: &Credentials) -> Option<Matched> {
        let is = |hash: &[u8; 32]| self.core.key().verify(secret.reveal(), hash);
        // Both are compared, whichever of them it is.
        let (current, old) = (is(&known.secret_hash), known.old.filter(|old| is(&old.secret_hash)));
        if current {
            return Some((TokenValue::Current, known.ends_at));
        }
        old.filter(|old| self.core.now() < old.ends_at).map(|old| (TokenValue::Old, Some(old.ends_at)))
    }

    /// Returns the caller with this token, and the hash of its Auth Token, as the database has them now; `None` if it
    /// was deleted.
    pub(crate) async fn caller_with(self, token: TokenId) -> Result<Option<(Caller, [u8; 32])>, Error> {
        let sid = sql::query_scalar("SELECT sid FROM tokens WHERE id = $1 AND deleted_at IS NULL").bind(token);
        let sid: Option<String> = sid.fetch_optional(self.core.read()).await?;
        let Some(sid) = sid else { return Ok(None) };
        let sid = AccountSid::try_from(sid).map_err(corrupt)?;
        let known = self.read_credentials(&sid, false).await?;
        Ok(known.map(|(known, demands)| {
            let address_allowed = self.core.address().is_none_or(|address| allows(&demands.addresses, address));
            let current = (TokenValue::Current, known.ends_at);
            (self.caller(sid, known, current, (demands.api_access, address_allowed)), known.secret_hash)
        }))
    }

    fn caller(
        self,
        sid: AccountSid,
        known: Credentials,
        (value, ends_at): Matched,
        (api_access, address_allowed): (bool, bool),
    ) -> Caller {
        Caller {
            token: known.token,
            sid,
            account: known.account,
            api_access,
            state: known.state,
            api_version: known.api_version,
            scopes: known.scopes,
            value,
            ends_at,
            // The clock is not even read for a token that never expires.
            expired: ends_at.is_some() && expiry::has_ended(ends_at, self.core.now()),
            address_allowed,
        }
    }

    /// Returns whether a call with this Account SID would be answered without reading the database. For tests.
    #[must_use]
    pub fn remembers(self, sid: &AccountSid) -> bool {
        self.core.node().lease_is_valid() && self.core.cache().get(sid, |_| ()).is_some()
    }

    /// Reads a token's credentials, and caches them if the cache is to be trusted.
    async fn read_credentials(
        self,
        sid: &AccountSid,
        remember: bool,
    ) -> Result<Option<(Credentials, AccountPolicy)>, Error> {
        let ticket = self.core.cache().ticket(sid);
        let row: Option<CredentialsRow> = sql::query_as(
            "SELECT tokens.id, tokens.account_id, tokens.secret_hash, accounts.api_access, tokens.state,
                tokens.api_version, tokens.scopes, tokens.expires_at, tokens.secret_issued_at,
                tokens.old_secret_hash, tokens.old_issued_at, tokens.old_until, accounts.token_lifetime,
                accounts.allowed_addresses
             FROM tokens JOIN accounts ON accounts.id = tokens.account_id
             WHERE tokens.sid = $1 AND tokens.deleted_at IS NULL",
        )
        .bind(sid.as_str())
        .fetch_optional(self.core.read())
        .await?;
        let read = row.map(<(Credentials, AccountPolicy)>::try_from).transpose()?;
        if let Some((credentials, demands)) = read.as_ref().filter(|_| remember) {
            self.core.cache().put(&ticket, sid, *credentials, demands);
        }
        Ok(read)
    }
}
