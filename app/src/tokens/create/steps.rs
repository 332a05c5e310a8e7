//! The steps of the form.

use crate::i18n::use_i18n;
use crate::ui::history_entry::EntryValue;
use crate::ui::reactive::t_signal;
use crate::words;
use domain::tokens::token::Step;
use leptos::prelude::*;

/// The list of steps, with the current one marked. A finished one has a tick, and a button that leads back to it.
#[component]
pub fn Steps(step: RwSignal<Step>, on_back: Callback<Step>) -> impl IntoView {
    let i18n = use_i18n();
    let item = move |this: Step| {
        let is_finished = move || this < step.get();
        let name = move || words::step(i18n, this);
        let finished = move || {
            view! {
                <button type="button" on:click=move |_| on_back.run(this)>
                    {name}
                    <span class="visually-hidden">" (" {t_signal!(i18n, form.step_finished)} ")"</span>
                </button>
            }
        };
        view! {
            <li class:done=is_finished aria-current=move || (step.get() == this).then_some("step")>
                {move || if is_finished() { finished().into_any() } else { name.into_any() }}
            </li>
        }
    };
    view! {
        <ol class="steps" aria-label=t_signal!(i18n, form.steps)>
            {Step::ALL.map(item).collect_view()}
        </ol>
    }
}

/// Returns the step after this one.
pub fn next(step: Step) -> Option<Step> {
    Step::ALL.into_iter().find(|other| *other > step)
}

/// Returns the step before this one.
pub fn previous(step: Step) -> Option<Step> {
    Step::ALL.into_iter().rev().find(|other| *other < step)
}

/// Returns the step's number, for the browser's history.
pub const fn number(step: Step) -> f64 {
    match step {
        Step::Setup => 0.0,
        Step::ContactInformation => 1.0,
        Step::ApiScopes => 2.0,
    }
}

/// Returns the step that the current entry of the browser's history names, or else the first.
pub fn of_history() -> Step {
    let named = EntryValue::Step.get();
    let is_named = |step: &Step| named.is_some_and(|named| (number(*step) - named).abs() < 0.5);
    Step::ALL.into_iter().find(is_named).unwrap_or(Step::Setup)
}

/// Returns the id of the step's heading, which takes the focus.
pub const fn heading_id(step: Step) -> &'static str {
    match step {
        Step::Setup => "step-setup",
        Step::ContactInformation => "step-contact",
        Step::ApiScopes => "step-scopes",
    }
}
