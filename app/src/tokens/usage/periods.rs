//! The chart of calls by hour, day or week, and the links between the three.

use crate::i18n::t_string;
use crate::tokens::usage::data::{Begin, Bucket};
use crate::tokens::usage::links::Links;
use crate::ui::chart::bars::{Bar, bars};
use crate::ui::chart::short::short_date;
use crate::ui::reactive::t_signal;
use crate::ui::time::{Zone, date, use_zone};
use crate::words::Words;
use chrono::{DateTime, Datelike, FixedOffset, Timelike, Utc, Weekday};
use domain::chart::buckets::BucketSize;
use leptos::prelude::*;

/// Every so many weeks one has its date below its bar.
const WEEKS_MARKED: usize = 5;

/// Returns the links to the chart of each length of periods.
pub fn switch(i18n: Words, links: Links, by: BucketSize) -> AnyView {
    let choice = |size: BucketSize| {
        let text = match size {
            BucketSize::Hour => t_signal!(i18n, usage.by_hour),
            BucketSize::Day => t_signal!(i18n, usage.by_day),
            BucketSize::Week => t_signal!(i18n, usage.by_week),
        };
        let link = links.changed(&|view| view.by = size);
        let current = (by == size).then_some("true");
        view! { <a href=link aria-current=current data-noscroll="">{text}</a> }
    };
    view! {
        <div class="view-switch" role="group" aria-label=t_signal!(i18n, usage.by)>
            {BucketSize::ALL.map(choice).collect_view()}
        </div>
    }
    .into_any()
}

/// Returns the chart. Hours are shown in the user's time zone.
pub fn chart(i18n: Words, by: BucketSize, buckets: Vec<Bucket>) -> AnyView {
    let zone = use_zone();
    let drawn = move || {
        let last = buckets.len().saturating_sub(1);
        let bar = |(index, bucket): (usize, &Bucket)| Bar {
            tally: bucket.tally,
            period: period(i18n, by, bucket.begins, zone),
            mark: mark(i18n, by, bucket.begins, zone, last - index),
        };
        let shown: Vec<_> = buckets.iter().enumerate().map(bar).collect();
        bars(i18n.get_locale(), &shown)
    };
    let in_utc = (by != BucketSize::Hour).then(|| {
        view! { <p class="hint">{t_signal!(i18n, usage.days_in_utc)}</p> }
    });
    view! {
        {drawn}
        {in_utc}
    }
    .into_any()
}

fn local(at: DateTime<Utc>, zone: Zone) -> DateTime<FixedOffset> {
    at.with_timezone(&zone.offset(at))
}

/// Returns the period in words.
fn period(i18n: Words, by: BucketSize, begins: Begin, zone: Zone) -> String {
    match begins {
        Begin::At(at) => {
            let local = local(at, zone);
            format!("{} {}", date(i18n, local.date_naive()), local.format("%H:%M"))
        }
        Begin::On(day) if by == BucketSize::Week => t_string!(i18n, usage.week_of, date = date(i18n, day)).to_string(),
        Begin::On(day) => date(i18n, day),
    }
}

/// Returns the text below the bar of a period, after which `after` others follow: noon and midnight, Mondays, and every
/// few weeks, as there is room for on a phone.
fn mark(i18n: Words, by: BucketSize, begins: Begin, zone: Zone, after: usize) -> Option<String> {
    let locale = i18n.get_locale();
    match begins {
        Begin::At(at) => {
            let local = local(at, zone);
            match local.hour() {
                0 => Some(short_date(locale, local.date_naive())),
                12 => Some(local.format("%H:%M").to_string()),
                _ => None,
            }
        }
        Begin::On(day) => {
            let marked = match by {
                BucketSize::Week => after.is_multiple_of(WEEKS_MARKED),
                BucketSize::Hour | BucketSize::Day => day.weekday() == Weekday::Mon,
            };
            marked.then(|| short_date(locale, day))
        }
    }
}
