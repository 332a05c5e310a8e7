//! The use of access tokens as pages show it: how many calls they make, from where, and which are refused.
//!
//! All days and hours are in UTC. Calls that older versions have recorded have neither an API version nor a client.

use crate::chart::tally;
use crate::gate::access::Refusal;
use crate::members::role::Permission;
use crate::tokens::client_name::ClientName;
use crate::tokens::secret::AccountSid;
use crate::tokens::token::TokenId;
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::ops::AddAssign;
use strum::{EnumString, IntoStaticStr, VariantArray};

/// The permission to see the use of tokens: a member who sees a token sees its use.
pub const PERMISSION: Permission = Permission::SeeTokens;
/// The days that a sparkline and a summary cover by default, today included.
pub const DAYS: u16 = 30;
/// The most days that a summary covers.
pub const DAYS_MAX: u16 = 366;
/// The days that are kept by the hour, today included.
pub const HOURLY_DAYS: u16 = 8;
/// The hours that are shown one by one, the current one included.
pub const HOURS: u16 = 48;
/// The most tokens whose sparklines are read at once: those of a page.
pub const SPARKLINES_MAX: usize = 24;
/// The most addresses, clients and refusals that are listed, the latest first.
pub const LISTED_MAX: u32 = 100;
/// The most addresses of a token's calls that are told apart in a day; further ones are counted together.
pub const ADDRESSES_MAX: usize = 1_000;
/// The most addresses of a token's refused calls that are told apart in a day; further ones are counted together.
pub const REFUSED_ADDRESSES_MAX: usize = 100;
/// The time for which a token counts as failing after its last failed call. At exactly this time, it does.
pub const FAILING_FOR: TimeDelta = TimeDelta::days(7);
/// The most tokens that are listed as failing.
pub const FAILING_MAX: u32 = 24;

/// The reason why a call with a known Account SID was refused, as it is counted. Its name at rest is the variant's in
/// snake case, and never changes.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RefusedFor {
    /// The Auth Token was another one.
    WrongAuthToken,
    /// The Auth Token has expired.
    Expired,
    /// The account's API access is off.
    ApiAccessOff,
    /// The token is disabled.
    Disabled,
    /// The account does not allow calls from the address.
    AddressNotAllowed,
    /// The token lacks the operation's scope.
    ScopeMissing,
    /// The account has no calls left.
    RateLimited,
}

impl RefusedFor {
    /// Every reason.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.first_chunk().unwrap();

    /// Returns the reason's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns whether such calls are not among a token's calls, as they never came with a valid Auth Token. All others
    /// are, with their status, if they name an operation.
    #[must_use]
    pub const fn is_no_call(self) -> bool {
        matches!(self, Self::WrongAuthToken | Self::Expired)
    }

    /// Returns the reason as which the gate's refusal is counted, if it is counted.
    #[must_use]
    pub const fn of(refusal: Refusal) -> Option<Self> {
        match refusal {
            Refusal::ApiAccessOff => Some(Self::ApiAccessOff),
            Refusal::TokenDisabled => Some(Self::Disabled),
            Refusal::AddressNotAllowed => Some(Self::AddressNotAllowed),
            Refusal::ScopeMissing(_) => Some(Self::ScopeMissing),
            // The caller names another's path or token, which is no state of its own.
            Refusal::OtherAccountSid | Refusal::BeyondOwnScopes(_) => None,
        }
    }
}

/// Returns whether an answer's status is that of a failed call.
#[must_use]
pub const fn is_failure(status: u16) -> bool {
    status >= 400
}

/// Numbers of calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// All calls with a valid Auth Token.
    pub calls: u64,
    /// Those of them that failed.
    pub failures: u64,
    /// Calls that were refused and are not among the others; see [`RefusedFor::is_no_call`].
    pub refused: u64,
}

impl Tally {
    /// Returns the number of calls without success, of either kind.
    #[must_use]
    pub const fn failed(self) -> u64 {
        self.failures.saturating_add(self.refused)
    }

    /// Returns the number of all calls, of either kind.
    #[must_use]
    pub const fn all(self) -> u64 {
        self.calls.saturating_add(self.refused)
    }
}

impl From<Tally> for tally::Tally {
    /// Returns the calls as a chart shows them: those that were refused have failed, too.
    fn from(tally: Tally) -> Self {
        Self { succeeded: tally.calls.saturating_sub(tally.failures), failed: tally.failed() }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.failures = self.failures.saturating_add(other.failures);
        self.refused = self.refused.saturating_add(other.refused);
    }
}

