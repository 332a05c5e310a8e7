//! The list: count, order, cards or table, and page navigation, or what stands in their place.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::routes;
use crate::tokens::card::TokenCard;
use crate::tokens::changes::use_token_changes;
use crate::tokens::commands::TokenActions;
use crate::tokens::list::carried::Carried;
use crate::tokens::list::table::{TokenRow, TokenTable};
use crate::tokens::list::view_switch::ViewSwitch;
use crate::tokens::list_view::ChosenView;
use crate::tokens::live::LatestChanges;
use crate::ui::empty::empty;
use crate::ui::error_note::ErrorNote;
use crate::ui::filter_history::Step;
use crate::ui::focus;
use crate::ui::icon::Icon;
use crate::ui::more_menu::LastMenu;
use crate::ui::not_refreshed::{NotRefreshed, kept};
use crate::ui::pager::{Pager, number, shown};
use crate::ui::reactive::{settled, t_signal};
use crate::words::{self, Words};
use domain::paging::{Count, PagePosition, Position};
use domain::tokens::filter::{Sort, TokenFilter, TokenList};
use domain::tokens::list_view::ListView;
use domain::tokens::token::{Token, TokenId};
use leptos::prelude::*;

/// The filter of the request, and the answer.
pub type Listed = (TokenFilter, Result<Carried, AppError>);

/// The content of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
enum ListContent {
    Nothing,
    Failed(AppError),
    NoneYet,
    NothingMatches,
    Tokens,
}

/// Count, order, cards or table, and page navigation. Cards and rows stay in place while their content changes.
#[component]
pub fn Results(
    tokens: Resource<Listed>,
    touched: LatestChanges,
    filter: Memo<TokenFilter>,
    chosen: ChosenView,
    actions: TokenActions,
    go: Callback<(TokenFilter, Step)>,
) -> impl IntoView {
    let i18n = use_i18n();
    let changes = use_token_changes();
    let (loaded, failed) = kept(move || tokens.get().map(|(asked, list)| list.map(|Carried(list)| (asked, list))));
    let shown = settled(move || {
        loaded.with(|loaded| match loaded {
            None => ListContent::Nothing,
            Some(Err(error)) => ListContent::Failed(error.clone()),
            Some(Ok((_, list))) if !list.tokens.is_empty() => ListContent::Tokens,
            Some(Ok((asked, _))) if asked.active() == 0 => ListContent::NoneYet,
            Some(Ok(_)) => ListContent::NothingMatches,
        })
    });
    let content = move || match shown.get() {
        ListContent::Nothing => ().into_any(),
        ListContent::Failed(error) => view! {
            <ErrorNote error=Some(error)/>
            <button type="button" class="button" on:click=move |_| changes.announce()>
                {t_signal!(i18n, try_again)}
            </button>
        }
        .into_any(),
        ListContent::NoneYet => empty(
            Icon::Key,
            t_signal!(i18n, tokens.none_title),
            t_signal!(i18n, tokens.none_text),
            Some((routes::NEW_TOKEN, t_signal!(i18n, tokens.create))),
        ),
        ListContent::NothingMatches => view! { <NothingMatches filter chosen/> }.into_any(),
        ListContent::Tokens => {
            // Evaluated only while there are tokens.
            let list = Memo::new(move |last: Option<&TokenList>| {
                let list = loaded.with(|loaded| match loaded {
                    Some(Ok((_, list))) => Some(list.clone()),
                    Some(Err(_)) | None => None,
                });
                list.or_else(|| last.cloned()).unwrap_or(TokenList {
                    tokens: Vec::new(),
                    sparklines: Vec::new(),
                    position: Position::default(),
                    as_of: 0,
                })
            });
            view! { <List list touched filter chosen actions go/> }.into_any()
        }
    };
    view! {
        <NotRefreshed failed on_retry=Callback::new(move |()| changes.announce())/>
        {content}
    }
}

#[component]
fn List(
    list: Memo<TokenList>,
    touched: LatestChanges,
    filter: Memo<TokenFilter>,
    chosen: ChosenView,
    actions: TokenActions,
    go: Callback<(TokenFilter, Step)>,
) -> impl IntoView {
    let i18n = use_i18n();
    focus_restored(list);
    let text = Signal::derive(move || list.with(|list| shown(i18n, &list.position, all)));
    view! {
        <h2 class="visually-hidden">{t_signal!(i18n, tokens.list)}</h2>
        <div class="results-head">
            <p class="count" role="status">
                {text}
            </p>
            <div class="results-tools">
                <SortField filter go/>
                <ViewSwitch chosen filter/>
            </div>
        </div>
        <Items list touched filter chosen actions/>
        <Pager
            link=Callback::new(move |place| chosen.link(&filter.get().at(place)))
            position=Signal::derive(move || list.with(|list| list.position.clone()))
            shown=text
        />
    }
}

