//! Dates as forms, links and the API write them, and the times at which days begin in a time zone.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeDelta, Utc};

/// Reads a date in the format of forms, links and the API: `YYYY-MM-DD`, with leading zeros.
#[must_use]
pub fn parse(text: &str) -> Option<NaiveDate> {
    let mut parts = text.splitn(3, '-');
    let mut number = |digits: usize| {
        let part =
            parts.next().filter(|part| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()))?;
        part.parse().ok()
    };
    let (year, month, day): (u32, _, _) = (number(4)?, number(2)?, number(2)?);
    NaiveDate::from_ymd_opt(year.cast_signed(), month, day)
}

/// Returns the time at which the day begins in the time zone with these offsets from UTC: mostly its midnight, but the
/// first time after it if clocks are put forward then. A day that a zone left out begins together with the next one.
///
/// `offset_at` returns the zone's offset at a time. `None` if the day is beyond all times.
pub(crate) fn start_of_day(day: NaiveDate, offset_at: impl Fn(DateTime<Utc>) -> FixedOffset) -> Option<DateTime<Utc>> {
    let midnight = day.and_time(NaiveTime::MIN).and_utc();
    let has_begun =
        |at: DateTime<Utc>| at.naive_utc().checked_add_offset(offset_at(at)).map(|local| local.date() >= day);
    // No zone's midnight is farther from that of UTC, not even if it left out a day. Offsets change at whole seconds.
    let around = TimeDelta::hours(50);
    first_second(midnight.checked_sub_signed(around)?, midnight.checked_add_signed(around)?, has_begun)
}

/// Returns the first second at which the statement holds, which does not at `before`, and does at `after` and from its
/// first second on.
pub(crate) fn first_second(
    mut before: DateTime<Utc>,
    mut after: DateTime<Utc>,
    holds: impl Fn(DateTime<Utc>) -> Option<bool>,
) -> Option<DateTime<Utc>> {
    while after - before > TimeDelta::seconds(1) {
        let middle = before + TimeDelta::seconds((after - before).num_seconds() / 2);
        if holds(middle)? {
            after = middle;
        } else {
            before = middle;
        }
    }
    Some(after)
}

/// Returns the offset from UTC, in minutes, at which the day's midnight is the time at which the day begins in the time
/// zone. So links and forms can name the beginning of a day without the zone's name.
pub fn offset_of_midnight(day: NaiveDate, offset_at: impl Fn(DateTime<Utc>) -> FixedOffset) -> Option<i16> {
    let begins = start_of_day(day, offset_at)?;
    (day.and_time(NaiveTime::MIN).and_utc() - begins).num_minutes().try_into().ok()
}

/// Returns the day's midnight at this offset from UTC, in minutes.
#[must_use]
pub fn midnight(day: NaiveDate, offset: i16) -> Option<DateTime<Utc>> {
    day.and_time(NaiveTime::MIN).and_utc().checked_sub_signed(TimeDelta::minutes(offset.into()))
}