/// The calls of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayUse {
    /// The day.
    pub day: NaiveDate,
    /// Its calls.
    pub tally: Tally,
}

/// The calls of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HourUse {
    /// When the hour begins. In messages: microseconds since the Unix epoch, UTC.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub hour: DateTime<Utc>,
    /// Its calls. Refused calls are counted by day only.
    pub tally: Tally,
}

/// Returns the sums of each week, which begins on Monday. The days are in order.
#[must_use]
pub fn by_week(days: &[DayUse]) -> Vec<DayUse> {
    let mut weeks: Vec<DayUse> = Vec::new();
    for DayUse { day, tally } in days {
        let monday = *day - TimeDelta::days(day.weekday().num_days_from_monday().into());
        match weeks.last_mut().filter(|week| week.day == monday) {
            Some(week) => week.tally += *tally,
            None => weeks.push(DayUse { day: monday, tally: *tally }),
        }
    }
    weeks
}

/// The calls and failures of a token on each of the last [`DAYS`] days, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sparkline {
    /// The token.
    pub token: TokenId,
    /// The first of the days.
    pub from: NaiveDate,
    /// The number of calls of each day, and how many had no success, both with those that were refused.
    pub days: Vec<(u64, u64)>,
}

/// The times and numbers of calls that have something in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The first call of the time that is summed up. In messages: microseconds since the Unix epoch, UTC.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub first_at: DateTime<Utc>,
    /// The last call. In messages as above.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub last_at: DateTime<Utc>,
    /// The number of calls.
    pub calls: u64,
    /// The number of those that failed.
    pub failures: u64,
}

impl Seen {
    /// Adds the calls of another time or place.
    pub fn add(&mut self, other: Self) {
        self.first_at = self.first_at.min(other.first_at);
        self.last_at = self.last_at.max(other.last_at);
        self.calls = self.calls.saturating_add(other.calls);
        self.failures = self.failures.saturating_add(other.failures);
    }
}

/// The name of a client.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Client {
    /// The client gives no name, or the call was recorded by an older version.
    Unnamed,
    /// One of the clients that are counted together.
    Others,
    /// The client's own name: any text.
    Named(String),
}

impl From<ClientName> for Client {
    fn from(name: ClientName) -> Self {
        match name {
            ClientName::Unnamed => Self::Unnamed,
            ClientName::Others => Self::Others,
            ClientName::Named(name) => Self::Named(name.as_str().to_owned()),
        }
    }
}

/// The calls from a network address with one of the token's values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressUse {
    /// The address; `None` for those that are counted together.
    pub address: Option<IpAddr>,
    /// The number of the token's value: see `TokenValue::number`.
    pub value: u8,
    /// The calls.
    pub seen: Seen,
}

/// Returns the calls from each address with any of the token's values, in the order of the addresses.
#[must_use]
pub fn by_address(uses: &[AddressUse]) -> Vec<(Option<IpAddr>, Seen)> {
    let mut found: Vec<(Option<IpAddr>, Seen)> = Vec::new();
    for AddressUse { address, seen, .. } in uses {
        match found.iter_mut().find(|(known, _)| known == address) {
            Some((_, all)) => all.add(*seen),
            None => found.push((*address, *seen)),
        }
    }
    found
}

/// The calls of a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientUse {
    /// The client.
    pub client: Client,
    /// The calls.
    pub seen: Seen,
}

/// The refused calls from an address, for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedUse {
    /// The reason.
    pub reason: RefusedFor,
    /// The address; `None` for those that are counted together.
    pub address: Option<IpAddr>,
    /// The calls, all of which failed.
    pub seen: Seen,
}

/// The use of a token over some days.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageSummary {
    /// Each day, oldest first, also those without a call.
    pub days: Vec<DayUse>,
    /// The calls of each operation, by its id, the most called first.
    pub operations: Vec<(String, Tally)>,
    /// The number of calls with each status, in its order.
    pub statuses: Vec<(u16, u64)>,
    /// The calls by API version, the newest first; 0 if it is unknown.
    pub versions: Vec<(u16, Tally)>,
    /// The addresses, the one of the last call first: at most [`LISTED_MAX`].
    pub addresses: Vec<AddressUse>,
    /// The clients, the one of the last call first: at most [`LISTED_MAX`].
    pub clients: Vec<ClientUse>,
    /// The refused calls, the last first: at most [`LISTED_MAX`].
    pub refused: Vec<RefusedUse>,
}

