//! The page of the account's access tokens: enabling API access, the filters, the list.

use crate::account::api::account::{DisableApiAccess, EnableApiAccess, account};
use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::request::protocol::again;
use crate::routes;
use crate::shell::frame::LeavingPage;
use crate::sign_in::allowed::{Allowed, use_current_user};
use crate::tokens::api::list;
use crate::tokens::card::TokenCard;
use crate::tokens::commands::{TokenActionDialogs, TokenActions, use_token_changes};
use crate::tokens::filters::{FilterSidebar, Step};
use crate::tokens::live::{LatestChanges, use_live_changes, who};
use crate::ui::action_form::ActionForm;
use crate::ui::confirm_dialog::{ConfirmDialog, Question};
use crate::ui::error_note::ErrorNote;
use crate::ui::hydrated::use_hydrated;
use crate::ui::icon::Icon;
use crate::ui::message::Failed;
use crate::ui::page_title::PageTitle;
use crate::ui::pager::{Pager, number, shown};
use crate::ui::reactive::{settled, t_signal};
use crate::ui::toasts::use_toasts;
use crate::words::{self, Words};
use domain::audit::action::Action;
use domain::audit::live::LiveChange;
use domain::members::role::Permission;
use domain::paging::{Count, PagePosition, Position};
use domain::tokens::filter::{Sort, TokenFilter, TokenList};
use domain::tokens::token::{Token, TokenId};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::{use_location, use_navigate};
use leptos_router::{LazyRoute, NavigateOptions, lazy_route};
use std::time::Duration;

/// The page, for users whose role has the permission.
pub struct Tokens;

#[lazy_route]
impl LazyRoute for Tokens {
    fn data() -> Self {
        Self
    }

    fn view(Tokens: Self) -> AnyView {
        view! {
            <Allowed permission=Permission::SeeTokens>
                <TokensPage/>
            </Allowed>
        }
        .into_any()
    }
}

/// The content of the page, which depends on whether API access is on.
#[component]
fn TokensPage() -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let enable = ServerAction::<EnableApiAccess>::new();
    let disable = ServerAction::<DisableApiAccess>::new();
    let switched = RwSignal::new(0_u32);
    let account =
        Resource::new(move || (enable.version().get(), disable.version().get(), switched.get()), |_| again(account()));
    // Reported once, and not again when the language changes.
    let tell = move |outcome: Option<Result<(), AppError>>, done: Signal<&'static str>| {
        untrack(|| match outcome {
            Some(Ok(())) => toasts.say(done.get().to_owned()),
            Some(Err(error)) => toasts.complain(error.text(i18n)),
            None => {}
        });
    };
    // A failure is shown in the page instead, without our wasm too.
    Effect::new(move |_| tell(enable.value().get().filter(Result::is_ok), t_signal!(i18n, access.enabled)));
    Effect::new(move |_| tell(disable.value().get(), t_signal!(i18n, access.switched_off)));
    let query = use_location().search;
    let filter = Memo::new(move |_| query.with(|query| routes::filter(query)));
    let changes = use_token_changes();
    // Loaded beside the account and not below it: the server creates the content of a suspended view several times, and
    // the browser would confuse the resources.
    let hydrated = use_hydrated().get_untracked();
    // The page arrived with a list, which the user requested by loading the page.
    let asked = StoredValue::new((!hydrated).then(|| filter.get_untracked()));
    let tokens = Resource::new(
        move || (filter.get(), changes.count()),
        move |(filter, _)| async move {
            // A reload of the same list is no use of the session: the user's own change already was.
            let same = asked.try_update_value(|asked| asked.replace(filter.clone()).as_ref() == Some(&filter));
            let list = list(filter.clone());
            (filter, if same == Some(true) { again(list).await } else { list.await })
        },
    );
    let touched = LatestChanges::new();
    follow(tokens, touched, switched);
    view! {
        <PageTitle text=Signal::derive(move || t_string!(i18n, tokens.title).to_owned())/>
        <Transition>
            {
                // The content below is recreated only when API access changes.
                let access = settled(move || account.get().map(|account| account.map(|account| account.api_access)));
                move || {
                    access
                        .get()
                        .map(|access| match access {
                            Ok(true) => view! { <TokenBrowser query filter tokens touched disable/> }.into_any(),
                            Ok(false) => view! { <AccessOff enable/> }.into_any(),
                            Err(error) => view! { <Failed error whole=true/> }.into_any(),
                        })
                }
            }
        </Transition>
    }
}

