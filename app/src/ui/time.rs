//! Points in time, in the user's own time zone and language.

use crate::i18n::{Locale, t_string, use_i18n};
#[cfg(feature = "ssr")]
use crate::request::context::offset_in;
use crate::ui::hydrated::use_hydrated;
use crate::words::Words;
use chrono::{DateTime, FixedOffset, NaiveDate, SecondsFormat, TimeDelta, Utc};
use leptos::prelude::*;

/// A point in time as a date, with `exact` to the second; with `of_day` too, without the date, which a heading has. With
/// `relative`, one within the last week is shown as the time since. The element and its tooltip have the full time; those
/// of a date get it once our wasm runs, as a list has many of them.
#[component]
pub fn Time(
    #[prop(into)] at: Signal<DateTime<Utc>>,
    #[prop(optional)] relative: bool,
    #[prop(optional)] exact: bool,
    #[prop(optional)] of_day: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let zone = use_zone();
    let local = move || {
        let at = at.get();
        at.with_timezone(&zone.offset(at))
    };
    let text = move || {
        let since = (relative && hydrated.get()).then(|| since(i18n, at.get())).flatten();
        let date = || date(i18n, local().date_naive());
        let clock = || local().format("%H:%M:%S").to_string();
        since.unwrap_or_else(|| match (exact, of_day) {
            (true, true) => clock(),
            (true, false) => format!("{} {}", date(), clock()),
            (false, _) => date(),
        })
    };
    let is_full = move || exact || hydrated.get();
    let full = move || {
        let date = || date(i18n, local().date_naive());
        is_full().then(|| format!("{} {}", date(), local().format("%H:%M:%S %:z")))
    };
    let precision = if exact { SecondsFormat::AutoSi } else { SecondsFormat::Secs };
    let datetime = move || is_full().then(|| at.get().to_rfc3339_opts(precision, true));
    view! {
        <time datetime=datetime title=full>
            {text}
        </time>
    }
}

const UTC: FixedOffset = FixedOffset::east_opt(0).expect("zero is an offset");

/// The time zone that the user has chosen, else the browser's. The server does not know the latter: it renders UTC
/// then, which is replaced once our wasm runs.
#[derive(Debug, Clone, Copy)]
pub struct Zone {
    chosen: StoredValue<Option<String>>,
    hydrated: Signal<bool>,
}

/// The name of the time zone that the user has chosen, if any.
#[derive(Clone, Copy)]
struct ChosenZone(StoredValue<Option<String>>);

/// Provides the user's choice. Called once, by the app.
pub fn provide_time_zone(chosen: Option<String>) {
    provide_context(ChosenZone(StoredValue::new(chosen)));
}

/// Returns the user's time zone.
pub fn use_zone() -> Zone {
    Zone { chosen: expect_context::<ChosenZone>().0, hydrated: use_hydrated() }
}

impl Zone {
    /// Returns whether it is the user's own, not UTC in its stead.
    pub fn is_known(self) -> bool {
        self.chosen.with_value(Option::is_some) || self.hydrated.get()
    }

    /// Returns the zone's offset from UTC at that time, including daylight saving time.
    pub fn offset(self, at: DateTime<Utc>) -> FixedOffset {
        self.chosen.with_value(|chosen| match chosen {
            Some(name) => offset_in(name, at),
            None if self.hydrated.get() => offset_here(at),
            None => UTC,
        })
    }
}

/// Returns the offset from UTC of the zone of that name, or of the browser's zone if the browser does not know it.
#[cfg(not(feature = "ssr"))]
fn offset_in(name: &str, at: DateTime<Utc>) -> FixedOffset {
    thread_local! {
        /// Created once: the user has the same zone until the browser loads another page.
        static FORMAT: std::cell::OnceCell<Option<js_sys::Function>> = const { std::cell::OnceCell::new() };
    }
    let text = FORMAT.with(|format| {
        let format = format.get_or_init(|| browser::format_with_offset(name)).as_ref()?;
        format.call1(&wasm_bindgen::JsValue::UNDEFINED, &js_date(at)).ok()?.as_string()
    });
    text.and_then(|text| offset_named(&text)).unwrap_or_else(|| offset_here(at))
}

