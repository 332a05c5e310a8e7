//! The three filters of the token list, and Clear all.

use crate::i18n::{t_string, use_i18n};
use crate::routes;
use crate::ui::reactive::t_signal;
use crate::ui::search_box::{search_box, typed};
use crate::words;
use domain::paging::PagePosition;
use domain::tokens::filter::{CreatedOn, TokenFilter};
use domain::tokens::token::TokenState;
use leptos::prelude::*;

/// The kind of filter change, for the browser's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A choice: Back leads to the previous filters.
    Chosen,
    /// Typing: one history entry for the whole word.
    Typed,
}

/// Shows the filters, and reports each change by `on_change`. Without our wasm it is a plain form that requests the
/// same link.
#[component]
pub fn FilterSidebar(
    #[prop(into)] filter: Signal<TokenFilter>,
    on_change: Callback<(TokenFilter, Step)>,
) -> impl IntoView {
    let i18n = use_i18n();
    let name = Signal::derive(move || filter.with(|filter| filter.name.clone()));
    let search = move |name| {
        on_change.run((TokenFilter { name, ..filter.get_untracked().at(PagePosition::First) }, Step::Typed));
    };
    let (typed, on_input) = typed(name, Callback::new(search));
    let choose = move |change: &dyn Fn(&mut TokenFilter)| {
        let mut next = filter.get_untracked().at(PagePosition::First);
        change(&mut next);
        on_change.run((next, Step::Chosen));
    };
    let created = move |value: Option<CreatedOn>| {
        let text = move || value.map_or_else(|| t_string!(i18n, filter.any_time), |it| words::created_on(i18n, it));
        view! {
            <Choice
                name="created"
                value=value.map_or("", Into::into)
                text=Signal::derive(text)
                checked=Signal::derive(move || filter.with(|filter| filter.created == value))
                on_pick=Callback::new(move |()| choose(&|next| next.created = value))
            />
        }
    };
    let state = move |value: Option<TokenState>| {
        let text = move || value.map_or_else(|| t_string!(i18n, filter.any_state), |it| words::state(i18n, it));
        view! {
            <Choice
                name="state"
                value=value.map_or("", Into::into)
                text=Signal::derive(text)
                checked=Signal::derive(move || filter.with(|filter| filter.state == value))
                on_pick=Callback::new(move |()| choose(&|next| next.state = value))
            />
        }
    };
    let active = move || filter.with(TokenFilter::active);
    view! {
        <form class="filters" method="get" action=routes::TOKENS on:submit=move |event| event.prevent_default()>
            <div class="filters-head">
                <h2>{t_signal!(i18n, filter.title)}</h2>
                <a
                    class="button small quiet"
                    href=move || routes::tokens(&filter.get().cleared())
                    aria-disabled=move || (active() == 0).to_string()
                    // Clears the text being typed too, which the link does not contain yet.
                    on:click=move |_| typed.set(String::new())
                >
                    {t_signal!(i18n, filter.clear_all)}
                </a>
            </div>
            {search_box("name", t_signal!(i18n, filter.name), typed, on_input)}
            <fieldset>
                <legend class="label">{t_signal!(i18n, filter.created)}</legend>
                {created(None)}
                {CreatedOn::ALL.map(|value| created(Some(value))).collect_view()}
            </fieldset>
            <fieldset>
                <legend class="label">{t_signal!(i18n, filter.state)}</legend>
                {state(None)}
                {TokenState::ALL.map(|value| state(Some(value))).collect_view()}
            </fieldset>
            <input type="hidden" name="sort" value=move || filter.with(|filter| filter.sort.into_str())/>
            <button class="button no-script" type="submit">{t_signal!(i18n, filter.apply)}</button>
        </form>
    }
}

/// A radio button for one of several values.
#[component]
fn Choice(
    name: &'static str,
    value: &'static str,
    text: Signal<&'static str>,
    checked: Signal<bool>,
    on_pick: Callback<()>,
) -> impl IntoView {
    view! {
        <label class="choice">
            <input
                type="radio"
                name=name
                value=value
                checked=checked
                prop:checked=checked
                on:change=move |_| on_pick.run(())
            />
            <span>{text}</span>
        </label>
    }
}
