//! Pages of long lists. A page begins after, or ends before, a row that is known by its key: the index of the order is
//! entered there, at any depth. A page that has a number is skipped to.

use crate::db::database::Connection;
use crate::db::sql::{Dialect, QueryBuilder, Row, Value};
use domain::paging::{Count, Cursor, PagePosition, Position};

/// The order of a list, which has an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Order {
    /// The column to sort by.
    pub(crate) value: &'static str,
    /// The column that decides between equal values.
    pub(crate) tie: &'static str,
    /// Whether the greatest value comes first.
    pub(crate) descending: bool,
    /// Whether rows may have no value; these come last.
    pub(crate) nullable: bool,
}

impl Order {
    /// Returns the `ORDER BY` clause, from the end if `backwards`.
    pub(crate) fn clause(self, backwards: bool) -> String {
        let Self { value, tie, descending, nullable } = self;
        let direction = if descending == backwards { "" } else { " DESC" };
        let nulls = match (nullable, backwards) {
            (false, _) => "",
            (true, false) => " NULLS LAST",
            (true, true) => " NULLS FIRST",
        };
        format!(" ORDER BY {value}{direction}{nulls}, {tie}{direction}")
    }
}

/// A row's place in an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    /// The row's value, if it has one.
    pub(crate) value: Option<Value>,
    /// The value that decides between equal ones.
    pub(crate) tie: Value,
}

/// A list with its filters and its order.
pub(crate) trait List {
    /// The type of a row.
    type Row: Row;
    /// The head of the query for rows, with the table.
    const SELECT: &'static str;
    /// The table.
    const TABLE: &'static str;
    /// The number of rows on a page.
    const SIZE: u32;
    /// The most rows that are counted.
    const COUNTED: u32;

    /// Returns the kind of database that the list is in.
    fn dialect(&self) -> Dialect;

    /// Returns the order.
    fn order(&self) -> Order;

    /// Returns whether matching rows may be rare along the order, but are found together elsewhere.
    fn lies_together(&self) -> bool;

    /// Returns up to how many matching rows are all read and sorted, rather than found along the order.
    fn few(&self) -> u64 {
        2 * u64::from(Self::SIZE)
    }

    /// Returns a query with this head for the matching rows. `SQLite`, which does not know their number, goes along the
    /// index of the order if `along_order`.
    fn filtered(&self, head: String, along_order: bool) -> QueryBuilder;

    /// Returns the key that the cursor stands for, if it is valid in this order.
    fn key(&self, cursor: &Cursor) -> Option<Key>;

    /// Returns the cursor that stands for the row.
    fn cursor(&self, row: &Self::Row) -> Cursor;
}

/// Returns the page at this place or, if it has no rows, the one shown in its stead. All queries must see the same
/// state.
pub(crate) async fn page<L: List>(
    list: &L,
    asked: &PagePosition,
    on: &mut Connection,
) -> sqlx::Result<(Vec<L::Row>, Position)> {
    let total = Side::ALL.count(list, L::COUNTED, false, on).await?;
    if total == Count::Exactly(0) {
        return Ok((Vec::new(), Position::default()));
    }
    let mut place = match asked {
        PagePosition::After(cursor) | PagePosition::Before(cursor) if list.key(cursor).is_none() => PagePosition::First,
        asked => asked.clone(),
    };
    // Going along the order to find so few would pass over nearly all the others.
    let along_order = !matches!(total, Count::Exactly(total) if total <= list.few());
    let mut rows = at(&place, list, total, along_order, on).await?;
    if rows.is_empty() {
        place = if matches!(place, PagePosition::After(_)) { PagePosition::Last } else { PagePosition::First };
        rows = at(&place, list, total, along_order, on).await?;
    }
    let here = rows.len() as u64;
    let [top, bottom] = [rows.first(), rows.last()].map(|row| row.map(|row| list.cursor(row)));
    let beyond = |cursor: &Option<Cursor>, backwards| {
        let key = cursor.as_ref().and_then(|cursor| list.key(cursor));
        Side { key, backwards }
    };
    let before = match (&place, total) {
        (PagePosition::First, _) => Count::Exactly(0),
        (PagePosition::Last, Count::Exactly(total)) => Count::Exactly(total - here),
        _ => {
            let along_order = matches!(total, Count::MoreThan(_)) && !list.lies_together();
            beyond(&top, true).count(list, L::COUNTED, along_order, on).await?
        }
    };
    let full = here == u64::from(L::SIZE);
    let ends = match (&place, before, total) {
        (PagePosition::Last, ..) => true,
        (PagePosition::First | PagePosition::After(_), ..) if !full => true,
        (_, Count::Exactly(before), Count::Exactly(total)) if before + here == total => true,
        _ => beyond(&bottom, false).count(list, 0, along_order, on).await? == Count::Exactly(0),
    };
    let begins = before == Count::Exactly(0);
    if begins && (ends || full) {
        place = PagePosition::First;
    }
    let position =
        Position { place, rows: here, before, total, first: top.filter(|_| !begins), last: bottom.filter(|_| !ends) };
    Ok((rows, position))
}