/// A token whose last call failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailingToken {
    /// The token.
    pub token: TokenId,
    /// Its name.
    pub name: String,
    /// Its public half.
    pub sid: AccountSid,
    /// The first failed call after the last one that passed. In messages: microseconds since the Unix epoch, UTC.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub since: DateTime<Utc>,
    /// The last failed call. In messages as above.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub last_failed_at: DateTime<Utc>,
}

/// The use of all tokens of an account over the last [`DAYS`] days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountUsage {
    /// Each day, oldest first, also those without a call.
    pub days: Vec<DayUse>,
    /// The tokens that fail, the one that failed last first: at most [`FAILING_MAX`].
    pub failing: Vec<FailingToken>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::overlap::TokenValue;
    use crate::tokens::scope::{Scope, Scopes};
    use proptest::prelude::*;

    fn day(number: i32) -> NaiveDate {
        NaiveDate::from_epoch_days(number).unwrap()
    }

    #[test]
    fn names_of_reasons_never_change() {
        let names = [
            "wrong_auth_token",
            "expired",
            "api_access_off",
            "disabled",
            "address_not_allowed",
            "scope_missing",
            "rate_limited",
        ];
        assert_eq!(RefusedFor::ALL.map(RefusedFor::as_str), names);
        for reason in RefusedFor::ALL {
            assert_eq!(reason.as_str().parse(), Ok(reason));
        }
    }

    #[test]
    fn refusal_for_the_tokens_own_state_is_counted() {
        assert_eq!(RefusedFor::of(Refusal::TokenDisabled), Some(RefusedFor::Disabled));
        let missing = Refusal::ScopeMissing(Scope::GET_ACCESS_TOKEN);
        assert_eq!(RefusedFor::of(missing), Some(RefusedFor::ScopeMissing));
        assert_eq!(RefusedFor::of(Refusal::OtherAccountSid), None);
        assert_eq!(RefusedFor::of(Refusal::BeyondOwnScopes(Scopes::default())), None);
    }

    #[test]
    fn calls_have_failed_from_status_400_on() {
        assert_eq!([200, 304, 399, 400, 404, 499, 503].map(is_failure), [false, false, false, true, true, true, true]);
    }

    #[test]
    fn chart_shows_refused_calls_as_failed() {
        let shown = tally::Tally::from(Tally { calls: 10, failures: 3, refused: 2 });
        assert_eq!(shown, tally::Tally { succeeded: 7, failed: 5 });
    }

    #[test]
    fn calls_from_an_address_are_those_with_either_value() {
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        let seen = |first, last, calls| Seen { first_at: at(first), last_at: at(last), calls, failures: 1 };
        let from = |last: u8, value, seen| AddressUse { address: Some(IpAddr::from([192, 0, 2, last])), value, seen };
        let uses = [
            from(1, TokenValue::Current.number(), seen(50, 90, 4)),
            from(2, TokenValue::Old.number(), seen(10, 80, 2)),
            from(1, TokenValue::Old.number(), seen(20, 60, 3)),
        ];
        let together = Seen { failures: 2, ..seen(20, 90, 7) };
        assert_eq!(by_address(&uses), [(uses[0].address, together), (uses[1].address, uses[1].seen)]);
    }

    #[test]
    fn weeks_begin_on_monday() {
        let calls = |calls| Tally { calls, ..Tally::default() };
        let days: Vec<_> = (4..12).map(|number| DayUse { day: day(number), tally: calls(1) }).collect();
        // 1970-01-05 was a Monday.
        let weeks = [DayUse { day: day(4), tally: calls(7) }, DayUse { day: day(11), tally: calls(1) }];
        assert_eq!(by_week(&days), weeks);
        assert_eq!(by_week(&days[1..3]), [DayUse { day: day(4), tally: calls(2) }]);
        assert_eq!(by_week(&[]), []);
    }

    proptest! {
        #[test]
        fn weeks_lose_no_call(first in 0..20_000, calls in prop::collection::vec(0..1_000_u64, 0..60)) {
            let days: Vec<_> = (first..).zip(&calls).map(|(number, calls)| {
                DayUse { day: day(number), tally: Tally { calls: *calls, failures: 1, refused: 2 } }
            }).collect();
            let mut sum = Tally::default();
            for week in by_week(&days) {
                sum += week.tally;
            }
            let number = calls.len() as u64;
            prop_assert_eq!(sum, Tally { calls: calls.iter().sum(), failures: number, refused: 2 * number });
        }
    }
}
