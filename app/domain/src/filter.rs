//! Which tokens the list shows, in which order, and how a link says it.

use crate::text;
use crate::token::{NAME_MAX, Token, TokenState};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Tokens on one page of the list.
pub const PAGE_SIZE: u32 = 24;
/// The greatest page number that a link can ask for.
const PAGE_MAX: u32 = 1_000_000;

/// When a token was created, counted back from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the interface's own words
pub enum CreatedOn {
    Last7Days,
    Last30Days,
    MoreThan30Days,
}

impl CreatedOn {
    /// Every choice, as the filter shows them.
    pub const ALL: [Self; 3] = [Self::Last7Days, Self::Last30Days, Self::MoreThan30Days];

    /// The choice's name in a link.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Last7Days => "last-7-days",
            Self::Last30Days => "last-30-days",
            Self::MoreThan30Days => "more-than-30-days",
        }
    }

    /// The choice of that name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.as_str() == name)
    }

    /// The earliest time of creation that fits (inclusive).
    #[must_use]
    pub fn from(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Last7Days => Some(now - TimeDelta::days(7)),
            Self::Last30Days => Some(now - TimeDelta::days(30)),
            Self::MoreThan30Days => None,
        }
    }

    /// The first time of creation that no longer fits (exclusive).
    #[must_use]
    pub fn before(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (self == Self::MoreThan30Days).then(|| now - TimeDelta::days(30))
    }
}

/// The order of the list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// Created last, first.
    #[default]
    Created,
    /// By name, without regard to case or width.
    Name,
    /// Used last, first; never used, last.
    LastUsed,
}

impl Sort {
    /// Every order, as lists show them.
    pub const ALL: [Self; 3] = [Self::Created, Self::Name, Self::LastUsed];

    /// The order's name in a link.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Name => "name",
            Self::LastUsed => "last-used",
        }
    }

    /// The order of that name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.as_str() == name)
    }
}

/// Filters, order and page of the token list. The filters combine: a token is shown that fits all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenFilter {
    /// Part of the name, as typed; empty for any.
    pub name: String,
    /// When it was created.
    pub created: Option<CreatedOn>,
    /// Its state.
    pub state: Option<TokenState>,
    /// The order.
    pub sort: Sort,
    /// The page, from 1.
    pub page: u32,
}

impl Default for TokenFilter {
    fn default() -> Self {
        Self { name: String::new(), created: None, state: None, sort: Sort::default(), page: 1 }
    }
}

impl TokenFilter {
    /// Reads a link's query, given how to look up one of its values. What makes no sense is ignored.
    pub fn from_query(get: impl Fn(&str) -> Option<String>) -> Self {
        let name = get("name").unwrap_or_default();
        Self {
            name: name.chars().filter(|c| !text::is_unsupported(*c)).take(NAME_MAX).collect(),
            created: get("created").and_then(|name| CreatedOn::from_name(&name)),
            state: get("state").and_then(|name| TokenState::from_name(&name)),
            sort: get("sort").and_then(|name| Sort::from_name(&name)).unwrap_or_default(),
            page: get("page").and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, PAGE_MAX),
        }
    }

    /// What a link's query needs to say; nothing for what is as usual.
    #[must_use]
    pub fn to_query(&self) -> Vec<(&'static str, String)> {
        let page = (self.page > 1).then(|| self.page.to_string());
        let sort = (self.sort != Sort::default()).then(|| self.sort.as_str().to_owned());
        [
            ("name", Some(self.name.clone()).filter(|name| !name.is_empty())),
            ("created", self.created.map(|created| created.as_str().to_owned())),
            ("state", self.state.map(|state| state.as_str().to_owned())),
            ("sort", sort),
            ("page", page),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .collect()
    }

    /// How many of the three filters are set.
    #[must_use]
    pub fn active(&self) -> usize {
        usize::from(!self.name.trim().is_empty())
            + usize::from(self.created.is_some())
            + usize::from(self.state.is_some())
    }

    /// The same order with no filter: what Clear all leads to.
    #[must_use]
    pub fn cleared(&self) -> Self {
        Self { sort: self.sort, ..Self::default() }
    }

    /// The same filters on another page.
    #[must_use]
    pub fn on_page(&self, page: u32) -> Self {
        Self { page, ..self.clone() }
    }
}

/// One page of the tokens that fit a filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenList {
    /// The tokens of this page, at most [`PAGE_SIZE`].
    pub tokens: Vec<Token>,
    /// How many fit on all pages.
    pub total: u64,
    /// The page that this is, from 1: the one asked for, or the last one where that lies beyond.
    pub page: u32,
    /// The number of an entry in the account's audit trail whose result is in the list. That of later ones may be.
    pub as_of: i64,
}

impl TokenList {
    /// How many pages there are, at least 1.
    #[must_use]
    pub fn pages(&self) -> u32 {
        pages(self.total)
    }
}

/// How many pages so many tokens fill, at least 1.
#[must_use]
pub fn pages(total: u64) -> u32 {
    u32::try_from(total.div_ceil(u64::from(PAGE_SIZE))).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(query: &[(&str, &str)]) -> TokenFilter {
        TokenFilter::from_query(|key| query.iter().find(|(k, _)| *k == key).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn nonsense_in_a_link_is_ignored() {
        let nonsense = [("name", ""), ("created", "yesterday"), ("state", "' OR 1=1"), ("sort", "-1"), ("page", "-3")];
        assert_eq!(read(&nonsense), TokenFilter::default());
        assert_eq!(read(&[("page", "0")]).page, 1);
        assert_eq!(read(&[("page", "99999999999999999999")]).page, 1);
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
    fn clear_all_keeps_the_order() {
        let filter =
            read(&[("name", "x"), ("state", "enabled"), ("created", "last-7-days"), ("sort", "name"), ("page", "3")]);
        assert_eq!(filter.active(), 3);
        assert_eq!(filter.cleared(), TokenFilter { sort: Sort::Name, ..TokenFilter::default() });
    }

    #[test]
    fn no_token_at_all_still_fills_one_page() {
        assert_eq!([0, 1, 24, 25, 48, 49].map(pages), [1, 1, 1, 2, 2, 3]);
    }

    proptest! {
        #[test]
        fn a_link_brings_back_what_it_was_made_from(
            name in "\\PC{0,40}", created in 0..4_usize, state in 0..3_usize, sort in 0..3_usize, page in 1..5000_u32,
        ) {
            let filter = TokenFilter {
                name: name.chars().filter(|c| !text::is_unsupported(*c)).collect(),
                created: CreatedOn::ALL.get(created).copied(),
                state: TokenState::ALL.get(state).copied(),
                sort: Sort::ALL[sort],
                page,
            };
            let query = filter.to_query();
            let again = TokenFilter::from_query(|key| query.iter().find(|(k, _)| *k == key).map(|(_, v)| v.clone()));
            prop_assert_eq!(again, filter);
        }
    }
}
