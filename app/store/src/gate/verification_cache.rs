//! The verification cache: the data that `authenticate` needs about a token, kept in memory under its Account
//! SID.
//!
//! The rule: no call of `authenticate` that begins after a change has returned sees the state before it.
//!
//! - A change holds its subject (a token, or its account's demands) from before its commit until the commit is decided:
//!   see `commit`. Beginning to hold removes the subject from the cache.
//! - A reader that misses takes a [`Ticket`] *before* reading the database, and puts in what it has read with that
//!   ticket. This is refused if anything that the reader may have missed was held at either moment or between them. So
//!   the contents of the cache were read when no change was under way, and none has begun since.
//! - While the subject is held, every call reads the database: it sees the change from the moment of its commit on.
//! - Holding ends when the commit has returned, not when a caller has stopped waiting: the commit runs in a task of its
//!   own. If it has failed and may still be carried out, `nodes` decides when it ends. If that task ends early (a
//!   panic, the end of the runtime), the hold stays forever; that costs time and is never wrong.
//!
//! An account's profile, which the gate answers itself, is cached by the same rule as the account's demands.
//!
//! The expiry of an Auth Token is no change: its end is in the cache, and compared with the clock on every call. So is the
//! end of an overlap, in which the old Auth Token passes, too: both are in one entry, and whatever removes it removes both.
//!
//! An unknown Account SID is not cached, so the cache grows to the number of tokens and no further. A token takes about
//! 300 bytes. The cache knows of changes made through this store and its clones; `nodes` says how it is notified of
//! others, and `db::lock` how there are none if it can't be.

use chrono::{DateTime, Utc};
use domain::account::AccountId;
use domain::account::company::CompanyInformation;
use domain::gate::address_range::AddressRange;
use domain::gate::api_version::ApiVersion;
use domain::tokens::scope::Scopes;
use domain::tokens::secret::AccountSid;
use domain::tokens::token::{TokenId, TokenState};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The number of groups of tokens whose changes are distinguished by ticket; a change of one token keeps the others of
/// its stripe from being put in.
const STRIPES: usize = 64;

/// The bytes of an Account SID.
type Key = [u8; 35];

/// The data that a token is verified with, and its rights, as the database has them at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Credentials {
    pub(crate) token: TokenId,
    pub(crate) account: AccountId,
    pub(crate) secret_hash: [u8; 32],
    /// The old Auth Token, which may pass as well.
    pub(crate) old: Option<OldCredentials>,
    pub(crate) state: TokenState,
    pub(crate) api_version: ApiVersion,
    pub(crate) scopes: Scopes,
    pub(crate) ends_at: Option<DateTime<Utc>>,
}

/// The old Auth Token after a reset with an overlap.
#[derive(Clone, Copy)]
pub(crate) struct OldCredentials {
    pub(crate) secret_hash: [u8; 32],
    /// When it was issued.
    pub(crate) issued_at: DateTime<Utc>,
    /// When the current one was issued, which replaced it.
    pub(crate) replaced_at: DateTime<Utc>,
    /// When it stops.
    pub(crate) ends_at: DateTime<Utc>,
}

/// The settings that all tokens of an account share.
#[derive(Clone)]
pub(crate) struct AccountPolicy {
    pub(crate) api_access: bool,
    pub(crate) addresses: Box<[AddressRange]>,
}

/// [`Credentials`], with the account that all its tokens share.
struct Entry {
    account: Arc<Account>,
    token: TokenId,
    secret_hash: [u8; 32],
    old: Option<OldCredentials>,
    state: TokenState,
    api_version: ApiVersion,
    scopes: Scopes,
    ends_at: Option<DateTime<Utc>>,
}

struct Account {
    id: AccountId,
    demands: AccountPolicy,
    /// Set once the account's demands are being changed. Entries that point here are invalid then.
    stale: AtomicBool,
}

/// The verification cache; see the head of this file.
pub(crate) struct VerificationCache {
    entries: papaya::HashMap<Key, Entry>,
    /// Locked while an entry is put in or removed. Locked before `accounts`, if both are.
    tokens: [Mutex<Changes>; STRIPES],
    accounts: Mutex<Accounts>,
    /// Changed while `accounts` is locked.
    profiles: papaya::HashMap<AccountId, Arc<CompanyInformation>>,
}

#[derive(Default)]
struct Accounts {
    changes: Changes,
    known: HashMap<AccountId, Arc<Account>>,
}

/// A count of changes, by which a reader of the database can tell whether there was any meanwhile.
#[derive(Default)]
struct Changes {
    begun: u64,
    ended: u64,
}

impl Changes {
    /// Returns the number of changes, if none is under way.
    fn quiet(&self) -> Option<u64> {
        (self.begun == self.ended).then_some(self.ended)
    }

    fn allow(&self, ticket: Option<u64>) -> bool {
        ticket.is_some() && ticket == self.quiet()
    }
}

/// The moment at which a reader began to read the database.
pub(crate) struct Ticket {
    token: Option<u64>,
    accounts: Option<u64>,
}

/// The subject of a change.
pub(crate) enum Invalidation {
    /// One token.
    Token(AccountSid),
    /// All tokens of an account, and its profile.
    Account(AccountId),
}

/// A guard that keeps the subject of a change out of the cache until it is released. If dropped without that, it keeps
/// it out forever.
#[must_use]
pub(crate) struct Hold {
    cache: Arc<VerificationCache>,
    of: Held,
}

