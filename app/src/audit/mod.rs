//! The audit trail, and the entries about one token.

pub mod api;
pub(crate) mod entries;
pub(crate) mod filters;
pub(crate) mod trail;
