//! The lifetime of an Auth Token: until a chosen time, and at most as long as the account allows.

use crate::date;
use crate::text::Problem;
use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The lifetimes offered for choice, in days.
const OFFERED: [u16; 3] = [30, 90, 365];
/// The lifetime that a new token's form begins with, in days: long enough for one quarter, short enough that a forgotten
/// token doesn't live on.
const OFFERED_FIRST: u16 = 90;
/// The time before its expiry from which an Auth Token is shown as expiring soon.
pub const SOON: TimeDelta = TimeDelta::days(14);
/// The value that the form sends instead of a number of days if the person chooses the last day.
pub const LAST_DAY: &str = "date";

/// The longest lifetime of an account's Auth Tokens, in days: 1 to [`Lifetime::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct Lifetime(u16);

impl Lifetime {
    /// The greatest possible lifetime in days: ten years. It is the limit if the account sets none.
    pub const MAX: u16 = 3_650;

    /// Returns the number of days.
    #[must_use]
    pub const fn days(self) -> u16 {
        self.0
    }

    /// Returns its length.
    #[must_use]
    pub fn length(self) -> TimeDelta {
        TimeDelta::days(self.0.into())
    }
}

/// The number is not a valid lifetime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a lifetime is 1 to {} days", Lifetime::MAX)]
pub struct NotALifetime;

impl TryFrom<u16> for Lifetime {
    type Error = NotALifetime;

    fn try_from(days: u16) -> Result<Self, NotALifetime> {
        if (1..=Self::MAX).contains(&days) { Ok(Self(days)) } else { Err(NotALifetime) }
    }
}

impl From<Lifetime> for u16 {
    fn from(lifetime: Lifetime) -> Self {
        lifetime.0
    }
}

/// Returns when an Auth Token expires, if ever: at its chosen time, or earlier if the account's longest lifetime since
/// it was issued ends before that. It is issued when its token is created or reset.
#[must_use]
pub fn end(
    expires_at: Option<DateTime<Utc>>,
    issued_at: DateTime<Utc>,
    longest: Option<Lifetime>,
) -> Option<DateTime<Utc>> {
    let at_longest = longest.and_then(|longest| issued_at.checked_add_signed(longest.length()));
    [expires_at, at_longest].into_iter().flatten().min()
}

/// Returns the last time at which an Auth Token that expires at `end` has not expired. Its date is the day that a person
/// chose as the last one, while `end` may be the midnight after it.
#[must_use]
pub fn last_moment(end: DateTime<Utc>) -> DateTime<Utc> {
    end - TimeDelta::microseconds(1)
}

/// Returns whether an Auth Token that expires at `end` has expired.
#[must_use]
pub fn has_ended(end: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    end.is_some_and(|end| now >= end)
}

/// Returns the expiry of an Auth Token that is issued now with the same lifetime as another one, which it replaces or
/// whose settings it copies.
#[must_use]
pub fn renewed(
    expires_at: Option<DateTime<Utc>>,
    issued_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    expires_at.and_then(|expires_at| now.checked_add_signed(expires_at - issued_at))
}

/// The last day of an Auth Token, as a form has it.
#[derive(Debug, Clone, Copy, Default)]
pub struct LastDay<'f> {
    /// The day.
    pub day: &'f str,
    /// The offset from UTC, in minutes, of the end of that day in the person's time zone; empty for UTC.
    pub offset: &'f str,
}

impl<'f> From<&'f str> for LastDay<'f> {
    /// Returns the day in UTC.
    fn from(day: &'f str) -> Self {
        Self { day, offset: "" }
    }
}

impl LastDay<'_> {
    /// The longest day: one on which clocks are put back by an hour.
    const LONGEST: TimeDelta = TimeDelta::hours(25);

    /// Returns the time at which the day ends, if it and its offset can be read.
    fn end(self) -> Option<DateTime<Utc>> {
        let offset = if self.offset.is_empty() { Some(0) } else { date::parse_offset(self.offset) };
        date::midnight(day_after(self.day)?, offset?)
    }
}

