//! What every store does, whatever database it is on: one module per subject, and `house`, where a test begins.

mod accounts;
mod advertisers;
mod audit;
mod audit_chain;
mod audit_trail;
mod changes;
mod concurrency;
mod failures;
mod gate;
pub mod house;
mod identities;
mod jobs;
mod list;
mod live;
mod operator;
mod passkeys;
mod password_resets;
mod profile;
mod second_factor;
mod security_policy;
mod sessions;
pub mod soft_passkey;
mod undo;
mod usage;
mod users;
mod verification;
mod work;
