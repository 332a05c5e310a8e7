//! A page of a long list: it is skipped to from the nearer end, and only what stands on it is read whole.

use crate::sql::{Dialect, QueryBuilder};

/// A part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// Whether it is read from the end on; the rows come in the opposite order then.
    pub(crate) backwards: bool,
    skipped: i64,
    rows: i64,
}

impl Part {
    /// The page of that number, from 1, of pages of that size.
    pub(crate) fn of_page(page: u32, size: u32, total: i64) -> Self {
        let skipped = i64::from(page - 1) * i64::from(size);
        let rows = i64::from(size).min(total - skipped).max(0);
        let left = total - skipped - rows;
        if left < skipped { Self { backwards: true, skipped: left, rows } } else { Self::first(rows).after(skipped) }
    }

    /// At most so many from the beginning.
    pub(crate) fn first(rows: i64) -> Self {
        Self { backwards: false, skipped: 0, rows }
    }

    fn after(self, skipped: i64) -> Self {
        Self { skipped, ..self }
    }

    /// The query for it: what `select` selects from the table, whose rows `filtered` filters.
    pub(crate) fn of(
        self,
        dialect: Dialect,
        select: &str,
        table: &str,
        order: &str,
        filtered: impl FnOnce(String) -> QueryBuilder,
    ) -> QueryBuilder {
        let mut query = filtered(match dialect {
            // It reads of a row that is skipped what the index holds, no more.
            Dialect::Sqlite => select.to_owned(),
            // It would read, and compute, all that is selected of it. The ids alone it finds in the index.
            Dialect::Postgres => format!("{select} WHERE id IN (SELECT id FROM {table}"),
        });
        query.push(order).push(" LIMIT ").push_bind(self.rows).push(" OFFSET ").push_bind(self.skipped);
        if dialect == Dialect::Postgres {
            query.push(")").push(order);
        }
        query
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_page_is_the_same_rows_from_either_end(total in 1..500_usize, size in 1..30_u32) {
            let all: Vec<_> = (0..total).collect();
            for (number, expected) in (1..).zip(all.chunks(size as usize)) {
                let part = Part::of_page(number, size, i64::try_from(total).unwrap());
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
        }
    }
}