/// Returns the rows at this place, of `total`.
async fn at<L: List>(
    place: &PagePosition,
    list: &L,
    total: Count,
    along_order: bool,
    on: &mut Connection,
) -> sqlx::Result<Vec<L::Row>> {
    let (key, backwards) = match place {
        PagePosition::First => (None, false),
        PagePosition::After(cursor) => (list.key(cursor), false),
        PagePosition::Before(cursor) => (list.key(cursor), true),
        PagePosition::Last => (None, true),
    };
    let mut rows = Side { key, backwards }.rows(list, along_order, on).await?;
    if let (PagePosition::Last, Count::Exactly(total @ 1..)) = (place, total) {
        // The pages are the same from either end.
        rows.truncate(usize::try_from((total - 1) % u64::from(L::SIZE)).unwrap_or_default() + 1);
    }
    if backwards {
        rows.reverse();
    }
    Ok(rows)
}

/// The rows beyond a key, forwards or backwards; all rows if there is no key.
pub(crate) struct Side {
    pub(crate) key: Option<Key>,
    pub(crate) backwards: bool,
}

/// A part of a [`Side`] that an index has in one piece.
enum IndexRange<'k> {
    /// All rows.
    Whole,
    /// Rows with a value, beyond this value and tie.
    Beyond(&'k Value, &'k Value),
    /// Rows without a value, beyond this tie.
    BeyondWithout(&'k Value),
    /// Rows with a value.
    With,
    /// Rows without a value.
    Without,
}

impl Side {
    /// All rows, forwards.
    pub(crate) const ALL: Self = Self { key: None, backwards: false };

    /// Returns its parts, in order.
    fn stretches(&self, order: Order) -> Vec<IndexRange<'_>> {
        match (&self.key, self.backwards) {
            (None, _) => vec![IndexRange::Whole],
            (Some(Key { value: Some(value), tie }), false) if order.nullable => {
                vec![IndexRange::Beyond(value, tie), IndexRange::Without]
            }
            (Some(Key { value: Some(value), tie }), _) => vec![IndexRange::Beyond(value, tie)],
            (Some(Key { value: None, tie }), false) => vec![IndexRange::BeyondWithout(tie)],
            (Some(Key { value: None, tie }), true) => vec![IndexRange::BeyondWithout(tie), IndexRange::With],
        }
    }

    /// Returns the query with this head for each part.
    fn queries<L: List>(&self, list: &L, head: &str, along_order: bool) -> Vec<QueryBuilder> {
        let order = list.order();
        let Order { value, tie, descending, .. } = order;
        let beyond = if descending == self.backwards { '>' } else { '<' };
        let query = |stretch| {
            let mut query = list.filtered(head.to_owned(), along_order);
            match stretch {
                IndexRange::Whole => &mut query,
                IndexRange::Beyond(from, equal) => {
                    query.push(format_args!(" AND ({value}, {tie}) {beyond} (")).push_bind(from.clone());
                    query.push(", ").push_bind(equal.clone()).push(")")
                }
                IndexRange::BeyondWithout(equal) => {
                    query.push(format_args!(" AND {value} IS NULL AND {tie} {beyond} ")).push_bind(equal.clone())
                }
                IndexRange::With => query.push(format_args!(" AND {value} IS NOT NULL")),
                IndexRange::Without => query.push(format_args!(" AND {value} IS NULL")),
            };
            query
        };
        self.stretches(order).into_iter().map(query).collect()
    }

    /// Returns the queries that [`Self::rows`] runs. Limits are in their text, so that `PostgreSQL` plans for them.
    pub(crate) fn rows_queries<L: List>(&self, list: &L, along_order: bool) -> Vec<QueryBuilder> {
        let mut queries = self.queries(list, &head(list), along_order);
        for query in &mut queries {
            finish(query, list, self.backwards, |query| _ = query.push(L::SIZE));
        }
        queries
    }

    /// Returns the queries that [`Self::count`] runs.
    pub(crate) fn count_queries<L: List>(&self, list: &L, limit: u32, along_order: bool) -> Vec<QueryBuilder> {
        let head = format!("SELECT COUNT(*) FROM (SELECT 1 FROM {}", L::TABLE);
        let mut queries = self.queries(list, &head, along_order);
        for query in &mut queries {
            query.push(format_args!(" LIMIT {}) AS counted", limit + 1));
        }
        queries
    }

    /// Returns the first page of rows.
    async fn rows<L: List>(&self, list: &L, along_order: bool, on: &mut Connection) -> sqlx::Result<Vec<L::Row>> {
        let mut rows = Vec::new();
        for query in self.rows_queries(list, along_order) {
            if rows.len() < L::SIZE as usize {
                rows.extend(query.build_query_as::<L::Row>().fetch_all(&mut *on).await?);
            }
        }
        rows.truncate(L::SIZE as usize);
        Ok(rows)
    }

    /// Returns the number of rows, counted up to `limit`.
    async fn count<L: List>(
        &self,
        list: &L,
        limit: u32,
        along_order: bool,
        on: &mut Connection,
    ) -> sqlx::Result<Count> {
        let mut count = 0;
        for query in self.count_queries(list, limit, along_order) {
            if count <= limit.into() {
                count += query.build_query_scalar::<i64>().fetch_one(&mut *on).await?.unsigned_abs();
            }
        }
        Ok(Count::up_to(limit.into(), count))
    }
}

