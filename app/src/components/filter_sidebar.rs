//! The three filters of the token list, and Clear all.

use super::icon::Icon;
use super::reactive::say;
use crate::i18n::{t_string, use_i18n};
use crate::path;
use crate::words;
use domain::filter::{CreatedOn, TokenFilter};
use domain::token::TokenState;
use leptos::ev;
use leptos::prelude::*;
use std::time::Duration;

/// The pause in typing after which the list follows.
const TYPING_PAUSE: Duration = Duration::from_millis(180);

/// How the list got to other filters, for the browser's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// By a choice: Back leads to what was before.
    Chosen,
    /// While typing: one entry for the whole word.
    Typed,
}

/// Shows the filters and tells of each change. Without our wasm it is a plain form that asks for the same link.
#[component]
pub fn FilterSidebar(
    #[prop(into)] filter: Signal<TokenFilter>,
    on_change: Callback<(TokenFilter, Step)>,
) -> impl IntoView {
    let i18n = use_i18n();
    let name = Signal::derive(move || filter.with(|filter| filter.name.clone()));
    let search = move |name| on_change.run((TokenFilter { name, ..filter.get_untracked().on_page(1) }, Step::Typed));
    let (typed, on_input) = typed(name, Callback::new(search));
    let choose = move |change: &dyn Fn(&mut TokenFilter)| {
        let mut next = filter.get_untracked().on_page(1);
        change(&mut next);
        on_change.run((next, Step::Chosen));
    };
    let created = move |value: Option<CreatedOn>| {
        let text = move || value.map_or_else(|| t_string!(i18n, filter.any_time), |it| words::created_on(i18n, it));
        view! {
            <Choice
                name="created"
                value=value.map_or("", CreatedOn::as_str)
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
                value=value.map_or("", TokenState::as_str)
                text=Signal::derive(text)
                checked=Signal::derive(move || filter.with(|filter| filter.state == value))
                on_pick=Callback::new(move |()| choose(&|next| next.state = value))
            />
        }
    };
    let active = move || filter.with(TokenFilter::active);
    view! {
        <form class="filters" method="get" action=path::TOKENS on:submit=move |event| event.prevent_default()>
            <div class="filters-head">
                <h2>{say!(i18n, filter.title)}</h2>
                <a
                    class="button small quiet"
                    href=move || path::tokens(&filter.get().cleared())
                    aria-disabled=move || (active() == 0).to_string()
                    // What is being typed, too, which the link does not know of yet.
                    on:click=move |_| typed.set(String::new())
                >
                    {say!(i18n, filter.clear_all)}
                </a>
            </div>
            <label class="filter-name">
                <span class="label">{say!(i18n, filter.name)}</span>
                <span class="search">
                    {Icon::Search.view()}
                    <input
                        type="search"
                        name="name"
                        autocomplete="off"
                        spellcheck="false"
                        value=typed.get_untracked()
                        prop:value=typed
                        on:input=on_input
                    />
                </span>
            </label>
            <fieldset>
                <legend class="label">{say!(i18n, filter.created)}</legend>
                {created(None)}
                {CreatedOn::ALL.map(|value| created(Some(value))).collect_view()}
            </fieldset>
            <fieldset>
                <legend class="label">{say!(i18n, filter.state)}</legend>
                {state(None)}
                {TokenState::ALL.map(|value| state(Some(value))).collect_view()}
            </fieldset>
            <input type="hidden" name="sort" value=move || filter.with(|filter| filter.sort.as_str())/>
            <button class="button no-script" type="submit">{say!(i18n, filter.apply)}</button>
        </form>
    }
}

/// A text as it is being typed, which runs ahead of the link, and the handler that lets the link follow.
pub fn typed(linked: Signal<String>, follow: Callback<String>) -> (RwSignal<String>, impl FnMut(ev::Event) + 'static) {
    let typed = RwSignal::new(linked.get_untracked());
    let sent = StoredValue::new(typed.get_untracked());
    // A text that the link got from elsewhere (Back, Clear all) is shown; one's own is there already.
    Effect::new(move |_| {
        let text = linked.get();
        if sent.get_value() != text {
            sent.set_value(text.clone());
            typed.set(text);
        }
    });
    let mut after_a_pause = leptos::leptos_dom::helpers::debounce(TYPING_PAUSE, move |text: String| {
        // Clear all may have come in between.
        if text == typed.get_untracked() && text != linked.get_untracked() {
            sent.set_value(text.clone());
            follow.run(text);
        }
    });
    let on_input = move |event: ev::Event| {
        let text = event_target_value(&event);
        typed.set(text.clone());
        after_a_pause(text);
    };
    (typed, on_input)
}

/// One of several values.
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
