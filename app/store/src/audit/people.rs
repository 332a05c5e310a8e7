//! The users who appear in the audit trail, for its filter.

use crate::audit::AuditTrail;
use crate::db::sql::QueryBuilder;
use crate::error::Error;
use domain::account::AccountId;
use domain::members::user::UserId;
use std::collections::HashSet;
use uuid::Uuid;

impl AuditTrail<'_> {
    /// Returns the account's users who performed at least one of the actions in its trail.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn users(self, account: AccountId) -> Result<HashSet<UserId>, Error> {
        let ids = users_query(account).build_query_scalar::<Uuid>().fetch_all(self.core.read()).await?;
        Ok(ids.into_iter().map(UserId).collect())
    }
}

/// Returns the query for the ids of the users. The limit keeps `PostgreSQL` from joining all entries.
fn users_query(account: AccountId) -> QueryBuilder {
    let mut query = QueryBuilder::new("SELECT user_id FROM memberships WHERE account_id = ");
    query.push_bind(account).push(
        " AND (SELECT 1 FROM audit_events
            WHERE audit_events.account_id = memberships.account_id AND audit_events.user_id = memberships.user_id
            LIMIT 1) IS NOT NULL",
    );
    query
}

#[cfg(test)]
mod with_services {
    use super::*;
    use crate::db::plans::{plan, stores};

    #[tokio::test]
    async fn each_user_is_looked_up_in_the_trail_by_an_index() {
        for store in stores().await {
            let plan = plan(&store, users_query(AccountId(Uuid::nil()))).await;
            assert!(plan.contains("audit_events_by_user"), "{plan}");
            assert!(!plan.contains("Seq Scan on audit_events"), "{plan}");
        }
    }
}
