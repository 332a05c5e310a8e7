//! What is noted of each call: who called for what, from where, how it was answered and how long that took.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use domain::{gate::access::Caller, tokens::scope::Scope};
use http::StatusCode;
use store::{Call, Store};

/// The status of a call whose client has hung up before it was answered, as nginx has it.
const HUNG_UP: u16 = 499;

/// A call that is being answered. It is noted once it goes, with the status of its answer, if it has got one.
pub struct Recording<'s> {
    store: &'s Store,
    call: Call,
    began: Instant,
}

impl<'s> Recording<'s> {
    /// Of a call that came with right credentials and names an operation.
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

    /// It is answered with this status.
    pub fn end(mut self, status: StatusCode) {
        self.call.status = status.as_u16();
    }
}

impl Drop for Recording<'_> {
    fn drop(&mut self) {
        self.store.record_call(Call { latency: self.began.elapsed(), ..self.call });
    }
}
