//! The audit trail of the account, filtered, in pages, and as a file.

use crate::audit::api::trail;
use crate::audit::entries::AuditEntries;
use crate::audit::filters::{Filters, Kinds};
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
use crate::ui::time::use_zone;
use crate::words::Words;
use domain::audit::trail::{EXPORT_MAX, Head, Trail, TrailFilter};
use domain::paging::{Count, PagePosition};
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
    let people = Signal::derive(move || {
        loaded.with(|loaded| {
            let trail = loaded.as_ref()?.as_ref();
            Some(trail.map(|trail| trail.people.clone()).map_err(Clone::clone))
        })
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
        <Kinds filter/>
        <Filters filter go people/>
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
