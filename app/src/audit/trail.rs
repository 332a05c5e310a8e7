//! The audit trail of the account, filtered, in pages, and as a file.

use crate::audit::api::trail;
use crate::audit::entries::AuditEntries;
use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::routes;
use crate::ui::error_note::ErrorNote;
use crate::ui::filter_history::{FilterHistory, Step};
use crate::ui::icon::Icon;
use crate::ui::not_refreshed::{NotRefreshed, kept};
use crate::ui::page_title::PageTitle;
use crate::ui::pager::{Pager, number, shown};
use crate::ui::reactive::t_signal;
use crate::ui::search_box::{search_box, typed};
use crate::ui::time::use_zone;
use crate::words::{self, Words};
use chrono::NaiveDate;
use domain::audit::{
    action::ActionGroup,
    trail::{EXPORT_MAX, Head, Trail, TrailFilter},
};
use domain::date;
use domain::paging::{Count, PagePosition};
use leptos::ev;
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_navigate};

/// The page, for users whose role has the permission.
#[component]
pub fn AuditTrail() -> impl IntoView {
    let i18n = use_i18n();
    let query = use_location().search;
    let zone = use_zone();
    let filter = Memo::new(move |_| {
        let filter = query.with(|query| routes::trail_filter(query));
        // A plain form's link has days only.
        if zone.is_known() { filter.in_zone(|at| zone.offset(at)) } else { filter }
    });
    let loads = RwSignal::new(0_u32);
    let loaded = Resource::new(move || (filter.get(), loads.get()), |(filter, _)| trail(filter));
    let (navigate, history) = (use_navigate(), FilterHistory::new());
    let go = Callback::new(move |(next, step): (TrailFilter, Step)| {
        let [from, to] = [&filter.get_untracked(), &next].map(|it| routes::audit_trail(routes::AUDIT_TRAIL, it));
        navigate(&to, history.options(step, &from, &to));
    });
    let results = move |trail: Result<Trail, AppError>| match trail {
        Ok(trail) => {
            let head = trail.head.clone().map(|head| view! { <ChainHead head/> });
            view! { <Results trail filter/> {head} }.into_any()
        }
        Err(error) => view! {
            <ErrorNote error=Some(error)/>
            <button type="button" class="button" on:click=move |_| loads.update(|loads| *loads += 1)>
                {t_signal!(i18n, try_again)}
            </button>
        }
        .into_any(),
    };
    view! {
        <PageTitle text=Signal::derive(move || t_string!(i18n, audit.title).to_owned())/>
        <div class="page-head">
            <a class="back" href=routes::SETTINGS>{Icon::ChevronLeft.view()} {t_signal!(i18n, settings.title)}</a>
            <h1>{t_signal!(i18n, audit.title)}</h1>
            <p class="lead">{t_signal!(i18n, audit.lead)}</p>
        </div>
        <Filters filter go/>
        <Transition fallback=move || view! { <p role="status">{t_signal!(i18n, audit.loading)}</p> }>
            {
                let (shown, failed) = kept(move || loaded.get());
                let again = move |()| loads.update(|loads| *loads += 1);
                view! {
                    <NotRefreshed failed on_retry=Callback::new(again)/>
                    {move || shown.get().map(results)}
                }
            }
        </Transition>
    }
}

/// The filters, mirrored in the link. Without our wasm they are a plain form that requests the same link.
#[component]
fn Filters(filter: Memo<TrailFilter>, go: Callback<(TrailFilter, Step)>) -> impl IntoView {
    let i18n = use_i18n();
    let text = Signal::derive(move || filter.with(|filter| filter.text.clone()));
    let search =
        move |text| go.run((TrailFilter { text, ..filter.get_untracked().at(PagePosition::First) }, Step::Typed));
    let (typed, on_input) = typed(text, Callback::new(search));
    let on_group = move |event: ev::Event| {
        let group = event_target_value(&event).parse().ok();
        go.run((TrailFilter { group, ..filter.get_untracked().at(PagePosition::First) }, Step::Chosen));
    };
    let group = move || filter.with(|filter| filter.group.map_or("", ActionGroup::as_str));
    let option = move |choice: Option<ActionGroup>| {
        let text = move || choice.map_or_else(|| t_string!(i18n, audit.anything), |it| words::action_group(i18n, it));
        let value = choice.map_or("", ActionGroup::as_str);
        view! { <option value=value selected=move || filter.with(|filter| filter.group == choice)>{text}</option> }
    };
    let from = day_field(filter, go, t_signal!(i18n, audit.from), ("from", |it| it.from, |it, day| it.from = day));
    let to = day_field(filter, go, t_signal!(i18n, audit.to), ("to", |it| it.to, |it, day| it.to = day));
    let token = move || filter.with(|filter| filter.token.map(|token| token.0.to_string()));
    view! {
        <form class="audit-filters" method="get" action=routes::AUDIT_TRAIL on:submit=move |event| event.prevent_default()>
            {search_box("text", t_signal!(i18n, audit.search), typed, on_input)}
            <label>
                <span class="label">{t_signal!(i18n, audit.about)}</span>
                <select name="about" prop:value=group on:change=on_group>
                    {option(None)}
                    {ActionGroup::ALL.map(|group| option(Some(group))).collect_view()}
                </select>
            </label>
            {from}
            {to}
            <input type="hidden" name="token" value=move || token().unwrap_or_default()/>
            <a
                class="button quiet"
                href=routes::AUDIT_TRAIL
                aria-disabled=move || (!filter.with(TrailFilter::is_active)).to_string()
                // Clears the text being typed too, which the link does not contain yet.
                on:click=move |_| typed.set(String::new())
            >
                {t_signal!(i18n, filter.clear_all)}
            </a>
            <button class="button no-script" type="submit">{t_signal!(i18n, filter.apply)}</button>
        </form>
        <Show when=move || token().is_some()>
            <p class="note">
                <span>
                    {t_signal!(i18n, audit.one_token)} " "
                    <a href=move || {
                        let all = filter.with(|filter| TrailFilter { token: None, ..filter.at(PagePosition::First) });
                        routes::audit_trail(routes::AUDIT_TRAIL, &all)
                    }>{t_signal!(i18n, audit.all_tokens)}</a>
                </span>
            </p>
        </Show>
    }
}

