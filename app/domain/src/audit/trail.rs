//! The audit trail as people read it: its filters, how they are written in a link, and the content of an entry.

use crate::audit::action::{About, Action, ActionGroup, ActionKind};
use crate::audit::details::Change;
use crate::date;
use crate::members::user::{Person, UserId};
use crate::paging::{Cursor, PagePosition, Position};
use crate::text;
use crate::tokens::token::TokenId;
use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use strum::VariantArray as _;

/// Entries on one page of the trail.
pub const PAGE_SIZE: u32 = 50;
/// Entries on the page of a token.
pub const HISTORY_SIZE: u32 = 20;
/// Most entries in one export. Up to this many results, the trail shows their exact number.
pub const EXPORT_MAX: u32 = 50_000;
/// Longest search text in characters.
const SEARCH_MAX: usize = 100;

/// An entry's position in the order of the trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryKey {
    /// The entry's time, in microseconds since the Unix epoch.
    pub at: i64,
    /// The entry's number, which orders entries of equal time.
    pub sequence: i64,
}

impl EntryKey {
    /// Reads the key from the text that [`Self::cursor`] wrote.
    #[must_use]
    pub fn read(Cursor(text): &Cursor) -> Option<Self> {
        let (at, sequence) = text.split_once('.')?;
        Some(Self { at: at.parse().ok()?, sequence: sequence.parse().ok()? })
    }

    /// Returns the key as text.
    #[must_use]
    pub fn cursor(self) -> Cursor {
        Cursor(format!("{}.{}", self.at, self.sequence))
    }
}

/// The actions that match a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actions {
    /// The listed ones alone.
    Only(Vec<Action>),
    /// All but the listed ones, also those that this version has no name for.
    AllBut(Vec<Action>),
}

/// The filters and page of the trail. An entry is shown if it matches all filters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailFilter {
    /// A part of a user's or token's name, an e-mail address or an Account SID, as typed; empty for any.
    pub text: String,
    /// The user who performed the actions.
    pub person: Option<UserId>,
    /// The kind of the actions.
    pub kind: Option<ActionKind>,
    /// The actions of that kind, if not all.
    pub about: Option<About>,
    /// The token that the entries concern.
    pub token: Option<TokenId>,
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The last day.
    pub to: Option<NaiveDate>,
    /// The offset from UTC of the first day's beginning, in minutes; `None` if the link does not say.
    pub offset: Option<i16>,
    /// The same of the last day's end, which may differ as clocks are put forward and back; `None` if it does not.
    pub end_offset: Option<i16>,
    /// The page.
    pub place: PagePosition,
}

impl TrailFilter {
    /// Reads a link's query; `get` looks up one of its values. Invalid values are ignored.
    pub fn from_query(get: impl Fn(&str) -> Option<String>) -> Self {
        let (from, to) = (get("from").and_then(|day| date::parse(&day)), get("to").and_then(|day| date::parse(&day)));
        let offset = |name, day: Option<NaiveDate>| day.and_then(|_| date::parse_offset(&get(name)?));
        let text = get("text").unwrap_or_default();
        Self {
            text: text.chars().filter(|c| !text::is_unsupported(*c)).take(SEARCH_MAX).collect(),
            person: get("person").and_then(|id| id.parse().ok()).map(UserId),
            kind: get("kind").and_then(|name| name.parse().ok()),
            about: get("about").and_then(|name| name.parse().ok()),
            token: get("token").and_then(|id| id.parse().ok()).map(TokenId),
            from,
            to,
            offset: offset("offset", from.or(to)),
            end_offset: offset("end_offset", to),
            place: PagePosition::from_query(get, |key| EntryKey::read(key).is_some()),
        }
    }