/// Reads an offset from UTC in minutes, if a time zone can have it: 12 hours west to 14 hours east.
#[must_use]
pub fn parse_offset(text: &str) -> Option<i16> {
    text.parse().ok().filter(|minutes| (-12 * 60..=14 * 60).contains(minutes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{Days, Offset};
    use chrono_tz::Tz;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        parse(text).unwrap()
    }

    fn offsets(zone: Tz) -> impl Fn(DateTime<Utc>) -> FixedOffset {
        move |at| at.with_timezone(&zone).offset().fix()
    }

    /// Returns the time at which the day begins, which is checked to be that of its offset, too.
    fn begins(zone: Tz, date: &str) -> String {
        let begins = start_of_day(day(date), offsets(zone)).unwrap();
        let offset = offset_of_midnight(day(date), offsets(zone)).unwrap();
        assert_eq!(midnight(day(date), offset), Some(begins));
        assert_eq!(parse_offset(&offset.to_string()), Some(offset));
        begins.to_rfc3339()
    }

    #[test]
    fn day_begins_at_its_midnight_before_and_after_a_change() {
        for (zone, date, expected) in [
            (Tz::Asia__Tokyo, "2026-07-01", "2026-06-30T15:00:00+00:00"),
            (Tz::America__New_York, "2026-03-08", "2026-03-08T05:00:00+00:00"),
            (Tz::America__New_York, "2026-03-09", "2026-03-09T04:00:00+00:00"),
            (Tz::America__New_York, "2026-11-01", "2026-11-01T04:00:00+00:00"),
            (Tz::America__New_York, "2026-11-02", "2026-11-02T05:00:00+00:00"),
            (Tz::Europe__London, "2026-03-29", "2026-03-29T00:00:00+00:00"),
            (Tz::Europe__London, "2026-03-30", "2026-03-29T23:00:00+00:00"),
            (Tz::Europe__London, "2026-10-26", "2026-10-26T00:00:00+00:00"),
            (Tz::Australia__Lord_Howe, "2026-04-05", "2026-04-04T13:00:00+00:00"),
            (Tz::Australia__Lord_Howe, "2026-04-06", "2026-04-05T13:30:00+00:00"),
            (Tz::Asia__Kathmandu, "2026-01-01", "2025-12-31T18:15:00+00:00"),
            (Tz::UTC, "2026-01-01", "2026-01-01T00:00:00+00:00"),
        ] {
            assert_eq!(begins(zone, date), expected, "{zone} {date}");
        }
    }

    #[test]
    fn day_without_midnight_begins_when_clocks_are_put_forward() {
        assert_eq!(begins(Tz::America__Sao_Paulo, "2018-11-04"), "2018-11-04T03:00:00+00:00");
        assert_eq!(begins(Tz::America__Sao_Paulo, "2018-11-05"), "2018-11-05T02:00:00+00:00");
        // Midnight came twice: the day begins with the first.
        assert_eq!(begins(Tz::America__Havana, "2026-11-01"), "2026-11-01T04:00:00+00:00");
    }

    #[test]
    fn day_that_was_left_out_begins_with_the_next_one() {
        let all = ["2011-12-30", "2011-12-31"].map(|date| begins(Tz::Pacific__Apia, date));
        assert_eq!(all, ["2011-12-30T10:00:00+00:00", "2011-12-30T10:00:00+00:00"]);
    }

    #[test]
    fn days_beyond_all_times_have_no_beginning() {
        for extreme in [NaiveDate::MIN, NaiveDate::MAX] {
            assert_eq!(start_of_day(extreme, offsets(Tz::UTC)), None);
        }
    }

    #[test]
    fn offset_is_one_that_a_time_zone_can_have() {
        assert_eq!(["840", "-720", "0", "+540"].map(parse_offset), [Some(840), Some(-720), Some(0), Some(540)]);
        assert_eq!(["841", "-721", "", "x", "5.5", "99999"].map(parse_offset), [None; 6]);
    }

    proptest! {
        #[test]
        fn day_begins_at_midnight_and_not_a_second_before(
            number in 11_000..24_000_i32, zone in proptest::sample::select(&chrono_tz::TZ_VARIANTS[..]),
        ) {
            let day = NaiveDate::from_epoch_days(number).unwrap();
            let begins = start_of_day(day, offsets(zone)).unwrap();
            let local = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
            prop_assert!(local(begins) >= day);
            prop_assert!(local(begins - TimeDelta::seconds(1)) < day);
            // No gap and no overlap: the next day begins later, or this one was left out.
            let next = start_of_day(day.checked_add_days(Days::new(1)).unwrap(), offsets(zone)).unwrap();
            prop_assert!(next > begins || local(begins) > day);
            let offset = offset_of_midnight(day, offsets(zone)).unwrap();
            prop_assert_eq!(midnight(day, offset), Some(begins));
            prop_assert_eq!(parse_offset(&offset.to_string()), Some(offset));
        }
    }
}
