//! The overlap after a reset: the time for which the old Auth Token passes beside the new one, so that integrations can
//! move one by one.
//!
//! At most two Auth Tokens of a token pass: another reset during an overlap stops the older one at once.

use crate::date;
use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The longest overlap that an account allows after a reset, in days: 0, which forbids overlaps, to
/// [`OverlapLimit::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct OverlapLimit(u16);

/// The number is not a valid limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an overlap is limited to 0 to {} days", OverlapLimit::MAX)]
pub struct NotAnOverlapLimit;

impl OverlapLimit {
    /// The greatest possible limit in days.
    pub const MAX: u16 = 365;
    /// The limit that forbids overlaps.
    pub const FORBIDDEN: Self = Self(0);

    /// Returns the number of days.
    #[must_use]
    pub const fn days(self) -> u16 {
        self.0
    }

    /// Returns the latest end of an overlap that began at the reset.
    #[must_use]
    pub fn latest(self, reset_at: DateTime<Utc>) -> DateTime<Utc> {
        reset_at.checked_add_signed(TimeDelta::days(self.0.into())).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

impl Default for OverlapLimit {
    /// Returns the limit of an account that sets none: 30 days.
    fn default() -> Self {
        Self(30)
    }
}

impl TryFrom<u16> for OverlapLimit {
    type Error = NotAnOverlapLimit;

    fn try_from(days: u16) -> Result<Self, NotAnOverlapLimit> {
        if days <= Self::MAX { Ok(Self(days)) } else { Err(NotAnOverlapLimit) }
    }
}

impl From<OverlapLimit> for u16 {
    fn from(limit: OverlapLimit) -> Self {
        limit.0
    }
}

/// The choice, at a reset, of when the old Auth Token stops.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// At once.
    #[default]
    Now,
    /// In an hour.
    OneHour,
    /// In 24 hours.
    OneDay,
    /// In 7 days.
    SevenDays,
    /// In 30 days.
    ThirtyDays,
    /// At this time. In messages: microseconds since the Unix epoch, UTC.
    Until(#[serde(with = "chrono::serde::ts_microseconds")] DateTime<Utc>),
}

impl Overlap {
    /// The choices that don't name a time, the shortest first.
    pub const LENGTHS: [Self; 5] = [Self::Now, Self::OneHour, Self::OneDay, Self::SevenDays, Self::ThirtyDays];

    /// Returns the time at which the old Auth Token would stop after a reset now; `None` if at once.
    #[must_use]
    pub fn end(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let length = match self {
            Self::Now => return None,
            Self::Until(at) => return Some(at),
            Self::OneHour => TimeDelta::hours(1),
            Self::OneDay => TimeDelta::hours(24),
            Self::SevenDays => TimeDelta::days(7),
            Self::ThirtyDays => TimeDelta::days(30),
        };
        now.checked_add_signed(length)
    }
}

/// The way in which integrations move from the old Auth Token to the new one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handover {
    /// The time until which the old Auth Token passes.
    pub overlap: Overlap,
    /// Whether the old one stops earlier, once every client has moved to the new one.
    pub close_when_moved: bool,
}

/// The bounds of the overlap after a reset now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverlapTerms {
    /// The current time.
    pub now: DateTime<Utc>,
    /// The longest overlap that the account allows.
    pub limit: OverlapLimit,
    /// When the Auth Token that is about to be replaced expires, if ever.
    pub ends_at: Option<DateTime<Utc>>,
}

/// The old Auth Token can't pass for as long as was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the old Auth Token can't pass until then")]
pub struct OverlapTooLong;

impl OverlapTerms {
    /// Returns the latest end of an overlap: what the account allows, and never past the old Auth Token's own expiry.
    /// `None` if there can't be any.
    #[must_use]
    pub fn latest(&self) -> Option<DateTime<Utc>> {
        let allowed = self.limit.latest(self.now);
        Some(self.ends_at.map_or(allowed, |end| end.min(allowed))).filter(|latest| *latest > self.now)
    }

    /// Returns the choices that don't name a time and are allowed; the old Auth Token can always stop at once.
    #[must_use]
    pub fn offered(&self) -> Vec<Overlap> {
        Overlap::LENGTHS.into_iter().filter(|overlap| self.end(*overlap).is_ok()).collect()
    }

