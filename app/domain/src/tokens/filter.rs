//! The filters and order of the token list, and how they are written in a link.

use crate::paging::{Cursor, PagePosition, Position};
use crate::text;
use crate::tokens::condition::Condition;
use crate::tokens::token::{NAME_MAX, Token, TokenId, TokenState};
use crate::tokens::usage::Sparkline;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// Tokens on one page of the list.
pub const PAGE_SIZE: u32 = 24;
/// Up to this many results, the list shows their exact number; beyond it, only that there are more.
pub const COUNTED: u32 = 10_000;

/// When a token was created, relative to now. A token that was created exactly 30 days ago is one of the last 30 days:
/// the two longer choices together match every token, and each token once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the interface's own words
pub enum CreatedOn {
    #[strum(serialize = "last-7-days")]
    Last7Days,
    #[strum(serialize = "last-30-days")]
    Last30Days,
    #[strum(serialize = "more-than-30-days")]
    MoreThan30Days,
}

impl CreatedOn {
    /// Every choice, as the filter shows them.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.first_chunk().unwrap();

    /// Returns the choice's name in a link.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns the earliest matching time of creation (inclusive), if there is one.
    #[must_use]
    pub fn from(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Last7Days => Some(now - TimeDelta::days(7)),
            Self::Last30Days => Some(now - TimeDelta::days(30)),
            Self::MoreThan30Days => None,
        }
    }

    /// Returns the end of the matching times of creation (exclusive), if there is one.
    #[must_use]
    pub fn before(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (self == Self::MoreThan30Days).then(|| now - TimeDelta::days(30))
    }
}

/// The order of the list.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "kebab-case")]
pub enum Sort {
    /// Newest first.
    #[default]
    Created,
    /// By name, ignoring letter case, width and the kind of kana.
    Name,
    /// Most recently used first; never used last.
    LastUsed,
}

impl Sort {
    /// Every order, as lists show them.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.first_chunk().unwrap();

    /// Returns the order's name in a link.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A token's position in an order of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenKey {
    /// The value that the list is sorted by.
    pub value: SortValue,
    /// The token's id, which orders tokens of equal value.
    pub id: TokenId,
}

/// The value that tokens are sorted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SortValue {
    /// A time, in microseconds since the Unix epoch.
    Time(i64),
    /// No time: the token was never used.
    Never,
    /// A name in the form of [`crate::search::search_form`].
    Name(String),
}

impl TokenKey {
    /// Reads the key of a token in that order from the text that [`Self::cursor`] wrote.
    #[must_use]
    pub fn read(sort: Sort, Cursor(text): &Cursor) -> Option<Self> {
        let (id, value) = text.split_once('.')?;
        let value = match sort {
            Sort::LastUsed if value.is_empty() => SortValue::Never,
            Sort::Created | Sort::LastUsed => SortValue::Time(value.parse().ok()?),
            // No name has this character, and PostgreSQL does not accept it.
            Sort::Name => SortValue::Name(Some(value).filter(|name| !name.contains('\0'))?.to_owned()),
        };
        Some(Self { value, id: TokenId(id.parse().ok()?) })
    }

    /// Returns the key as text.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        let id = self.id.0;
        Cursor(match &self.value {
            SortValue::Time(micros) => format!("{id}.{micros}"),
            SortValue::Never => format!("{id}."),
            SortValue::Name(name) => format!("{id}.{name}"),
        })
    }
}

/// The filters, order and page of the token list. A token is shown if it matches all filters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenFilter {
    /// A part of the name, or of the primary contact's name or e-mail address, or the Account SID, as typed; empty for any
    /// token.
    pub name: String,
    /// When the token was created.
    pub created: Option<CreatedOn>,
    /// The token's state.
    pub state: Option<TokenState>,
    /// A condition that holds for the token.
    pub condition: Option<Condition>,
    /// The order.
    pub sort: Sort,
    /// The page.
    pub place: PagePosition,
}

