//! Step-up: asks for the password again, or for a passkey in its place, when the server requires it for an action, and
//! then continues with the action.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::sign_in::api::passkeys::{PasskeyChallenge, ask_for_own_passkey};
use crate::sign_in::api::proof::Proof;
use crate::sign_in::passkey::{Ceremony, passkey, use_passkey_request, use_passkeys};
use crate::ui::confirm_dialog::Question;
use crate::ui::dialog::Dialog;
use crate::ui::error_note::ErrorNote;
use crate::ui::password::Password;
use crate::ui::reactive::t_signal;
use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::pin::Pin;
use std::sync::Arc;

/// The result of using the proof. An error is about the proof, and the user tries again.
type Answer = Pin<Box<dyn Future<Output = Result<(), AppError>>>>;

/// An action that waits for the proof.
#[derive(Clone)]
struct Waiting {
    /// The question that the dialog shows about the action, if any.
    question: Option<Question>,
    take: Arc<dyn Fn(Proof) -> Answer + Send + Sync>,
    /// Called once the dialog is closed.
    then: Option<Callback<()>>,
}

/// The action that waits for a step-up, one per page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct StepUp(RwSignal<Option<Waiting>>);

impl StepUp {
    /// Returns a value in which no action waits.
    pub fn new() -> Self {
        Self(RwSignal::new(None))
    }

    /// Asks for the password or a passkey, then calls `go_on`.
    pub fn then(self, go_on: impl Fn() + Send + Sync + 'static) {
        let take = Arc::new(|proof: Proof| Box::pin(proof.give()) as Answer);
        self.0.try_set(Some(Waiting { question: None, take, then: Some(Callback::new(move |()| go_on())) }));
    }

    /// Shows the question, asks for the password or a passkey, and carries the action out with that proof.
    pub fn ask<F>(self, question: Question, carry_out: impl Fn(Proof) -> F + Send + Sync + 'static)
    where
        F: Future<Output = Result<(), AppError>> + 'static,
    {
        let take = Arc::new(move |proof| Box::pin(carry_out(proof)) as Answer);
        self.0.try_set(Some(Waiting { question: Some(question), take, then: None }));
    }

    /// Passes the proof to the waiting action.
    async fn give(self, proof: Proof) -> Result<(), AppError> {
        match self.0.try_get_untracked().flatten() {
            Some(waiting) => (waiting.take)(proof).await,
            None => Ok(()),
        }
    }
}

/// The dialog that asks for the proof.
#[component]
pub fn StepUpDialog(step_up: StepUp) -> impl IntoView {
    let i18n = use_i18n();
    let password = NodeRef::<html::Input>::new();
    let error = RwSignal::new(None::<AppError>);
    let pending = RwSignal::new(false);
    let empty = move || {
        if let Some(input) = password.try_get_untracked().flatten() {
            input.set_value("");
        }
    };
    let close = move |()| {
        step_up.0.try_set(None);
        error.try_set(None);
        empty();
    };
    let answered = move |answer: Result<(), AppError>| {
        pending.try_set(false);
        match answer {
            Ok(()) => {
                let waiting = step_up.0.try_get_untracked().flatten();
                close(());
                if let Some(then) = waiting.and_then(|waiting| waiting.then) {
                    then.try_run(());
                }
            }
            Err(reason) => {
                error.try_set(Some(reason));
                empty();
                if let Some(input) = password.try_get_untracked().flatten() {
                    _ = input.focus();
                }
            }
        }
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(given) = password.get_untracked().map(|input| input.value()) else { return };
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        spawn_local(async move { answered(step_up.give(Proof::Password(given)).await) });
    };
    // The question stays readable while the dialog closes.
    let asked = Memo::new(move |last: Option<&Option<Question>>| {
        let asked = step_up.0.with(|waiting| waiting.as_ref().map(|waiting| waiting.question.clone()));
        asked.unwrap_or_else(|| last.cloned().flatten())
    });
    let title = move || asked.get().map_or_else(|| t_string!(i18n, step_up.title).to_owned(), |asked| asked.title);
    let what = move || asked.get().map(|asked| view! { <p><strong>{asked.text}</strong></p> });
    let why = move || {
        if asked.with(Option::is_some) { t_string!(i18n, step_up.each_time) } else { t_string!(i18n, step_up.text) }
    };
    let confirm = move || match asked.get() {
        _ if pending.get() => t_string!(i18n, step_up.pending).to_owned(),
        Some(asked) => asked.confirm,
        None => t_string!(i18n, step_up.submit).to_owned(),
    };
    view! {
        <Dialog
            id="step-up"
            open=Signal::derive(move || step_up.0.with(Option::is_some))
            title=Signal::derive(title)
            on_close=Callback::new(close)
        >
            <form on:submit=submit>
                {what}
                <p>{why}</p>
                <div class="field">
                    <label class="label" for="step-up-password">{t_signal!(i18n, sign_in.password)}</label>
                    <Password>
                        <input
                            type="password"
                            id="step-up-password"
                            required
                            autocomplete="current-password"
                            node_ref=password
                        />
                    </Password>
                </div>
                <ErrorNote error/>
                <PasskeyInstead step_up pending on_answer=Callback::new(answered)/>
                <div class="dialog-actions">
                    <button type="button" class="button" on:click=move |_| close(())>{t_signal!(i18n, cancel)}</button>
                    <button type="submit" class="button primary" disabled=pending>
                        {confirm}
                    </button>
                </div>
            </form>
        </Dialog>
    }
}

/// The button for users who have a passkey.
#[component]
fn PasskeyInstead(
    step_up: StepUp,
    pending: RwSignal<bool>,
    on_answer: Callback<Result<(), AppError>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (passkeys, leaving) = (use_passkeys(), use_passkey_request());
    // Requested when this dialog opens, so that a click opens the browser's own at once; each challenge is valid once.
    let challenge = RwSignal::new(None::<PasskeyChallenge>);
    let prepare = move || {
        spawn_local(async move { _ = challenge.try_set(ask_for_own_passkey().await.ok().flatten()) });
    };
    Effect::new(move |_| {
        challenge.set(None);
        if passkeys && step_up.0.with(Option::is_some) {
            prepare();
        }
    });
    let give = move |_| {
        let Some(asked) = challenge.get_untracked().filter(|_| !pending.get_untracked()) else { return };
        pending.set(true);
        spawn_local(async move {
            let given = passkey(Ceremony::Get, asked, leaving).await;
            let answer = async { step_up.give(Proof::Passkey(given?)).await }.await;
            if answer.is_err() {
                prepare();
            }
            on_answer.try_run(answer);
        });
    };
    move || {
        challenge.with(Option::is_some).then(|| {
            view! {
                <button type="button" class="button" disabled=pending on:click=give>
                    {t_signal!(i18n, passkey.instead)}
                </button>
            }
        })
    }
}