fn day_after(day: &str) -> Option<NaiveDate> {
    date::parse(day.trim())?.succ_opt()
}

/// Returns the offset from UTC, in minutes, of the end of the day in the time zone with these offsets. `offset_at` returns
/// the zone's offset at a time. `None` if it is not a day.
pub fn offset_of_end(day: &str, offset_at: impl Fn(DateTime<Utc>) -> FixedOffset) -> Option<i16> {
    date::offset_of_midnight(day_after(day)?, offset_at)
}

/// The lifetimes that can be chosen now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The current time. In messages: microseconds since the Unix epoch, UTC.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub now: DateTime<Utc>,
    /// The account's longest lifetime.
    pub longest: Option<Lifetime>,
}

impl Terms {
    /// Returns the choices in an account without a longest lifetime.
    #[must_use]
    pub const fn unlimited(now: DateTime<Utc>) -> Self {
        Self { now, longest: None }
    }

    /// Returns the greatest number of days that can be chosen.
    #[must_use]
    pub fn days(&self) -> u16 {
        self.longest.map_or(Lifetime::MAX, Lifetime::days)
    }

    /// Returns the offered lifetimes that the account allows, in days, and the account's longest lifetime.
    #[must_use]
    pub fn offered(&self) -> Vec<u16> {
        let mut offered: Vec<_> = OFFERED.into_iter().filter(|days| *days <= self.days()).collect();
        if let Some(longest) = self.longest.filter(|longest| !offered.contains(&longest.days())) {
            offered.push(longest.days());
        }
        offered
    }

    /// Returns the offered lifetime that a new token's form begins with, in days.
    #[must_use]
    pub fn offered_first(&self) -> u16 {
        OFFERED_FIRST.min(self.days())
    }

    /// Reads a form's value: empty for never, a number of days, [`LAST_DAY`] with the day in `last_day`, or the text
    /// that [`written`] returned. `current` is the token's present expiry, which it may keep.
    ///
    /// # Errors
    /// [`Problem::UnknownValue`] if it is none of these, or never although the account limits the lifetime;
    /// [`Problem::NotWithinDays`] if it is not between now and the limit.
    pub fn read<'f>(
        &self,
        term: &str,
        last_day: impl Into<LastDay<'f>>,
        current: Option<Option<DateTime<Utc>>>,
    ) -> Result<Option<DateTime<Utc>>, Problem> {
        let outside = Problem::NotWithinDays { max: self.days() };
        let latest = self.now + TimeDelta::days(self.days().into());
        let term = term.trim();
        let chosen = if term.is_empty() {
            None
        } else if term == LAST_DAY {
            let midnight = last_day.into().end().ok_or(outside.clone())?;
            // The last allowed day ends after the longest lifetime, so it is cut short.
            Some(if midnight - latest < LastDay::LONGEST { midnight.min(latest) } else { midnight })
        } else if let Some(micros) = term.strip_prefix('@') {
            let time = micros.parse().ok().and_then(DateTime::from_timestamp_micros);
            Some(time.ok_or(Problem::UnknownValue)?)
        } else {
            let days: u16 = term.parse().map_err(|_| Problem::UnknownValue)?;
            Some(self.now + TimeDelta::days(days.into()))
        };
        match chosen {
            _ if current == Some(chosen) => Ok(chosen),
            None if self.longest.is_none() => Ok(None),
            None => Err(Problem::UnknownValue),
            Some(at) if at > self.now && at <= latest => Ok(chosen),
            Some(_) => Err(outside),
        }
    }
}

