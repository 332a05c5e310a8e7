//! The uses of Auth Tokens that wait in memory until they are written: see `uses` and `retired_uses`.

use crate::db::database::micros;
use chrono::{DateTime, Utc};
use domain::account::AccountId;
use domain::tokens::token::TokenId;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most uses that wait in memory and are told apart by address. Beyond that, only their tokens are told apart.
const USES_MAX: usize = 10_000;
/// The most wrong Auth Tokens that wait in memory. More in one second are a flood of guesses, of which no more is looked at.
const UNMATCHED_MAX: usize = 1_000;
/// The most of them for one token, so that guesses at it hide no use of another's.
const UNMATCHED_OF_TOKEN_MAX: usize = 200;

/// An Auth Token: its token, and when it was issued.
pub(crate) type Value = (TokenId, i64);

/// The first and the last of several uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: DateTime<Utc>,
    pub(crate) last: DateTime<Utc>,
}

impl Span {
    fn with(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.max(other.last) }
    }
}

/// The uses that wait to be written.
#[derive(Default)]
pub(crate) struct Uses {
    waiting: Mutex<HashMap<(Value, Option<IpAddr>), Span>>,
}

impl Uses {
    /// Returns the uses, for writing.
    pub(crate) fn waiting(&self) -> MutexGuard<'_, HashMap<(Value, Option<IpAddr>), Span>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner) // nothing is half done, as nothing panics there
    }

    /// Notes that the Auth Token, which was issued at that time, is used from that address while an overlap is open.
    pub(crate) fn note(&self, token: TokenId, issued_at: DateTime<Utc>, address: IpAddr, at: DateTime<Utc>) {
        self.add((token, micros(issued_at)), Some(address), Span { first: at, last: at });
    }

    /// Adds uses that were noted before.
    pub(crate) fn add(&self, value: Value, address: Option<IpAddr>, span: Span) {
        let mut waiting = self.waiting();
        let is_apart = waiting.len() < USES_MAX || waiting.contains_key(&(value, address));
        let key = (value, address.filter(|_| is_apart));
        waiting.entry(key).and_modify(|known| *known = known.with(span)).or_insert(span);
    }
}

/// A wrong Auth Token: the token it was sent for, its hash, and the address that it came from.
pub(crate) type Sent = (AccountId, TokenId, [u8; 32], IpAddr);

/// The calls with one wrong Auth Token from one address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) first: DateTime<Utc>,
    pub(crate) last: DateTime<Utc>,
    pub(crate) calls: i64,
}

/// The wrong Auth Tokens that wait to be compared.
#[derive(Default)]
pub(crate) struct Unmatched {
    waiting: Mutex<HashMap<Sent, Seen>>,
}

impl Unmatched {
    /// Returns the calls, for comparing.
    pub(crate) fn waiting(&self) -> MutexGuard<'_, HashMap<Sent, Seen>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner) // nothing is half done, as nothing panics there
    }

    /// Notes a wrong Auth Token. Touches memory only.
    pub(crate) fn note(&self, sent: Sent, at: DateTime<Utc>) {
        self.add(sent, Seen { first: at, last: at, calls: 1 });
    }

    /// Adds calls that were noted before.
    pub(crate) fn add(&self, sent: Sent, seen: Seen) {
        let mut waiting = self.waiting();
        if let Some(known) = waiting.get_mut(&sent) {
            let (first, last) = (known.first.min(seen.first), known.last.max(seen.last));
            *known = Seen { first, last, calls: known.calls + seen.calls };
        } else if waiting.len() < UNMATCHED_MAX
            && waiting.keys().filter(|known| known.1 == sent.1).count() < UNMATCHED_OF_TOKEN_MAX
        {
            waiting.insert(sent, seen);
        }
    }
}