/// Returns the head of a query for rows, which [`finish`] completes.
fn head<L: List>(list: &L) -> String {
    match list.dialect() {
        // Of a row that is passed over, SQLite reads only what the index holds.
        Dialect::Sqlite => L::SELECT.to_owned(),
        // PostgreSQL would read, and compute, everything that is selected of it. The ids alone are in the index.
        Dialect::Postgres => format!("{} WHERE id IN (SELECT id FROM {}", L::SELECT, L::TABLE),
    }
}

fn finish<L: List>(query: &mut QueryBuilder, list: &L, backwards: bool, limit: impl Fn(&mut QueryBuilder)) {
    let order = list.order().clause(backwards);
    limit(query.push(&order).push(" LIMIT "));
    if list.dialect() == Dialect::Postgres {
        query.push(")").push(order);
    }
}

/// A page that has a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Numbered {
    /// Whether it is skipped to from the end, which is nearer; its rows then come in the opposite order.
    pub(crate) backwards: bool,
    skipped: i64,
    rows: i64,
}

impl Numbered {
    /// Returns the page with this number, from 1, of pages of this size; `None` if the list is shorter.
    pub(crate) fn new(number: u32, size: u32, total: i64) -> Option<Self> {
        let skipped = i64::from(number.checked_sub(1)?) * i64::from(size);
        let rows = i64::from(size).min(total - skipped);
        let left = total - skipped - rows;
        let part = if left < skipped {
            Self { backwards: true, skipped: left, rows }
        } else {
            Self { backwards: false, skipped, rows }
        };
        Some(part).filter(|_| rows > 0)
    }

    /// Returns the page with the same number in the list in the opposite order.
    pub(crate) fn reversed(self) -> Self {
        Self { backwards: !self.backwards, ..self }
    }

    /// Returns the query for its rows, along the order or not: see [`List::filtered`].
    pub(crate) fn query<L: List>(self, list: &L, along_order: bool) -> QueryBuilder {
        let mut query = list.filtered(head(list), along_order);
        finish(&mut query, list, self.backwards, |query| {
            query.push_bind(self.rows).push(" OFFSET ").push_bind(self.skipped);
        });
        query
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_numbered_page_is_the_same_rows_from_either_end(total in 1..500_usize, size in 1..30_u32) {
            let all: Vec<_> = (0..total).collect();
            let length = i64::try_from(total).unwrap();
            let mut number = 0;
            for expected in all.chunks(size as usize) {
                number += 1;
                let part = Numbered::new(number, size, length).unwrap();
                let mut from = all.clone();
                if part.backwards {
                    from.reverse();
                }
                let skipped = usize::try_from(part.skipped).unwrap();
                let mut rows: Vec<_> = from.into_iter().skip(skipped).take(usize::try_from(part.rows).unwrap()).collect();
                if part.backwards {
                    rows.reverse();
                }
                prop_assert_eq!(rows, expected);
                prop_assert!(skipped <= total / 2);
            }
            for beyond in [0, number + 1, u32::MAX] {
                prop_assert_eq!(Numbered::new(beyond, size, length), None);
            }
        }
    }
}
