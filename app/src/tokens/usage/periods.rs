//! The chart of calls by hour, day or week, and the links between the three.

use crate::i18n::t_string;
use crate::tokens::usage::data::Usage;
use crate::tokens::usage::links::Links;
use crate::ui::chart::bars::{Bar, bars};
use crate::ui::chart::short::short_date;
use crate::ui::reactive::{settled, t_signal};
use crate::ui::time::{Zone, date, use_zone};
use crate::words::Words;
use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Timelike, Utc, Weekday};
use domain::chart::buckets::BucketSize;
use domain::chart::tally::Tally;
use domain::tokens::usage::{DayUse, HourUse, by_week};
use domain::tokens::usage_view::UsageView;
use leptos::prelude::*;

/// Every so many weeks one has its date below its bar.
const WEEKS_MARKED: usize = 5;

/// The beginning of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begin {
    /// That of an hour.
    At(DateTime<Utc>),
    /// That of a day in UTC, or of a week.
    On(NaiveDate),
}

/// Returns the periods of the chart and the calls of each, oldest first. A week of which not all days are known is left out.
fn periods(by: BucketSize, usage: &Usage) -> Vec<(Begin, Tally)> {
    let of_hour = |hour: &HourUse| (Begin::At(hour.hour), Tally::from(hour.tally));
    let of_day = |day: &DayUse| (Begin::On(day.day), Tally::from(day.tally));
    match by {
        BucketSize::Hour => usage.hours.iter().map(of_hour).collect(),
        BucketSize::Day => usage.summary.days.iter().map(of_day).collect(),
        BucketSize::Week => {
            let weeks = by_week(&usage.summary.days);
            let before = weeks.len().saturating_sub(by.count().into());
            weeks[before..].iter().map(of_day).collect()
        }
    }
}

/// Returns the links to the chart of each length of periods.
pub fn switch(i18n: Words, links: Links, _: &Usage) -> AnyView {
    let by = links.shown().by;
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
pub fn chart(i18n: Words, shown: Signal<(UsageView, Usage)>) -> AnyView {
    let zone = use_zone();
    let charted = settled(move || shown.with(|(view, usage)| (view.by, periods(view.by, usage))));
    let drawn = move || {
        let (by, periods) = charted.get();
        let last = periods.len().saturating_sub(1);
        let bar = |(index, (begins, tally)): (usize, &(Begin, Tally))| Bar {
            tally: *tally,
            period: period(i18n, by, *begins, zone),
            mark: mark(i18n, by, *begins, zone, last - index),
        };
        let shown: Vec<_> = periods.iter().enumerate().map(bar).collect();
        bars(i18n.get_locale(), &shown)
    };
    let in_utc = move || {
        let by = charted.with(|(by, _)| *by);
        (by != BucketSize::Hour).then(|| view! { <p class="hint">{t_signal!(i18n, usage.days_in_utc)}</p> })
    };
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

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Days;
    use domain::tokens::usage;

    /// Returns a token's use of one call a day, up to this day.
    fn daily(by: BucketSize, today: NaiveDate) -> Usage {
        let days = UsageView { by, ..UsageView::default() }.days();
        let tally = usage::Tally { calls: 1, ..usage::Tally::default() };
        let day = |back: u16| DayUse { day: today - Days::new(back.into()), tally };
        let mut usage = Usage::default();
        usage.summary.days = (0..days).rev().map(day).collect();
        usage
    }

    #[test]
    fn chart_has_whole_weeks_but_for_the_last() {
        let monday = NaiveDate::from_ymd_opt(2026, 11, 30).unwrap();
        for since in 0..7 {
            let weeks = periods(BucketSize::Week, &daily(BucketSize::Week, monday + Days::new(since)));
            let calls: Vec<_> = weeks.iter().map(|(_, tally)| tally.succeeded).collect();
            assert_eq!(calls, [vec![7; 25], vec![since + 1]].concat(), "{since} days after Monday");
            assert_eq!(weeks.last().map(|(begins, _)| *begins), Some(Begin::On(monday)));
        }
        assert_eq!(periods(BucketSize::Day, &daily(BucketSize::Day, monday)).len(), 30);
    }
}
