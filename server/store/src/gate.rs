//! The gate's look-up: who calls with these credentials.

use crate::error::Error;
use crate::sql;
use crate::store::Store;
use crate::token_rows::{api_version, corrupt, from_json, state};
use crate::verification_cache::Credentials;
use domain::access::Caller;
use domain::account::AccountId;
use domain::secret::{AccountSid, Secret};
use domain::token::TokenId;
use uuid::Uuid;

#[derive(sqlx::FromRow)]
struct CredentialsRow {
    id: Uuid,
    account_id: Uuid,
    secret_hash: Vec<u8>,
    api_access: bool,
    state: String,
    api_version: i64,
    scopes: String,
}

impl TryFrom<CredentialsRow> for Credentials {
    type Error = Error;

    fn try_from(row: CredentialsRow) -> Result<Self, Error> {
        Ok(Self {
            token: TokenId(row.id),
            account: AccountId(row.account_id),
            api_access: row.api_access,
            secret_hash: row.secret_hash.try_into().map_err(|_| corrupt("a hash of another length"))?,
            state: state(&row.state)?,
            api_version: api_version(row.api_version)?,
            scopes: from_json(&row.scopes)?,
        })
    }
}

impl Store {
    /// Who calls with this pair; nobody where the Account SID is unknown or the Auth Token is not its. Whether the
    /// token may be used at all is for [`Caller::require`] to say. Hashes are compared in constant time; whether an
    /// Account SID exists is no secret.
    ///
    /// Only a token's first call reads the database, and its first after a change: see `verification_cache`.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn authenticate(&self, sid: &AccountSid, secret: &Secret) -> Result<Option<Caller>, Error> {
        let credentials = match self.cache().get(sid) {
            Some(cached) => Some(cached),
            None => self.read_credentials(sid).await?,
        };
        let right = credentials.filter(|known| self.key().verify(secret.reveal(), &known.secret_hash));
        Ok(right.map(|known| Caller {
            token: known.token,
            sid: sid.clone(),
            account: known.account,
            api_access: known.api_access,
            state: known.state,
            api_version: known.api_version,
            scopes: known.scopes,
        }))
    }

    async fn read_credentials(&self, sid: &AccountSid) -> Result<Option<Credentials>, Error> {
        let ticket = self.cache().ticket(sid);
        let row: Option<CredentialsRow> = sql::query_as(
            "SELECT tokens.id, tokens.account_id, tokens.secret_hash, accounts.api_access, tokens.state,
                tokens.api_version, tokens.scopes
             FROM tokens JOIN accounts ON accounts.id = tokens.account_id
             WHERE tokens.sid = $1 AND tokens.deleted_at IS NULL",
        )
        .bind(sid.as_str())
        .fetch_optional(&self.pools().read)
        .await?;
        let credentials = row.map(Credentials::try_from).transpose()?;
        if let Some(read) = credentials {
            self.cache().put(&ticket, sid, read);
        }
        Ok(credentials)
    }
}
