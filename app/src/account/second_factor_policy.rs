//! The section that shows whether every user of the account needs a second factor, with a button to change it.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::sign_in::api::second_factor::require_second_factor;
use crate::sign_in::guarded::{Guarded, GuardedDialog};
use crate::sign_in::step_up::StepUp;
use crate::ui::confirm_dialog::Question;
use crate::ui::error_note::ErrorNote;
use crate::ui::hydrated::use_hydrated;
use crate::ui::reactive::t_signal;
use crate::ui::toasts::use_toasts;
use crate::words::Words;
use leptos::prelude::*;

/// The section. Changed apart from the policy's form, and at once.
#[component]
pub fn SecondFactorPolicy(required: bool, step_up: StepUp, reload: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let toasts = use_toasts();
    let guarded = Guarded::new(step_up);
    let pending = guarded.pending();
    let error = RwSignal::new(None::<AppError>);
    let follow_up = move |answer: Result<(), AppError>| match answer {
        Ok(()) => {
            toasts.say(t_string!(i18n, policy.saved).to_owned());
            reload.try_run(());
        }
        Err(reason) => _ = error.try_set(Some(reason)),
    };
    let state = if required { t_signal!(i18n, policy.required) } else { t_signal!(i18n, policy.not_required) };
    let label =
        if required { t_signal!(i18n, policy.second_factor_off) } else { t_signal!(i18n, policy.second_factor_on) };
    view! {
        <section class="panel" aria-labelledby="section-sign-in">
            <h2 id="section-sign-in">{t_signal!(i18n, policy.sign_in)}</h2>
            <ErrorNote error/>
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
                        data-waits=""
                        disabled=move || !hydrated.get() || pending.get()
                        on:click=move |_| guarded.ask(())
                    >
                        {label}
                    </button>
                </li>
            </ul>
        </section>
        <GuardedDialog
            id="confirm-second-factor"
            guarded
            question=move |()| question(i18n, required)
            on_confirm=move |()| guarded.run(move || require_second_factor(!required), follow_up)
        />
    }
}

/// Returns the question to confirm before the requirement is switched.
fn question(i18n: Words, required: bool) -> Question {
    let (title, text, confirm) = if required {
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
    Question { title, text, confirm, destructive: required }
}
