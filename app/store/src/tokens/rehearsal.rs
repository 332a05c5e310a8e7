//! The rehearsal of a change: the calls of the last days that it would have refused. The sums of calls that passed say so,
//! so that it takes no longer with millions of calls; of the calls themselves, only the last one is looked up.

use crate::account::security_policy;
use crate::db::database::{Connection, DAY, HOUR, micros, time};
use crate::db::sql::{self, QueryBuilder};
use crate::error::Error;
use crate::gate::calls::PackRow;
use crate::tokens::Tokens;
use crate::tokens::passed::{Key, Passed, Sum};
use crate::tokens::rows::{self, StoredToken, TokenRow, corrupt};
use crate::tokens::usage::{IN_ORDER, ROWS, SELECT, each_pack_to_count};
use crate::tokens::usage_queries::Days;
use crate::tokens::usage_summary::stored_address;
use domain::Refusal;
use domain::account::AccountId;
use domain::gate::address_range::AddressRange;
use domain::tokens::client_name::ClientName;
use domain::tokens::expiry;
use domain::tokens::rehearsal::{
    AccountChange, DAYS, LastRefused, PassedCalls, Rehearsal, Standing, TOKENS_MAX, TokenChange, TokenShare,
    WouldRefuse, by_version,
};
use domain::tokens::token::TokenId;
use domain::tokens::usage::Client;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::IpAddr;
use uuid::Uuid;

/// The most packs in which the last call is looked for: it lies in one of the first that were written after it.
const PACKS: usize = 50;

impl Tokens<'_> {
    /// Returns the calls of the last days, today included, that the change of the account's token would have refused. Calls
    /// that are not written yet are not included.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Error::Database`], [`Error::Corrupt`].
    pub async fn rehearse(self, account: AccountId, token: TokenId, change: TokenChange) -> Result<Rehearsal, Error> {
        let days = self.rehearsed_days();
        let mut tx = self.core.read().begin().await?;
        let stored = rows::find(&mut tx, account, token).await?;
        if stored.deleted_at.is_some() {
            return Err(Refusal::NotFound.into());
        }
        let stored = stored.token;
        let passed = passed(&mut tx, account, Some(token), days).await?.remove(&token.0).unwrap_or_default();
        let demands = demands(&mut tx, account).await?;
        let before = Standing::of(&stored, account, demands.0, demands.1, self.core.now());
        let refused = WouldRefuse::of(&before, &before.after(change), &passed);
        let created = micros(stored.created_at).div_euclid(DAY);
        Ok(Rehearsal {
            last: last_refused(&mut tx, account, Some((token, &refused))).await?,
            versions: if change.upgrades() { by_version(&passed) } else { Vec::new() },
            known_days: known_days(&mut tx, account, days, created).await?,
            last_used_at: stored.last_used_at,
            ..Rehearsal::of([&refused])
        })
    }

    /// Returns the calls of the last days that the change of the account would have refused, as [`Tokens::rehearse`] does.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Error::Database`], [`Error::Corrupt`].
    pub async fn rehearse_all(self, account: AccountId, change: &AccountChange) -> Result<Rehearsal, Error> {
        let (days, now) = (self.rehearsed_days(), self.core.now());
        let mut tx = self.core.read().begin().await?;
        let mut passed = passed(&mut tx, account, None, days).await?;
        let (api_access, addresses) = demands(&mut tx, account).await?;
        let ids: Vec<Uuid> = passed.keys().copied().collect();
        let mut refused: Vec<(TokenId, String, WouldRefuse)> = Vec::new();
        // Not all at once: an account may have a million tokens.
        for ids in ids.chunks(ROWS) {
            for stored in tokens(&mut tx, account, ids.iter().copied()).await? {
                let (token, issued_at) = (stored.token, stored.secret_issued_at);
                let before = Standing::of(&token, account, api_access, addresses.clone(), now);
                let ends_at = |longest| expiry::end(token.settings.expires_at, issued_at, longest);
                let after = before.after_all(change, now, ends_at);
                let of_token = WouldRefuse::of(&before, &after, &passed.remove(&token.id.0).unwrap_or_default());
                if of_token.calls > 0 || of_token.unknown > 0 {
                    refused.push((token.id, token.settings.name, of_token));
                }
            }
        }
        // Equal ones are in the order of creation.
        refused.sort_by_key(|(token, _, refused)| (Reverse(refused.calls), token.0));
        let latest = refused.iter().filter(|(.., refused)| refused.last.is_some());
        let latest = latest.max_by_key(|(.., refused)| refused.last).map(|(token, _, refused)| (*token, refused));
        let last = last_refused(&mut tx, account, latest).await?;
        let share = |(token, name, refused): &(TokenId, String, WouldRefuse)| TokenShare {
            token: *token,
            name: name.clone(),
            calls: refused.calls,
        };
        Ok(Rehearsal {
            last,
            tokens: refused.iter().filter(|(.., refused)| refused.calls > 0).take(TOKENS_MAX).map(share).collect(),
            known_days: known_days(&mut tx, account, days, days.0).await?,
            ..Rehearsal::of(refused.iter().map(|(.., refused)| refused))
        })
    }

    fn rehearsed_days(self) -> Days {
        let today = micros(self.core.now()).div_euclid(DAY);
        (today + 1 - i64::from(DAYS), today)
    }
}