/// The tokens, as cards or as rows of a table.
#[component]
fn Items(
    list: Memo<TokenList>,
    touched: LatestChanges,
    filter: Memo<TokenFilter>,
    chosen: ChosenView,
    actions: TokenActions,
) -> impl IntoView {
    let i18n = use_i18n();
    let ids = move || list.with(|list| list.tokens.iter().map(|token| token.id).collect::<Vec<_>>());
    let menu = LastMenu::new(None);
    let item = move |kind: ListView, id: TokenId| {
        // A card that is about to be removed keeps its last content.
        let token = Memo::new(move |last: Option<&Token>| {
            let token = list.with(|list| list.tokens.iter().find(|token| token.id == id).cloned());
            token.or_else(|| last.cloned()).expect("a card is made for a token of the list")
        });
        let on_pick = Callback::new(move |command| actions.pick(command, token.get_untracked()));
        let touched = touched.text(id);
        let calls = Signal::derive(move || {
            list.with(|list| list.sparklines.iter().find(|sparkline| sparkline.token == id).cloned())
        });
        match kind {
            ListView::Cards => view! { <TokenCard token calls touched menu on_pick/> }.into_any(),
            ListView::Table => view! { <TokenRow token calls touched menu on_pick/> }.into_any(),
        }
    };
    move || {
        let kind = chosen.get();
        let items = view! { <For each=ids key=|id| *id children=move |id| item(kind, id)/> };
        match kind {
            ListView::Cards => {
                view! { <ul class="cards" aria-label=t_signal!(i18n, tokens.list)>{items}</ul> }.into_any()
            }
            ListView::Table => view! { <TokenTable chosen filter>{items}</TokenTable> }.into_any(),
        }
    }
}

/// Moves the focus to the link of a token that was restored, once it is back.
fn focus_restored(list: Memo<TokenList>) {
    let restored = use_token_changes().restored();
    Effect::new(move |_| {
        let is_back = |id: &TokenId| list.with(|list| list.tokens.iter().any(|token| token.id == *id));
        if let Some(id) = restored.get().filter(is_back) {
            restored.set(None);
            focus::to_link(&routes::token(id));
        }
    });
}

/// Returns the number of tokens in words.
fn all(i18n: Words, count: Count) -> String {
    match count {
        Count::Exactly(1) => t_string!(i18n, tokens.one).to_owned(),
        Count::Exactly(count) => t_string!(i18n, tokens.many, count = number(count)).to_string(),
        Count::MoreThan(count) => t_string!(i18n, tokens.more, count = number(count)).to_string(),
    }
}

#[component]
fn SortField(filter: Memo<TokenFilter>, go: Callback<(TokenFilter, Step)>) -> impl IntoView {
    let i18n = use_i18n();
    let on_change = move |event| {
        let sort = event_target_value(&event).parse().unwrap_or_default();
        go.run((TokenFilter { sort, ..filter.get_untracked().at(PagePosition::First) }, Step::Chosen));
    };
    let option = move |sort: Sort| {
        view! {
            <option value=sort.as_str() selected=move || filter.with(|filter| filter.sort == sort)>
                {move || words::sort(i18n, sort)}
            </option>
        }
    };
    view! {
        <label class="sort">
            <span>{t_signal!(i18n, tokens.sort)}</span>
            <select prop:value=move || filter.with(|filter| filter.sort.as_str()) on:change=on_change>
                {Sort::ALL.map(option).collect_view()}
            </select>
        </label>
    }
}

#[component]
fn NothingMatches(filter: Memo<TokenFilter>, chosen: ChosenView) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <section class="empty" role="status">
            {Icon::Search.view()}
            <h2>{t_signal!(i18n, tokens.nothing_title)}</h2>
            <p>{t_signal!(i18n, tokens.nothing_text)}</p>
            <a class="button" href=move || chosen.link(&filter.get().cleared())>{t_signal!(i18n, filter.clear_all)}</a>
        </section>
    }
}

/// Placeholders for cards while the list is loading.
#[component]
pub fn ListSkeleton() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <p class="visually-hidden" role="status">{t_signal!(i18n, tokens.loading)}</p>
        <ul class="cards skeleton" aria-hidden="true">
            {(0..6).map(|_| view! { <li class="card"></li> }).collect_view()}
        </ul>
    }
}