/// Returns the exact time as text for a form; empty for never.
#[must_use]
pub fn written(expires_at: Option<DateTime<Utc>>) -> String {
    expires_at.map(|at| format!("@{}", at.timestamp_micros())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Offset;
    use chrono_tz::Tz;
    use proptest::prelude::*;

    fn at(days: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::days(days)
    }

    fn terms(longest: Option<u16>) -> Terms {
        Terms { now: at(0), longest: longest.map(|days| Lifetime::try_from(days).unwrap()) }
    }

    #[test]
    fn a_lifetime_is_one_day_to_ten_years() {
        assert!([1, 3_650].into_iter().all(|days| Lifetime::try_from(days).is_ok()));
        assert!([0, 3_651, u16::MAX].into_iter().all(|days| Lifetime::try_from(days).is_err()));
    }

    #[test]
    fn without_policy_up_to_ten_years_or_never_is_allowed() {
        let terms = terms(None);
        assert_eq!(terms.read("", "", None), Ok(None));
        assert_eq!(terms.read(" 90 ", "", None), Ok(Some(at(90))));
        // 2027-01-15 is the current day of the test's clock; it ends at midnight.
        let tonight = DateTime::parse_from_rfc3339("2027-01-16T00:00:00Z").unwrap().to_utc();
        assert_eq!(terms.read("date", "2027-01-15", None), Ok(Some(tonight)));
        for (term, last_day) in [("0", ""), ("3651", ""), ("date", "2027-01-14"), ("date", ""), ("date", "2099-01-01")]
        {
            let outside = Err(Problem::NotWithinDays { max: Lifetime::MAX });
            assert_eq!(terms.read(term, last_day, None), outside, "{term} {last_day}");
        }
        for nonsense in ["-1", "never", "@", "@x", "99999999"] {
            assert_eq!(terms.read(nonsense, "", None), Err(Problem::UnknownValue), "{nonsense}");
        }
    }

    #[test]
    fn last_day_ends_when_it_does_in_the_time_zone() {
        let terms = Terms::unlimited(DateTime::parse_from_rfc3339("2018-10-01T12:00:00Z").unwrap().to_utc());
        for (zone, day, expected) in [
            (Tz::UTC, "2018-11-03", "2018-11-04T00:00:00+00:00"),
            (Tz::Asia__Tokyo, "2019-03-31", "2019-03-31T15:00:00+00:00"),
            (Tz::America__New_York, "2018-11-03", "2018-11-04T04:00:00+00:00"),
            (Tz::America__New_York, "2018-11-04", "2018-11-05T05:00:00+00:00"),
            (Tz::Europe__London, "2019-03-31", "2019-03-31T23:00:00+00:00"),
            (Tz::Australia__Lord_Howe, "2019-04-07", "2019-04-07T13:30:00+00:00"),
            // The next day had no midnight.
            (Tz::America__Sao_Paulo, "2018-11-03", "2018-11-04T03:00:00+00:00"),
        ] {
            let offset = offset_of_end(day, |at| at.with_timezone(&zone).offset().fix()).unwrap().to_string();
            let end = terms.read(LAST_DAY, LastDay { day, offset: &offset }, None).unwrap().unwrap();
            assert_eq!(end.to_rfc3339(), expected, "{zone} {day}");
            assert_eq!(last_moment(end).with_timezone(&zone).date_naive().to_string(), day, "{zone}");
            assert!(!has_ended(Some(end), last_moment(end)) && has_ended(Some(end), end));
        }
        for offset in ["x", "900", "-721"] {
            let read = terms.read(LAST_DAY, LastDay { day: "2018-11-03", offset }, None);
            assert_eq!(read, Err(Problem::NotWithinDays { max: Lifetime::MAX }), "{offset}");
        }
        assert_eq!(offset_of_end("soon", |at| at.with_timezone(&Tz::UTC).offset().fix()), None);
    }

    #[test]
    fn each_day_of_the_person_until_the_longest_can_be_the_last() {
        let strict = terms(Some(45));
        let zones = [Tz::America__New_York, Tz::Pacific__Kiritimati, Tz::Pacific__Pago_Pago, Tz::Asia__Tokyo];
        for (zone, hour) in zones.into_iter().flat_map(|zone| (0..24).map(move |hour| (zone, hour))) {
            let terms = Terms { now: strict.now + TimeDelta::hours(hour), ..strict };
            let day_at = |days| (terms.now + TimeDelta::days(days)).with_timezone(&zone).date_naive().to_string();
            for day in [0, 1, 44, 45].map(day_at) {
                let offset = offset_of_end(&day, |at| at.with_timezone(&zone).offset().fix()).unwrap().to_string();
                let end = terms.read(LAST_DAY, LastDay { day: &day, offset: &offset }, None).unwrap();
                assert!(
                    end.is_some_and(|end| end > terms.now && end <= terms.now + TimeDelta::days(45)),
                    "{zone} {day}"
                );
            }
        }
    }

    #[test]
    fn policy_excludes_never_and_longer_terms() {
        let strict = terms(Some(45));
        assert_eq!((strict.offered(), terms(None).offered()), (vec![30, 45], vec![30, 90, 365]));
        assert_eq!(terms(Some(7)).offered(), [7]);
        assert_eq!(strict.read("", "", None), Err(Problem::UnknownValue));
        assert_eq!(strict.read("90", "", None), Err(Problem::NotWithinDays { max: 45 }));
        assert_eq!(strict.read("45", "", None), Ok(Some(at(45))));
        let last = at(45).date_naive().to_string();
        assert_eq!(strict.read("date", last.as_str(), None), Ok(Some(at(45))), "the last day is cut short");
        let beyond = at(46).date_naive().to_string();
        assert_eq!(strict.read("date", beyond.as_str(), None), Err(Problem::NotWithinDays { max: 45 }));
    }

    #[test]
    fn first_offer_is_a_quarter_or_the_policys_longest() {
        for (longest, first) in [(None, 90), (Some(365), 90), (Some(90), 90), (Some(45), 45)] {
            let terms = terms(longest);
            assert_eq!(terms.offered_first(), first);
            assert!(terms.offered().contains(&first));
        }
    }

    #[test]
    fn token_may_keep_its_term_under_any_policy() {
        let strict = terms(Some(45));
        for kept in [None, Some(at(-3)), Some(at(400))] {
            assert_eq!(strict.read(&written(kept), "", Some(kept)), Ok(kept));
        }
        assert!(strict.read(&written(Some(at(400))), "", Some(None)).is_err());
    }

    proptest! {
        #[test]
        fn earlier_end_counts_and_stricter_policy_only_shortens_it(
            chosen in proptest::option::of(-50_i64..4_000), longest in proptest::option::of(1_u16..3_650),
            stricter in 1_u16..3_650, now in -10_i64..4_000,
        ) {
            let lifetime = |days| Lifetime::try_from(days).unwrap();
            let end_of = |longest: Option<u16>| end(chosen.map(at), at(0), longest.map(lifetime));
            let expected = [chosen, longest.map(i64::from)].into_iter().flatten().min();
            prop_assert_eq!(end_of(longest), expected.map(at));
            prop_assert_eq!(has_ended(end_of(longest), at(now)), expected.is_some_and(|days| now >= days));
            let shorter = longest.map_or(stricter, |longest| longest.min(stricter));
            prop_assert!(!has_ended(end_of(longest), at(now)) || has_ended(end_of(Some(shorter)), at(now)));
        }

        #[test]
        fn renewed_term_keeps_its_length(length in 1_i64..3_650, later in 0_i64..4_000) {
            prop_assert_eq!(renewed(Some(at(length)), at(0), at(later)), Some(at(later + length)));
            prop_assert_eq!(renewed(None, at(0), at(later)), None);
        }

        #[test]
        fn new_term_lies_between_now_and_the_longest(term in "\\PC{0,12}", day in "\\PC{0,12}") {
            let strict = terms(Some(45));
            for term in [term.as_str(), LAST_DAY] {
                if let Ok(chosen) = strict.read(term, day.as_str(), None) {
                    prop_assert!(chosen.is_some_and(|at| at > strict.now) && chosen <= Some(at(45)));
                }
            }
        }
    }
}
