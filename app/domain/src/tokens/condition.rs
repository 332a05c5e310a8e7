//! The conditions of a token that tell whether it works, or needs a person: expiry, use, API version, contact.

use crate::paging::Count;
use crate::tokens::token::{Token, TokenId, TokenState};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// The time before its expiry from which an Auth Token is to be renewed. At exactly this time before, it is.
pub const EXPIRING_WITHIN: TimeDelta = TimeDelta::days(30);
/// The time since the last call of an expired token, passed or refused, within which an integration still uses it. At
/// exactly this time, it does.
pub const IN_USE_WITHIN: TimeDelta = TimeDelta::days(30);
/// The age from which a token that was never used is no longer about to be put to use. At exactly this age, it is not.
pub const NEW_FOR: TimeDelta = TimeDelta::days(30);
/// The time without a call after which a token counts as unused. After exactly this time, it does.
pub const UNUSED_AFTER: TimeDelta = TimeDelta::days(90);

/// The most tokens with an open overlap that an overview names.
pub const OVERLAPS_MAX: u32 = 24;

/// A condition of enabled tokens, by which the list can be filtered. Several may hold for one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "kebab-case")]
pub enum Condition {
    /// Its Auth Token has not expired. If the account has API access, the gate lets it pass.
    Working,
    /// Its Auth Token has expired, and its last call, before or since, came within [`IN_USE_WITHIN`]: its integration is
    /// refused now.
    ExpiredInUse,
    /// Its Auth Token expires within [`EXPIRING_WITHIN`].
    Expiring,
    /// Its primary contact may not work in the account any more.
    ContactDeactivated,
    /// It is pinned to an older version of the API.
    OldVersion,
    /// Its last call was [`UNUSED_AFTER`] ago or earlier.
    Unused,
    /// It was never used, although it was created [`NEW_FOR`] ago or earlier.
    NeverUsed,
}

impl Condition {
    /// Every condition: the good one, then those that need a person, the worst first.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.first_chunk().unwrap();

    /// Returns the condition's name in a link.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns how much the condition needs a person.
    #[must_use]
    pub const fn urgency(self) -> Urgency {
        match self {
            Self::Working => Urgency::None,
            Self::ExpiredInUse => Urgency::Now,
            Self::Expiring | Self::ContactDeactivated => Urgency::Soon,
            Self::OldVersion | Self::Unused | Self::NeverUsed => Urgency::Sometime,
        }
    }

    /// Returns whether the condition holds for the token, whose primary contact may or may not be an active member.
    /// Lists ask the database for the same.
    #[must_use]
    pub fn holds(self, token: &Token, contact_is_active: bool, now: DateTime<Utc>) -> bool {
        let ends_at = token.ends_at;
        token.state == TokenState::Enabled
            && match self {
                Self::Working => ends_at.is_none_or(|end| now < end),
                Self::ExpiredInUse => {
                    let last_call = token.last_used_at.max(token.last_failed_at);
                    ends_at.is_some_and(|end| now >= end) && last_call.is_some_and(|at| at >= now - IN_USE_WITHIN)
                }
                Self::Expiring => ends_at.is_some_and(|end| now < end && end <= now + EXPIRING_WITHIN),
                Self::ContactDeactivated => !contact_is_active,
                Self::OldVersion => !token.settings.api_version.is_newest(),
                Self::Unused => token.last_used_at.is_some_and(|used| used <= now - UNUSED_AFTER),
                Self::NeverUsed => token.last_used_at.is_none() && token.created_at <= now - NEW_FOR,
            }
    }
}

/// The degree to which a condition needs a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Calls are refused.
    Now,
    /// Calls will be refused, or no person is responsible.
    Soon,
    /// Something is to be tidied up.
    Sometime,
    /// Nothing is to be done.
    None,
}

/// The numbers of an account's tokens, each counted up to a limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenOverview {
    /// Whether the account has API access: without it, no token passes.
    pub api_access: bool,
    /// All tokens.
    pub all: Count,
    /// The disabled tokens.
    pub disabled: Count,
    /// The tokens in each condition, in the order of [`Condition::ALL`].
    pub conditions: Vec<(Condition, Count)>,
    /// The tokens whose old Auth Token may still pass, the one that stops first first: at most [`OVERLAPS_MAX`].
    pub overlaps: Vec<TokenInOverlap>,
}

