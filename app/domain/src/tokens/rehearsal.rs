//! The rehearsal of a change: the calls of the last days that the gate let pass, and would refuse after it.
//!
//! The gate's own decision says so: [`Caller::require`], with the caller as it is and as it would be.

use crate::account::AccountId;
use crate::gate::access::Caller;
use crate::gate::address_range::{AddressRange, allows};
use crate::gate::api_version::ApiVersion;
use crate::tokens::command::TokenCommand;
use crate::tokens::expiry::{self, Lifetime};
use crate::tokens::overlap::TokenValue;
use crate::tokens::scope::{Scope, Scopes};
use crate::tokens::token::{Token, TokenId, TokenSettings, TokenState};
use crate::tokens::usage::{self, Client};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The days that a rehearsal looks back on, today included.
pub const DAYS: u16 = usage::DAYS;
/// The most addresses of a token and a day that a rehearsal tells apart; further ones are counted together.
pub const ADDRESSES_MAX: usize = 100;
/// The most tokens that the rehearsal of an account's change lists, those with the most calls first.
pub const TOKENS_MAX: usize = 10;

/// A change of one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenChange {
    /// It gets a new Auth Token, and the old one stops at once.
    Reset,
    /// It is disabled.
    Disable,
    /// It is deleted.
    Delete,
    /// It moves to the newest API version.
    UpgradeVersion,
    /// Its settings change.
    Update {
        /// Its scopes from then on.
        scopes: Scopes,
        /// Whether its Auth Token expires earlier than before: from then on no call passes.
        ends_earlier: bool,
        /// Whether it moves to a newer API version.
        upgrades: bool,
    },
}

impl TokenChange {
    /// Returns the change that the command makes, if it can keep calls from passing or change their answers.
    #[must_use]
    pub const fn of(command: TokenCommand) -> Option<Self> {
        match command {
            TokenCommand::Reset => Some(Self::Reset),
            TokenCommand::Disable => Some(Self::Disable),
            TokenCommand::Delete => Some(Self::Delete),
            TokenCommand::UpgradeVersion => Some(Self::UpgradeVersion),
            TokenCommand::Duplicate
            | TokenCommand::StopOldValue
            | TokenCommand::GoBackVersion
            | TokenCommand::Enable
            | TokenCommand::View => None,
        }
    }

    /// Returns the change that an update to these settings makes, if it can keep calls from passing or change their
    /// answers.
    #[must_use]
    pub fn update(token: &Token, settings: &TokenSettings) -> Option<Self> {
        let scopes = settings.scopes;
        let changed = settings.expires_at != token.settings.expires_at;
        let is_earlier = |at: DateTime<Utc>| token.ends_at.is_none_or(|end| at < end);
        let ends_earlier = changed && settings.expires_at.is_some_and(is_earlier);
        let upgrades = settings.api_version > token.settings.api_version;
        let narrows = !token.settings.scopes.beyond(scopes).is_empty();
        (narrows || ends_earlier || upgrades).then_some(Self::Update { scopes, ends_earlier, upgrades })
    }

    /// Returns whether the token moves to a newer API version.
    #[must_use]
    pub const fn upgrades(self) -> bool {
        matches!(self, Self::UpgradeVersion | Self::Update { upgrades: true, .. })
    }
}

/// A change of the whole account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountChange {
    /// API access is switched off.
    ApiAccessOff,
    /// The security policy changes.
    Policy {
        /// The longest lifetime of Auth Tokens.
        token_lifetime: Option<Lifetime>,
        /// The addresses from which calls are allowed; all if empty.
        allowed_addresses: Vec<AddressRange>,
    },
}

/// A token as the gate knows it when it decides about a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The caller with the Auth Token that integrations have; `None` once it is no longer the token's.
    caller: Option<Caller>,
    /// The addresses that the account allows; all if empty.
    addresses: Vec<AddressRange>,
}

impl Standing {
    /// Returns that of a token of the account as it is.
    #[must_use]
    pub fn of(
        token: &Token,
        account: AccountId,
        api_access: bool,
        addresses: Vec<AddressRange>,
        now: DateTime<Utc>,
    ) -> Self {
        let caller = Caller {
            token: token.id,
            sid: token.sid.clone(),
            account,
            api_access,
            state: token.state,
            api_version: token.settings.api_version,
            scopes: token.settings.scopes,
            value: TokenValue::Current,
            ends_at: token.ends_at,
            expired: expiry::has_ended(token.ends_at, now),
            address_allowed: true,
        };
        Self { caller: Some(caller), addresses }
    }

