//! The API scopes of a token: a switch for each category, and below it a check box for each operation.

use crate::i18n::{t_string, use_i18n};
use crate::ui::reactive::t_signal;
use crate::words;
use domain::tokens::scope::{Category, Scope, Scopes};
use leptos::prelude::*;

/// The picker, with `scopes` chosen at first. Each chosen operation is a field `form[scopes][]` of the surrounding
/// form.
#[component]
pub fn ScopePicker(scopes: Scopes) -> impl IntoView {
    let i18n = use_i18n();
    let chosen = RwSignal::new(scopes);
    let count = move || match chosen.with(|chosen| chosen.iter().count()) {
        1 => t_string!(i18n, form.chosen_one).to_owned(),
        count => t_string!(i18n, form.chosen_many, count = count).to_string(),
    };
    view! {
        <div class="scopes">
            <div class="scopes-head">
                <p class="count" role="status">{count}</p>
                <button
                    type="button"
                    class="button small quiet"
                    disabled=move || chosen.with(Scopes::is_empty)
                    on:click=move |_| chosen.set(Scopes::default())
                >
                    {t_signal!(i18n, form.clear_all)}
                </button>
            </div>
            {Category::ALL.map(|category| view! { <CategoryScopes category chosen/> }).collect_view()}
        </div>
    }
}

#[component]
fn CategoryScopes(category: Category, chosen: RwSignal<Scopes>) -> impl IntoView {
    let i18n = use_i18n();
    let name = move || words::name(i18n, category.name());
    let allowed = move |scope| chosen.with(|chosen| chosen.allow(scope));
    let count = move || category.scopes().filter(|scope| allowed(*scope)).count();
    let all = move || count() == category.scopes().count();
    let some = move || (1..category.scopes().count()).contains(&count());
    let set = move |scopes: Vec<Scope>, on: bool| {
        chosen.update(|chosen| {
            let kept = chosen.iter().filter(|scope| !scopes.contains(scope));
            *chosen = kept.chain(scopes.iter().copied().filter(|_| on)).collect();
        });
    };
    let operation = move |scope: Scope| {
        view! {
            <label class="choice">
                <input
                    type="checkbox"
                    name="form[scopes][]"
                    value=scope.id()
                    checked=move || allowed(scope)
                    prop:checked=move || allowed(scope)
                    on:change=move |event| set(vec![scope], event_target_checked(&event))
                />
                <span>
                    {move || words::name(i18n, scope.operation().name)}
                    <code translate="no">{scope.operation().method.as_str()} " " {scope.operation().path}</code>
                </span>
            </label>
        }
    };
    view! {
        <fieldset class="category">
            <legend>{name}</legend>
            <label class="switch">
                <input
                    type="checkbox"
                    role="switch"
                    aria-label=move || t_string!(i18n, form.all_of, category = name()).to_string()
                    prop:checked=all
                    prop:indeterminate=some
                    on:change=move |event| set(category.scopes().collect(), event_target_checked(&event))
                />
                <span aria-hidden="true">{count} "/" {category.scopes().count()}</span>
            </label>
            <div class="operations">{category.scopes().map(operation).collect_view()}</div>
        </fieldset>
    }
}
