//! The verification cache: what [`Store::authenticate`] has to know of a token, kept in memory under its Account SID.
//!
//! The rule: no call of `authenticate` that begins after a change has answered sees what was before it.
//!
//! - A change holds what it concerns (a token, or an account's API access) from before its commit until the commit is
//!   decided: see [`Store::commit`]. Beginning to hold takes that out of the cache.
//! - Whoever misses takes a [`Ticket`] *before* reading the database, and puts in what was read with that ticket. It is
//!   refused where anything that it may have missed was held at either moment or between them. So what is in the cache
//!   was read when no change was under way, and none has begun since.
//! - While held, every call reads the database: it sees the change from the moment of its commit on.
//! - Holding ends when the commit has answered, and not because somebody has stopped waiting: the commit runs in a task
//!   of its own. Where that task ends before (a panic, the end of the runtime), the hold stays for ever; that costs time
//!   and is never wrong.
//!
//! An unknown Account SID is not remembered, so the cache grows to the number of tokens and no further. A token takes
//! about 250 bytes. It knows only of changes made through this store and its clones.

use crate::database::Tx;
use crate::error::Error;
use crate::store::Store;
use domain::account::AccountId;
use domain::api_version::ApiVersion;
use domain::scope::Scopes;
use domain::secret::AccountSid;
use domain::token::{TokenId, TokenState};
use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Tokens whose changes are told apart by ticket; one that changes keeps the others of its stripe from being put in.
const STRIPES: usize = 64;

/// The bytes of an Account SID.
type Key = [u8; 35];

/// What a token is verified with and what it may do, as the database knows it at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Credentials {
    pub(crate) token: TokenId,
    pub(crate) account: AccountId,
    pub(crate) api_access: bool,
    pub(crate) secret_hash: [u8; 32],
    pub(crate) state: TokenState,
    pub(crate) api_version: ApiVersion,
    pub(crate) scopes: Scopes,
}

/// [`Credentials`], less what all tokens of the account share.
struct Entry {
    account: Arc<Account>,
    token: TokenId,
    secret_hash: [u8; 32],
    state: TokenState,
    api_version: ApiVersion,
    scopes: Scopes,
}

struct Account {
    id: AccountId,
    api_access: bool,
    /// Set once its API access is being changed. Entries that point here are as good as none then.
    stale: AtomicBool,
}

/// See the head of this file.
pub(crate) struct VerificationCache {
    entries: papaya::HashMap<Key, Entry>,
    /// Taken by whoever puts in or takes out an entry. Before `accounts`, where both are.
    tokens: [Mutex<Changes>; STRIPES],
    accounts: Mutex<Accounts>,
}

#[derive(Default)]
struct Accounts {
    changes: Changes,
    known: HashMap<AccountId, Arc<Account>>,
}

/// Counts changes, so that one who has read the database can tell whether there was any meanwhile.
#[derive(Default)]
struct Changes {
    begun: u64,
    ended: u64,
}

impl Changes {
    /// How many there have been, if none is under way.
    fn quiet(&self) -> Option<u64> {
        (self.begun == self.ended).then_some(self.ended)
    }

    fn allow(&self, ticket: Option<u64>) -> bool {
        ticket.is_some() && ticket == self.quiet()
    }
}

/// When somebody began to read the database.
pub(crate) struct Ticket {
    token: Option<u64>,
    accounts: Option<u64>,
}

/// Keeps what a change concerns out of the cache until it is released. Dropped without that, it keeps it out for ever.
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
        }
    }
}

impl VerificationCache {
    /// What is known of the token, without waiting for anybody.
    pub(crate) fn get(&self, sid: &AccountSid) -> Option<Credentials> {
        let entries = self.entries.pin();
        let Entry { account, token, secret_hash, state, api_version, scopes } = entries.get(&key(sid))?;
        (!account.stale.load(Ordering::Acquire)).then_some(Credentials {
            token: *token,
            account: account.id,
            api_access: account.api_access,
            secret_hash: *secret_hash,
            state: *state,
            api_version: *api_version,
            scopes: *scopes,
        })
    }

    /// To be taken before the token is read from the database.
    pub(crate) fn ticket(&self, sid: &AccountSid) -> Ticket {
        let token = locked(&self.tokens[stripe(sid)]).quiet();
        Ticket { token, accounts: locked(&self.accounts).changes.quiet() }
    }

    /// Puts in what was read after the ticket was taken, if that is still so.
    pub(crate) fn put(&self, ticket: &Ticket, sid: &AccountSid, read: Credentials) {
        let changes = locked(&self.tokens[stripe(sid)]);
        let mut accounts = locked(&self.accounts);
        if !changes.allow(ticket.token) || !accounts.changes.allow(ticket.accounts) {
            return;
        }
        let Credentials { token, account, api_access, secret_hash, state, api_version, scopes } = read;
        let shared = || Arc::new(Account { id: account, api_access, stale: AtomicBool::new(false) });
        let account = Arc::clone(accounts.known.entry(account).or_insert_with(shared));
        drop(accounts);
        self.entries.pin().insert(key(sid), Entry { account, token, secret_hash, state, api_version, scopes });
    }

    /// Takes the token out and keeps it out.
    pub(crate) fn hold_token(self: &Arc<Self>, sid: &AccountSid) -> Hold {
        let stripe = stripe(sid);
        let mut changes = locked(&self.tokens[stripe]);
        changes.begun += 1;
        self.entries.pin().remove(&key(sid));
        Hold { cache: Arc::clone(self), of: Held::Stripe(stripe) }
    }

    /// Takes all of the account's tokens out and keeps them out.
    pub(crate) fn hold_account(self: &Arc<Self>, account: AccountId) -> Hold {
        let mut accounts = locked(&self.accounts);
        accounts.changes.begun += 1;
        if let Some(account) = accounts.known.remove(&account) {
            account.stale.store(true, Ordering::Release);
        }
        Hold { cache: Arc::clone(self), of: Held::Accounts }
    }
}

impl Hold {
    fn release(self) {
        match self.of {
            Held::Stripe(stripe) => locked(&self.cache.tokens[stripe]).ended += 1,
            Held::Accounts => locked(&self.cache.accounts).changes.ended += 1,
        }
    }
}

impl Store {
    /// Commits a change of what the cache may know and then lets go of it. Once begun that is carried through, even if
    /// nobody waits for it any more.
    pub(crate) async fn commit(&self, tx: Tx, hold: Hold) -> Result<(), Error> {
        let committing = tokio::spawn(async move {
            let committed = tx.commit().await;
            hold.release();
            committed
        });
        Ok(committing.await.map_err(|cut_short| sqlx::Error::Io(io::Error::other(cut_short)))??)
    }
}

fn key(sid: &AccountSid) -> Key {
    sid.as_str().as_bytes().try_into().expect("an Account SID has 35 characters, all ASCII")
}

/// By the last character, which is random.
fn stripe(sid: &AccountSid) -> usize {
    key(sid).last().map_or(0, |last| usize::from(*last) % STRIPES)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner) // nothing is left half done: nothing there panics
}
