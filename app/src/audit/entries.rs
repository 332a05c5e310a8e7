//! Entries of the audit trail: time, user, action, subject, what changed at a glance, and expandable details.

use crate::i18n::{Locale, t_string, use_i18n};
use crate::routes;
use crate::ui::language_switch::own_name;
use crate::ui::reactive::{settled, t_signal};
use crate::ui::time::{Time, date_text, day_text, use_zone};
use crate::words::{self, Words};
use chrono::DateTime;
use domain::audit::action::Action;
use domain::audit::details::{Change, Part, Recorded, Summary, summary};
use domain::audit::trail::{Entry, days};
use domain::members::user::Person;
use domain::tokens::expiry::last_moment;
use leptos::prelude::*;

/// The list of entries, under a heading for each day. With `of_one_token`, it is short: entries have their date instead,
/// and do not name their token.
#[component]
pub fn AuditEntries(entries: Vec<Entry>, #[prop(optional)] of_one_token: bool) -> impl IntoView {
    let i18n = use_i18n();
    if !of_one_token {
        return by_day(i18n, entries);
    }
    let entries: Vec<AnyView> = entries.into_iter().map(|entry| view_of(i18n, entry, true)).collect();
    view! { <ol class="audit-entries" aria-label=t_signal!(i18n, audit.list)>{entries}</ol> }.into_any()
}

/// Returns a list for each day in the user's time zone.
fn by_day(i18n: Words, entries: Vec<Entry>) -> AnyView {
    let zone = use_zone();
    let entries = StoredValue::new(entries);
    // Rendered again only if the user's zone, which may be known only once wasm runs, has other days than UTC.
    let grouped =
        settled(move || entries.with_value(|entries| days(entries.iter().map(|entry| entry.at), |at| zone.offset(at))));
    let lists = move || {
        let mut rest = entries.get_value().into_iter();
        let grouped = grouped.get().into_iter().enumerate();
        let lists = grouped.map(|(index, (day, count))| {
            let of_day: Vec<AnyView> = rest.by_ref().take(count).map(|entry| view_of(i18n, entry, false)).collect();
            let id = format!("audit-day-{index}");
            view! {
                <div class="audit-day">
                    <h3 id=id.clone()>{move || day_text(i18n, day)}</h3>
                    <ol class="audit-entries" aria-labelledby=id>{of_day}</ol>
                </div>
            }
            .into_any()
        });
        lists.collect::<Vec<AnyView>>()
    };
    lists.into_any()
}

fn view_of(i18n: Words, entry: Entry, of_one_token: bool) -> AnyView {
    let Entry { at, user, integration, address, action, subject, token, changes, .. } = entry;
    let of_day = !of_one_token;
    let known = action.parse::<Action>().ok();
    let what = move || known.map_or_else(|| action.clone(), |known| words::action(i18n, known).to_owned());
    let subject = subject.filter(|_| !of_one_token).map(|subject| match token {
        Some(token) => view! { <a href=routes::token(token) dir="auto" translate="no">{subject}</a> }.into_any(),
        None => view! { <span dir="auto" translate="no">{subject}</span> }.into_any(),
    });
    let address = address.map(|address| view! { <span class="hint">{address}</span> });
    let glance = glance(i18n, &changes);
    let details = (!changes.is_empty()).then(|| {
        let changes: Vec<AnyView> = changes.into_iter().map(|change| change_view(i18n, change)).collect();
        view! {
            <details>
                <summary>{t_signal!(i18n, audit.details)}</summary>
                <dl>{changes}</dl>
            </details>
        }
        .into_any()
    });
    view! {
        <li>
            <p class="audit-when"><Time at exact=true of_day/></p>
            <div class="audit-what">
                <p><strong>{what}</strong> {subject}</p>
                {glance}
                <p class="audit-who">{who_view(i18n, user, integration)} {address}</p>
                {details}
            </div>
        </li>
    }
    .into_any()
}

/// Returns the user or the integration that performed the action.
fn who_view(i18n: Words, user: Option<Person>, integration: Option<String>) -> AnyView {
    match (user, integration) {
        (Some(user), _) => {
            view! { <span dir="auto" translate="no">{user.name}</span> <span class="hint">{user.email}</span> }
                .into_any()
        }
        (None, Some(sid)) => {
            view! { <span>{t_signal!(i18n, audit.integration)}</span> <code translate="no">{sid}</code> }.into_any()
        }
        (None, None) => view! { <span>{t_signal!(i18n, audit.command_line)}</span> }.into_any(),
    }
}

