//! What is noted of each call: who called for what, from where, how it was answered and how long that took.

use std::time::Instant;

use domain::{access::Caller, scope::Scope};
use http::{StatusCode, request::Parts};
use store::{Call, Store};

use super::admission::Gate;

/// A call that is being answered.
pub struct Recording {
    store: Store,
    call: Call,
    began: Instant,
}

impl Recording {
    /// Of a call that came with right credentials and names an operation.
    pub fn begin(gate: &Gate, caller: &Caller, scope: Scope, request: &Parts) -> Self {
        let call = Call {
            account: caller.account,
            token: caller.token,
            scope,
            status: 0,
            at: gate.store.clock().now(),
            address: gate.address(request),
            latency: std::time::Duration::ZERO,
        };
        tracing::Span::current().record("operation", scope.id());
        Self { store: gate.store.clone(), call, began: Instant::now() }
    }

    /// It was answered with this status.
    pub fn end(self, status: StatusCode) {
        self.store.record_call(Call { status: status.as_u16(), latency: self.began.elapsed(), ..self.call });
    }
}
