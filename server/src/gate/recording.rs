//! The record of each call: its token, operation and address, the status of its answer and the latency.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use domain::{gate::access::Caller, tokens::scope::Scope};
use http::StatusCode;
use store::{Call, Store};

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
    pub fn begin(store: &'s Store, caller: &Caller, scope: Scope, address: IpAddr) -> Self {
        let call = Call {
            account: caller.account,
            token: caller.token,
            scope,
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
