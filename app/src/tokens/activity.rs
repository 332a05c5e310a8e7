//! The account's activity, on its overview: the calls of the last days, tokens that fail, and overlaps that are open.

use crate::i18n::use_i18n;
use crate::routes;
use crate::tokens::overlap::open;
use crate::ui::chart::bars::{Bar, bars};
use crate::ui::chart::short::short_date;
use crate::ui::hydrated::use_hydrated;
use crate::ui::icon::Icon;
use crate::ui::reactive::t_signal;
use crate::ui::time::{Time, date};
use crate::words::Words;
use chrono::{Datelike, NaiveDate, Weekday};
use domain::chart::tally::Tally;
use domain::tokens::condition::TokenInOverlap;
use domain::tokens::token::TokenId;
use domain::tokens::usage::{DayUse, FailingToken};
use leptos::prelude::*;

/// Returns the tokens that fail, and since when; nothing if none does.
pub fn failing(i18n: Words, tokens: Vec<FailingToken>) -> Option<AnyView> {
    let row = |FailingToken { token, name, since, .. }: FailingToken| {
        let since = view! {
            <p>{t_signal!(i18n, overview.failing_since)}<Time at=since exact=true/></p>
        };
        row(token, name, since.into_any())
    };
    let rows: Vec<_> = tokens.into_iter().map(row).collect();
    (!rows.is_empty()).then(|| {
        view! {
            <section class="panel glance" aria-labelledby="glance-failing">
                <h2 id="glance-failing">{t_signal!(i18n, overview.failing)}</h2>
                <ul class="failing">{rows}</ul>
            </section>
        }
        .into_any()
    })
}

/// The tokens whose old value still works, with the time left; nothing if there is none.
#[component]
pub fn OpenOverlaps(tokens: Vec<TokenInOverlap>) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let row = |TokenInOverlap { token, name, ends_at }: TokenInOverlap| {
        let left = move || open(i18n, ends_at, hydrated.get());
        row(token, name, left.into_any())
    };
    let rows: Vec<_> = tokens.into_iter().map(row).collect();
    (!rows.is_empty()).then(|| {
        view! {
            <section class="panel glance" aria-labelledby="glance-overlaps">
                <h2 id="glance-overlaps">{t_signal!(i18n, overview.overlaps)}</h2>
                <ul class="overlaps">{rows}</ul>
            </section>
        }
    })
}

/// Returns a link to the use of the token, with what there is to say about it.
fn row(token: TokenId, name: String, about: AnyView) -> AnyView {
    view! {
        <li>
            <a class="link-row need" href=format!("{}#usage", routes::token(token))>
                <div class="need-text">
                    <strong dir="auto" translate="no">{name}</strong>
                    {about}
                </div>
                {Icon::ChevronRight.view()}
            </a>
        </li>
    }
    .into_any()
}

/// Returns the calls of all tokens of the account by day.
pub fn calls(i18n: Words, days: Vec<DayUse>) -> AnyView {
    let tallies: Vec<_> = days
        .into_iter()
        .map(|DayUse { day, tally }| {
            (day, Tally { succeeded: tally.calls.saturating_sub(tally.failures), failed: tally.failed() })
        })
        .collect();
    let none = tallies.iter().all(|(_, tally)| tally.total() == 0);
    let drawn = move || {
        let locale = i18n.get_locale();
        let bar = |&(day, tally): &(NaiveDate, Tally)| Bar {
            tally,
            period: date(i18n, day),
            mark: (day.weekday() == Weekday::Mon).then(|| short_date(locale, day)),
        };
        bars(locale, &tallies.iter().map(bar).collect::<Vec<_>>())
    };
    let content = if none {
        view! { <p class="chart-none">{t_signal!(i18n, overview.no_calls)}</p> }.into_any()
    } else {
        view! {
            {drawn}
            <p class="hint">{t_signal!(i18n, overview.days_in_utc)}</p>
        }
        .into_any()
    };
    view! {
        <section class="panel glance" aria-labelledby="glance-calls">
            <h2 id="glance-calls">{t_signal!(i18n, overview.calls)}</h2>
            {content}
        </section>
    }
    .into_any()
}