/// Returns whether the account has API access, and the addresses that it allows.
pub(crate) async fn demands(on: &mut Connection, account: AccountId) -> Result<(bool, Vec<AddressRange>), Error> {
    let access = sql::query_scalar::<bool>("SELECT api_access FROM accounts WHERE id = $1").bind(account);
    let access = access.fetch_one(&mut *on).await?;
    Ok((access, security_policy::read(on, account).await?.0.allowed_addresses))
}

/// Returns those of these tokens of the account that are not deleted, in the order of creation.
pub(crate) async fn tokens(
    on: &mut Connection,
    account: AccountId,
    ids: impl Iterator<Item = Uuid>,
) -> Result<Vec<StoredToken>, Error> {
    let ids: Vec<Uuid> = ids.collect();
    let mut tokens = Vec::with_capacity(ids.len());
    for ids in ids.chunks(ROWS) {
        let mut query = QueryBuilder::new(rows::SELECT);
        query.push(" WHERE account_id = ").push_bind(account).push(" AND deleted_at IS NULL AND id IN (");
        query.push_list(ids.iter().copied()).push(") ORDER BY id");
        let rows: Vec<TokenRow> = query.build_query_as().persistent(false).fetch_all(&mut *on).await?;
        for row in rows {
            tokens.push(StoredToken::try_from(row)?);
        }
    }
    Ok(tokens)
}

/// A token, an operation, a version, an address, the number of calls and the time of the last one.
type PassedRow = (Uuid, String, i64, String, i64, i64);

/// Returns the query for the calls that passed on these days: those of the token, or of all.
fn passed_rows(account: AccountId, token: Option<TokenId>, (from, to): Days) -> QueryBuilder {
    let mut query = QueryBuilder::new(
        "SELECT token_id, scope, version, address, CAST(SUM(calls) AS BIGINT), MAX(last_at) FROM passed_calls
         WHERE account_id = ",
    );
    query.push_bind(account);
    if let Some(token) = token {
        query.push(" AND token_id = ").push_bind(token);
    }
    query.push(" AND day >= ").push_bind(from).push(" AND day <= ").push_bind(to);
    query.push(" GROUP BY token_id, scope, version, address");
    query
}

/// Returns the calls that passed on these days, by token: those that are summed up, and the newer ones.
pub(crate) async fn passed(
    on: &mut Connection,
    account: AccountId,
    token: Option<TokenId>,
    days: Days,
) -> Result<BTreeMap<Uuid, Vec<PassedCalls>>, Error> {
    let mut sums = Passed::default();
    let rows: Vec<PassedRow> = passed_rows(account, token, days).build_query_as().fetch_all(&mut *on).await?;
    for (token, scope, version, address, calls, last_at) in rows {
        sums.add_sum(Key { day: 0, token, scope, version, address }, Sum { calls, last_at });
    }
    each_pack_to_count(on, account.0, days, &mut |_, calls| {
        sums.add(0, calls.iter().filter(|call| token.is_none_or(|token| call.token == token)));
    })
    .await?;
    let mut passed = BTreeMap::<Uuid, Vec<PassedCalls>>::new();
    for (Key { token, scope, version, address, .. }, sum) in sums.0 {
        passed.entry(token).or_default().push(PassedCalls {
            operation: scope,
            version: u16::try_from(version).map_err(|_| corrupt(format!("the version {version}")))?,
            address: stored_address(&address)?,
            calls: sum.calls.unsigned_abs(),
            last_at: time(sum.last_at)?,
        });
    }
    Ok(passed)
}

