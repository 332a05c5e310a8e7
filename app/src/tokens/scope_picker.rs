//! The API scopes of a token: presets and a search, a switch for each category, and below it, folded, a check box for
//! each operation.

use crate::i18n::{t_string, use_i18n};
use crate::ui::field::focus_id;
use crate::ui::hydrated::use_hydrated;
use crate::ui::icon::Icon;
use crate::ui::reactive::t_signal;
use crate::words::{self, Words};
use domain::tokens::scope::{Category, Scope, Scopes};
use domain::tokens::scope_choice::{Access, Preset};
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// The id of the number of chosen operations.
const COUNT: &str = "scopes-count";

/// The picker of the `chosen` scopes. Each is a field `form[scopes][]` of the surrounding form.
#[component]
pub fn ScopePicker(chosen: RwSignal<Scopes>) -> impl IntoView {
    let i18n = use_i18n();
    let query = RwSignal::new(String::new());
    let found = Memo::new(move |_| query.with(|query| Scopes::found_by(query)));
    let count = move || match chosen.with(|chosen| chosen.iter().count()) {
        1 => t_string!(i18n, form.chosen_one).to_owned(),
        count => t_string!(i18n, form.chosen_many, count = count).to_string(),
    };
    let clear = move |_| {
        chosen.set(Scopes::default());
        // The button, which has the focus, disappears.
        focus_id(COUNT);
    };
    let searching = Signal::derive(move || query.with(|query| !query.trim().is_empty()));
    let category = move |category: Category| view! { <CategoryScopes category chosen found searching/> };
    view! {
        <div class="scopes">
            <Presets chosen/>
            <Search query/>
            <div class="scopes-head">
                <p class="count" id=COUNT role="status" tabindex="-1">{count}</p>
                <button
                    type="button"
                    class="button small quiet"
                    hidden=move || chosen.with(Scopes::is_empty)
                    on:click=clear
                >
                    {t_signal!(i18n, form.clear_all)}
                </button>
            </div>
            {Category::ALL.map(category).collect_view()}
            <p class="hint" role="status">
                {move || found.with(Scopes::is_empty).then(|| t_string!(i18n, form.no_scope_found))}
            </p>
        </div>
    }
}

/// Returns the preset's name.
fn preset_name(i18n: Words, preset: Preset) -> &'static str {
    match preset {
        Preset::ReadOnly => t_string!(i18n, form.preset_read_only),
        Preset::Reports => t_string!(i18n, form.preset_reports),
    }
}

/// A button for each preset, which replaces what was chosen.
#[component]
fn Presets(chosen: RwSignal<Scopes>) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let button = move |preset: Preset| {
        view! {
            <button
                type="button"
                class="button small"
                aria-pressed=move || (chosen.get() == preset.scopes()).to_string()
                data-waits=""
                disabled=move || !hydrated.get()
                on:click=move |_| chosen.set(preset.scopes())
            >
                {move || preset_name(i18n, preset)}
            </button>
        }
    };
    view! {
        <div class="presets needs-script" role="group" aria-labelledby="scope-presets">
            <span class="label" id="scope-presets">{t_signal!(i18n, form.presets)}</span>
            {Preset::ALL.map(button).collect_view()}
        </div>
    }
}

/// The search among the operations. It has no name, so the form does not send it.
#[component]
fn Search(query: RwSignal<String>) -> impl IntoView {
    let i18n = use_i18n();
    let on_key = move |event: ev::KeyboardEvent| {
        // Enter would send the form.
        if event.key() == "Enter" {
            event.prevent_default();
        }
    };
    view! {
        <label class="scope-search needs-script">
            <span class="label">{t_signal!(i18n, form.search_scopes)}</span>
            <span class="search">
                {Icon::Search.view()}
                <input
                    type="search"
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=query
                    on:input=move |event| query.set(event_target_value(&event))
                    on:keydown=on_key
                />
            </span>
        </label>
    }
}

/// One category. It is unfolded at first if only some of it is chosen, and while a search finds operations in it.
#[component]
fn CategoryScopes(
    category: Category,
    chosen: RwSignal<Scopes>,
    found: Memo<Scopes>,
    searching: Signal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let name = move || words::name(i18n, category.name());
    let of_all = category.scopes().count();
    let count = move || chosen.with(|chosen| category.scopes().filter(|scope| chosen.allow(*scope)).count());
    let all = move || count() == of_all;
    let some = move || (1..of_all).contains(&count());
    let unfolded = untrack(some);
    let set = move |on: bool| {
        chosen.update(|chosen| {
            let others = chosen.iter().filter(|scope| scope.category() != category);
            *chosen = others.chain(category.scopes().filter(|_| on)).collect();
        });
    };
    view! {
        <fieldset
            class="category"
            hidden=move || !category.scopes().any(|scope| found.with(|found| found.allow(scope)))
        >
            <legend class="visually-hidden">{name}</legend>
            <label class="switch">
                <input
                    type="checkbox"
                    role="switch"
                    aria-label=move || t_string!(i18n, form.all_of, category = name()).to_string()
                    prop:checked=all
                    prop:indeterminate=some
                    on:change=move |event| set(event_target_checked(&event))
                />
                <span aria-hidden="true">{count} "/" {of_all}</span>
            </label>
            <details open=move || unfolded || searching.get()>
                <summary>{Icon::ChevronDown.view()} <span>{name}</span></summary>
                <div class="operations" on:keydown=move |event| move_focus(&event)>
                    {category.scopes().map(|scope| view! { <OperationBox scope chosen found/> }).collect_view()}
                </div>
            </details>
        </fieldset>
    }
}

/// The check box of one operation, which says whether it reads or writes.
#[component]
fn OperationBox(scope: Scope, chosen: RwSignal<Scopes>, found: Memo<Scopes>) -> impl IntoView {
    let i18n = use_i18n();
    let allowed = move || chosen.with(|chosen| chosen.allow(scope));
    let set = move |on: bool| {
        chosen.update(|chosen| {
            let others = chosen.iter().filter(|other| *other != scope);
            *chosen = others.chain(on.then_some(scope)).collect();
        });
    };
    let writes = scope.access() == Access::Write;
    let access = if writes { t_signal!(i18n, form.writes) } else { t_signal!(i18n, form.reads) };
    view! {
        <label class="choice" hidden=move || found.with(|found| !found.allow(scope))>
            <input
                type="checkbox"
                name="form[scopes][]"
                value=scope.id()
                checked=allowed
                prop:checked=allowed
                on:change=move |event| set(event_target_checked(&event))
            />
            <span>
                {move || words::name(i18n, scope.operation().name)}
                " "
                <span class="access" class:writes=writes>{access}</span>
                <code translate="no">{scope.operation().method.as_str()} " " {scope.operation().path}</code>
            </span>
        </label>
    }
}

/// Moves the focus by an arrow key to the next or previous operation of the category that is shown.
fn move_focus(event: &ev::KeyboardEvent) {
    let sibling: fn(&Element) -> Option<Element> = match event.key().as_str() {
        "ArrowDown" => Element::next_element_sibling,
        "ArrowUp" => Element::previous_element_sibling,
        _ => return,
    };
    event.prevent_default();
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let mut row = target.and_then(|target| target.closest(".choice").ok().flatten());
    while let Some(next) = row.as_ref().and_then(sibling) {
        if !next.has_attribute("hidden") {
            let input = next.query_selector("input").ok().flatten();
            if let Some(input) = input.and_then(|input| input.dyn_into::<HtmlElement>().ok()) {
                _ = input.focus();
            }
            return;
        }
        row = Some(next);
    }
}
