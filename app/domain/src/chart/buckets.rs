//! The periods of a chart: hours, days or weeks as the clocks and calendars of a person's time zone have them.

use crate::chart::tally::Tally;
use crate::date::{first_second, start_of_day};
use chrono::{DateTime, Datelike, Days, FixedOffset, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// The length of a chart's periods.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "kebab-case")]
pub enum BucketSize {
    /// An hour of the clock.
    Hour,
    /// A day, from midnight to midnight.
    #[default]
    Day,
    /// A week, from Monday on.
    Week,
}

impl BucketSize {
    /// Every length, the shortest first.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.first_chunk().unwrap();

    /// Returns the length's name in a link.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns how many periods a chart shows: two days, 30 days, or half a year.
    #[must_use]
    pub const fn count(self) -> u16 {
        match self {
            Self::Hour => 48,
            Self::Day => 30,
            Self::Week => 26,
        }
    }
}

/// Returns the times at which the periods begin, of which the last one contains `now`, and the time at which that one ends.
/// They are `count` periods, or fewer if the zone left days out. `None` if some are beyond all times.
///
/// `offset_at` returns the zone's offset from UTC at a time. A change of it that leaves the minutes of the hour as they are
/// makes days of 23 or 25 hours; any other begins an hour, too.
pub fn boundaries(
    size: BucketSize,
    now: DateTime<Utc>,
    count: u16,
    offset_at: impl Fn(DateTime<Utc>) -> FixedOffset,
) -> Option<Vec<DateTime<Utc>>> {
    match size {
        BucketSize::Hour => hours(now, count, &offset_at),
        BucketSize::Day => days(now, count, 1, &offset_at),
        BucketSize::Week => days(now, count, 7, &offset_at),
    }
}

/// Returns the boundaries of periods of one day or seven.
fn days(
    now: DateTime<Utc>,
    count: u16,
    length: u64,
    offset_at: &impl Fn(DateTime<Utc>) -> FixedOffset,
) -> Option<Vec<DateTime<Utc>>> {
    let today = now.naive_utc().checked_add_offset(offset_at(now))?.date();
    let since_monday = today.weekday().num_days_from_monday();
    let last = if length == 7 { today.checked_sub_days(Days::new(since_monday.into()))? } else { today };
    let begins = (0..count).rev().map(|back| last.checked_sub_days(Days::new(u64::from(back) * length)));
    let end = std::iter::once_with(|| last.checked_add_days(Days::new(length)));
    let mut found = begins.chain(end).map(|day| start_of_day(day?, offset_at)).collect::<Option<Vec<_>>>()?;
    // A day that was left out begins together with the next one.
    found.dedup();
    Some(found)
}

fn hours(
    now: DateTime<Utc>,
    count: u16,
    offset_at: &impl Fn(DateTime<Utc>) -> FixedOffset,
) -> Option<Vec<DateTime<Utc>>> {
    let mut begins = start_of_hour(now, offset_at)?;
    let an_hour_later = begins.checked_add_signed(TimeDelta::hours(1))?;
    let end = start_of_hour(an_hour_later, offset_at).filter(|end| *end > now).unwrap_or(an_hour_later);
    let mut found = vec![end, begins];
    for _ in 1..count {
        begins = start_of_hour(begins.checked_sub_signed(TimeDelta::seconds(1))?, offset_at)?;
        found.push(begins);
    }
    found.reverse();
    Some(found)
}

/// Returns the time at which the clock's hour began, or the change of the clock since then.
fn start_of_hour(at: DateTime<Utc>, offset_at: &impl Fn(DateTime<Utc>) -> FixedOffset) -> Option<DateTime<Utc>> {
    let (second, offset) = (at.timestamp(), offset_at(at));
    let since = second.checked_add(offset.local_minus_utc().into())?.rem_euclid(60 * 60);
    let begins = DateTime::from_timestamp(second.checked_sub(since)?, 0)?;
    if offset_at(begins) == offset {
        return Some(begins);
    }
    first_second(begins, DateTime::from_timestamp(second, 0)?, |at| Some(offset_at(at) == offset))
}

/// Returns the calls within each of the periods with these [`boundaries`]. Those outside are left out.
pub fn sums(boundaries: &[DateTime<Utc>], counted: impl IntoIterator<Item = (DateTime<Utc>, Tally)>) -> Vec<Tally> {
    let mut sums = vec![Tally::default(); boundaries.len().saturating_sub(1)];
    for (at, tally) in counted {
        let begun = boundaries.partition_point(|begins| *begins <= at);
        if let Some(sum) = begun.checked_sub(1).and_then(|last| sums.get_mut(last)) {
            *sum = sum.plus(tally);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Offset;
    use chrono_tz::Tz;
    use proptest::prelude::*;

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn offsets(zone: Tz) -> impl Fn(DateTime<Utc>) -> FixedOffset {
        move |at| at.with_timezone(&zone).offset().fix()
    }

    /// Returns the boundaries in local time.
    fn local(size: BucketSize, zone: Tz, now: &str, count: u16) -> Vec<String> {
        let found = boundaries(size, time(now), count, offsets(zone)).unwrap();
        found.iter().map(|at| at.with_timezone(&zone).format("%m-%d %H:%M %z").to_string()).collect()
    }

    /// Returns the lengths of the periods in minutes.
    fn lengths(size: BucketSize, zone: Tz, now: &str, count: u16) -> Vec<i64> {
        let found = boundaries(size, time(now), count, offsets(zone)).unwrap();
        found.windows(2).map(|pair| (pair[1] - pair[0]).num_minutes()).collect()
    }

    #[test]
    fn each_length_is_found_by_its_name() {
        assert_eq!(BucketSize::ALL.map(BucketSize::as_str), ["hour", "day", "week"]);
        for size in BucketSize::ALL {
            assert_eq!(size.as_str().parse::<BucketSize>(), Ok(size));
        }
    }

    #[test]
    fn days_of_a_changed_clock_have_23_or_25_hours() {
        let minutes = |now| lengths(BucketSize::Day, Tz::Europe__Berlin, now, 3);
        assert_eq!(minutes("2026-03-30T12:00:00Z"), [1_440, 23 * 60, 1_440]);
        assert_eq!(minutes("2026-10-26T12:00:00Z"), [1_440, 25 * 60, 1_440]);
        assert_eq!(
            local(BucketSize::Day, Tz::Europe__Berlin, "2026-03-30T12:00:00Z", 2),
            ["03-29 00:00 +0100", "03-30 00:00 +0200", "03-31 00:00 +0200"],
        );
    }

    #[test]
    fn weeks_begin_on_monday_of_the_zone() {
        // Sunday evening in UTC is Monday in Tokyo.
        let now = "2026-11-29T20:00:00Z";
        assert_eq!(local(BucketSize::Week, Tz::Asia__Tokyo, now, 1), ["11-30 00:00 +0900", "12-07 00:00 +0900"]);
        assert_eq!(local(BucketSize::Week, Tz::UTC, now, 1), ["11-23 00:00 +0000", "11-30 00:00 +0000"]);
        assert_eq!(lengths(BucketSize::Week, Tz::America__New_York, "2026-11-05T00:00:00Z", 2), [169 * 60, 168 * 60]);
    }

    #[test]
    fn hours_are_those_of_the_clock() {
        assert_eq!(
            local(BucketSize::Hour, Tz::Asia__Kathmandu, "2026-11-30T10:20:30.5Z", 2),
            ["11-30 15:00 +0545", "11-30 16:00 +0545", "11-30 17:00 +0545"],
        );
        // An hour that came twice is two hours, and one that was left out is none.
        assert_eq!(
            local(BucketSize::Hour, Tz::Europe__Berlin, "2026-10-25T01:30:00Z", 3),
            ["10-25 01:00 +0200", "10-25 02:00 +0200", "10-25 02:00 +0100", "10-25 03:00 +0100"],
        );
        assert_eq!(
            local(BucketSize::Hour, Tz::Europe__Berlin, "2026-03-29T01:30:00Z", 2),
            ["03-29 01:00 +0100", "03-29 03:00 +0200", "03-29 04:00 +0200"],
        );
    }

    #[test]
    fn change_by_half_an_hour_begins_an_hour() {
        // At 2:00 in Lord Howe clocks are put back to 1:30.
        for now in ["2026-04-04T15:10:00Z", "2026-04-04T15:29:59Z"] {
            let minutes = lengths(BucketSize::Hour, Tz::Australia__Lord_Howe, now, 3);
            assert_eq!(minutes, [60, 60, 30], "{now}");
        }
        assert_eq!(lengths(BucketSize::Hour, Tz::Australia__Lord_Howe, "2026-04-04T14:50:00Z", 2), [60, 60]);
        assert_eq!(lengths(BucketSize::Hour, Tz::Australia__Lord_Howe, "2026-04-04T15:40:00Z", 3), [60, 30, 60]);
    }

    #[test]
    fn day_that_was_left_out_has_no_period() {
        let found = local(BucketSize::Day, Tz::Pacific__Apia, "2011-12-31T05:00:00Z", 3);
        assert_eq!(found, ["12-29 00:00 -1000", "12-31 00:00 +1400", "01-01 00:00 +1400"]);
    }

    #[test]
    fn periods_beyond_all_times_are_none() {
        for size in BucketSize::ALL {
            for now in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
                assert_eq!(boundaries(size, now, 2, offsets(Tz::UTC)), None, "{size:?}");
            }
        }
    }

    #[test]
    fn calls_are_summed_by_period_and_others_left_out() {
        let limits = ["2026-11-30T00:00:00Z", "2026-11-30T01:00:00Z", "2026-11-30T02:00:00Z"].map(time);
        let one = Tally { succeeded: 1, failed: 2 };
        let times = ["29T23:59:59", "30T00:00:00", "30T00:59:59", "30T01:00:00", "30T02:00:00"];
        let counted = times.map(|at| (time(&format!("2026-11-{at}Z")), one));
        assert_eq!(sums(&limits, counted), [one.plus(one), one]);
        assert!(sums(&[], counted).is_empty());
    }

    proptest! {
        #[test]
        fn periods_follow_each_other_up_to_now(
            // Since 2012 no zone has left a day out, or put its clocks back from one day to the day before.
            second in 1_330_000_000..2_100_000_000_i64,
            zone in proptest::sample::select(&chrono_tz::TZ_VARIANTS[..]),
            size in proptest::sample::select(&BucketSize::ALL[..]),
            count in 1..60_u16,
        ) {
            let now = DateTime::from_timestamp(second, 0).unwrap();
            let found = boundaries(size, now, count, offsets(zone)).unwrap();
            prop_assert_eq!(found.len(), usize::from(count) + 1);
            prop_assert!(found.windows(2).all(|pair| pair[0] < pair[1]));
            let (before, end) = (found[found.len() - 2], found[found.len() - 1]);
            prop_assert!(before <= now && now < end);
        }
    }
}