    /// Returns the query of a link to this page, without default values.
    #[must_use]
    pub fn to_query(&self) -> Vec<(&'static str, String)> {
        let dated = self.from.or(self.to);
        [
            ("text", Some(self.text.clone()).filter(|text| !text.is_empty())),
            ("person", self.person.map(|person| person.0.to_string())),
            ("kind", self.kind.map(|kind| kind.as_str().to_owned())),
            ("about", self.about.map(|about| about.as_str().to_owned())),
            ("token", self.token.map(|token| token.0.to_string())),
            ("from", self.from.map(|from| from.to_string())),
            ("to", self.to.map(|to| to.to_string())),
            ("offset", dated.and(self.offset).map(|offset| offset.to_string())),
            ("end_offset", self.to.and(self.end_offset).map(|offset| offset.to_string())),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .chain(self.place.to_query())
        .collect()
    }

    /// Returns whether any filter besides the kind is set.
    #[must_use]
    pub fn is_active(&self) -> bool {
        !self.text.trim().is_empty()
            || self.person.is_some()
            || self.about.is_some()
            || self.token.is_some()
            || self.from.is_some()
            || self.to.is_some()
    }

    /// Returns the same filters on another page.
    #[must_use]
    pub fn at(&self, place: PagePosition) -> Self {
        Self { place, ..self.clone() }
    }

    /// Returns the filter of that kind without other filters.
    #[must_use]
    pub fn cleared(&self) -> Self {
        Self { kind: self.kind, ..Self::default() }
    }

    /// Returns the same filters for actions of another kind, without a choice of actions that the kind does not have.
    #[must_use]
    pub fn of_kind(&self, kind: Option<ActionKind>) -> Self {
        let about = self.about.filter(|about| kind.is_none_or(|kind| about.has(kind)));
        Self { kind, about, ..self.at(PagePosition::First) }
    }

    /// Returns the actions that match.
    #[must_use]
    pub fn actions(&self) -> Actions {
        let matches = |action: &Action| {
            self.kind.is_none_or(|kind| action.kind() == kind) && self.about.is_none_or(|about| about.includes(*action))
        };
        let (matching, others): (Vec<_>, Vec<_>) = Action::VARIANTS.iter().copied().partition(matches);
        // As in `ActionGroup::of`, an action that this version has no name for is one of the account.
        let unknown = matches!(self.about, None | Some(About::Group(ActionGroup::Account)));
        if unknown && self.kind != Some(ActionKind::SignIns) {
            Actions::AllBut(others)
        } else {
            Actions::Only(matching)
        }
    }

    /// Returns the same filter with its days in the time zone with these offsets, unless it says already when they begin
    /// and end. `offset_at` returns the zone's offset at a time.
    #[must_use]
    pub fn in_zone(self, offset_at: impl Fn(DateTime<Utc>) -> FixedOffset) -> Self {
        if self.offset.is_some() || self.end_offset.is_some() {
            return self;
        }
        let offset = |day| date::offset_of_midnight(day, &offset_at);
        Self { offset: self.from.and_then(offset), end_offset: self.day_after().and_then(offset), ..self }
    }

    /// Returns the earliest matching time (inclusive), if it is limited.
    #[must_use]
    pub fn since(&self) -> Option<DateTime<Utc>> {
        self.from.and_then(|day| date::midnight(day, self.offset.or(self.end_offset).unwrap_or_default()))
    }

    /// Returns the end of the matching times (exclusive), if it is limited.
    #[must_use]
    pub fn before(&self) -> Option<DateTime<Utc>> {
        self.day_after().and_then(|day| date::midnight(day, self.end_offset.or(self.offset).unwrap_or_default()))
    }

    /// Returns the day after the last one.
    fn day_after(&self) -> Option<NaiveDate> {
        self.to?.succ_opt()
    }
}

/// An entry as pages show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The entry's number in the account's trail, from 1.
    pub sequence: i64,
    /// The entry's time. In messages: microseconds since the Unix epoch, UTC.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub at: DateTime<Utc>,
    /// The user who performed the action.
    pub user: Option<Person>,
    /// The Account SID of the integration that performed the action. Without a user and an integration, it was the
    /// command line.
    pub integration: Option<String>,
    /// The network address from which the action was performed; `None` if it is unknown or not to be shown.
    pub address: Option<String>,
    /// The action's name as stored.
    pub action: String,
    /// The subject's name at that time.
    pub subject: Option<String>,
    /// The token that the action concerned, if it still exists.
    pub token: Option<TokenId>,
    /// The changed values and other details.
    pub changes: Vec<Change>,
}

/// One page of the entries that fit a filter, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trail {
    /// The entries of this page, at most [`PAGE_SIZE`].
    pub entries: Vec<Entry>,
    /// The page's position in the list.
    pub position: Position,
    /// The last entry of the account's chain, regardless of the filter.
    pub head: Option<Head>,
    /// The users of whom the trail has entries, by name, regardless of the filter.
    pub people: Vec<Person>,
}

/// The last entry of an account's chain. Noted elsewhere, it later shows whether the entries up to it are still there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The entry's number.
    pub sequence: i64,
    /// The entry's hash, as 64 hexadecimal digits.
    pub hash: String,
}

