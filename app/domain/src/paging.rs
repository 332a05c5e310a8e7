//! Pages of a long list. Each page begins after, or ends before, a row that is identified by its key. So its rows stay
//! the same when rows elsewhere in the list come or go, and every page costs the same.

use serde::{Deserialize, Serialize};

/// The value in a link for the page at the end of the list.
const END: &str = "end";

/// A row's key as text: its position in the order of the list. Only the list itself interprets it, and the row may be
/// gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

/// The position of a page in its list, as a link gives it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PagePosition {
    /// The page at the beginning of the list.
    #[default]
    First,
    /// The page that begins right after this row.
    After(Cursor),
    /// The page that ends right before this row.
    Before(Cursor),
    /// The page at the end of the list.
    Last,
}

impl PagePosition {
    /// Reads a link's query; `get` looks up one of its values, and `is_key` returns whether the list can read a key.
    /// Invalid values are ignored.
    pub fn from_query(get: impl Fn(&str) -> Option<String>, is_key: impl Fn(&Cursor) -> bool) -> Self {
        let key = |name| get(name).map(Cursor);
        if let Some(after) = key("after").filter(&is_key) {
            return Self::After(after);
        }
        match key("before") {
            Some(Cursor(end)) if end == END => Self::Last,
            Some(before) if is_key(&before) => Self::Before(before),
            _ => Self::First,
        }
    }

    /// Returns the query of a link to this page; `None` for the first page.
    #[must_use]
    pub fn to_query(&self) -> Option<(&'static str, String)> {
        match self {
            Self::First => None,
            Self::After(Cursor(key)) => Some(("after", key.clone())),
            Self::Before(Cursor(key)) => Some(("before", key.clone())),
            Self::Last => Some(("before", END.to_owned())),
        }
    }
}

/// A number of rows, counted up to a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// Exactly this many.
    Exactly(u64),
    /// More than this limit.
    MoreThan(u64),
}

impl Count {
    /// Returns the count of this many rows, of which one more than the limit was counted at most.
    #[must_use]
    pub const fn up_to(limit: u64, found: u64) -> Self {
        if found > limit { Self::MoreThan(limit) } else { Self::Exactly(found) }
    }
}

/// A page's position in its list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The page that is shown: the requested one, or its substitute if that has no rows (any more).
    pub place: PagePosition,
    /// Rows on this page.
    pub rows: u64,
    /// Rows before this page.
    pub before: Count,
    /// Rows on all pages.
    pub total: Count,
    /// The first row, if there are rows before it.
    pub first: Option<Cursor>,
    /// The last row, if there are rows after it.
    pub last: Option<Cursor>,
}

impl Default for Position {
    /// Returns the position of the only page of an empty list.
    fn default() -> Self {
        let none = Count::Exactly(0);
        Self { place: PagePosition::First, rows: 0, before: none, total: none, first: None, last: None }
    }
}

/// The rows that a page shows, in a form that needs no further counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowsShown {
    /// All rows of the list.
    All,
    /// The rows from the first number to the second, both included, counted from 1.
    Range(u64, u64),
    /// The first number of rows, after more than the second number of others.
    Beyond(u64, u64),
    /// This many rows at the end of the list.
    Last(u64),
}

impl Position {
    /// Returns the page before this one, if there is one.
    #[must_use]
    pub fn previous(&self) -> Option<PagePosition> {
        self.first.clone().map(PagePosition::Before)
    }

    /// Returns the page after this one, if there is one.
    #[must_use]
    pub fn next(&self) -> Option<PagePosition> {
        self.last.clone().map(PagePosition::After)
    }

    /// Returns which rows the page shows.
    #[must_use]
    pub fn shown(&self) -> RowsShown {
        match self.before {
            Count::Exactly(0) if self.last.is_none() => RowsShown::All,
            Count::Exactly(before) => RowsShown::Range(before + 1, before + self.rows),
            Count::MoreThan(_) if self.last.is_none() => RowsShown::Last(self.rows),
            Count::MoreThan(limit) => RowsShown::Beyond(self.rows, limit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(query: &[(&str, &str)]) -> PagePosition {
        let get = |key: &str| query.iter().find(|(k, _)| *k == key).map(|(_, v)| (*v).to_owned());
        PagePosition::from_query(get, |Cursor(key)| key.starts_with('k'))
    }

    #[test]
    fn a_key_that_the_list_cannot_read_is_ignored() {
        assert_eq!(read(&[("after", "x"), ("before", "")]), PagePosition::First);
        assert_eq!(read(&[("after", "end")]), PagePosition::First);
        assert_eq!(read(&[("after", "x"), ("before", "k1")]), PagePosition::Before(Cursor("k1".to_owned())));
        assert_eq!(read(&[("after", "k2"), ("before", "k1")]), PagePosition::After(Cursor("k2".to_owned())));
        assert_eq!(read(&[("before", "end")]), PagePosition::Last);
    }

    #[test]
    fn page_shows_row_numbers_only_if_they_were_counted() {
        let key = || Some(Cursor("k".to_owned()));
        let at = |before, last| Position { rows: 24, before, last, ..Position::default() }.shown();
        assert_eq!(at(Count::Exactly(0), None), RowsShown::All);
        assert_eq!(at(Count::Exactly(0), key()), RowsShown::Range(1, 24));
        assert_eq!(at(Count::Exactly(48), None), RowsShown::Range(49, 72));
        assert_eq!(at(Count::MoreThan(100), key()), RowsShown::Beyond(24, 100));
        assert_eq!(at(Count::MoreThan(100), None), RowsShown::Last(24));
    }

    proptest! {
        #[test]
        fn link_restores_its_place(kind in 0..4_usize, key in "k\\PC{0,20}") {
            let key = Cursor(key);
            let place = [PagePosition::First, PagePosition::After(key.clone()), PagePosition::Before(key), PagePosition::Last][kind].clone();
            let query: Vec<_> = place.to_query().into_iter().collect();
            let query: Vec<_> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
            prop_assert_eq!(read(&query), place);
        }
    }
}
