//! The calls that changes would have refused since they are tried out.

use crate::db::database::{Connection, DAY, micros, time};
use crate::error::Error;
use crate::tokens::Tokens;
use crate::tokens::recent_calls::calls_since;
use crate::tokens::rehearsal::{demands, known_days, passed, tokens};
use crate::tokens::rows::{self, corrupt, from_json};
use chrono::{DateTime, Utc};
use domain::Refusal;
use domain::account::AccountId;
use domain::gate::address_range::AddressRange;
use domain::members::user::UserId;
use domain::tokens::recent_call::RecentCall;
use domain::tokens::rehearsal::{AccountChange, PassedCalls, Standing, TokenChange, WouldRefuse, was_refused};
use domain::tokens::scope::{Scope, Scopes};
use domain::tokens::token::{Token, TokenId};
use domain::tokens::trial::{LASTS, ListedCall, Trial, Tried};
use std::collections::HashMap;
use uuid::Uuid;

/// A trial as stored: of a token's scopes, or else of the account's addresses.
#[derive(sqlx_macros::FromRow)]
pub(crate) struct TrialRow {
    pub(crate) account_id: Uuid,
    pub(crate) token_id: Option<Uuid>,
    pub(crate) scopes: Option<String>,
    pub(crate) addresses: Option<String>,
    pub(crate) started_at: i64,
    pub(crate) started_by: Uuid,
    pub(crate) enforce_when_silent: bool,
}

impl Tokens<'_> {
    /// Returns the trial, with its calls if they are to be `listed`; `None` if its token is deleted.
    pub(crate) async fn trial(self, tx: &mut Connection, row: TrialRow, listed: bool) -> Result<Option<Trial>, Error> {
        let (account, token, since) = (AccountId(row.account_id), row.token_id.map(TokenId), row.started_at);
        let first = since.div_euclid(DAY);
        let days = (first, first.max(micros(self.core.now()).div_euclid(DAY)));
        let passed = passed(tx, account, token, days).await?;
        let found = match (token, row.scopes, row.addresses) {
            (Some(id), Some(lost), None) => self.losing_scopes(tx, account, id, from_json(&lost)?).await?,
            (None, None, Some(allowed)) => {
                let called = passed.keys().copied().collect();
                Some(self.allowing_addresses(tx, account, called, from_json(&allowed)?).await?)
            }
            _ => return Err(corrupt("a trial of no change")),
        };
        let Some((tried, affected)) = found else { return Ok(None) };
        let started_at = time(since)?;
        let is_silent = |(id, calls): (&Uuid, &Vec<PassedCalls>)| {
            affected.get(&TokenId(*id)).is_none_or(|token| token.is_silent(calls, started_at))
        };
        let silent = passed.iter().all(is_silent) && known_days(tx, account, days, first).await?.is_none();
        let until = since.saturating_add(LASTS.num_microseconds().unwrap_or(i64::MAX));
        let wanted = |token: TokenId, call: &RecentCall| {
            (since..until).contains(&micros(call.at)) && affected.get(&token).is_some_and(|token| token.refuses(call))
        };
        let refused = if silent || !listed {
            Vec::new()
        } else {
            calls_since(tx, account, token, (since, until), &wanted).await?
        };
        let named = |(token, call): (TokenId, RecentCall)| {
            let name = affected.get(&token).map(|token| token.name.clone()).unwrap_or_default();
            ListedCall { token, name, call }
        };
        let refused = refused.into_iter().map(named).collect();
        let (started_by, enforce_when_silent) = (UserId(row.started_by), row.enforce_when_silent);
        Ok(Some(Trial { tried, started_at, started_by, enforce_when_silent, refused, silent }))
    }

    /// Returns the change by which the token loses these scopes, as far as it still has them; `None` if it is deleted.
    async fn losing_scopes(
        self,
        tx: &mut Connection,
        account: AccountId,
        id: TokenId,
        lost: Scopes,
    ) -> Result<Option<(Tried, HashMap<TokenId, Affected>)>, Error> {
        let token = match present(tx, account, id).await {
            Err(Error::Refused(Refusal::NotFound)) => return Ok(None),
            found => found?,
        };
        let (api_access, addresses) = demands(tx, account).await?;
        let before = Standing::of(&token, account, api_access, addresses, self.core.now());
        let scopes = token.settings.scopes.beyond(lost);
        let after = before.after(TokenChange::Update { scopes, ends_earlier: false, upgrades: false });
        let (name, lost) = (token.settings.name, token.settings.scopes.beyond(scopes));
        let tried = Tried::Scopes { token: id, name: name.clone(), lost };
        Ok(Some((tried, HashMap::from([(id, Affected { name, before, after })]))))
    }

    /// Returns the change by which the account allows these addresses only, and what it means to those of these tokens that
    /// are not deleted.
    async fn allowing_addresses(
        self,
        tx: &mut Connection,
        account: AccountId,
        called: Vec<Uuid>,
        allowed: Vec<AddressRange>,
    ) -> Result<(Tried, HashMap<TokenId, Affected>), Error> {
        let (now, mut affected) = (self.core.now(), HashMap::new());
        let (api_access, addresses) = demands(tx, account).await?;
        let change = AccountChange::Policy { token_lifetime: None, allowed_addresses: allowed.clone() };
        for stored in tokens(tx, account, called.into_iter()).await? {
            let token = stored.token;
            let before = Standing::of(&token, account, api_access, addresses.clone(), now);
            // Lifetimes stay as they are.
            let after = before.after_all(&change, now, |_| token.ends_at);
            affected.insert(token.id, Affected { name: token.settings.name, before, after });
        }
        Ok((Tried::Addresses(allowed), affected))
    }
}

/// A token that a change concerns, as it is and as it would be.
struct Affected {
    name: String,
    before: Standing,
    after: Standing,
}

impl Affected {
    /// Returns whether the call passed, and would not have after the change.
    fn refuses(&self, call: &RecentCall) -> bool {
        let (scope, address) = (Scope::find(&call.scope), Some(call.address));
        !was_refused(call.status) && self.before.lets_pass(scope, address) && !self.after.lets_pass(scope, address)
    }

    /// Returns whether none of these calls since this time would have been refused.
    fn is_silent(&self, passed: &[PassedCalls], since: DateTime<Utc>) -> bool {
        let since_then = passed.iter().filter(|calls| calls.last_at >= since);
        let refused = WouldRefuse::of(&self.before, &self.after, since_then);
        refused.calls == 0 && refused.unknown == 0
    }
}

/// Returns the account's token, unless it is deleted.
pub(crate) async fn present(tx: &mut Connection, account: AccountId, id: TokenId) -> Result<Token, Error> {
    let stored = rows::find(tx, account, id).await?;
    if stored.deleted_at.is_none() { Ok(stored.token) } else { Err(Refusal::NotFound.into()) }
}
