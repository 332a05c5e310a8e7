//! The behaviour of every store on either database: one module per subject, and `test_store`, which sets a test up.

mod account;
mod audit;
mod clock_ahead;
mod gate;
mod members;
mod reports;
mod sign_in;
pub mod soft_passkey;
pub mod test_store;
mod tokens;
mod work;