/// Returns the last of these calls of the token, with its client if the call itself is still kept.
async fn last_refused(
    on: &mut Connection,
    account: AccountId,
    refused: Option<(TokenId, &WouldRefuse)>,
) -> Result<Option<LastRefused>, Error> {
    let Some((token, (at, address))) = refused.and_then(|(token, refused)| Some((token, refused.last?))) else {
        return Ok(None);
    };
    let query = packs_after(account, micros(at));
    let packs: Vec<PackRow> = query.build_query_as().fetch_all(on).await?;
    for pack in &packs {
        let is_it = |from: IpAddr| address.is_none_or(|address| address == from);
        let calls = pack.calls()?;
        if let Some(call) = calls.iter().find(|call| call.at == at && call.token == token && is_it(call.address)) {
            let client: Client = ClientName::stored(call.client).into();
            return Ok(Some(LastRefused { at, address: Some(call.address), client: Some(client) }));
        }
    }
    Ok(Some(LastRefused { at, address, client: None }))
}

/// Returns the query for the packs that may have a call of this time. A pack is of one hour.
fn packs_after(account: AccountId, at: i64) -> QueryBuilder {
    let mut query = QueryBuilder::new(SELECT);
    query.push(" FROM call_packs WHERE account_id = ").push_bind(account).push(" AND last_at >= ").push_bind(at);
    query.push(" AND last_at < ").push_bind(at.saturating_add(HOUR)).push(IN_ORDER);
    query.push(format_args!(" LIMIT {PACKS}"));
    query
}

/// Returns the number of these days of which calls are known, if they are fewer: the token was created later, or calls have
/// been removed for their age, or were added up by a version that did not sum up those that passed.
pub(crate) async fn known_days(
    on: &mut Connection,
    account: AccountId,
    (from, to): Days,
    created: i64,
) -> Result<Option<u16>, Error> {
    let oldest = sql::query_scalar::<Option<i64>>("SELECT MIN(day) FROM passed_calls").fetch_one(&mut *on).await?;
    let oldest = oldest.unwrap_or(to);
    // Totals are kept when calls are removed.
    let removed = sql::query_scalar::<bool>(
        "SELECT EXISTS (SELECT 1 FROM calls_of_accounts WHERE account_id = $1 AND day >= $2 AND day < $3 AND calls > failures)",
    );
    let removed = removed.bind(account).bind(from).bind(oldest).fetch_one(&mut *on).await?;
    // Calls that an older version has added up are summed up by account, a while after an upgrade.
    let unsummed = "SELECT MAX(last_at) FROM call_packs WHERE account_id = $1 AND counted AND NOT sources";
    let unsummed = sql::query_scalar::<Option<i64>>(unsummed).bind(account).fetch_one(on).await?;
    let summed_from = unsummed.map_or(from, |last_at| last_at.div_euclid(DAY) + 1).min(to + 1);
    let first = from.max(created).max(if removed { oldest } else { from }).max(summed_from);
    Ok((first > from).then(|| u16::try_from(to - first + 1).unwrap_or_default()))
}

#[cfg(test)]
mod with_services {
    use super::*;
    use crate::db::plans::{plan, stores};
    use crate::db::sql::Dialect;

    #[tokio::test]
    async fn rehearsal_reads_rows_by_an_index() {
        let (account, token) = (AccountId(Uuid::nil()), TokenId(Uuid::nil()));
        for store in stores().await {
            for token in [Some(token), None] {
                let plan = plan(&store, passed_rows(account, token, (100, 130))).await;
                assert!(!plan.contains("SCAN passed_calls") && !plan.contains("Seq Scan on passed_calls"), "{plan}");
            }
            if store.core.pools().dialect() == Dialect::Sqlite {
                let plan = plan(&store, packs_after(account, 0)).await;
                assert!(plan.contains("SEARCH call_packs USING INDEX") && !plan.contains("TEMP B-TREE"), "{plan}");
            }
        }
    }
}
