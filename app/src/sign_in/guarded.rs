//! Guarded actions: a question first, then the request, a step-up if the server requires one, and the request again.

use crate::error::AppError;
use crate::sign_in::step_up::StepUp;
use crate::ui::confirm_dialog::{ConfirmDialog, Question};
use domain::Refusal;
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};

/// The guarded actions of a part of a page, carried out one at a time. `T` is what their question is about.
pub struct Guarded<T = ()> {
    asked: RwSignal<Option<T>>,
    pending: RwSignal<bool>,
    step_up: StepUp,
}

impl<T> Clone for Guarded<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Guarded<T> {}

impl<T: Clone + Send + Sync + 'static> Guarded<T> {
    /// Returns a value in which no action is asked about or under way. The page shows the dialog of `step_up`.
    pub fn new(step_up: StepUp) -> Self {
        Self { asked: RwSignal::new(None), pending: RwSignal::new(false), step_up }
    }

    /// Returns a signal that is true while a request is under way.
    pub fn pending(self) -> Signal<bool> {
        self.pending.into()
    }

    /// Returns whether no action can begin: a request is under way, or the page has been left.
    pub fn is_pending(self) -> bool {
        self.pending.try_get_untracked() != Some(false)
    }

    /// Opens the question about this, unless a request is under way. [`GuardedDialog`] shows it.
    pub fn ask(self, about: T) {
        if !self.is_pending() {
            self.asked.try_set(Some(about));
        }
    }

    /// Returns the subject of the open question.
    pub fn asked(self) -> Option<T> {
        self.asked.get()
    }

    /// Closes the question.
    pub fn close(self) {
        self.asked.try_set(None);
    }

    /// Makes the request, unless one is under way: a second click does nothing. If the server requires a step-up, the
    /// request is made again after it. `done` gets the result, even if the page has been left meanwhile.
    pub fn run<A, F>(
        self,
        request: impl Fn() -> F + Clone + Send + Sync + 'static,
        done: impl Fn(Result<A, AppError>) + Clone + Send + Sync + 'static,
    ) where
        A: 'static,
        F: Future<Output = Result<A, AppError>> + 'static,
    {
        let (request_again, done_then) = (request.clone(), done.clone());
        self.send(request(), done, move || self.run(request_again.clone(), done_then.clone()));
    }

    /// Makes the request as [`Self::run`], but asks again after a step-up, so that the request is made by a click that
    /// was meant for it.
    pub fn run_or_ask_again<A, F>(self, about: T, request: F, done: impl FnOnce(Result<A, AppError>) + 'static)
    where
        A: 'static,
        F: Future<Output = Result<A, AppError>> + 'static,
    {
        self.send(request, done, move || self.ask(about.clone()));
    }

    fn send<A, F>(
        self,
        request: F,
        done: impl FnOnce(Result<A, AppError>) + 'static,
        after_step_up: impl Fn() + Send + Sync + 'static,
    ) where
        A: 'static,
        F: Future<Output = Result<A, AppError>> + 'static,
    {
        if self.is_pending() {
            return;
        }
        self.pending.set(true);
        spawn_local(async move {
            let answer = request.await;
            // The page may have been left meanwhile.
            self.pending.try_set(false);
            self.close();
            // The question closes before another dialog opens, so that the focus returns correctly, and before anything
            // leads to another page, where its dialog would no longer exist.
            tick().await;
            match answer {
                Err(AppError::Refused(Refusal::StepUpNeeded)) => self.step_up.then(after_step_up),
                // Its texts are read once, and not again when the language changes.
                answer => untrack(|| done(answer)),
            }
        });
    }
}

/// The dialog with the question, and `more` below its text. Once confirmed it stays open until the answer: a request can't
/// be cancelled.
#[component]
pub fn GuardedDialog<T>(
    id: &'static str,
    guarded: Guarded<T>,
    question: impl Fn(T) -> Question + Send + Sync + 'static,
    on_confirm: impl Fn(T) + Send + Sync + 'static,
    #[prop(optional, into)] more: ViewFn,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
{
    let confirm = move |()| {
        if let Some(about) = guarded.asked.get_untracked() {
            on_confirm(about);
        }
    };
    let cancel = move |()| {
        if !guarded.is_pending() {
            guarded.close();
        }
    };
    view! {
        <ConfirmDialog
            id
            question=Signal::derive(move || guarded.asked.get().map(&question))
            pending=guarded.pending
            on_confirm=Callback::new(confirm)
            on_cancel=Callback::new(cancel)
            more
        />
    }
}