impl TokenFilter {
    /// Reads a link's query; `get` looks up one of its values. Invalid values are ignored.
    pub fn from_query(get: impl Fn(&str) -> Option<String>) -> Self {
        let name = get("name").unwrap_or_default();
        let sort = get("sort").and_then(|name| name.parse().ok()).unwrap_or_default();
        Self {
            name: name.chars().filter(|c| !text::is_unsupported(*c)).take(NAME_MAX).collect(),
            created: get("created").and_then(|name| name.parse().ok()),
            state: get("state").and_then(|name| name.parse().ok()),
            condition: get("condition").and_then(|name| name.parse().ok()),
            sort,
            place: PagePosition::from_query(get, |key| TokenKey::read(sort, key).is_some()),
        }
    }

    /// Returns the query of a link to this list, without default values.
    #[must_use]
    pub fn to_query(&self) -> Vec<(&'static str, String)> {
        let sort = (self.sort != Sort::default()).then(|| self.sort.as_str().to_owned());
        [
            ("name", Some(self.name.clone()).filter(|name| !name.is_empty())),
            ("created", self.created.map(|created| created.as_str().to_owned())),
            ("state", self.state.map(|state| state.as_str().to_owned())),
            ("condition", self.condition.map(|condition| condition.as_str().to_owned())),
            ("sort", sort),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .chain(self.place.to_query())
        .collect()
    }

    /// Returns how many of the filters are set.
    #[must_use]
    pub fn active(&self) -> usize {
        usize::from(!self.name.trim().is_empty())
            + usize::from(self.created.is_some())
            + usize::from(self.state.is_some())
            + usize::from(self.condition.is_some())
    }

    /// Returns the same order without filters, for the link "Clear all".
    #[must_use]
    pub fn cleared(&self) -> Self {
        Self { sort: self.sort, ..Self::default() }
    }

    /// Returns the same filters and order on another page.
    #[must_use]
    pub fn at(&self, place: PagePosition) -> Self {
        Self { place, ..self.clone() }
    }
}

/// One page of the tokens that match a filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenList {
    /// The tokens of this page, at most [`PAGE_SIZE`].
    pub tokens: Vec<Token>,
    /// The calls of those of them that were called lately, where these are asked for.
    #[serde(default)]
    pub sparklines: Vec<Sparkline>,
    /// The page's position in the list.
    pub position: Position,
    /// The number of an entry in the account's audit trail. The list includes that entry's change and possibly later
    /// ones.
    pub as_of: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn key() -> impl Strategy<Value = ([u8; 16], (Option<i64>, String))> {
        (any::<[u8; 16]>(), (any::<Option<i64>>(), "\\PC{1,40}"))
    }

    fn value_of(sort: Sort, (time, name): (Option<i64>, String)) -> SortValue {
        match (sort, time) {
            (Sort::Name, _) => SortValue::Name(name),
            (Sort::LastUsed, None) => SortValue::Never,
            (_, time) => SortValue::Time(time.unwrap_or_default()),
        }
    }

    fn read(query: &[(&str, &str)]) -> TokenFilter {
        TokenFilter::from_query(|key| query.iter().find(|(k, _)| *k == key).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn links_name_each_choice() {
        assert_eq!(CreatedOn::ALL.map(<&str>::from), ["last-7-days", "last-30-days", "more-than-30-days"]);
        assert_eq!(Sort::ALL.map(<&str>::from), ["created", "name", "last-used"]);
    }

    #[test]
    fn nonsense_in_a_link_is_ignored() {
        let nonsense = [
            ("name", ""),
            ("created", "yesterday"),
            ("state", "' OR 1=1"),
            ("condition", "Unused"),
            ("sort", "-1"),
            ("after", "-3"),
        ];
        assert_eq!(read(&nonsense), TokenFilter::default());
        assert_eq!(read(&[("name", &"x".repeat(10_000))]).name.len(), NAME_MAX);
        assert_eq!(read(&[("name", "a\u{0}\u{202e}b")]).name, "ab");
    }

    #[test]
    fn days_are_counted_back_from_now() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        assert_eq!(CreatedOn::Last7Days.from(now), Some(now - TimeDelta::days(7)));
        assert_eq!(CreatedOn::Last30Days.from(now), CreatedOn::MoreThan30Days.before(now));
        assert_eq!((CreatedOn::MoreThan30Days.from(now), CreatedOn::Last7Days.before(now)), (None, None));
    }

    #[test]
    fn token_of_exactly_30_days_is_one_of_the_last_30_days() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let matches = |choice: CreatedOn, age: TimeDelta| {
            let created = now - age;
            choice.from(now).is_none_or(|from| created >= from) && choice.before(now).is_none_or(|end| created < end)
        };
        let (days, moment) = (TimeDelta::days(30), TimeDelta::microseconds(1));
        for (age, last_30_days) in [(days - moment, true), (days, true), (days + moment, false)] {
            assert_eq!(matches(CreatedOn::Last30Days, age), last_30_days, "{age}");
            assert_eq!(matches(CreatedOn::MoreThan30Days, age), !last_30_days, "{age}");
        }
        assert!(matches(CreatedOn::Last7Days, TimeDelta::days(7)));
        assert!(!matches(CreatedOn::Last7Days, TimeDelta::days(7) + moment));
    }

