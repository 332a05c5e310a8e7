//! The state that the parts of the two-step sign-in panel share.

use crate::error::AppError;
use crate::sign_in::api::second_factor::ShownAuthenticator;
use crate::sign_in::guarded::Guarded;
use crate::sign_in::step_up::StepUp;
use crate::ui::hydrated::use_hydrated;
use leptos::prelude::*;

/// The state of the panel: requests under way, their errors, and what is shown once.
#[derive(Clone, Copy)]
pub struct SecondFactorState {
    /// The authenticator being set up.
    pub authenticator: RwSignal<Option<ShownAuthenticator>>,
    /// Recovery codes, shown only once.
    pub codes: RwSignal<Option<Vec<String>>>,
    pub error: RwSignal<Option<AppError>>,
    /// Whether a request is under way.
    pub pending: Signal<bool>,
    /// Whether no action can begin: a request is under way, or our wasm does not run the page yet.
    pub busy: Signal<bool>,
    guarded: Guarded,
}

impl SecondFactorState {
    /// Returns the state of a panel of which nothing is open.
    pub fn new(step_up: StepUp) -> Self {
        let (guarded, hydrated) = (Guarded::new(step_up), use_hydrated());
        let pending = guarded.pending();
        Self {
            authenticator: RwSignal::new(None),
            codes: RwSignal::new(None),
            error: RwSignal::new(None),
            pending,
            busy: Signal::derive(move || pending.get() || !hydrated.get()),
            guarded,
        }
    }

    /// Makes the request and then calls `done`, after a step-up if the server requires it.
    pub fn run<T, Answer>(
        self,
        request: impl Fn() -> Answer + Clone + Send + Sync + 'static,
        done: impl Fn(T) + Clone + Send + Sync + 'static,
    ) where
        T: 'static,
        Answer: Future<Output = Result<T, AppError>> + 'static,
    {
        if !self.guarded.is_pending() {
            self.error.try_set(None);
        }
        self.guarded.run(request, move |answer| match answer {
            Ok(value) => done(value),
            Err(error) => _ = self.error.try_set(Some(error)),
        });
    }
}