    /// Returns the time until which the old Auth Token passes; `None` if it stops at once.
    ///
    /// # Errors
    /// [`OverlapTooLong`] if that is not between now and the latest possible end.
    pub fn end(&self, overlap: Overlap) -> Result<Option<DateTime<Utc>>, OverlapTooLong> {
        if overlap == Overlap::Now {
            return Ok(None);
        }
        let within = |end: &DateTime<Utc>| *end > self.now && self.latest().is_some_and(|latest| *end <= latest);
        overlap.end(self.now).filter(within).map(Some).ok_or(OverlapTooLong)
    }
}

/// Reads a time as a form's control has it, `2030-01-31T09:00`, in the time zone with these offsets from UTC. `offset_at`
/// returns the zone's offset at a time. A time that comes twice, as clocks are put back, is one of the two.
pub fn read_local(text: &str, offset_at: impl Fn(DateTime<Utc>) -> FixedOffset) -> Option<DateTime<Utc>> {
    let (day, time) = text.trim().split_once('T')?;
    let mut parts = time.split(':');
    let (hour, minute) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let local = date::parse(day)?.and_hms_opt(hour, minute, 0)?.and_utc();
    let at_offset =
        |of: DateTime<Utc>| local.checked_sub_signed(TimeDelta::seconds(offset_at(of).local_minus_utc().into()));
    // The offset at the time itself, which is known once the time is known roughly.
    at_offset(at_offset(local)?)
}

/// The old Auth Token that passes beside the new one until an overlap ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldValue {
    /// Its last characters, if they are known: see [`Secret::ending`](crate::tokens::secret::Secret::ending).
    pub ending: Option<String>,
    /// When it stops. In messages: microseconds since the Unix epoch, UTC.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub ends_at: DateTime<Utc>,
    /// Whether it stops earlier, once every client has moved to the new one.
    pub close_when_moved: bool,
}

/// The Auth Tokens of a token: the last characters by which people tell them apart, and the overlap, if one is open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenValues {
    /// The last characters of the Auth Token; `None` for one that was issued before they were stored.
    pub ending: Option<String>,
    /// The old Auth Token, if it may still pass.
    pub old: Option<OldValue>,
    /// The longest overlap that the account allows after a reset.
    pub limit: OverlapLimit,
    /// When an Auth Token that no longer passes was last used, if one was. In messages: microseconds since the Unix epoch,
    /// UTC.
    #[serde(with = "chrono::serde::ts_microseconds_option")]
    pub retired_used_at: Option<DateTime<Utc>>,
}

impl TokenValues {
    /// Returns the old Auth Token, if it passes at this time.
    #[must_use]
    pub fn open(&self, now: DateTime<Utc>) -> Option<&OldValue> {
        self.old.as_ref().filter(|old| now < old.ends_at)
    }
}

/// One of the two Auth Tokens of a token that may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::EnumString, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum TokenValue {
    /// The one that was issued last.
    Current,
    /// The one that was replaced by a reset with an overlap.
    Old,
}

impl TokenValue {
    /// Returns the name as stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns the number by which calls with it are recorded.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Current => 0,
            Self::Old => 1,
        }
    }

    /// Returns the one with which a call was recorded by this number.
    #[must_use]
    pub const fn numbered(number: u8) -> Self {
        if number == Self::Current.number() { Self::Current } else { Self::Old }
    }
}

/// The time for which an address that used the old Auth Token counts as one that has to move.
pub const REMEMBERED: TimeDelta = TimeDelta::days(7);
/// The time for which the old Auth Token has to be silent before it is stopped early.
pub const SILENCE: TimeDelta = TimeDelta::hours(24);

/// The last uses of a token's Auth Tokens from one address since the reset. In messages: microseconds since the Unix epoch,
/// UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressUse {
    /// The last use of the old one.
    #[serde(with = "chrono::serde::ts_microseconds_option")]
    pub old: Option<DateTime<Utc>>,
    /// The last use of the new one.
    #[serde(with = "chrono::serde::ts_microseconds_option")]
    pub new: Option<DateTime<Utc>>,
}

