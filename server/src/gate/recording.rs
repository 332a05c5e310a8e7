//! What is noted of each call: who called for what, from where, how it was answered and how long that took.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use domain::{access::Caller, scope::Scope};
use http::StatusCode;
use store::{Call, Store};

/// A call that is being answered.
pub struct Recording {
    call: Call,
    began: Instant,
}

impl Recording {
    /// Of a call that came with right credentials and names an operation.
    pub fn begin(store: &Store, caller: &Caller, scope: Scope, address: IpAddr) -> Self {
        let call = Call {
            account: caller.account,
            token: caller.token,
            scope,
            status: 0,
            at: store.clock().now(),
            address,
            latency: Duration::ZERO,
        };
        tracing::Span::current().record("operation", scope.id());
        Self { call, began: Instant::now() }
    }

    /// It was answered with this status.
    pub fn end(self, store: &Store, status: StatusCode) {
        store.record_call(Call { status: status.as_u16(), latency: self.began.elapsed(), ..self.call });
    }
}
