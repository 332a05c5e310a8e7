//! The calls that wait in memory until they are written.

use crate::clock::id_at;
use crate::db::database::{HOUR, micros};
use crate::gate::call::Call;
use crate::gate::call_pack::{self, CALLS_MAX};
use chrono::{DateTime, Utc};
use domain::account::AccountId;
use domain::tokens::token::TokenId;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// The most calls that wait in memory, about 20 MB. Beyond that, the oldest of those not yet tried to be written are
/// dropped.
const WAITING_MAX: usize = 200_000;

/// The calls that wait to be written.
#[derive(Default)]
pub(crate) struct Calls {
    waiting: Mutex<Waiting>,
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
    pub(crate) calls: usize,
}

impl Batch {
    pub(crate) fn of(calls: &[Call]) -> Self {
        Self { packs: packs(calls), used: last_uses(calls), calls: calls.len() }
    }
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
    for call in calls.iter().filter(|call| call.status < 400) {
        let last = used.entry(call.token).or_insert(call.at);
        *last = call.at.max(*last);
    }
    let mut used = Vec::from_iter(used);
    used.sort_unstable();
    used
}