/// A token whose old Auth Token may still pass after a reset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenInOverlap {
    /// The token.
    pub token: TokenId,
    /// Its name.
    pub name: String,
    /// When the old one stops. In messages: microseconds since the Unix epoch, UTC.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub ends_at: DateTime<Utc>,
}

impl TokenOverview {
    /// Returns the conditions that need a person and hold for any token, the worst first.
    pub fn needs(&self) -> impl Iterator<Item = (Condition, Count)> {
        let needs = |(condition, count): &(Condition, Count)| {
            condition.urgency() != Urgency::None && *count != Count::Exactly(0)
        };
        self.conditions.iter().copied().filter(needs)
    }

    /// Returns the number of tokens in the condition.
    #[must_use]
    pub fn count(&self, condition: Condition) -> Count {
        let found = self.conditions.iter().find(|(counted, _)| *counted == condition);
        found.map_or(Count::Exactly(0), |(_, count)| *count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::api_version::ApiVersion;
    use crate::members::user::{Person, UserId};
    use crate::tokens::overlap::TokenValues;
    use crate::tokens::scope::Scopes;
    use crate::tokens::secret::AccountSid;
    use crate::tokens::token::TokenSettings;
    use uuid::Uuid;

    const INSTANT: TimeDelta = TimeDelta::microseconds(1);

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    /// Returns a token of the newest version that is used now and never expires.
    fn token() -> Token {
        let contact = UserId(Uuid::nil());
        Token {
            id: TokenId(Uuid::nil()),
            sid: AccountSid::try_from("IR0123456789abcdefghijklmnopqrstuvw".to_owned()).unwrap(),
            settings: TokenSettings {
                name: "Export".to_owned(),
                description: String::new(),
                api_version: ApiVersion::NEWEST,
                primary_contact: contact,
                developers: Vec::new(),
                scopes: Scopes::default(),
                expires_at: None,
            },
            primary_contact: Person { id: contact, name: String::new(), email: String::new() },
            state: TokenState::Enabled,
            created_at: now() - TimeDelta::days(400),
            last_used_at: Some(now()),
            last_failed_at: None,
            ends_at: None,
            viewable: false,
            values: TokenValues::default(),
            upgraded_from: None,
            revision: 1,
        }
    }

    /// Returns the conditions that hold for the token.
    fn of(token: &Token) -> Vec<Condition> {
        Condition::ALL.into_iter().filter(|condition| condition.holds(token, true, now())).collect()
    }

    fn ending(ends_at: DateTime<Utc>, last_used_at: DateTime<Utc>) -> Vec<Condition> {
        of(&Token { ends_at: Some(ends_at), last_used_at: Some(last_used_at), ..token() })
    }

    #[test]
    fn links_name_each_condition() {
        let names =
            ["working", "expired-in-use", "expiring", "contact-deactivated", "old-version", "unused", "never-used"];
        assert_eq!(Condition::ALL.map(<&str>::from), names);
        assert!(Condition::ALL[1..].is_sorted_by_key(|condition| condition.urgency()));
    }

    #[test]
    fn token_in_use_without_expiry_works_and_needs_nothing() {
        assert_eq!(of(&token()), [Condition::Working]);
    }

    #[test]
    fn no_condition_holds_for_a_disabled_token() {
        let old = ApiVersion::try_from(2).unwrap();
        let neglected = Token {
            state: TokenState::Disabled,
            settings: TokenSettings { api_version: old, ..token().settings },
            last_used_at: None,
            ends_at: Some(now()),
            ..token()
        };
        assert!(!Condition::ALL.into_iter().any(|condition| condition.holds(&neglected, false, now())));
    }

    #[test]
    fn token_is_expiring_from_exactly_thirty_days_before() {
        let both = [Condition::Working, Condition::Expiring];
        assert_eq!(ending(now() + EXPIRING_WITHIN, now()), both);
        assert_eq!(ending(now() + EXPIRING_WITHIN + INSTANT, now()), [Condition::Working]);
        assert_eq!(ending(now() + INSTANT, now()), both);
    }

    #[test]
    fn token_expired_in_use_if_called_in_the_last_thirty_days() {
        assert_eq!(ending(now(), now() - INSTANT), [Condition::ExpiredInUse]);
        assert_eq!(ending(now(), now() - IN_USE_WITHIN), [Condition::ExpiredInUse]);
        assert_eq!(ending(now(), now() - IN_USE_WITHIN - INSTANT), []);
        // A shorter lifetime in the account's policy may end a token at a time at which it was still called.
        assert_eq!(ending(now() - TimeDelta::days(1), now()), [Condition::ExpiredInUse]);
        assert_eq!(of(&Token { ends_at: Some(now()), last_used_at: None, ..token() }), [Condition::NeverUsed]);
    }

    #[test]
    fn token_expired_in_use_if_it_is_still_called_and_refused() {
        let long_ago = now() - TimeDelta::days(80);
        let refused =
            |at| of(&Token { ends_at: Some(long_ago), last_used_at: None, last_failed_at: Some(at), ..token() });
        assert_eq!(refused(now()), [Condition::ExpiredInUse, Condition::NeverUsed]);
        assert_eq!(refused(now() - IN_USE_WITHIN), [Condition::ExpiredInUse, Condition::NeverUsed]);
        assert_eq!(refused(now() - IN_USE_WITHIN - INSTANT), [Condition::NeverUsed]);
        assert_eq!(ending(long_ago, long_ago - INSTANT), [], "nothing has called it since");
    }

    #[test]
    fn last_call_failed_if_none_passed_after_it() {
        let last_call =
            |last_used_at, last_failed_at| Token { last_used_at, last_failed_at, ..token() }.last_call_failed_at();
        let (then, later) = (Some(now() - INSTANT), Some(now()));
        assert_eq!((last_call(then, later), last_call(None, later)), (later, later));
        assert_eq!((last_call(later, then), last_call(later, later)), (None, None));
        assert_eq!((last_call(later, None), last_call(None, None)), (None, None));
    }

    #[test]
    fn token_is_unused_after_exactly_ninety_days() {
        let last_used = |at| of(&Token { last_used_at: Some(at), ..token() });
        assert_eq!(last_used(now() - UNUSED_AFTER), [Condition::Working, Condition::Unused]);
        assert_eq!(last_used(now() - UNUSED_AFTER + INSTANT), [Condition::Working]);
    }

    #[test]
    fn never_used_token_counts_from_exactly_thirty_days_on() {
        let created = |at| of(&Token { last_used_at: None, created_at: at, ..token() });
        assert_eq!(created(now() - NEW_FOR), [Condition::Working, Condition::NeverUsed]);
        assert_eq!(created(now() - NEW_FOR + INSTANT), [Condition::Working]);
    }

    #[test]
    fn old_version_and_deactivated_contact_need_a_person() {
        let old = ApiVersion::try_from(2).unwrap();
        let pinned = Token { settings: TokenSettings { api_version: old, ..token().settings }, ..token() };
        assert_eq!(of(&pinned), [Condition::Working, Condition::OldVersion]);
        assert!(Condition::ContactDeactivated.holds(&token(), false, now()));
    }

    #[test]
    fn overview_names_what_needs_a_person_worst_first() {
        let counts = [7, 0, 2, 0, 1, 0, 3].map(Count::Exactly);
        let overview = TokenOverview {
            api_access: true,
            all: Count::Exactly(9),
            disabled: Count::Exactly(2),
            conditions: Condition::ALL.into_iter().zip(counts).collect(),
            overlaps: Vec::new(),
        };
        let needs: Vec<_> = overview.needs().map(|(condition, _)| condition).collect();
        assert_eq!(needs, [Condition::Expiring, Condition::OldVersion, Condition::NeverUsed]);
        assert_eq!(overview.count(Condition::Working), Count::Exactly(7));
    }
}
