//! The calls that wait in memory until they are written.

use crate::clock::id_at;
use crate::db::database::{DAY, HOUR, micros};
use crate::gate::call::Call;
use crate::gate::call_pack::{self, CALLS_MAX};
use crate::gate::refusals::{Refusals, RefusedBatch};
use chrono::{DateTime, Utc};
use domain::account::AccountId;
use domain::tokens::client_name::{CLIENTS_MAX, ClientName, Distinct};
use domain::tokens::token::TokenId;
use domain::tokens::usage::is_failure;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// The most calls that wait in memory, about 40 MB. Beyond that, the oldest of those not yet tried to be written are
/// dropped.
const WAITING_MAX: usize = 200_000;
/// The number of clients' names, some 20 MB at most, beyond which those that are told apart are learned again.
const NAMES_MAX: usize = 50_000;

/// The calls that wait to be written.
#[derive(Default)]
pub(crate) struct Calls {
    waiting: Mutex<Waiting>,
    /// The refused calls that wait to be written.
    pub(crate) refusals: Refusals,
    clients: Mutex<Clients>,
    /// The batch whose write has failed. It may have been committed all the same, so it is written again unchanged.
    /// Locked while calls are written.
    pub(crate) failed: tokio::sync::Mutex<Option<Batch>>,
}

#[derive(Default)]
pub(crate) struct Waiting {
    /// Calls that were not yet tried to be written.
    pub(crate) calls: VecDeque<Call>,
    /// The number of calls in the failed batch.
    pub(crate) failed: usize,
    pub(crate) given_up: usize,
}

impl Calls {
    pub(crate) fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the calls of further clients of a token and a day together, before they are packed.
    pub(crate) fn tell_clients_apart(&self, calls: &mut [Call]) {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).tell_apart(calls);
    }
}

/// The clients of each token and day that are told apart, as long as this process lives. The rows of days are bounded
/// once more when calls are added up.
#[derive(Default)]
struct Clients {
    of: HashMap<(TokenId, i64), Distinct<ClientName>>,
    names: usize,
}

impl Clients {
    fn tell_apart(&mut self, calls: &mut [Call]) {
        if self.names > NAMES_MAX {
            *self = Self::default();
        }
        for call in calls.iter_mut().filter(|call| call.client != ClientName::Unnamed) {
            let key = (call.token, micros(call.at).div_euclid(DAY));
            let known = self.of.entry(key).or_insert_with(|| Distinct::after(CLIENTS_MAX, []));
            let before = known.count();
            call.client = known.or_others(call.client);
            self.names += known.count() - before;
        }
    }
}

impl Waiting {
    pub(crate) fn trim(&mut self) {
        let excess = (self.failed + self.calls.len()).saturating_sub(WAITING_MAX);
        self.calls.drain(..excess);
        self.given_up += excess;
    }
}

/// Calls that are written together.
pub(crate) struct Batch {
    pub(crate) packs: Vec<Pack>,
    pub(crate) used: Vec<(TokenId, DateTime<Utc>)>,
    pub(crate) failed: Vec<Failed>,
    pub(crate) refused: Option<RefusedBatch>,
    pub(crate) calls: usize,
}

impl Batch {
    pub(crate) fn of(calls: &[Call], refused: Option<RefusedBatch>) -> Self {
        let used = last_uses(calls);
        let failed = failures(calls, &used, refused.as_ref());
        Self { packs: packs(calls), used, failed, refused, calls: calls.len() }
    }
}

/// A token with a call that failed or was refused. Times are in microseconds.
pub(crate) struct Failed {
    pub(crate) token: Uuid,
    /// The first such call after the last one that passed, or the last one if there is none.
    pub(crate) since: i64,
    /// The last such call.
    pub(crate) last_at: i64,
}

/// Returns the tokens with failed or refused calls, in the order in which tokens are stored. `used` is in that order.
fn failures(calls: &[Call], used: &[(TokenId, DateTime<Utc>)], refused: Option<&RefusedBatch>) -> Vec<Failed> {
    let failed = calls.iter().filter(|call| is_failure(call.status));
    let mut times: Vec<_> = failed.map(|call| (call.token.0, micros(call.at), micros(call.at))).collect();
    times.extend(refused.into_iter().flat_map(RefusedBatch::times));
    times.sort_unstable();
    let of_token = |times: &[(Uuid, i64, i64)]| {
        let (token, ..) = *times.first()?;
        let passed_at = used.binary_search_by_key(&token, |(token, _)| token.0).ok().map(|place| micros(used[place].1));
        let since =
            times.iter().map(|(_, first_at, _)| *first_at).find(|at| passed_at.is_none_or(|passed| *at > passed));
        let last_at = times.iter().map(|(.., last_at)| *last_at).max()?;
        Some(Failed { token, since: since.unwrap_or(last_at), last_at })
    };
    times.chunk_by(|one, other| one.0 == other.0).filter_map(of_token).collect()
}

/// Calls of one account and one hour, packed.
pub(crate) struct Pack {
    /// The id by which the database recognizes it if it is written again.
    pub(crate) id: Uuid,
    pub(crate) account: AccountId,
    pub(crate) last_at: DateTime<Utc>,
    pub(crate) calls: i64,
    pub(crate) bytes: Vec<u8>,
}

fn packs(calls: &[Call]) -> Vec<Pack> {
    let together = |call: &&Call| (call.account.0, micros(call.at).div_euclid(HOUR));
    let mut calls = Vec::from_iter(calls);
    calls.sort_by_key(together); // stable: the order within a group stays
    let groups = calls.chunk_by(|one, other| together(one) == together(other));
    groups.flat_map(|group| group.chunks(CALLS_MAX)).filter_map(Pack::of).collect()
}

impl Pack {
    fn of(calls: &[&Call]) -> Option<Self> {
        let last = calls.iter().max_by_key(|call| call.at)?;
        let bytes = call_pack::pack(calls, last.at);
        let (id, calls) = (id_at(last.at), calls.len().try_into().ok()?);
        Some(Self { id, account: last.account, last_at: last.at, calls, bytes })
    }
}

/// Returns the time of each used token's last use, in the order in which tokens are stored, so that neighbours in the
/// database are changed together.
fn last_uses(calls: &[Call]) -> Vec<(TokenId, DateTime<Utc>)> {
    let mut used = HashMap::new();
    for call in calls.iter().filter(|call| !is_failure(call.status)) {
        let last = used.entry(call.token).or_insert(call.at);
        *last = call.at.max(*last);
    }
    let mut used = Vec::from_iter(used);
    used.sort_unstable();
    used
}