/// One of the filter's days: its name in a plain form, and how it is read and set.
type Day = (&'static str, fn(&TrailFilter) -> Option<NaiveDate>, fn(&mut TrailFilter, Option<NaiveDate>));

/// Returns the field for a day in the user's time zone.
fn day_field(
    filter: Memo<TrailFilter>,
    go: Callback<(TrailFilter, Step)>,
    label: Signal<&'static str>,
    (name, of, set): Day,
) -> impl IntoView {
    let zone = use_zone();
    let on_change = move |event: ev::Event| {
        let mut next = filter.get_untracked().at(PagePosition::First);
        set(&mut next, date::parse(&event_target_value(&event)));
        (next.offset, next.end_offset) = (None, None);
        go.run((next.in_zone(|at| zone.offset(at)), Step::Chosen));
    };
    let day = Signal::derive(move || filter.with(of).map(|day| day.to_string()).unwrap_or_default());
    view! {
        <label>
            <span class="label">{label}</span>
            <input type="date" name=name value=day.get_untracked() prop:value=day on:change=on_change/>
        </label>
    }
}

/// Count, files, entries and page navigation.
#[component]
fn Results(trail: Trail, filter: Memo<TrailFilter>) -> impl IntoView {
    let i18n = use_i18n();
    let Trail { entries, position, .. } = trail;
    if entries.is_empty() {
        return view! {
            <section class="empty" role="status">
                {Icon::Search.view()}
                <h2>{t_signal!(i18n, audit.nothing_title)}</h2>
                <p>{t_signal!(i18n, audit.nothing_text)}</p>
            </section>
        }
        .into_any();
    }
    // The trail is counted only up to the limit of an export.
    let too_many = matches!(position.total, Count::MoreThan(_));
    let position = Signal::stored(position);
    let text = Signal::derive(move || position.with(|position| shown(i18n, position, all)));
    let file = move |path: &'static str, text: Signal<&'static str>| {
        let href = move || routes::audit_trail(path, &filter.get().at(PagePosition::First));
        view! { <a class="button small" href=href download="">{Icon::Download.view()} {text}</a> }
    };
    let files = if too_many {
        let text = move || t_string!(i18n, audit.too_many, max = number(EXPORT_MAX.into())).to_string();
        view! { <p class="hint">{text}</p> }.into_any()
    } else {
        view! {
            <div class="audit-files">
                {file(routes::AUDIT_TRAIL_CSV, t_signal!(i18n, audit.csv))}
                {file(routes::AUDIT_TRAIL_JSON_LINES, t_signal!(i18n, audit.json_lines))}
            </div>
        }
        .into_any()
    };
    view! {
        <h2 class="visually-hidden">{t_signal!(i18n, audit.list)}</h2>
        <div class="results-head">
            <p class="count" role="status">{text}</p>
            {files}
        </div>
        <div class="panel"><AuditEntries entries/></div>
        <Pager
            link=Callback::new(move |place| routes::audit_trail(routes::AUDIT_TRAIL, &filter.get().at(place)))
            position
            shown=text
        />
    }
    .into_any()
}

/// The last hash of the chain, for users to store elsewhere.
#[component]
fn ChainHead(head: Head) -> impl IntoView {
    let i18n = use_i18n();
    let Head { sequence, hash } = head;
    let number = number(sequence.unsigned_abs());
    let text = move || t_string!(i18n, audit.head, number = number.clone()).to_string();
    view! {
        <section class="audit-head" aria-label=move || t_string!(i18n, audit.head_title)>
            <p class="hint">{text}</p>
            <code translate="no">{hash}</code>
        </section>
    }
}

/// Returns the number of entries in words.
fn all(i18n: Words, count: Count) -> String {
    match count {
        Count::Exactly(1) => t_string!(i18n, audit.one).to_owned(),
        Count::Exactly(count) => t_string!(i18n, audit.many, count = number(count)).to_string(),
        Count::MoreThan(count) => t_string!(i18n, audit.more, count = number(count)).to_string(),
    }
}
