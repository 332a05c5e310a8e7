//! The gate's look-ups: who calls with these credentials, and that a token was used.

use crate::error::Error;
use crate::sqlite::micros;
use crate::store::Store;
use crate::token_rows::{api_version, from_json, state};
use domain::access::Caller;
use domain::account::AccountId;
use domain::secret::{AccountSid, Secret};
use domain::token::TokenId;
use uuid::Uuid;

#[derive(sqlx::FromRow)]
struct CallerRow {
    id: Uuid,
    account_id: Uuid,
    secret_hash: Vec<u8>,
    api_access: bool,
    state: String,
    api_version: i64,
    scopes: String,
}

impl Store {
    /// Who calls with this pair; nobody where the Account SID is unknown or the Auth Token is not its. Whether the
    /// token may be used at all is for [`Caller::require`] to say. Hashes are compared in constant time; whether an
    /// Account SID exists is no secret.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn authenticate(&self, sid: &AccountSid, secret: &Secret) -> Result<Option<Caller>, Error> {
        let row: Option<CallerRow> = sqlx::query_as(
            "SELECT tokens.id, tokens.account_id, tokens.secret_hash, accounts.api_access, tokens.state,
                tokens.api_version, tokens.scopes
             FROM tokens JOIN accounts ON accounts.id = tokens.account_id
             WHERE tokens.sid = $1 AND tokens.deleted_at IS NULL",
        )
        .bind(sid.as_str())
        .fetch_optional(&self.pools().read)
        .await?;
        let Some(row) = row.filter(|row| self.key().verify(secret.reveal(), &row.secret_hash)) else {
            return Ok(None);
        };
        Ok(Some(Caller {
            token: TokenId(row.id),
            sid: sid.clone(),
            account: AccountId(row.account_id),
            api_access: row.api_access,
            state: state(&row.state)?,
            api_version: api_version(row.api_version)?,
            scopes: from_json(&row.scopes)?,
        }))
    }

    /// Writes down that the token has passed the gate now. That is no change of the token: its revision stays.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn record_use(&self, token: TokenId) -> Result<(), Error> {
        let mut tx = self.pools().begin().await?;
        sqlx::query(
            "UPDATE tokens SET last_used_at = $1 WHERE id = $2 AND (last_used_at IS NULL OR last_used_at < $1)",
        )
        .bind(micros(self.clock().now()))
        .bind(token.0)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }
}