enum Held {
    Stripe(usize),
    Accounts,
}

impl Default for VerificationCache {
    fn default() -> Self {
        Self {
            entries: papaya::HashMap::new(),
            tokens: [const { Mutex::new(Changes { begun: 0, ended: 0 }) }; STRIPES],
            accounts: Mutex::default(),
            profiles: papaya::HashMap::new(),
        }
    }
}

impl VerificationCache {
    /// Returns the cached credentials of the token, and what `ask` makes of its account's demands, without waiting for
    /// a lock.
    pub(crate) fn get<T>(&self, sid: &AccountSid, ask: impl FnOnce(&AccountPolicy) -> T) -> Option<(Credentials, T)> {
        let entries = self.entries.pin();
        let Entry { account, token, secret_hash, old, state, api_version, scopes, ends_at } = entries.get(&key(sid))?;
        if account.stale.load(Ordering::Acquire) {
            return None;
        }
        let credentials = Credentials {
            token: *token,
            account: account.id,
            secret_hash: *secret_hash,
            old: *old,
            state: *state,
            api_version: *api_version,
            scopes: *scopes,
            ends_at: *ends_at,
        };
        Some((credentials, ask(&account.demands)))
    }

    /// Returns a ticket, to be taken before the token is read from the database.
    pub(crate) fn ticket(&self, sid: &AccountSid) -> Ticket {
        let token = locked(&self.tokens[stripe(sid)]).quiet();
        Ticket { token, accounts: locked(&self.accounts).changes.quiet() }
    }

    /// Puts in what was read after the ticket was taken, unless a change may have been missed.
    pub(crate) fn put(&self, ticket: &Ticket, sid: &AccountSid, read: Credentials, demands: &AccountPolicy) {
        let changes = locked(&self.tokens[stripe(sid)]);
        let mut accounts = locked(&self.accounts);
        if !changes.allow(ticket.token) || !accounts.changes.allow(ticket.accounts) {
            return;
        }
        let Credentials { token, account, secret_hash, old, state, api_version, scopes, ends_at } = read;
        let shared = || Arc::new(Account { id: account, demands: demands.clone(), stale: AtomicBool::new(false) });
        let account = Arc::clone(accounts.known.entry(account).or_insert_with(shared));
        drop(accounts);
        let entry = Entry { account, token, secret_hash, old, state, api_version, scopes, ends_at };
        self.entries.pin().insert(key(sid), entry);
    }

    /// Returns the cached profile of the account, without waiting for a lock.
    pub(crate) fn profile(&self, account: AccountId) -> Option<Arc<CompanyInformation>> {
        self.profiles.pin().get(&account).map(Arc::clone)
    }

    /// Returns a ticket, to be taken before an account's profile is read from the database.
    pub(crate) fn profile_ticket(&self) -> Ticket {
        Ticket { token: None, accounts: locked(&self.accounts).changes.quiet() }
    }

    /// Puts in the profile that was read after the ticket was taken, unless a change may have been missed.
    pub(crate) fn put_profile(&self, ticket: &Ticket, account: AccountId, profile: &Arc<CompanyInformation>) {
        let accounts = locked(&self.accounts);
        if accounts.changes.allow(ticket.accounts) {
            self.profiles.pin().insert(account, Arc::clone(profile));
        }
    }

    /// Removes the subject of a change and keeps it out.
    pub(crate) fn hold(self: &Arc<Self>, concern: &Invalidation) -> Hold {
        match concern {
            Invalidation::Token(sid) => self.hold_token(sid),
            Invalidation::Account(account) => self.hold_account(*account),
        }
    }

    /// Removes everything, and refuses what readers are about to put in.
    pub(crate) fn clear(self: &Arc<Self>) {
        let mut accounts = locked(&self.accounts);
        accounts.changes.begun += 1;
        accounts.known.drain().for_each(|(_, account)| account.stale.store(true, Ordering::Release));
        accounts.changes.ended += 1;
        self.entries.pin().clear();
        self.profiles.pin().clear();
    }

    fn hold_token(self: &Arc<Self>, sid: &AccountSid) -> Hold {
        let stripe = stripe(sid);
        let mut changes = locked(&self.tokens[stripe]);
        changes.begun += 1;
        self.entries.pin().remove(&key(sid));
        Hold { cache: Arc::clone(self), of: Held::Stripe(stripe) }
    }

    fn hold_account(self: &Arc<Self>, account: AccountId) -> Hold {
        let mut accounts = locked(&self.accounts);
        accounts.changes.begun += 1;
        self.profiles.pin().remove(&account);
        if let Some(account) = accounts.known.remove(&account) {
            account.stale.store(true, Ordering::Release);
        }
        Hold { cache: Arc::clone(self), of: Held::Accounts }
    }
}

impl Hold {
    /// Lets the subject be put in again.
    pub(crate) fn release(self) {
        match self.of {
            Held::Stripe(stripe) => locked(&self.cache.tokens[stripe]).ended += 1,
            Held::Accounts => locked(&self.cache.accounts).changes.ended += 1,
        }
    }
}

fn key(sid: &AccountSid) -> Key {
    sid.as_str().as_bytes().try_into().expect("an Account SID has 35 characters, all ASCII")
}

/// Returns the stripe by the last character, which is random.
fn stripe(sid: &AccountSid) -> usize {
    key(sid).last().map_or(0, |last| usize::from(*last) % STRIPES)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner) // nothing is half done, as nothing panics there
}
