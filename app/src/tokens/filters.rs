//! The filters of the token list, and Clear all.

use crate::i18n::use_i18n;
use crate::routes;
use crate::tokens::list_view::ChosenView;
use crate::ui::choices::Choices;
use crate::ui::filter_history::Step;
use crate::ui::reactive::t_signal;
use crate::ui::search_box::{search_box, typed};
use crate::words;
use domain::paging::PagePosition;
use domain::tokens::condition::Condition;
use domain::tokens::filter::{CreatedOn, TokenFilter};
use domain::tokens::list_view::ListView;
use domain::tokens::token::TokenState;
use leptos::prelude::*;

/// Shows the filters, and reports each change by `on_change`. Without our wasm it is a plain form that requests the
/// same link.
#[component]
pub fn FilterSidebar(
    #[prop(into)] filter: Signal<TokenFilter>,
    chosen: ChosenView,
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
    let any = |text: Signal<&'static str>| std::iter::once(("", text));
    let created = CreatedOn::ALL.map(|it| (it.as_str(), Signal::derive(move || words::created_on(i18n, it))));
    let states = TokenState::ALL.map(|it| (it.as_str(), Signal::derive(move || words::state(i18n, it))));
    let conditions = Condition::ALL.map(|it| (it.as_str(), Signal::derive(move || words::condition(i18n, it))));
    let active = move || filter.with(TokenFilter::active);
    view! {
        <form class="filters" method="get" action=routes::TOKENS on:submit=move |event| event.prevent_default()>
            <div class="filters-head">
                <h2>{t_signal!(i18n, filter.title)}</h2>
                <a
                    class="button small quiet"
                    href=move || chosen.link(&filter.get().cleared())
                    aria-disabled=move || (active() == 0).to_string()
                    // Clears the text being typed too, which the link does not contain yet.
                    on:click=move |_| typed.set(String::new())
                >
                    {t_signal!(i18n, filter.clear_all)}
                </a>
            </div>
            {search_box("name", t_signal!(i18n, filter.name), typed, on_input)}
            <Choices
                name="created"
                legend=t_signal!(i18n, filter.created)
                hint=t_signal!(i18n, filter.exactly_30_days)
                options=any(t_signal!(i18n, filter.any_time)).chain(created).collect()
                chosen=Signal::derive(move || filter.with(|filter| filter.created.map_or("", CreatedOn::as_str)))
                on_choose=move |value: &'static str| choose(&|next| next.created = value.parse().ok())
            />
            <Choices
                name="state"
                legend=t_signal!(i18n, filter.state)
                options=any(t_signal!(i18n, filter.any_state)).chain(states).collect()
                chosen=Signal::derive(move || filter.with(|filter| filter.state.map_or("", TokenState::as_str)))
                on_choose=move |value: &'static str| choose(&|next| next.state = value.parse().ok())
            />
            <details class="filters-more" open=move || filter.with(|filter| filter.condition.is_some())>
                <summary>{t_signal!(i18n, filter.more)}</summary>
                <Choices
                    name="condition"
                    legend=t_signal!(i18n, filter.condition)
                    options=any(t_signal!(i18n, filter.any_condition)).chain(conditions).collect()
                    chosen=Signal::derive(move || filter.with(|filter| filter.condition.map_or("", Condition::as_str)))
                    on_choose=move |value: &'static str| choose(&|next| next.condition = value.parse().ok())
                />
            </details>
            <input type="hidden" name="sort" value=move || filter.with(|filter| filter.sort.as_str())/>
            {move || {
                let name = chosen.named().map(ListView::as_str);
                name.map(|name| view! { <input type="hidden" name=routes::LIST_VIEW value=name/> })
            }}
            <button class="button no-script" type="submit">{t_signal!(i18n, filter.apply)}</button>
        </form>
    }
}
