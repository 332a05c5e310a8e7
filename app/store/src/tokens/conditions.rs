//! The conditions of tokens in SQL: the same as [`Condition::holds`], from an index that has them together.

use crate::db::sql::QueryBuilder;
use chrono::{DateTime, TimeDelta, Utc};
use domain::account::AccountId;
use domain::gate::api_version::ApiVersion;
use domain::members::membership::MembershipState;
use domain::tokens::condition::{Condition, EXPIRING_WITHIN, IN_USE_WITHIN, NEW_FOR, UNUSED_AFTER};
use domain::tokens::expiry::Lifetime;
use domain::tokens::token::TokenState;

/// The values that conditions depend on besides the token: the time, the account, and its longest lifetime of Auth Tokens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Conditions {
    pub(crate) now: DateTime<Utc>,
    pub(crate) account: AccountId,
    pub(crate) longest: Option<Lifetime>,
}

impl Conditions {
    /// Returns the index that has the tokens of the condition together.
    pub(crate) const fn index(self, condition: Condition) -> &'static str {
        match condition {
            Condition::Working | Condition::OldVersion => "tokens_by_state",
            // With a longest lifetime, a token may end at one of two times.
            Condition::ExpiredInUse | Condition::Expiring if self.longest.is_some() => "tokens_by_state",
            Condition::ExpiredInUse | Condition::Expiring => "tokens_by_expiry",
            Condition::ContactDeactivated => "tokens_by_contact",
            Condition::Unused | Condition::NeverUsed => "tokens_by_use",
        }
    }

    /// Narrows the query to tokens in the condition.
    pub(crate) fn push(self, condition: Condition, query: &mut QueryBuilder) {
        let now = self.now;
        query.push(" AND state = ").push_bind(TokenState::Enabled.as_str());
        match condition {
            Condition::Working => self.push_ends_after(now, query),
            Condition::ExpiredInUse => self.push_ended_in_use(query),
            Condition::Expiring if self.longest.is_none() => {
                // A range from both sides: the index has the expired ones, too.
                query.push(" AND expires_at > ").push_bind(now);
                query.push(" AND expires_at <= ").push_bind(now + EXPIRING_WITHIN);
            }
            Condition::Expiring => {
                self.push_ends_after(now, query);
                self.push_ends_until(now + EXPIRING_WITHIN, query);
            }
            Condition::ContactDeactivated => {
                query.push(" AND primary_contact IN (SELECT user_id FROM memberships WHERE account_id = ");
                query.push_bind(self.account).push(" AND state = ");
                query.push_bind(MembershipState::Deactivated.as_str()).push(")");
            }
            Condition::OldVersion => {
                query.push(" AND api_version < ").push_bind(u16::from(ApiVersion::NEWEST));
            }
            Condition::Unused => {
                query.push(" AND last_used_at <= ").push_bind(now - UNUSED_AFTER);
            }
            Condition::NeverUsed => {
                query.push(" AND last_used_at IS NULL AND created_at <= ").push_bind(now - NEW_FOR);
            }
        }
    }

    /// Narrows the query to tokens that end after this time, or never. An end is the earlier one of two: the chosen
    /// time, and that of the longest lifetime.
    fn push_ends_after(self, at: DateTime<Utc>, query: &mut QueryBuilder) {
        query.push(" AND (expires_at IS NULL OR expires_at > ").push_bind(at).push(")");
        if let Some(lifetime) = self.lifetime() {
            query.push(" AND secret_issued_at > ").push_bind(at - lifetime);
        }
    }

    /// Narrows the query to tokens that end at this time or earlier.
    fn push_ends_until(self, at: DateTime<Utc>, query: &mut QueryBuilder) {
        query.push(" AND (expires_at <= ").push_bind(at);
        if let Some(lifetime) = self.lifetime() {
            query.push(" OR secret_issued_at <= ").push_bind(at - lifetime);
        }
        query.push(")");
    }

    /// Narrows the query to tokens that have ended, by either time, and were called until shortly before now: the last
    /// call may have been refused.
    fn push_ended_in_use(self, query: &mut QueryBuilder) {
        let since = self.now - IN_USE_WITHIN;
        self.push_ends_until(self.now, query);
        query.push(" AND (last_used_at >= ").push_bind(since);
        query.push(" OR last_failed_at >= ").push_bind(since).push(")");
    }

    fn lifetime(self) -> Option<TimeDelta> {
        self.longest.map(Lifetime::length)
    }
}

#[cfg(test)]
mod with_services {
    use super::*;
    use crate::clock::Clock;
    use crate::db::paging::{Numbered, Side};
    use crate::db::plans::{plan, stores};
    use crate::db::sql::Dialect;
    use crate::tokens::list::Wanted;
    use crate::tokens::search::Search;
    use domain::tokens::filter::{COUNTED, PAGE_SIZE, Sort, TokenFilter};
    use uuid::Uuid;

    #[tokio::test]
    async fn tokens_in_each_condition_are_found_by_an_index() {
        for store in stores().await {
            let dialect = store.core.pools().dialect();
            let account = AccountId(Uuid::nil());
            let orders = Sort::ALL.into_iter().zip(["tokens_by_creation", "tokens_by_name", "tokens_by_use"]);
            for (sort, order) in orders {
                for condition in Condition::ALL {
                    for longest in [None, Lifetime::try_from(90_u16).ok()] {
                        let conditions = Conditions { now: Clock::system().now(), account, longest };
                        let filter = &TokenFilter { condition: Some(condition), sort, ..TokenFilter::default() };
                        let wanted = Wanted { dialect, filter, search: Search::All, conditions };
                        let queries = |along_order| {
                            let mut queries = Side::ALL.rows_queries(&wanted, along_order);
                            queries.extend(Side::ALL.count_queries(&wanted, COUNTED, along_order));
                            queries.extend(Numbered::new(1, PAGE_SIZE, 1).map(|page| page.query(&wanted, along_order)));
                            queries
                        };
                        for (along_order, index) in [(false, conditions.index(condition)), (true, order)] {
                            for query in queries(along_order) {
                                let plan = plan(&store, query).await;
                                let found = dialect == Dialect::Postgres || plan.contains(index);
                                assert!(found, "{condition:?}, {sort:?}, along {along_order}: {plan}");
                                assert!(!plan.contains("SCAN tokens"), "{condition:?}, {sort:?}: {plan}");
                                assert!(!plan.contains("Seq Scan on tokens"), "{condition:?}, {sort:?}: {plan}");
                                let sorted = along_order && plan.contains("TEMP B-TREE");
                                assert!(!sorted, "{condition:?}, {sort:?}: {plan}");
                            }
                        }
                    }
                }
            }
        }
    }
}