/// Returns the days of these times in a time zone, in order, each with the number of times in a row that are on it.
/// `offset_at` returns the zone's offset at a time.
pub fn days(
    times: impl IntoIterator<Item = DateTime<Utc>>,
    offset_at: impl Fn(DateTime<Utc>) -> FixedOffset,
) -> Vec<(NaiveDate, usize)> {
    let mut days: Vec<(NaiveDate, usize)> = Vec::new();
    for at in times {
        let day = at.with_timezone(&offset_at(at)).date_naive();
        match days.last_mut() {
            Some((last, count)) if *last == day => *count += 1,
            _ => days.push((day, 1)),
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Offset;
    use chrono_tz::Tz;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn read(query: &[(&str, &str)]) -> TrailFilter {
        TrailFilter::from_query(|key| query.iter().find(|(k, _)| *k == key).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn nonsense_in_a_link_is_ignored() {
        let nonsense =
            [("about", "x"), ("token", "1"), ("from", "yesterday"), ("to", "+12026-01-01"), ("offset", "540")];
        assert_eq!(read(&nonsense), TrailFilter::default());
        assert_eq!(read(&[("kind", "x"), ("person", "aya")]), TrailFilter::default());
        assert_eq!(read(&[("from", "2026-01-01"), ("offset", "9999")]).offset, None);
        assert_eq!(read(&[("from", "2026-01-01"), ("end_offset", "540")]).end_offset, None);
        assert_eq!(read(&[("text", "a\u{0}\u{202e}b"), ("after", "1.x")]).text, "ab");
    }

    #[test]
    fn days_begin_at_midnight_in_the_given_time_zone() {
        let tokyo = read(&[("from", "2026-01-01"), ("to", "2026-01-01"), ("offset", "540")]);
        let bounds = [tokyo.since(), tokyo.before()].map(|at| at.unwrap().to_rfc3339());
        assert_eq!(bounds, ["2025-12-31T15:00:00+00:00", "2026-01-01T15:00:00+00:00"]);
    }

    #[test]
    fn days_are_those_of_the_zone_also_across_a_change_of_clocks() {
        for (zone, from, to, expected) in [
            (
                Tz::America__New_York,
                "2026-03-01",
                "2026-03-31",
                ["2026-03-01T05:00:00+00:00", "2026-04-01T04:00:00+00:00"],
            ),
            (
                Tz::Europe__London,
                "2026-10-25",
                "2026-10-25",
                ["2026-10-24T23:00:00+00:00", "2026-10-26T00:00:00+00:00"],
            ),
            (Tz::Asia__Tokyo, "2026-01-01", "2026-12-31", ["2025-12-31T15:00:00+00:00", "2026-12-31T15:00:00+00:00"]),
            (
                Tz::Australia__Lord_Howe,
                "2026-04-05",
                "2026-04-05",
                ["2026-04-04T13:00:00+00:00", "2026-04-05T13:30:00+00:00"],
            ),
            (
                Tz::America__Sao_Paulo,
                "2018-11-03",
                "2018-11-03",
                ["2018-11-03T03:00:00+00:00", "2018-11-04T03:00:00+00:00"],
            ),
        ] {
            let plain = read(&[("from", from), ("to", to)]);
            let filter = plain.clone().in_zone(|at| at.with_timezone(&zone).offset().fix());
            let bounds = [filter.since(), filter.before()].map(|at| at.unwrap().to_rfc3339());
            assert_eq!(bounds, expected, "{zone}");
            // A link of one person means the same to another.
            assert_eq!(filter.clone().in_zone(|at| at.with_timezone(&Tz::UTC).offset().fix()), filter);
            assert_eq!(
                plain.since().unwrap().to_rfc3339(),
                format!("{from}T00:00:00+00:00"),
                "without a zone it is UTC"
            );
        }
    }

    #[test]
    fn days_of_a_link_with_one_offset_both_have_it() {
        let link = [("from", "2026-03-01"), ("to", "2026-03-31"), ("offset", "-300")];
        let bounds = [read(&link).since(), read(&link).before()].map(|at| at.unwrap().to_rfc3339());
        assert_eq!(bounds, ["2026-03-01T05:00:00+00:00", "2026-04-01T05:00:00+00:00"]);
        assert_eq!(read(&link[1..]).before(), read(&link).before());
    }

    #[test]
    fn unknown_action_is_in_the_account_group() {
        let groups =
            ["token_reset", "user_added", "signed_in", "api_access_enabled", "something_old"].map(ActionGroup::of);
        assert_eq!(
            groups,
            [ActionGroup::Tokens, ActionGroup::Users, ActionGroup::SignIn, ActionGroup::Account, ActionGroup::Account]
        );
    }

    #[test]
    fn entries_are_grouped_by_days_of_the_time_zone() {
        let times = ["2026-03-09T04:30:00Z", "2026-03-09T03:59:00Z", "2026-03-08T05:00:00Z", "2026-03-08T04:59:59Z"];
        let times = times.map(|at| at.parse::<DateTime<Utc>>().unwrap());
        let grouped = |zone: Tz| {
            let days = days(times, |at| at.with_timezone(&zone).offset().fix());
            days.into_iter().map(|(day, count)| format!("{day} {count}")).collect::<Vec<_>>()
        };
        assert_eq!(grouped(Tz::UTC), ["2026-03-09 2", "2026-03-08 2"]);
        // Clocks are put forward on 8 March, so that the day after begins an hour earlier.
        assert_eq!(grouped(Tz::America__New_York), ["2026-03-09 1", "2026-03-08 2", "2026-03-07 1"]);
        assert_eq!(grouped(Tz::Asia__Tokyo), ["2026-03-09 2", "2026-03-08 2"]);
        assert!(days([], |_| Utc.fix()).is_empty());
    }

    #[test]
    fn kinds_share_all_actions_and_narrow_a_choice() {
        let filter = |about, kind| TrailFilter { kind, about, ..TrailFilter::default() };
        assert_eq!(filter(None, None).actions(), Actions::AllBut(Vec::new()));
        let Actions::AllBut(sign_ins) = filter(None, Some(ActionKind::Changes)).actions() else { unreachable!() };
        assert_eq!(filter(None, Some(ActionKind::SignIns)).actions(), Actions::Only(sign_ins.clone()));
        let group = Some(About::Group(ActionGroup::SignIn));
        assert_eq!(filter(group, Some(ActionKind::SignIns)).actions(), Actions::Only(sign_ins));
        let one = Some(About::Action(Action::TokenReset));
        assert_eq!(filter(one, None).actions(), Actions::Only(vec![Action::TokenReset]));
        assert_eq!(filter(one, Some(ActionKind::SignIns)).actions(), Actions::Only(Vec::new()));
        // Unknown actions count as changes of the account.
        let account = filter(Some(About::Group(ActionGroup::Account)), None).actions();
        assert!(matches!(account, Actions::AllBut(others) if others.contains(&Action::SignedIn)));
    }

    #[test]
    fn another_kind_drops_a_choice_that_it_lacks() {
        let reset = read(&[("about", "token_reset"), ("person", "0198"), ("text", "x"), ("after", "1.2")]);
        assert_eq!(reset.person, None, "that is no id");
        let sign_ins = reset.of_kind(Some(ActionKind::SignIns));
        assert_eq!((sign_ins.about, sign_ins.text.as_str(), &sign_ins.place), (None, "x", &PagePosition::First));
        assert_eq!(reset.of_kind(Some(ActionKind::Changes)).about, reset.about);
        assert_eq!(sign_ins.cleared(), TrailFilter { kind: sign_ins.kind, ..TrailFilter::default() });
        assert!(!sign_ins.cleared().is_active() && sign_ins.is_active());
    }

    proptest! {
        #[test]
        fn link_restores_its_filter(
            text in "\\PC{0,40}", about in proptest::option::of(0..Action::VARIANTS.len() + ActionGroup::ALL.len()),
            kind in proptest::option::of(0..2_usize), [person, token] in any::<[Option<u128>; 2]>(),
            day in proptest::option::of(0..20_000_i32), ends in 0..5_usize,
            offset in proptest::option::of(-720..=840_i16), end_offset in proptest::option::of(-720..=840_i16), key in any::<Option<(i64, i64)>>(),
        ) {
            let key = key.map(|(at, sequence)| EntryKey { at, sequence });
            prop_assert_eq!(key.and_then(|key| EntryKey::read(&key.cursor())), key);
            let day = day.and_then(NaiveDate::from_epoch_days);
            let groups = ActionGroup::ALL.into_iter().map(About::Group);
            let choices: Vec<_> = groups.chain(Action::VARIANTS.iter().copied().map(About::Action)).collect();
            let filter = TrailFilter {
                text: text.chars().filter(|c| !text::is_unsupported(*c)).collect(),
                person: person.map(|id| UserId(Uuid::from_u128(id))),
                kind: kind.map(|kind| ActionKind::ALL[kind]),
                about: about.map(|about| choices[about]),
                token: token.map(|id| TokenId(Uuid::from_u128(id))),
                from: day.filter(|_| ends > 2),
                to: day.filter(|_| ends < 4),
                offset: day.and(offset),
                end_offset: day.filter(|_| ends < 4).and(end_offset),
                place: key.map_or(PagePosition::Last, |key| PagePosition::After(key.cursor())),
            };
            let query = filter.to_query();
            let again = TrailFilter::from_query(|key| query.iter().find(|(k, _)| *k == key).map(|(_, v)| v.clone()));
            prop_assert_eq!(again, filter);
        }
    }
}
