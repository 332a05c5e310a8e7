//! The behaviour of every store on either database: one module per subject, and `house`, which sets a test up.

mod account;
mod audit;
mod clock_ahead;
mod gate;
pub mod house;
mod members;
mod reports;
mod sign_in;
pub mod soft_passkey;
mod tokens;
