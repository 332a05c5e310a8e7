//! The calls that changes would have refused, and the changes that are tried out: both are loaded once the page runs, as one
//! wasm chunk.

use crate::sign_in::step_up::StepUp;
use crate::tokens::rehearsed::{Asked, RefusedCalls};
use crate::tokens::trials::{Of, OpenTrials};
use crate::ui::hydrated::use_hydrated;
use leptos::prelude::*;

/// The calls that the change would have refused, with links to them, in the question before it.
#[component]
pub fn Rehearsed(asked: Asked) -> impl IntoView {
    move || Suspend::new(rehearsals(Part::Calls(asked.clone())))
}

/// The trials of a page; see [`OpenTrials`].
#[component]
pub fn Trials(
    #[prop(optional)] of: Of,
    #[prop(optional)] on_enforced: Option<Callback<()>>,
    #[prop(optional)] step_up: Option<StepUp>,
) -> impl IntoView {
    let hydrated = use_hydrated();
    let trials = move || Suspend::new(rehearsals(Part::Trials(of, on_enforced, step_up)));
    view! { <Suspense>{move || hydrated.get().then(trials)}</Suspense> }.into_any()
}

/// Loads the code of both before it is needed.
#[cfg(feature = "hydrate")]
pub async fn preload() {
    __preload_rehearsals().await;
}

/// A part of the chunk. Each chunk more is many requests more: code that only some of them share is a file of its own.
enum Part {
    Calls(Asked),
    Trials(Of, Option<Callback<()>>, Option<StepUp>),
}

#[lazy]
fn rehearsals(part: Part) -> AnyView {
    match part {
        Part::Calls(asked) => view! { <RefusedCalls asked/> }.into_any(),
        Part::Trials(of, on_enforced, step_up) => view! { <OpenTrials of on_enforced step_up/> }.into_any(),
    }
}
