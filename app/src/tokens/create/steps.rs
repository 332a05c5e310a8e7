//! The steps of the form.

use crate::i18n::use_i18n;
use crate::ui::field::focus_id;
use crate::ui::reactive::t_signal;
use crate::words;
use domain::tokens::token::Step;
use leptos::prelude::*;

/// The list of steps, with the current one marked. A finished one has a tick, and a button that leads back to it.
#[component]
pub fn Steps(step: RwSignal<Step>) -> impl IntoView {
    let i18n = use_i18n();
    let item = move |this: Step| {
        let is_finished = move || this < step.get();
        let name = move || words::step(i18n, this);
        let go_back = move |_| {
            step.set(this);
            focus_id(heading_id(this));
        };
        let finished = move || {
            view! {
                <button type="button" on:click=go_back>
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

/// Returns the id of the step's heading, which takes the focus.
pub const fn heading_id(step: Step) -> &'static str {
    match step {
        Step::Setup => "step-setup",
        Step::ContactInformation => "step-contact",
        Step::ApiScopes => "step-scopes",
    }
}
