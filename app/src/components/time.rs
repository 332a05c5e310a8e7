//! Points in time, in the person's own zone and language.

use super::allowed::use_preferences;
use super::hydrated::use_hydrated;
use crate::i18n::{Locale, t_string, use_i18n};
use crate::words::Words;
use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use leptos::prelude::*;

/// A point in time as a date, or, with `relative` and not long ago, as the time since; with `exact` to the second. In
/// full as a tooltip.
#[component]
pub fn Time(
    #[prop(into)] at: Signal<DateTime<Utc>>,
    #[prop(optional)] relative: bool,
    #[prop(optional)] exact: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let zone = StoredValue::new(use_zone());
    let local = move || {
        let at = at.get();
        at.with_timezone(&zone.with_value(|zone| zone.offset(at)))
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

/// The time zone that the person has chosen, else the browser's. The server does not know the latter: the page arrives
/// in UTC then, and changes over once our wasm runs.
#[derive(Debug, Clone)]
pub struct Zone {
    chosen: Option<String>,
    hydrated: Signal<bool>,
}

/// The person's time zone.
pub fn use_zone() -> Zone {
    Zone { chosen: use_preferences().time_zone, hydrated: use_hydrated() }
}

impl Zone {
    /// How far it is from UTC at that time: daylight saving time included.
    pub fn offset(&self, at: DateTime<Utc>) -> FixedOffset {
        match &self.chosen {
            Some(name) => offset_in(name, at),
            None if self.hydrated.get() => offset_here(at),
            None => UTC,
        }
    }
}

/// How far the zone of that name is from UTC.
#[cfg(feature = "ssr")]
fn offset_in(name: &str, at: DateTime<Utc>) -> FixedOffset {
    use chrono::Offset as _;
    name.parse::<chrono_tz::Tz>().map_or(UTC, |zone| at.with_timezone(&zone).offset().fix())
}

/// How far the zone of that name is from UTC; the browser's zone, where it doesn't know it.
#[cfg(not(feature = "ssr"))]
fn offset_in(name: &str, at: DateTime<Utc>) -> FixedOffset {
    thread_local! {
        /// Made once: the person has the same zone until the browser loads another page.
        static FORMAT: std::cell::OnceCell<Option<js_sys::Function>> = const { std::cell::OnceCell::new() };
    }
    let text = FORMAT.with(|format| {
        let format = format.get_or_init(|| browser::format_with_offset(name)).as_ref()?;
        format.call1(&wasm_bindgen::JsValue::UNDEFINED, &js_date(at)).ok()?.as_string()
    });
    text.and_then(|text| offset_named(&text)).unwrap_or_else(|| offset_here(at))
}

/// How far the browser's zone is from UTC.
fn offset_here(at: DateTime<Utc>) -> FixedOffset {
    #[allow(clippy::cast_possible_truncation)] // whole minutes, less than a day
    let west = js_date(at).get_timezone_offset() as i32 * 60;
    FixedOffset::west_opt(west).unwrap_or(UTC)
}

fn js_date(at: DateTime<Utc>) -> js_sys::Date {
    #[allow(clippy::cast_precision_loss)] // milliseconds of any date are far below 2⁵³
    js_sys::Date::new(&(at.timestamp_millis() as f64).into())
}

/// The offset at the end of an English date: `GMT`, `GMT+05:30`.
#[cfg(any(not(feature = "ssr"), test))]
fn offset_named(text: &str) -> Option<FixedOffset> {
    let (_, offset) = text.rsplit_once("GMT")?;
    if offset.is_empty() { Some(UTC) } else { offset.parse().ok() }
}

/// The time zones that the browser knows, by their IANA names; none where it doesn't tell, or on the server.
pub fn known_zones() -> Vec<String> {
    #[cfg(not(feature = "ssr"))]
    return browser::zones().unwrap_or_default();
    #[cfg(feature = "ssr")]
    Vec::new()
}

#[cfg(not(feature = "ssr"))]
mod browser {
    //! What the browser's `Intl` knows of time zones. What it doesn't have, or doesn't know, is nothing.

    use js_sys::{Array, Function, Object, Reflect};
    use wasm_bindgen::{JsCast, JsValue};

    fn of_intl(name: &str) -> Option<Function> {
        let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
        Reflect::get(&intl, &name.into()).ok()?.dyn_into().ok()
    }

    /// A function that writes a `Date` in English with the zone's offset at its end.
    pub fn format_with_offset(zone: &str) -> Option<Function> {
        let options = Object::new();
        for (name, value) in [("timeZone", zone), ("timeZoneName", "longOffset")] {
            Reflect::set(&options, &name.into(), &value.into()).ok()?;
        }
        let format = Reflect::construct(&of_intl("DateTimeFormat")?, &Array::of2(&"en".into(), &options)).ok()?;
        Reflect::get(&format, &"format".into()).ok()?.dyn_into().ok()
    }

    /// The names of the zones.
    pub fn zones() -> Option<Vec<String>> {
        let zones = of_intl("supportedValuesOf")?.call1(&JsValue::UNDEFINED, &"timeZone".into()).ok()?;
        Some(zones.dyn_into::<Array>().ok()?.iter().filter_map(|zone| zone.as_string()).collect())
    }
}

/// Now, by the browser's clock; the server has another, and does not ask.
pub fn now() -> DateTime<Utc> {
    #[allow(clippy::cast_possible_truncation)] // milliseconds of any date are far below 2⁶³
    DateTime::from_timestamp_millis(js_sys::Date::now() as i64).unwrap_or_default()
}

/// The date at that time, in the person's zone. Within a view.
pub fn date_text(i18n: Words, at: DateTime<Utc>) -> String {
    date(i18n, at.with_timezone(&use_zone().offset(at)))
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
    let since = now() - at;
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

#[cfg(test)]
mod tests {
    use super::offset_named;

    #[test]
    fn the_offset_stands_at_the_end_of_what_the_browser_writes() {
        let seconds = |text: &str| offset_named(text).map(|offset| offset.local_minus_utc());
        assert_eq!(seconds("1/31/2026, GMT"), Some(0));
        assert_eq!(seconds("1/31/2026, GMT+05:30"), Some(19_800));
        assert_eq!(seconds("1/31/2026, GMT-08:00"), Some(-28_800));
        assert_eq!(seconds("1/31/2026"), None);
    }
}
