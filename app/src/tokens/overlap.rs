//! The overlap after a reset: the time for which the old Auth Token still works.

use crate::i18n::{t_string, use_i18n};
use crate::ui::hydrated::use_hydrated;
use crate::ui::reactive::t_signal;
use crate::ui::time::{Time, now};
use crate::words::Words;
use chrono::{DateTime, TimeDelta, Utc};
use domain::tokens::token::Token;
use leptos::prelude::*;

/// *Old Auth Token works for another 23 h*, if an overlap is open, and *Old Auth Token used, and refused: 3 min ago*, if one
/// that has stopped was used. As with the expiry, the server renders the date, which is replaced once our wasm runs.
#[component]
pub fn OpenOverlap(#[prop(into)] token: Signal<Token>) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    // One part of the page for both, as a list has many of them and hardly any says anything.
    let lines = move || {
        let (end, used_at) =
            token.with(|token| (token.values.old.as_ref().map(|old| old.ends_at), token.values.retired_used_at));
        let open = end.and_then(|end| open(i18n, end, hydrated.get()));
        [open, used_at.map(|at| used(i18n, at))].into_iter().flatten().collect::<Vec<_>>()
    };
    view! { {lines} }
}

/// Returns a line that says for how long the old Auth Token still works; `None` if it has stopped.
pub fn open(i18n: Words, end: DateTime<Utc>, hydrated: bool) -> Option<AnyView> {
    if hydrated {
        let left = time_left(i18n, end)?;
        return Some(view! { <p class="overlap-open">{left}</p> }.into_any());
    }
    let until = view! { <p class="overlap-open">{t_signal!(i18n, overlap.works_until)} " " <Time at=end/></p> };
    Some(until.into_any())
}

fn used(i18n: Words, at: DateTime<Utc>) -> AnyView {
    view! { <p class="overlap-open">{t_signal!(i18n, overlap.used)} " " <Time at=at relative=true/></p> }.into_any()
}

/// Returns how long the old Auth Token still works, rounded up; `None` if it has stopped.
fn time_left(i18n: Words, end: DateTime<Utc>) -> Option<String> {
    let left = end - now();
    let up = |unit: TimeDelta| (left + unit - TimeDelta::milliseconds(1)).num_seconds() / unit.num_seconds();
    Some(if left <= TimeDelta::zero() {
        return None;
    } else if left <= TimeDelta::hours(1) {
        t_string!(i18n, overlap.minutes_left, count = up(TimeDelta::minutes(1))).to_string()
    } else if left <= TimeDelta::days(2) {
        t_string!(i18n, overlap.hours_left, count = up(TimeDelta::hours(1))).to_string()
    } else {
        t_string!(i18n, overlap.days_left, count = up(TimeDelta::days(1))).to_string()
    })
}
