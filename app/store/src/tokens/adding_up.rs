//! Adding calls up to the totals of their days, from time to time, and removing old ones. The totals stay when the calls
//! themselves are removed.

use crate::db::database::{Connection, DAY, micros};
use crate::db::sql::{self, QueryBuilder};
use crate::error::Error;
use crate::gate::calls::PackRow;
use crate::tokens::Tokens;
use crate::tokens::passed::Passed;
use crate::tokens::sources::Sources;
use crate::tokens::usage::{CALLS, FIRST, IN_ORDER, ROWS, SELECT, Sums, packs_to_count, some_packs};
use chrono::TimeDelta;
use domain::account::AccountId;
use uuid::Uuid;

impl Tokens<'_> {
    /// Adds the calls that were written since the last time to the totals of their days. Returns their number. Works in
    /// transactions of some packs, so that it can be interrupted anywhere. If a pack can't be read, its account, and no
    /// other, waits until the pack is removed.
    ///
    /// # Errors
    /// [`Error::Database`]; [`Error::Corrupt`] for the first pack that can't be read, after everything else is done.
    pub async fn add_up_calls(self) -> Result<u64, Error> {
        let (mut added, mut account, mut corrupt) = (0, Uuid::nil(), None);
        while let Some(next) = self.next_account_with_calls(account).await? {
            account = next;
            match self.add_up_all(account).await {
                Ok(calls) => added += calls,
                Err(error @ Error::Corrupt(_)) => {
                    corrupt.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        corrupt.map_or(Ok(added), Err)
    }

    /// Adds up all packs of the account. Returns the number of calls.
    async fn add_up_all(self, account: Uuid) -> Result<u64, Error> {
        let mut added = 0;
        while let Some(calls) = self.add_up_some(account).await? {
            added += calls;
        }
        while self.add_older_sources(account).await? {}
        Ok(added)
    }

    /// Adds the sources of some packs that a version without sources has added up. Returns whether there were any.
    async fn add_older_sources(self, account: Uuid) -> Result<bool, Error> {
        let older = "SELECT EXISTS (SELECT 1 FROM call_packs WHERE account_id = $1 AND counted AND NOT sources)";
        if !sql::query_scalar::<bool>(older).bind(account).fetch_one(self.core.read()).await? {
            return Ok(false);
        }
        let mut tx = self.core.begin_in(AccountId(account)).await?;
        let mut query = some_packs(SELECT, "AND counted AND NOT sources", account, FIRST, i64::MAX, CALLS);
        query.push(IN_ORDER);
        let packs: Vec<PackRow> = query.build_query_as().fetch_all(&mut *tx).await?;
        let (mut sources, mut passed) = (Sources::default(), Passed::default());
        for pack in &packs {
            let (day, calls) = (pack.last_at.div_euclid(DAY), pack.calls()?);
            sources.add(day, calls.iter());
            passed.add(day, calls.iter());
        }
        sources.write(&mut tx, account, self.core.now()).await?;
        passed.write(&mut tx, account).await?;
        mark(&mut tx, &packs).await?;
        tx.commit().await?;
        Ok(!packs.is_empty())
    }

    /// Adds up some packs of the account. Returns the number of calls, or `None` if there were none.
    async fn add_up_some(self, account: Uuid) -> Result<Option<u64>, Error> {
        let mut tx = self.core.begin_in(AccountId(account)).await?;
        let packs = packs_to_count(&mut tx, account, FIRST, i64::MAX).await?;
        if packs.is_empty() {
            return Ok(None);
        }
        let (mut sums, mut sources, mut passed) = (Sums::default(), Sources::default(), Passed::default());
        for pack in &packs {
            let (day, calls) = (pack.last_at.div_euclid(DAY), pack.calls()?);
            sums.add(day, &calls);
            sources.add(day, calls.iter());
            passed.add(day, calls.iter());
        }
        let added = sums.calls();
        sums.write(&mut tx, account).await?;
        sources.write(&mut tx, account, self.core.now()).await?;
        passed.write(&mut tx, account).await?;
        mark(&mut tx, &packs).await?;
        tx.commit().await?;
        Ok(Some(added))
    }

    /// Removes the calls that are older than `keep` and either added up or unreadable, and where calls before came from.
    /// Works in transactions of some packs.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn remove_old_calls(self, keep: TimeDelta) -> Result<(), Error> {
        let before = micros(self.core.now() - keep);
        let mut account = Uuid::nil();
        while let Some(next) = self.next_account_with_calls(account).await? {
            account = next;
            while self.remove_some(account, before).await? > 0 {}
            self.remove_unreadable(account, before).await?;
        }
        self.remove_old_sources(keep).await
    }

    async fn remove_some(self, account: Uuid, before: i64) -> Result<u64, Error> {
        let mut tx = self.core.begin_in(AccountId(account)).await?;
        let removed =
            some_packs("DELETE", "AND counted", account, FIRST, before, CALLS).build().execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(removed.rows_affected())
    }

    /// Removes the old packs that are not added up because they can't be read.
    async fn remove_unreadable(self, account: Uuid, before: i64) -> Result<(), Error> {
        let mut after = FIRST;
        loop {
            let packs = packs_to_count(&mut self.core.read().acquire().await?, account, after, before).await?;
            let Some(last) = packs.last() else { return Ok(()) };
            after = last.place();
            for pack in &packs {
                if let Err(error) = pack.calls() {
                    let mut tx = self.core.begin_in(AccountId(account)).await?;
                    sql::query("DELETE FROM call_packs WHERE id = $1").bind(pack.id).execute(&mut *tx).await?;
                    tx.commit().await?;
                    tracing::warn!(%error, "calls that can't be read were removed for their age, and are in no report");
                }
            }
        }
    }

    async fn next_account_with_calls(self, after: Uuid) -> Result<Option<Uuid>, Error> {
        let next = "SELECT account_id FROM call_packs WHERE account_id > $1 ORDER BY account_id LIMIT 1";
        Ok(sql::query_scalar(next).bind(after).fetch_optional(self.core.read()).await?)
    }
}

/// Notes that the packs are added up, with their sources.
async fn mark(tx: &mut Connection, packs: &[PackRow]) -> Result<(), Error> {
    for packs in packs.chunks(ROWS) {
        let mut counted = QueryBuilder::new("UPDATE call_packs SET counted = TRUE, sources = TRUE WHERE id IN (");
        counted.push_list(packs.iter().map(|pack| pack.id)).push(")");
        counted.build().persistent(false).execute(&mut *tx).await?;
    }
    Ok(())
}

#[cfg(test)]
mod with_services {
    use super::*;
    use crate::db::plans::stores;
    use crate::gate::call::Call;
    use crate::gate::calls::with_services::call;

    #[tokio::test]
    async fn packs_of_one_call_are_handled_thousands_at_once() {
        for store in stores().await {
            let account = Uuid::now_v7();
            let call = call(account);
            for number in 0..5_000 {
                store.gate().record_call(Call { at: call.at - TimeDelta::hours(number), ..call });
            }
            store.gate().flush_calls().await.unwrap();
            for added in [Some(4_000), Some(1_000), None] {
                assert_eq!(store.tokens().add_up_some(account).await.unwrap(), added);
            }
            for removed in [4_000, 1_000, 0] {
                assert_eq!(store.tokens().remove_some(account, i64::MAX).await.unwrap(), removed);
            }
        }
    }
}
