//! The filters and the list beside each other, as the link says.

use crate::account::api::account::DisableApiAccess;
use crate::i18n::use_i18n;
use crate::routes;
use crate::tokens::commands::{TokenActionDialogs, TokenActions};
use crate::tokens::filters::FilterSidebar;
use crate::tokens::list::access::SwitchOff;
use crate::tokens::list::carried::Carried;
use crate::tokens::list::results::{ListSkeleton, Listed, Results};
use crate::tokens::list_view::ChosenView;
use crate::tokens::live::LatestChanges;
use crate::ui::filter_history::{FilterHistory, Step};
use crate::ui::icon::Icon;
use crate::ui::reactive::t_signal;
use domain::tokens::filter::TokenFilter;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

/// Filters and list, both determined by the link.
#[component]
pub fn TokenBrowser(
    query: Memo<String>,
    filter: Memo<TokenFilter>,
    chosen: ChosenView,
    tokens: Resource<Listed>,
    touched: LatestChanges,
    disable: ServerAction<DisableApiAccess>,
) -> impl IntoView {
    let i18n = use_i18n();
    let actions = TokenActions::new(Callback::new(|_| {}));

    let (navigate, history) = (use_navigate(), FilterHistory::new());
    let go = Callback::new(move |(next, step): (TokenFilter, Step)| {
        let [from, to] = untrack(|| [&filter.get(), &next].map(|filter| chosen.link(filter)));
        navigate(&to, history.options(step, &from, &to));
    });
    correct_link(query, filter, chosen, tokens, go);

    view! {
        <div class="page-head">
            <a class="back" href=routes::SETTINGS>{Icon::ChevronLeft.view()} {t_signal!(i18n, settings.title)}</a>
            <h1>{t_signal!(i18n, tokens.title)}</h1>
            <p class="lead">
                {t_signal!(i18n, tokens.lead)} " " <a href=routes::TIPS>{t_signal!(i18n, tips.title)}</a>
            </p>
            <a class="button primary page-action" href=routes::NEW_TOKEN>
                {Icon::Plus.view()}
                {t_signal!(i18n, tokens.create)}
            </a>
        </div>
        <div class="browser">
            <button type="button" class="button filters-open" popovertarget="filters">
                {Icon::Filter.view()}
                {t_signal!(i18n, filter.show)}
                {move || {
                    let active = filter.with(TokenFilter::active);
                    (active > 0).then(|| view! { <span class="count-badge">{active}</span> })
                }}
            </button>
            <aside id="filters" class="sidebar" popover="auto" aria-label=t_signal!(i18n, filter.title)>
                <FilterSidebar filter chosen on_change=go/>
            </aside>
            <div class="results">
                <Transition fallback=move || view! { <ListSkeleton/> }>
                    <Results tokens touched filter chosen actions go/>
                </Transition>
            </div>
        </div>
        <SwitchOff disable/>
        <TokenActionDialogs actions/>
    }
}

/// Corrects a link whose query is invalid, or whose page has no rows.
fn correct_link(
    query: Memo<String>,
    filter: Memo<TokenFilter>,
    chosen: ChosenView,
    tokens: Resource<Listed>,
    go: Callback<(TokenFilter, Step)>,
) {
    Effect::new(move |_| {
        let mut right = filter.get();
        match tokens.get() {
            // While the next list is loading, the last one does not tell its page.
            Some((asked, Ok(Carried(list)))) if asked == right => right.place = list.position.place,
            _ => {}
        }
        let canonical = chosen.link(&right);
        let canonical = canonical.split_once('?').map_or("", |(_, query)| query);
        // The same query may be spelled in several ways (`+`, `%20`); only the decoded values count.
        let spelled = query.with(|query| form_urlencoded::parse(query.as_bytes()).into_owned().collect::<Vec<_>>());
        if spelled != form_urlencoded::parse(canonical.as_bytes()).into_owned().collect::<Vec<_>>() {
            go.run((right, Step::Corrected));
        }
    });
}
