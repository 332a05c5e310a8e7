//! The calls of a token in the last 30 days, as a line.

use crate::i18n::{t_string, use_i18n};
use crate::ui::chart::sparkline::sparkline;
use crate::ui::pager::number;
use crate::words::Words;
use domain::chart::tally::Tally;
use domain::tokens::usage::Sparkline;
use leptos::prelude::*;

/// The line, with the same in words for those who can't see it; nothing for a token that was not called.
#[component]
pub fn RecentUse(calls: Signal<Option<Sparkline>>) -> impl IntoView {
    let i18n = use_i18n();
    move || calls.get().map(|calls| line(i18n, &calls))
}

fn line(i18n: Words, calls: &Sparkline) -> AnyView {
    let tally = |&(calls, failed): &(u64, u64)| Tally { succeeded: calls.saturating_sub(failed), failed };
    let days: Vec<_> = calls.days.iter().map(tally).collect();
    let all = Tally::sum(days.iter().copied());
    let label = Signal::derive(move || {
        let (succeeded, failed) = (number(all.succeeded), number(all.failed));
        t_string!(i18n, chart.last_30_days, succeeded = succeeded, failed = failed).to_string()
    });
    sparkline(&days, label)
}