/// An address, and the uses from there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedFrom {
    /// The network address; `None` for all those that are not told apart.
    pub address: Option<String>,
    /// The uses.
    pub uses: AddressUse,
}

impl UsedFrom {
    /// Returns whether the new Auth Token was used from there. Of addresses that are not told apart, nobody knows whether
    /// all have moved.
    #[must_use]
    pub fn has_moved(&self) -> bool {
        self.address.is_some() && self.uses.new.is_some()
    }

    /// Returns the uses as far as they decide whether the old Auth Token may stop.
    #[must_use]
    pub fn deciding(&self) -> AddressUse {
        AddressUse { new: self.uses.new.filter(|_| self.has_moved()), ..self.uses }
    }
}

/// Returns whether every client has moved to the new Auth Token: each address that used the old one in the last 7 days
/// has used the new one, and the old one has been silent for 24 hours. As silence counts only what could be heard, this
/// takes at least 24 hours from the reset, and one address that has moved.
#[must_use]
pub fn everybody_moved(uses: &[AddressUse], reset_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    let silent_since = now - SILENCE;
    let remembered_since = now - REMEMBERED;
    let moved = |address: &AddressUse| match address.old {
        Some(old) if old > remembered_since => old <= silent_since && address.new.is_some(),
        _ => true,
    };
    reset_at <= silent_since && uses.iter().any(|address| address.new.is_some()) && uses.iter().all(moved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Offset;
    use chrono_tz::Tz;
    use proptest::prelude::*;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::hours(hours)
    }

    fn terms(limit: u16, ends_at: Option<i64>) -> OverlapTerms {
        OverlapTerms { now: at(0), limit: limit.try_into().unwrap(), ends_at: ends_at.map(at) }
    }

    #[test]
    fn limit_is_none_to_a_year_and_thirty_days_by_default() {
        assert_eq!(OverlapLimit::default().days(), 30);
        assert!([0, 365].into_iter().all(|days| OverlapLimit::try_from(days).is_ok()));
        assert_eq!(OverlapLimit::try_from(366), Err(NotAnOverlapLimit));
    }

    #[test]
    fn only_overlaps_within_policy_and_expiry_are_offered() {
        use Overlap::{Now, OneDay, OneHour, SevenDays};
        assert_eq!(terms(30, None).offered(), Overlap::LENGTHS);
        assert_eq!(terms(7, None).offered(), [Now, OneHour, OneDay, SevenDays]);
        assert_eq!(terms(29, None).offered(), [Now, OneHour, OneDay, SevenDays]);
        assert_eq!(terms(30, Some(24)).offered(), [Now, OneHour, OneDay]);
        assert_eq!(terms(365, Some(30 * 24)).offered(), Overlap::LENGTHS);
        assert_eq!(terms(0, None).offered(), [Now], "the policy forbids overlaps");
        assert_eq!(terms(30, Some(-1)).offered(), [Now], "it has expired");
    }

    #[test]
    fn chosen_time_lies_between_now_and_the_latest() {
        let terms = terms(1, Some(20));
        assert_eq!(terms.end(Overlap::Until(at(20))), Ok(Some(at(20))));
        assert_eq!(terms.end(Overlap::Now), Ok(None));
        for outside in [Overlap::Until(at(21)), Overlap::Until(at(0)), Overlap::Until(at(-1)), Overlap::OneDay] {
            assert_eq!(terms.end(outside), Err(OverlapTooLong), "{outside:?}");
        }
        assert_eq!(terms.latest(), Some(at(20)));
    }

    #[test]
    fn time_of_a_form_is_the_persons_own() {
        let read = |text: &str, zone: Tz| {
            read_local(text, |at| at.with_timezone(&zone).offset().fix()).map(|at| at.to_rfc3339())
        };
        for (zone, text, expected) in [
            (Tz::UTC, "2030-01-31T09:30", "2030-01-31T09:30:00+00:00"),
            (Tz::Asia__Tokyo, "2030-01-31T09:30:59", "2030-01-31T00:30:00+00:00"),
            (Tz::America__New_York, "2018-11-04T00:30", "2018-11-04T04:30:00+00:00"),
            (Tz::America__New_York, "2018-11-04T03:00", "2018-11-04T08:00:00+00:00"),
            (Tz::Europe__London, "2019-03-31T02:30", "2019-03-31T01:30:00+00:00"),
        ] {
            assert_eq!(read(text, zone).as_deref(), Some(expected), "{zone} {text}");
        }
        for wrong in ["", "2030-01-31", "2030-01-31T", "2030-02-31T09:30", "2030-01-31T25:00", "soon"] {
            assert_eq!(read(wrong, Tz::UTC), None, "{wrong}");
        }
    }

    #[test]
    fn overlap_is_open_until_its_end() {
        let old = OldValue { ending: None, ends_at: at(1), close_when_moved: false };
        let values = TokenValues { old: Some(old), ..TokenValues::default() };
        assert!(values.open(at(0)).is_some());
        assert!(values.open(at(1)).is_none());
        assert!(TokenValues::default().open(at(0)).is_none());
    }

    #[test]
    fn everybody_moved_once_all_have_and_the_old_is_silent() {
        let address = |old: Option<i64>, new: Option<i64>| AddressUse { old: old.map(at), new: new.map(at) };
        let moved = |uses: &[AddressUse], now| everybody_moved(uses, at(0), at(now));
        let both = [address(Some(1), Some(2)), address(Some(3), Some(20))];
        assert!(!moved(&both, 26), "the old one was heard 23 hours ago");
        assert!(moved(&both, 27));
        let one_stays = [address(Some(1), Some(2)), address(Some(3), None)];
        assert!(!moved(&one_stays, 100));
        assert!(moved(&one_stays, 3 + 7 * 24), "it has been gone for a week");
        assert!(moved(&[address(None, Some(1))], 24), "nothing uses the old one");
        assert!(!moved(&[address(None, Some(1))], 23), "nothing could be heard for a day");
        assert!(!moved(&[], 1_000), "the new one was never used");
        assert!(!moved(&[address(Some(1), None)], 1_000));
    }

    proptest! {
        #[test]
        fn overlap_never_passes_policy_or_expiry(
            limit in 0_u16..=365, ends_at in proptest::option::of(-100_i64..10_000), until in -100_i64..10_000,
        ) {
            let terms = terms(limit, ends_at);
            for overlap in Overlap::LENGTHS.into_iter().chain([Overlap::Until(at(until))]) {
                if let Ok(Some(end)) = terms.end(overlap) {
                    prop_assert!(end > terms.now && end <= terms.limit.latest(terms.now));
                    prop_assert!(terms.ends_at.is_none_or(|expiry| end <= expiry));
                }
            }
            prop_assert_eq!(terms.end(Overlap::Now), Ok(None));
            let possible = terms.latest().is_some_and(|latest| at(until) > at(0) && at(until) <= latest);
            prop_assert_eq!(terms.end(Overlap::Until(at(until))).is_ok(), possible);
        }

        #[test]
        fn later_use_of_the_old_value_never_closes_earlier(
            uses in proptest::collection::vec((0_i64..200, proptest::option::of(0_i64..200)), 1..6),
            now in 0_i64..400, later in 0_i64..200,
        ) {
            let address = |(old, new): &(i64, Option<i64>)| AddressUse { old: Some(at(*old)), new: new.map(at) };
            let heard: Vec<_> = uses.iter().map(address).filter(|heard| heard.old <= Some(at(now))).collect();
            let again = AddressUse { old: Some(at(later.min(now))), new: None };
            let more: Vec<_> = heard.iter().copied().chain([again]).collect();
            prop_assert!(everybody_moved(&heard, at(0), at(now)) || !everybody_moved(&more, at(0), at(now)));
            prop_assert!(!everybody_moved(&more, at(0), at(now)) || now - later.min(now) >= 24);
        }
    }

    #[test]
    fn value_is_found_by_its_stored_name() {
        for value in [TokenValue::Current, TokenValue::Old] {
            assert_eq!(value.as_str().parse(), Ok(value));
            assert_eq!(TokenValue::numbered(value.number()), value);
        }
    }
}
