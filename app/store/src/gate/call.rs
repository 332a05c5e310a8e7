//! A call at the gate.

use chrono::{DateTime, Utc};
use domain::account::AccountId;
use domain::gate::api_version::ApiVersion;
use domain::tokens::client_name::ClientName;
use domain::tokens::scope::Scope;
use domain::tokens::token::TokenId;
use domain::tokens::usage::RefusedFor;
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
    /// The API version that it asked for, if that is one.
    pub version: Option<ApiVersion>,
    /// The number of the token's value that it came with; see `domain::tokens::overlap::TokenValue::number`.
    pub value: u8,
    /// The name of its client.
    pub client: ClientName,
    /// The answer's HTTP status; 499 if the client hung up before it. Below 400 the call counts as a use of the token.
    pub status: u16,
    /// The time of the call.
    pub at: DateTime<Utc>,
    /// The network address that it came from.
    pub address: IpAddr,
    /// The time that the answer took, kept in whole microseconds.
    pub latency: Duration,
}

/// One call that came with a known Account SID and was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusedCall {
    /// The account that the token belongs to.
    pub account: AccountId,
    /// The token with this Account SID.
    pub token: TokenId,
    /// The reason.
    pub reason: RefusedFor,
    /// The network address that it came from.
    pub address: IpAddr,
    /// The time of the call.
    pub at: DateTime<Utc>,
}
