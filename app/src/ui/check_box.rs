//! A check box that a page keeps the choice of; one in a plain form has a name of its own.

use leptos::prelude::*;

/// The box before its text, and the hint below that describes it.
#[component]
pub fn CheckBox(
    id: &'static str,
    text: Signal<&'static str>,
    #[prop(optional)] hint: Option<Signal<&'static str>>,
    chosen: RwSignal<bool>,
) -> impl IntoView {
    let described_by = hint.map(|_| format!("{id}-hint"));
    view! {
        <label class="choice">
            <input
                type="checkbox"
                id=id
                prop:checked=move || chosen.get()
                aria-describedby=described_by.clone()
                on:change=move |event| chosen.set(event_target_checked(&event))
            />
            <span>{text}</span>
        </label>
        {hint.map(|hint| view! { <p class="hint" id=described_by>{hint}</p> })}
    }
    .into_any()
}
