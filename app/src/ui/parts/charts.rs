//! Charts of calls, in all states.

use crate::i18n::{t_string, use_i18n};
use crate::ui::chart::bars::{Bar, bars};
use crate::ui::chart::sparkline::sparkline;
use crate::ui::pager::number;
use domain::chart::tally::Tally;
use leptos::prelude::*;

/// Returns as many days of calls as a chart shows, different ones by the scale.
fn days(of: impl Fn(u64) -> Tally) -> Vec<Tally> {
    (0..30).map(of).collect()
}

/// Returns the states of a chart: no calls, one call, failures only, few calls of which some failed, and many.
fn states() -> [(&'static str, Vec<Tally>); 5] {
    let uneven = |day: u64| (day * 37 + 11) % 23;
    let tally = |succeeded: u64, failed: u64| Tally { succeeded, failed };
    [
        ("No calls", days(|_| tally(0, 0))),
        ("One call", days(|day| tally(u64::from(day == 21), 0))),
        ("Failures only", days(|day| tally(0, if day < 25 { 0 } else { uneven(day) }))),
        ("Some failures", days(|day| tally(uneven(day), if day % 9 == 4 { uneven(day) / 3 } else { 0 }))),
        ("Large numbers", days(|day| tally(uneven(day) * 91_234_567, u64::from(day == 12) * 345_678_901))),
    ]
}

/// Lines of 30 days.
pub fn sparklines() -> AnyView {
    let i18n = use_i18n();
    let line = |(name, days): (&'static str, Vec<Tally>)| {
        let all = Tally::sum(days.iter().copied());
        let label = Signal::derive(move || {
            let (succeeded, failed) = (number(all.succeeded), number(all.failed));
            t_string!(i18n, chart.last_30_days, succeeded = succeeded, failed = failed).to_string()
        });
        view! {
            <li>
                <span>{name}</span>
                <div class="spacer">{sparkline(&days, label)}</div>
            </li>
        }
    };
    view! { <ul class="rows">{states().map(line).collect_view()}</ul> }.into_any()
}

/// Charts with bars.
pub fn charts() -> AnyView {
    let i18n = use_i18n();
    let chart = |(name, days): (&'static str, Vec<Tally>)| {
        let bar = |(index, tally): (usize, Tally)| Bar {
            tally,
            period: format!("Day {}", index + 1),
            mark: (index % 7 == 2).then(|| format!("Day {}", index + 1)),
        };
        let shown: Vec<_> = days.into_iter().enumerate().map(bar).collect();
        view! {
            <h3>{name}</h3>
            {move || bars(i18n.get_locale(), &shown)}
        }
    };
    states().map(chart).collect_view().into_any()
}
