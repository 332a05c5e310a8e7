//! Pages of a long list: each begins after, or ends before, a row that is known by its key. So it holds what it holds
//! whatever comes or goes elsewhere in the list, and costs the same wherever it lies.

use serde::{Deserialize, Serialize};

/// What says in a link that a page ends where the list does.
const END: &str = "end";

/// A row's key, its place in the order of the list, as a text. Only the list itself reads it; the row need not be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

/// Where a page lies in its list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// It begins where the list does.
    #[default]
    First,
    /// It begins with the row after that one.
    After(Cursor),
    /// It ends with the row before that one.
    Before(Cursor),
    /// It ends where the list does.
    Last,
}

impl Place {
    /// Reads a link's query, given how to look up one of its values, and what the list can read. What makes no sense is
    /// ignored.
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

    /// What a link's query needs to say; nothing for the first page.
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

/// How many there are, counted up to a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// So many.
    Exactly(u64),
    /// More than that limit.
    MoreThan(u64),
}

/// A page's position in its list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The page that this is: the one asked for, or what stands in for it where that has no rows (any more).
    pub place: Place,
    /// How many rows it has.
    pub rows: u64,
    /// How many come before them.
    pub before: Count,
    /// How many there are on all pages.
    pub total: Count,
    /// The first row, where others come before it.
    pub first: Option<Cursor>,
    /// The last row, where others come after it.
    pub last: Option<Cursor>,
}

impl Default for Position {
    /// In a list without rows.
    fn default() -> Self {
        let none = Count::Exactly(0);
        Self { place: Place::First, rows: 0, before: none, total: none, first: None, last: None }
    }
}

/// Which rows a page shows, as one can say it without counting on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// All.
    All,
    /// From that to that one, counted from 1.
    Range(u64, u64),
    /// So many, that come after more than so many others.
    Beyond(u64, u64),
    /// So many, the last ones.
    Last(u64),
}

impl Position {
    /// The page before this one, if there is one.
    #[must_use]
    pub fn previous(&self) -> Option<Place> {
        self.first.clone().map(Place::Before)
    }

    /// The page after this one, if there is one.
    #[must_use]
    pub fn next(&self) -> Option<Place> {
        self.last.clone().map(Place::After)
    }

    /// Which rows the page shows.
    #[must_use]
    pub fn shown(&self) -> Shown {
        match self.before {
            Count::Exactly(0) if self.last.is_none() => Shown::All,
            Count::Exactly(before) => Shown::Range(before + 1, before + self.rows),
            Count::MoreThan(_) if self.last.is_none() => Shown::Last(self.rows),
            Count::MoreThan(limit) => Shown::Beyond(self.rows, limit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(query: &[(&str, &str)]) -> Place {
        let get = |key: &str| query.iter().find(|(k, _)| *k == key).map(|(_, v)| (*v).to_owned());
        Place::from_query(get, |Cursor(key)| key.starts_with('k'))
    }

    #[test]
    fn a_key_that_the_list_cannot_read_is_ignored() {
        assert_eq!(read(&[("after", "x"), ("before", "")]), Place::First);
        assert_eq!(read(&[("after", "end")]), Place::First);
        assert_eq!(read(&[("after", "x"), ("before", "k1")]), Place::Before(Cursor("k1".to_owned())));
        assert_eq!(read(&[("after", "k2"), ("before", "k1")]), Place::After(Cursor("k2".to_owned())));
        assert_eq!(read(&[("before", "end")]), Place::Last);
    }

    #[test]
    fn a_page_says_which_rows_it_shows_as_far_as_they_were_counted() {
        let key = || Some(Cursor("k".to_owned()));
        let at = |before, last| Position { rows: 24, before, last, ..Position::default() }.shown();
        assert_eq!(at(Count::Exactly(0), None), Shown::All);
        assert_eq!(at(Count::Exactly(0), key()), Shown::Range(1, 24));
        assert_eq!(at(Count::Exactly(48), None), Shown::Range(49, 72));
        assert_eq!(at(Count::MoreThan(100), key()), Shown::Beyond(24, 100));
        assert_eq!(at(Count::MoreThan(100), None), Shown::Last(24));
    }

    proptest! {
        #[test]
        fn a_link_brings_back_the_place_that_it_was_made_from(kind in 0..4_usize, key in "k\\PC{0,20}") {
            let key = Cursor(key);
            let place = [Place::First, Place::After(key.clone()), Place::Before(key), Place::Last][kind].clone();
            let query: Vec<_> = place.to_query().into_iter().collect();
            let query: Vec<_> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
            prop_assert_eq!(read(&query), place);
        }
    }
}