    /// Returns that of the same token after the change.
    #[must_use]
    pub fn after(&self, change: TokenChange) -> Self {
        let change_caller = |caller: Caller| match change {
            TokenChange::Reset | TokenChange::Delete => None,
            TokenChange::Disable => Some(Caller { state: TokenState::Disabled, ..caller }),
            TokenChange::UpgradeVersion => Some(Caller { api_version: ApiVersion::NEWEST, ..caller }),
            TokenChange::Update { scopes, ends_earlier, .. } => {
                let expired = caller.expired || ends_earlier;
                Some(Caller { scopes, expired, ..caller })
            }
        };
        Self { caller: self.caller.clone().and_then(change_caller), addresses: self.addresses.clone() }
    }

    /// Returns that of the same token after a change of its account. `ends_at` returns when its Auth Token expires with
    /// this longest lifetime.
    #[must_use]
    pub fn after_all(
        &self,
        change: &AccountChange,
        now: DateTime<Utc>,
        ends_at: impl FnOnce(Option<Lifetime>) -> Option<DateTime<Utc>>,
    ) -> Self {
        let Some(caller) = self.caller.clone() else { return self.clone() };
        match change {
            AccountChange::ApiAccessOff => {
                Self { caller: Some(Caller { api_access: false, ..caller }), addresses: self.addresses.clone() }
            }
            AccountChange::Policy { token_lifetime, allowed_addresses } => {
                let ends_at = ends_at(*token_lifetime);
                let expired = expiry::has_ended(ends_at, now);
                let caller = Some(Caller { ends_at, expired, ..caller });
                Self { caller, addresses: allowed_addresses.clone() }
            }
        }
    }

    /// Returns whether the gate lets a call of this operation pass, from this address. An operation that the catalogue no
    /// longer has needs no scope; an address that was not told apart counts as allowed.
    #[must_use]
    pub fn lets_pass(&self, scope: Option<Scope>, address: Option<IpAddr>) -> bool {
        let Some(caller) = &self.caller else { return false };
        let address_allowed = address.is_none_or(|address| allows(&self.addresses, address));
        let caller = Caller { address_allowed, ..caller.clone() };
        let decision = match scope {
            Some(scope) => caller.require(caller.sid.as_str(), scope),
            None => caller.require_sid(caller.sid.as_str()),
        };
        !caller.expired && decision.is_ok()
    }
}

/// Returns whether the gate has refused a call that it answered with this status, so that no change can.
#[must_use]
pub const fn was_refused(status: u16) -> bool {
    matches!(status, 401 | 403 | 429)
}

/// Calls of a token that passed, and all that the gate's decision depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedCalls {
    /// The operation's id.
    pub operation: String,
    /// The API version; 0 if it is unknown.
    pub version: u16,
    /// The network address; `None` for those that are counted together.
    pub address: Option<IpAddr>,
    /// Their number.
    pub calls: u64,
    /// The time of the last one.
    pub last_at: DateTime<Utc>,
}

/// The calls of one token that the gate let pass, and would refuse after a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WouldRefuse {
    /// Their number.
    pub calls: u64,
    /// The networks that they come from; all that are counted together are one, `None`.
    pub networks: BTreeSet<Option<IpAddr>>,
    /// The number of calls of each operation, by its id.
    pub operations: BTreeMap<String, u64>,
    /// The time and the address of the last one.
    pub last: Option<(DateTime<Utc>, Option<IpAddr>)>,
    /// The number of calls of which nothing is known, as their addresses were counted together.
    pub unknown: u64,
}

impl WouldRefuse {
    /// Returns those of these calls that pass before the change and not after it.
    #[must_use]
    pub fn of<'c>(before: &Standing, after: &Standing, passed: impl IntoIterator<Item = &'c PassedCalls>) -> Self {
        let mut all = Self::default();
        let by_address = before.addresses != after.addresses && !after.addresses.is_empty();
        for passed in passed {
            let scope = Scope::find(&passed.operation);
            if !before.lets_pass(scope, passed.address) {
                continue;
            }
            if !after.lets_pass(scope, passed.address) {
                all.add(passed);
            } else if by_address && passed.address.is_none() {
                all.unknown = all.unknown.saturating_add(passed.calls);
            }
        }
        all
    }

    fn add(&mut self, refused: &PassedCalls) {
        self.calls = self.calls.saturating_add(refused.calls);
        self.networks.insert(refused.address);
        let of_operation = self.operations.entry(refused.operation.clone()).or_default();
        *of_operation = of_operation.saturating_add(refused.calls);
        self.last = self.last.max(Some((refused.last_at, refused.address)));
    }
}

