//! The section that shows whether every user of the account needs a second factor, with a button to change it.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::sign_in::api::second_factor::require_second_factor;
use crate::sign_in::step_up::StepUp;
use crate::ui::confirm_dialog::{ConfirmDialog, Question};
use crate::ui::error_note::ErrorNote;
use crate::ui::hydrated::use_hydrated;
use crate::ui::reactive::t_signal;
use crate::ui::toasts::{ToastRack, use_toasts};
use crate::words::Words;
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};

/// The switch that requires a second factor of every user.
#[derive(Clone, Copy)]
struct Switching {
    i18n: Words,
    toasts: ToastRack,
    required: bool,
    asked: RwSignal<bool>,
    pending: RwSignal<bool>,
    error: RwSignal<Option<AppError>>,
    step_up: StepUp,
    reload: Callback<()>,
}

impl Switching {
    /// Sends the change, after a step-up if the server requires it.
    fn run(self) {
        if self.pending.get_untracked() {
            return;
        }
        self.pending.set(true);
        spawn_local(async move {
            let answer = require_second_factor(!self.required).await;
            self.pending.try_set(false);
            self.asked.try_set(false);
            // The dialog closes before the page is recreated.
            tick().await;
            match answer {
                Ok(()) => {
                    self.toasts.say(untrack(|| t_string!(self.i18n, policy.saved)).to_owned());
                    self.reload.try_run(());
                }
                Err(AppError::StepUpNeeded) => self.step_up.then(move || self.run()),
                Err(reason) => _ = self.error.try_set(Some(reason)),
            }
        });
    }

    fn question(self) -> Option<Question> {
        let i18n = self.i18n;
        let (title, text, confirm) = if self.required {
            (
                t_string!(i18n, policy.second_factor_off_title),
                t_string!(i18n, policy.second_factor_off_text),
                t_string!(i18n, policy.second_factor_off),
            )
        } else {
            (
                t_string!(i18n, policy.second_factor_on_title),
                t_string!(i18n, policy.second_factor_on_text),
                t_string!(i18n, policy.second_factor_on),
            )
        };
        let [title, text, confirm] = [title, text, confirm].map(str::to_owned);
        self.asked.get().then_some(Question { title, text, confirm, destructive: self.required })
    }
}

/// The section that shows whether every user needs a second factor. Switched apart from the form, and at once.
#[component]
pub fn SecondFactorPolicy(required: bool, step_up: StepUp, reload: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let switching = Switching {
        i18n,
        toasts: use_toasts(),
        required,
        asked: RwSignal::new(false),
        pending: RwSignal::new(false),
        error: RwSignal::new(None),
        step_up,
        reload,
    };
    let state = if required { t_signal!(i18n, policy.required) } else { t_signal!(i18n, policy.not_required) };
    let label =
        if required { t_signal!(i18n, policy.second_factor_off) } else { t_signal!(i18n, policy.second_factor_on) };
    view! {
        <section class="panel" aria-labelledby="section-sign-in">
            <h2 id="section-sign-in">{t_signal!(i18n, policy.sign_in)}</h2>
            <ErrorNote error=switching.error/>
            <ul class="rows">
                <li>
                    <div>
                        <strong>{t_signal!(i18n, policy.second_factor)}</strong>
                        <p class="hint">{t_signal!(i18n, policy.second_factor_hint)}</p>
                    </div>
                    <span class="badge" class:ok=required>{state}</span>
                    <button
                        type="button"
                        class="button"
                        disabled=move || !hydrated.get() || switching.pending.get()
                        on:click=move |_| switching.asked.set(true)
                    >
                        {label}
                    </button>
                </li>
            </ul>
        </section>
        <ConfirmDialog
            id="confirm-second-factor"
            question=Signal::derive(move || switching.question())
            pending=switching.pending
            on_confirm=Callback::new(move |()| switching.run())
            on_cancel=Callback::new(move |()| switching.asked.set(false))
        />
    }
}
