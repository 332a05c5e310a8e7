//! All SQL of Kagitaba: accounts, users, sessions, access tokens, the gate's look-ups, and the audit trail.
//!
//! [`Store`] is the only way in. It has a part for each feature, such as `store.tokens()`, whose operations are named as
//! the page names them; each is one transaction together with its audit event. Roles are not checked here: permissions
//! are `domain`'s rule, and the caller's to check. Every query checks that a token belongs to the current user's account.
//!
//! The parts are built on `core` (the database, the keys, the clock, and what this process keeps in memory) and don't
//! know the store. `commit` ends each change of data that the gate caches.
//!
//! In `db`, `sqlite` and `postgres` open a database and begin transactions, each in its own way; `database` covers
//! both; `sql` runs statements on either. The other folders have one feature each, with SQL that both databases read
//! (`$1`, `ON CONFLICT`). Each database has migrations of its own.

mod account;
mod audit;
mod clock;
mod commit;
mod core;
mod db;
mod error;
mod gate;
mod keys;
mod members;
mod reports;
mod sign_in;
mod store;
mod tokens;

pub use account::Accounts;
pub use audit::AuditTrail;
pub use audit::event::AuditEvent;
pub use audit::trail::AuditEntry;
pub use audit::verify::{AuditChain, AuditFault, AuditHash, NoAuditHash, verify_audit_trail};
pub use clock::Clock;
pub use db::backup::{BackupError, back_up};
pub use db::lock::DatabaseLock;
pub use db::moving::{MoveError, MovedTable, move_database};
pub use db::nodes::LEASE;
pub use db::work::Work;
pub use error::Error;
pub use gate::Gate;
pub use gate::call::{Call, RefusedCall};
pub use gate::call_log::{CallLog, RecordedCall};
pub use gate::shares::Counted;
pub use keys::Keys;
pub use keys::sealing::SealingKey;
pub use keys::sealing_keys::SealingKeys;
pub use keys::server_key::ServerKey;
pub use members::Members;
pub use members::invitations::InvitationToken;
pub use members::users::NewUser;
pub use reports::Reports;
pub use reports::advertisers::ImportedAdvertisers;
pub use reports::jobs::{
    ClaimedJob, JobResult, RESULT_LIFETIME, RESULT_LINK_LIFETIME, Replay, ResultLink, STALLED_AFTER,
};
pub use sign_in::SigningIn;
pub use sign_in::challenges::ChallengeToken;
pub use sign_in::identities::{Identity, VerifiedPerson};
pub use sign_in::passkeys::{Challenge, PasskeyAnswer, RelyingParty};
pub use sign_in::password_resets::{ResetLink, ResetToken};
pub use sign_in::recovery_codes::RecoveryCodes;
pub use sign_in::second_factor::NewAuthenticator;
pub use sign_in::second_step::{PendingSignIn, SignIn};
pub use sign_in::session_start::{Client, SessionToken};
pub use sign_in::sessions::{KnownSession, SESSION_IDLE, SESSION_LIFETIME};
pub use store::Store;
pub use tokens::Tokens;
pub use tokens::changes::IssuedToken;
pub use tokens::usage::TokenUsage;
