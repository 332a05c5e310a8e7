//! The look-ups of the gate.

pub mod authenticate;
pub mod failures;
pub mod profile;
pub mod verification;