/// Returns the offset from UTC of the browser's zone.
fn offset_here(at: DateTime<Utc>) -> FixedOffset {
    #[allow(clippy::cast_possible_truncation)] // whole minutes, less than a day
    let west = js_date(at).get_timezone_offset() as i32 * 60;
    FixedOffset::west_opt(west).unwrap_or(UTC)
}

fn js_date(at: DateTime<Utc>) -> js_sys::Date {
    #[allow(clippy::cast_precision_loss)] // milliseconds of any date are far below 2⁵³
    js_sys::Date::new(&(at.timestamp_millis() as f64).into())
}

/// Returns the offset at the end of an English date: `GMT`, `GMT+05:30`.
#[cfg(any(not(feature = "ssr"), test))]
fn offset_named(text: &str) -> Option<FixedOffset> {
    let (_, offset) = text.rsplit_once("GMT")?;
    if offset.is_empty() { Some(UTC) } else { offset.parse().ok() }
}

/// Returns the IANA names of the time zones that the browser knows; empty if it doesn't list them, and on the server.
pub fn known_zones() -> Vec<String> {
    #[cfg(not(feature = "ssr"))]
    return browser::zones().unwrap_or_default();
    #[cfg(feature = "ssr")]
    Vec::new()
}

#[cfg(not(feature = "ssr"))]
mod browser {
    //! Time zones in the browser's `Intl`. Missing functions and unknown zones give `None`.

    use crate::ui::intl::{construct, intl};
    use js_sys::Intl::{
        DateTimeFormat, DateTimeFormatOptions, SupportedValuesKey, TimeZoneNameFormat, supported_values_of,
    };
    use js_sys::{Function, Reflect};

    /// Returns a function that formats a `Date` in English with the zone's offset at its end.
    pub fn format_with_offset(zone: &str) -> Option<Function> {
        let options = DateTimeFormatOptions::new();
        options.set_time_zone(zone);
        options.set_time_zone_name(TimeZoneNameFormat::LongOffset);
        let format: DateTimeFormat = construct("DateTimeFormat", "en", &options)?;
        Some(format.format())
    }

    /// Returns the names of the zones.
    pub fn zones() -> Option<Vec<String>> {
        let listed = Reflect::has(&intl()?, &"supportedValuesOf".into()).ok()?;
        listed.then(|| supported_values_of(SupportedValuesKey::TimeZone).iter().map(String::from).collect())
    }
}

/// Returns the current time by the browser's clock. Not used on the server, whose clock may differ.
pub fn now() -> DateTime<Utc> {
    #[allow(clippy::cast_possible_truncation)] // milliseconds of any date are far below 2⁶³
    DateTime::from_timestamp_millis(js_sys::Date::now() as i64).unwrap_or_default()
}

/// Returns the date at that time, in the user's zone. For use within a view.
pub fn date_text(i18n: Words, at: DateTime<Utc>) -> String {
    date(i18n, at.with_timezone(&use_zone().offset(at)).date_naive())
}

/// Returns the day in words: today and yesterday by their names once our wasm runs, as the server's clock may differ. For
/// use within a view.
pub fn day_text(i18n: Words, day: NaiveDate) -> String {
    let today = use_hydrated().get().then(|| {
        let now = now();
        now.with_timezone(&use_zone().offset(now)).date_naive()
    });
    match today.map(|today| (today - day).num_days()) {
        Some(0) => t_string!(i18n, audit.today).to_owned(),
        Some(1) => t_string!(i18n, audit.yesterday).to_owned(),
        _ => date(i18n, day),
    }
}

/// Returns the date in the page's language.
pub fn date(i18n: Words, day: NaiveDate) -> String {
    let format = match i18n.get_locale() {
        Locale::en => "%-d %b %Y",
        Locale::ja => "%Y年%-m月%-d日",
    };
    day.format(format).to_string()
}

/// Returns the time since, or `None` if it is a week or longer.
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
    fn offset_is_parsed_from_end_of_formatted_date() {
        let seconds = |text: &str| offset_named(text).map(|offset| offset.local_minus_utc());
        assert_eq!(seconds("1/31/2026, GMT"), Some(0));
        assert_eq!(seconds("1/31/2026, GMT+05:30"), Some(19_800));
        assert_eq!(seconds("1/31/2026, GMT-08:00"), Some(-28_800));
        assert_eq!(seconds("1/31/2026"), None);
    }
}
