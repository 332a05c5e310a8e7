//! All SQL of Kagitaba: accounts, users, sessions, access tokens, the gate's look-ups, and the audit trail.
//!
//! [`Store`] is the only way in. Its operations are named as the page names them; each is one transaction together with
//! its audit event. Roles are not checked here: permissions are `domain`'s rule, and the caller's to check. Every query
//! checks that a token belongs to the current user's account.
//!
//! The files: `sqlite` and `postgres` open a database and begin transactions, each in its own way; `database` covers
//! both; `sql` runs statements on either. The others have one subject each, with SQL that both databases read (`$1`,
//! `ON CONFLICT`). Each database has migrations of its own.

mod accounts;
mod advertisers;
mod allowances;
mod audit;
mod audit_chain;
mod audit_trail;
mod audit_verify;
mod backup;
mod bearer;
mod call_log;
mod call_pack;
mod calls;
mod clock;
mod company;
mod database;
mod database_lock;
mod error;
mod gate;
mod identities;
mod invitations;
mod jobs;
mod key;
mod key_check;
mod live;
mod moving;
mod nodes;
mod operator;
mod paging;
mod passkeys;
mod password_resets;
mod passwords;
mod ping;
#[cfg(test)]
mod plans;
mod postgres;
mod profile;
mod sealing;
mod sealing_keys;
mod search;
mod second_factor;
mod second_step;
mod security_policy;
mod sessions;
mod sql;
mod sqlite;
mod store;
mod throttle;
mod token_changes;
mod token_list;
mod token_rows;
mod usage;
mod users;
mod verification_cache;
mod work;

pub use advertisers::ImportedAdvertisers;
pub use allowances::Allowance;
pub use audit::AuditEvent;
pub use audit_trail::AuditEntry;
pub use audit_verify::{AuditChain, AuditFault, AuditHash, NoAuditHash, verify_audit_trail};
pub use backup::back_up;
pub use call_log::{CallLog, RecordedCall};
pub use calls::Call;
pub use clock::Clock;
pub use database_lock::DatabaseLock;
pub use error::Error;
pub use identities::{Identity, VerifiedPerson};
pub use invitations::InvitationToken;
pub use jobs::{ClaimedJob, JobResult, RESULT_LIFETIME, RESULT_LINK_LIFETIME, ResultLink, STALLED_AFTER};
pub use key::ServerKey;
pub use moving::{MovedTable, move_database};
pub use nodes::LEASE;
pub use passkeys::{Challenge, ChallengeToken, PasskeyAnswer, RelyingParty};
pub use password_resets::{ResetLink, ResetToken};
pub use sealing::SealingKey;
pub use sealing_keys::SealingKeys;
pub use second_factor::{NewAuthenticator, RecoveryCodes};
pub use second_step::PendingSignIn;
pub use sessions::{Client, KnownSession, SESSION_IDLE, SESSION_LIFETIME, SessionToken};
pub use store::Store;
pub use token_changes::IssuedToken;
pub use usage::TokenUsage;
pub use users::NewUser;