/// The use of an operation before a token moves to the newest API version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionUse {
    /// The operation's id.
    pub operation: String,
    /// The number of its calls.
    pub calls: u64,
    /// The number of those that asked for the newest version.
    pub newest: u64,
}

/// Returns the use of each operation, the most called first, and how much of it is of the newest API version.
#[must_use]
pub fn by_version<'c>(passed: impl IntoIterator<Item = &'c PassedCalls>) -> Vec<VersionUse> {
    let newest = u16::from(ApiVersion::NEWEST);
    let mut operations = BTreeMap::<&str, (u64, u64)>::new();
    for PassedCalls { operation, version, calls, .. } in passed {
        let (all, of_newest) = operations.entry(operation).or_default();
        *all = all.saturating_add(*calls);
        *of_newest = of_newest.saturating_add(if *version == newest { *calls } else { 0 });
    }
    let mut uses: Vec<_> = operations
        .into_iter()
        .map(|(operation, (calls, newest))| VersionUse { operation: operation.to_owned(), calls, newest })
        .collect();
    uses.sort_by_key(|of| std::cmp::Reverse(of.calls)); // stable: equal ones stay in the order of their ids
    uses
}

/// The last call that a change would have refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastRefused {
    /// The time of the call. In messages: microseconds since the Unix epoch, UTC.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub at: DateTime<Utc>,
    /// The network address; `None` if it was counted together with others.
    pub address: Option<IpAddr>,
    /// The client; `None` if the call itself is no longer kept.
    pub client: Option<Client>,
}

/// The calls of a token that an account's change would have refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenShare {
    /// The token.
    pub token: TokenId,
    /// Its name.
    pub name: String,
    /// The number of calls.
    pub calls: u64,
}

/// The answer to the question of what a change would have refused in the last [`DAYS`] days.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rehearsal {
    /// The number of calls.
    pub calls: u64,
    /// The number of networks that they came from.
    pub networks: u64,
    /// Whether there were more networks, which were counted together.
    pub more_networks: bool,
    /// The last one.
    pub last: Option<LastRefused>,
    /// The number of calls of each operation, by its id, the most called first.
    pub operations: Vec<(String, u64)>,
    /// The tokens with the most such calls; empty for the change of one token.
    pub tokens: Vec<TokenShare>,
    /// The number of calls of which nothing is known, as their addresses were counted together.
    pub unknown: u64,
    /// The use of each operation, if the token moves to a newer API version.
    pub versions: Vec<VersionUse>,
    /// The days of which calls are known, if they are fewer.
    pub known_days: Option<u16>,
    /// When the token, or one of the account, last passed the gate. In messages: microseconds since the Unix epoch, UTC.
    #[serde(with = "chrono::serde::ts_microseconds_option")]
    pub last_used_at: Option<DateTime<Utc>>,
}

impl Rehearsal {
    /// Returns that of these calls of some tokens.
    #[must_use]
    pub fn of<'r>(refused: impl IntoIterator<Item = &'r WouldRefuse>) -> Self {
        let (mut networks, mut operations) = (BTreeSet::<Option<IpAddr>>::new(), BTreeMap::<&str, u64>::new());
        let mut all = Self::default();
        for one in refused {
            all.calls = all.calls.saturating_add(one.calls);
            all.unknown = all.unknown.saturating_add(one.unknown);
            networks.extend(&one.networks);
            for (operation, calls) in &one.operations {
                let sum = operations.entry(operation).or_default();
                *sum = sum.saturating_add(*calls);
            }
        }
        all.more_networks = networks.remove(&None::<IpAddr>);
        all.networks = networks.len().try_into().unwrap_or(u64::MAX);
        all.operations = operations.into_iter().map(|(operation, calls)| (operation.to_owned(), calls)).collect();
        all.operations.sort_by_key(|(_, calls)| std::cmp::Reverse(*calls)); // stable, as above
        all
    }
}

#[cfg(test)]
mod tests;