/// Shows changes by others as they happen. `switched` counts how often API access is switched on or off.
fn follow(tokens: Resource<Listed>, touched: LatestChanges, switched: RwSignal<u32>) {
    let (i18n, toasts, changes, asker) = (use_i18n(), use_toasts(), use_token_changes(), use_current_user());
    let (me, here) = (asker.user.id, asker.account);
    let leaving = use_context::<LeavingPage>();
    // The first list says where to start; later lists are as new as the reported changes.
    let from = Memo::new(move |last: Option<&Option<i64>>| {
        let first = || tokens.with(|tokens| tokens.as_ref()?.1.as_ref().ok().map(|list| list.as_of));
        last.copied().flatten().or_else(first)
    });
    let due = StoredValue::new(false);
    let read_anew = move || {
        due.try_set_value(false);
        changes.announce();
    };
    let on_change = move |change: LiveChange| {
        if !due.get_value() {
            due.set_value(true);
            set_timeout(read_anew, GATHERED_FOR);
        }
        if matches!(change.action, Action::ApiAccessEnabled | Action::ApiAccessDisabled) {
            switched.update(|switched| *switched += 1);
        }
        let by_others = change.user.as_ref().is_none_or(|user| user.id != me);
        if by_others && change.action == Action::TokenDeleted {
            let (by, name) = (who(i18n, &change), change.name.clone().unwrap_or_default());
            toasts.say(untrack(|| t_string!(i18n, live.deleted, by = by, name = name).to_string()));
        } else if by_others {
            touched.note(change);
        }
    };
    // If a step-up has renewed the session, everything continues. Otherwise the page is reloaded and the server says
    // why not, unless the user is leaving anyway.
    let on_end = move |()| {
        spawn_local(async move {
            let goes_on = match again(account()).await {
                Ok(account) => account.id == here,
                Err(error) => !matches!(error.status(), 401 | 403),
            };
            let leaves = leaving.and_then(|LeavingPage(leaving)| leaving.try_get_untracked());
            if !goes_on && leaves != Some(true) {
                _ = window().location().reload();
            }
        });
    };
    use_live_changes(from, Callback::new(on_change), Callback::new(on_end));
}

/// The time for which changes are collected before the list is reloaded: a user may change many tokens at once.
const GATHERED_FOR: Duration = Duration::from_millis(150);

/// The content while API access is off: the offer to enable it.
#[component]
fn AccessOff(enable: ServerAction<EnableApiAccess>) -> impl IntoView {
    let i18n = use_i18n();
    let pending = enable.pending();
    view! {
        <div class="page-head">
            <a class="back" href=routes::SETTINGS>{Icon::ChevronLeft.view()} {t_signal!(i18n, settings.title)}</a>
            <h1>{t_signal!(i18n, tokens.title)}</h1>
        </div>
        <section class="empty access-off">
            {Icon::Key.view()}
            <h2>{t_signal!(i18n, access.off_title)}</h2>
            <p>{t_signal!(i18n, access.off_text)}</p>
            <ul>
                <li>{Icon::Check.view()} {t_signal!(i18n, access.off_point_1)}</li>
                <li>{Icon::Check.view()} {t_signal!(i18n, access.off_point_2)}</li>
            </ul>
            <ErrorNote error=Signal::derive(move || enable.value().get().and_then(Result::err))/>
            <ActionForm action=enable>
                <button type="submit" class="button primary" disabled=pending>
                    {move || if pending.get() { t_string!(i18n, access.enabling) } else { t_string!(i18n, access.enable) }}
                </button>
            </ActionForm>
        </section>
    }
}

