//! A group of radio buttons for one of several values.

use leptos::prelude::*;

/// The group, named `name` in a plain form. Each option has a value and a text; reports the value that is chosen. The
/// hint is shown below the options and describes the group.
#[component]
pub fn Choices(
    name: &'static str,
    legend: Signal<&'static str>,
    #[prop(optional)] hint: Option<Signal<&'static str>>,
    options: Vec<(&'static str, Signal<&'static str>)>,
    #[prop(into)] chosen: Signal<&'static str>,
    #[prop(into)] on_choose: Callback<&'static str>,
) -> impl IntoView {
    let option = move |(value, text): (&'static str, Signal<&'static str>)| {
        let checked = move || chosen.get() == value;
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name=name
                    value=value
                    checked=checked
                    prop:checked=checked
                    on:change=move |_| on_choose.run(value)
                />
                <span>{text}</span>
            </label>
        }
    };
    let described_by = hint.map(|_| format!("{name}-hint"));
    view! {
        <fieldset aria-describedby=described_by.clone()>
            <legend class="label">{legend}</legend>
            {options.into_iter().map(option).collect_view()}
            {hint.map(|hint| view! { <p class="hint" id=described_by.clone()>{hint}</p> })}
        </fieldset>
    }
}
