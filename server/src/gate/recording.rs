//! The record of each call: its token, operation, version, address and client, the status of its answer and the latency;
//! and the count of those that were refused.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use domain::{
    account::AccountId,
    gate::{access::Caller, api_version::ApiVersion},
    tokens::{client_name::ClientName, scope::Scope, token::TokenId, usage::RefusedFor},
};
use http::{HeaderMap, StatusCode, header};
use store::{Call, RefusedCall, Store};

use super::error::GateError;

/// The status of a call whose client hung up before the answer, as in nginx.
const HUNG_UP: u16 = 499;

/// A call that is being answered. It is recorded when this is dropped, with the status of its answer, if it has one.
pub struct Recording<'s> {
    store: &'s Store,
    call: Call,
    began: Instant,
}

impl<'s> Recording<'s> {
    /// Begins the record of a call that came with right credentials and names an operation.
    pub fn begin(
        store: &'s Store,
        caller: &Caller,
        scope: Scope,
        version: Option<ApiVersion>,
        (address, client): (IpAddr, ClientName),
    ) -> Self {
        let call = Call {
            account: caller.account,
            token: caller.token,
            scope,
            version,
            value: caller.value.number(),
            client,
            status: HUNG_UP,
            at: store.clock().now(),
            address,
            latency: Duration::ZERO,
        };
        tracing::Span::current().record("operation", scope.id());
        Self { store, call, began: Instant::now() }
    }

    /// Sets the status of the answer, and ends the record.
    pub fn end(mut self, status: StatusCode) {
        self.call.status = status.as_u16();
    }
}

impl Drop for Recording<'_> {
    fn drop(&mut self) {
        self.store.gate().record_call(Call { latency: self.began.elapsed(), ..self.call });
    }
}

/// Returns the name of the client that sends these headers.
pub fn client(headers: &HeaderMap) -> ClientName {
    let user_agent = headers.get(header::USER_AGENT);
    user_agent.map_or(ClientName::Unnamed, |value| ClientName::of_user_agent(value.as_bytes()))
}

/// The token behind a call, and the address that it came from.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    pub account: AccountId,
    pub token: TokenId,
    pub address: IpAddr,
}

impl Origin {
    /// Returns the origin of the caller's call.
    pub fn new(caller: &Caller, address: IpAddr) -> Self {
        Self { account: caller.account, token: caller.token, address }
    }

    /// Counts the call as refused, if the error is one of those that are counted.
    pub fn refused(self, store: &Store, error: &GateError) {
        let reason = match error {
            GateError::Expired { .. } => Some(RefusedFor::Expired),
            GateError::TooManyCalls => Some(RefusedFor::RateLimited),
            GateError::Refused(refusal) => RefusedFor::of(*refusal),
            _ => None,
        };
        if let Some(reason) = reason {
            let Self { account, token, address } = self;
            let at = store.clock().now();
            store.gate().record_refused(RefusedCall { account, token, reason, address, at });
        }
    }
}