/// Returns the summary of what changed, in one line.
fn glance(i18n: Words, changes: &[Change]) -> Option<AnyView> {
    let Summary { parts, more } = summary(changes);
    if parts.is_empty() {
        return None;
    }
    let parts = parts.into_iter().enumerate().map(|(index, part)| {
        let between = (index > 0).then_some(t_signal!(i18n, separator));
        view! { {between} {part_view(i18n, part)} }.into_any()
    });
    let parts: Vec<AnyView> = parts.collect();
    let more = (more > 0).then(|| {
        let more = move || t_string!(i18n, audit.more_changes, count = more).to_string();
        view! { {t_signal!(i18n, separator)} {more} }.into_any()
    });
    Some(view! { <p class="audit-glance">{parts} {more}</p> }.into_any())
}

fn part_view(i18n: Words, part: Part) -> AnyView {
    let label = move |field: String| move || words::detail(i18n, &field);
    let text = move |field: &str, value: Option<String>| {
        let field = field.to_owned();
        move || values_text(i18n, &field, value.as_slice())
    };
    match part {
        Part::List { field, added, removed } => {
            let counts = [("+", added), ("−", removed)].into_iter().filter(|(_, count)| *count > 0);
            let counts: Vec<_> = counts.map(|(sign, count)| format!("{sign}{count}")).collect();
            view! { <span>{label(field)} " " {counts.join(" ")}</span> }.into_any()
        }
        Part::Changed { field, before, after } => {
            let (before, after) = (text(&field, before), text(&field, after));
            view! {
                <span>
                    {label(field)} {t_signal!(i18n, audit.colon)} <bdi translate="no">{before}</bdi> " → "
                    <bdi translate="no">{after}</bdi>
                </span>
            }
            .into_any()
        }
        Part::Detail { field, value } => {
            let value = text(&field, Some(value));
            view! { <span>{label(field)} {t_signal!(i18n, audit.colon)} <bdi translate="no">{value}</bdi></span> }
                .into_any()
        }
        Part::Field(field) => view! { <span>{label(field)}</span> }.into_any(),
    }
}

/// Returns the view of one change, with the values before and after.
fn change_view(i18n: Words, Change { field, recorded, before, after }: Change) -> AnyView {
    let text = |values: Vec<String>| {
        let field = field.clone();
        move || values_text(i18n, &field, &values)
    };
    let before = (recorded == Recorded::Changed).then(|| {
        let before = text(before);
        view! {
            <span class="visually-hidden">{t_signal!(i18n, audit.before)} {t_signal!(i18n, audit.colon)}</span>
            <span class="audit-before" dir="auto" translate="no">{before}</span>
            <span aria-hidden="true">" → "</span>
            <span class="visually-hidden">" " {t_signal!(i18n, audit.after)} {t_signal!(i18n, audit.colon)}</span>
        }
        .into_any()
    });
    let after = text(after);
    view! {
        <dt>{move || words::detail(i18n, &field)}</dt>
        <dd>{before} <span dir="auto" translate="no">{after}</span></dd>
    }
    .into_any()
}

/// Returns the values of a detail in words, and a word for none.
fn values_text(i18n: Words, field: &str, values: &[String]) -> String {
    let values: Vec<_> = values.iter().map(|value| value_text(i18n, field, value)).collect();
    if values.is_empty() { t_string!(i18n, audit.empty).to_owned() } else { values.join(t_string!(i18n, separator)) }
}

fn value_text(i18n: Words, field: &str, value: &str) -> String {
    match (field, value) {
        ("expires_at" | "old_until", end) => {
            let end = DateTime::parse_from_rfc3339(end).map(|end| last_moment(end.to_utc()));
            end.map_or_else(|_| value.to_owned(), |last| date_text(i18n, last))
        }
        ("language", "en") => own_name(Locale::en).to_owned(),
        ("language", "ja") => own_name(Locale::ja).to_owned(),
        _ => words::detail_value(i18n, field, value).unwrap_or(value).to_owned(),
    }
}
