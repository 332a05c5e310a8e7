//! Points in time, in the person's own zone and language.

use super::hydrated::use_hydrated;
use crate::i18n::{Locale, t_string, use_i18n};
use crate::words::Words;
use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use leptos::prelude::*;

/// A point in time as a date, or, with `relative` and not long ago, as the time since; with `exact` to the second. In
/// full as a tooltip.
///
/// The server does not know the person's zone: the page arrives in UTC and changes over once our wasm runs.
#[component]
pub fn Time(
    #[prop(into)] at: Signal<DateTime<Utc>>,
    #[prop(optional)] relative: bool,
    #[prop(optional)] exact: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let local = move || {
        let at = at.get();
        at.with_timezone(&if hydrated.get() { zone(at) } else { UTC })
    };
    let text = move || {
        let since = (relative && hydrated.get()).then(|| since(i18n, at.get())).flatten();
        let date = || date(i18n, local());
        since.unwrap_or_else(|| if exact { format!("{} {}", date(), local().format("%H:%M:%S")) } else { date() })
    };
    let full = move || format!("{} {}", date(i18n, local()), local().format("%H:%M:%S %:z"));
    view! {
        <time datetime=move || at.get().to_rfc3339() title=full>
            {text}
        </time>
    }
}

const UTC: FixedOffset = FixedOffset::east_opt(0).expect("zero is an offset");

/// The browser's zone at that time: daylight saving time included.
pub fn zone(at: DateTime<Utc>) -> FixedOffset {
    #[allow(clippy::cast_precision_loss)] // milliseconds of any date are far below 2⁵³
    let date = js_sys::Date::new(&(at.timestamp_millis() as f64).into());
    #[allow(clippy::cast_possible_truncation)] // whole minutes, less than a day
    let west = date.get_timezone_offset() as i32 * 60;
    FixedOffset::west_opt(west).unwrap_or(UTC)
}

fn date(i18n: Words, at: DateTime<FixedOffset>) -> String {
    let format = match i18n.get_locale() {
        Locale::en => "%-d %b %Y",
        Locale::ja => "%Y年%-m月%-d日",
    };
    at.format(format).to_string()
}

/// The time since, within the last week.
fn since(i18n: Words, at: DateTime<Utc>) -> Option<String> {
    #[allow(clippy::cast_possible_truncation)] // as above
    let now = DateTime::from_timestamp_millis(js_sys::Date::now() as i64)?;
    let since = now - at;
    Some(if since < TimeDelta::minutes(1) {
        t_string!(i18n, card.just_now).to_owned()
    } else if since < TimeDelta::hours(1) {
        t_string!(i18n, card.minutes_ago, count = since.num_minutes()).to_string()
    } else if since < TimeDelta::days(1) {
        t_string!(i18n, card.hours_ago, count = since.num_hours()).to_string()
    } else if since < TimeDelta::days(7) {
        t_string!(i18n, card.days_ago, count = since.num_days()).to_string()
    } else {
        return None;
    })
}
