//! A call at the gate.

use chrono::{DateTime, Utc};
use domain::account::AccountId;
use domain::tokens::scope::Scope;
use domain::tokens::token::TokenId;
use std::net::IpAddr;
use std::time::Duration;

/// One call that came with valid credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// The account that the token belongs to.
    pub account: AccountId,
    /// The token that it came with.
    pub token: TokenId,
    /// The operation that it asked for.
    pub scope: Scope,
    /// The answer's HTTP status; 499 if the client hung up before it. Below 400 the call counts as a use of the token.
    pub status: u16,
    /// The time of the call.
    pub at: DateTime<Utc>,
    /// The network address that it came from.
    pub address: IpAddr,
    /// The time that the answer took, kept in whole microseconds.
    pub latency: Duration,
}