    #[test]
    fn clear_all_keeps_the_order() {
        let filter = read(&[
            ("name", "x"),
            ("state", "enabled"),
            ("created", "last-7-days"),
            ("condition", "unused"),
            ("sort", "name"),
            ("before", "end"),
        ]);
        assert_eq!(filter.place, PagePosition::Last);
        assert_eq!(filter.active(), 4);
        assert_eq!(filter.cleared(), TokenFilter { sort: Sort::Name, ..TokenFilter::default() });
    }

    #[test]
    fn key_of_another_order_is_ignored() {
        let id = "01990000-0000-7000-8000-000000000000";
        let time = format!("{id}.1800000000000000");
        for (sort, key, readable) in [
            (Sort::Created, time.as_str(), true),
            (Sort::LastUsed, &time, true),
            (Sort::LastUsed, &format!("{id}."), true),
            (Sort::Created, &format!("{id}."), false),
            (Sort::Created, &format!("{id}.export"), false),
            (Sort::Created, &format!("{id}.99999999999999999999"), false),
            (Sort::Name, &format!("{id}.a.b"), true),
            (Sort::Name, &format!("{id}.a\0"), false),
            (Sort::Name, id, false),
            (Sort::Name, "1.export", false),
        ] {
            let filter = read(&[("sort", sort.as_str()), ("after", key)]);
            assert_eq!(filter.place != PagePosition::First, readable, "{sort:?}: {key}");
        }
    }

    proptest! {
        #[test]
        fn link_restores_its_filter(
            name in "\\PC{0,40}", created in 0..4_usize, state in 0..3_usize, condition in 0..8_usize,
            sort in 0..3_usize, key in key(), place in 0..4_usize,
        ) {
            let sort = Sort::ALL[sort];
            let key = TokenKey { value: value_of(sort, key.1), id: TokenId(Uuid::from_bytes(key.0)) }.cursor();
            let place = [PagePosition::First, PagePosition::After(key.clone()), PagePosition::Before(key), PagePosition::Last][place].clone();
            let filter = TokenFilter {
                name: name.chars().filter(|c| !text::is_unsupported(*c)).collect(),
                created: CreatedOn::ALL.get(created).copied(),
                state: TokenState::ALL.get(state).copied(),
                condition: Condition::ALL.get(condition).copied(),
                sort,
                place,
            };
            let query = filter.to_query();
            let again = TokenFilter::from_query(|key| query.iter().find(|(k, _)| *k == key).map(|(_, v)| v.clone()));
            prop_assert_eq!(again, filter);
        }

        #[test]
        fn a_key_is_read_as_it_was_written(key in key(), sort in 0..3_usize) {
            let key = TokenKey { value: value_of(Sort::ALL[sort], key.1), id: TokenId(Uuid::from_bytes(key.0)) };
            prop_assert_eq!(TokenKey::read(Sort::ALL[sort], &key.cursor()), Some(key));
        }

        #[test]
        fn no_text_breaks_the_reading_of_keys(text in any::<String>(), sort in 0..3_usize) {
            if let Some(key) = TokenKey::read(Sort::ALL[sort], &Cursor(text)) {
                prop_assert_eq!(TokenKey::read(Sort::ALL[sort], &key.cursor()), Some(key));
            }
        }
    }
}