/// Filters and list, both determined by the link.
#[component]
fn TokenBrowser(
    query: Memo<String>,
    filter: Memo<TokenFilter>,
    tokens: Resource<Listed>,
    touched: LatestChanges,
    disable: ServerAction<DisableApiAccess>,
) -> impl IntoView {
    let i18n = use_i18n();
    let actions = TokenActions::new(Callback::new(|_| {}));

    let navigate = use_navigate();
    let go = Callback::new(move |(filter, step): (TokenFilter, Step)| {
        let options = NavigateOptions { replace: step == Step::Typed, scroll: false, ..NavigateOptions::default() };
        navigate(&routes::tokens(&filter), options);
    });
    correct_link(query, filter, tokens, go);

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
                <FilterSidebar filter on_change=go/>
            </aside>
            <div class="results">
                <Transition fallback=move || view! { <ListSkeleton/> }>
                    <Results tokens touched filter actions go/>
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
    tokens: Resource<Listed>,
    go: Callback<(TokenFilter, Step)>,
) {
    Effect::new(move |_| {
        let mut right = filter.get();
        match tokens.get() {
            // While the next list is loading, the last one does not tell its page.
            Some((asked, Ok(list))) if asked == right => right.place = list.position.place,
            _ => {}
        }
        let canonical = routes::tokens(&right);
        let canonical = canonical.split_once('?').map_or("", |(_, query)| query);
        // The same query may be spelled in several ways (`+`, `%20`); only the decoded values count.
        let spelled = query.with(|query| form_urlencoded::parse(query.as_bytes()).into_owned().collect::<Vec<_>>());
        if spelled != form_urlencoded::parse(canonical.as_bytes()).into_owned().collect::<Vec<_>>() {
            go.run((right, Step::Typed));
        }
    });
}

/// The filter of the request, and the answer.
type Listed = (TokenFilter, Result<TokenList, AppError>);

/// The content of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
enum ListContent {
    Nothing,
    Failed(AppError),
    NoneYet,
    NothingMatches,
    Tokens,
}

/// Count, order, cards and page navigation. Cards stay in place while their content changes.
#[component]
fn Results(
    tokens: Resource<Listed>,
    touched: LatestChanges,
    filter: Memo<TokenFilter>,
    actions: TokenActions,
    go: Callback<(TokenFilter, Step)>,
) -> impl IntoView {
    let i18n = use_i18n();
    let changes = use_token_changes();
    let loaded = settled(move || tokens.get());
    let shown = settled(move || {
        loaded.with(|loaded| match loaded {
            None => ListContent::Nothing,
            Some((_, Err(error))) => ListContent::Failed(error.clone()),
            Some((_, Ok(list))) if !list.tokens.is_empty() => ListContent::Tokens,
            Some((asked, Ok(_))) if asked.active() == 0 => ListContent::NoneYet,
            Some((_, Ok(_))) => ListContent::NothingMatches,
        })
    });
    move || match shown.get() {
        ListContent::Nothing => ().into_any(),
        ListContent::Failed(error) => view! {
            <ErrorNote error=Some(error)/>
            <button type="button" class="button" on:click=move |_| changes.announce()>
                {t_signal!(i18n, try_again)}
            </button>
        }
        .into_any(),
        ListContent::NoneYet => view! { <NoneYet/> }.into_any(),
        ListContent::NothingMatches => view! { <NothingMatches filter/> }.into_any(),
        ListContent::Tokens => {
            // Evaluated only while there are tokens.
            let list = Memo::new(move |last: Option<&TokenList>| {
                let list = loaded.with(|loaded| loaded.clone().and_then(|(_, list)| list.ok()));
                list.or_else(|| last.cloned()).unwrap_or(TokenList {
                    tokens: Vec::new(),
                    position: Position::default(),
                    as_of: 0,
                })
            });
            view! { <List list touched filter actions go/> }.into_any()
        }
    }
}

#[component]
fn List(
    list: Memo<TokenList>,
    touched: LatestChanges,
    filter: Memo<TokenFilter>,
    actions: TokenActions,
    go: Callback<(TokenFilter, Step)>,
) -> impl IntoView {
    let i18n = use_i18n();
    let ids = move || list.with(|list| list.tokens.iter().map(|token| token.id).collect::<Vec<_>>());
    let card = move |id: TokenId| {
        // A card that is about to be removed keeps its last content.
        let token = Memo::new(move |last: Option<&Token>| {
            let token = list.with(|list| list.tokens.iter().find(|token| token.id == id).cloned());
            token.or_else(|| last.cloned()).expect("a card is made for a token of the list")
        });
        let on_pick = Callback::new(move |command| actions.pick(command, token.get_untracked()));
        view! { <li><TokenCard token touched=touched.text(id) on_pick/></li> }
    };
    let text = Signal::derive(move || list.with(|list| shown(i18n, &list.position, all)));
    view! {
        <h2 class="visually-hidden">{t_signal!(i18n, tokens.list)}</h2>
        <div class="results-head">
            <p class="count" role="status">
                {text}
            </p>
            <SortField filter go/>
        </div>
        <ul class="cards" aria-label=t_signal!(i18n, tokens.list)>
            <For each=ids key=|id| *id children=card/>
        </ul>
        <Pager
            link=Callback::new(move |place| routes::tokens(&filter.get().at(place)))
            position=Signal::derive(move || list.with(|list| list.position.clone()))
            shown=text
        />
    }
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
        let sort = Sort::from_name(&event_target_value(&event)).unwrap_or_default();
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
fn NoneYet() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <section class="empty">
            {Icon::Key.view()}
            <h2>{t_signal!(i18n, tokens.none_title)}</h2>
            <p>{t_signal!(i18n, tokens.none_text)}</p>
            <a class="button primary" href=routes::NEW_TOKEN>{t_signal!(i18n, tokens.create)}</a>
        </section>
    }
}

#[component]
fn NothingMatches(filter: Memo<TokenFilter>) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <section class="empty" role="status">
            {Icon::Search.view()}
            <h2>{t_signal!(i18n, tokens.nothing_title)}</h2>
            <p>{t_signal!(i18n, tokens.nothing_text)}</p>
            <a class="button" href=move || routes::tokens(&filter.get().cleared())>{t_signal!(i18n, filter.clear_all)}</a>
        </section>
    }
}

/// Placeholders for cards while the list is loading.
#[component]
fn ListSkeleton() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <p class="visually-hidden" role="status">{t_signal!(i18n, tokens.loading)}</p>
        <ul class="cards skeleton" aria-hidden="true">
            {(0..6).map(|_| view! { <li class="card"></li> }).collect_view()}
        </ul>
    }
}

/// The button to switch API access off, for users whose role has the permission.
#[component]
fn SwitchOff(disable: ServerAction<DisableApiAccess>) -> impl IntoView {
    let i18n = use_i18n();
    let asker = use_current_user();
    let hydrated = use_hydrated();
    let asking = RwSignal::new(false);
    let account = asker.account_name.clone();
    let question = move || {
        asking.get().then(|| Question {
            title: t_string!(i18n, access.switch_off_title).to_owned(),
            text: t_string!(i18n, access.switch_off_text, account = account.as_str()).to_string(),
            confirm: t_string!(i18n, access.switch_off).to_owned(),
            destructive: true,
        })
    };
    let confirm = move |()| {
        disable.dispatch(DisableApiAccess {});
        asking.set(false);
    };
    asker.role.may(Permission::DisableApiAccess).then(|| {
        view! {
            <footer class="page-foot">
                <button
                    type="button"
                    class="button quiet danger-text"
                    disabled=move || !hydrated.get()
                    on:click=move |_| asking.set(true)
                >
                    {t_signal!(i18n, access.switch_off)}
                </button>
            </footer>
            <ConfirmDialog
                id="switch-off"
                question=Signal::derive(question)
                pending=disable.pending()
                on_confirm=Callback::new(confirm)
                on_cancel=Callback::new(move |()| asking.set(false))
            />
        }
    })
}
