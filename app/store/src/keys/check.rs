//! The check that a server key is the database's, by the hash of a constant.

use crate::db::database::Pools;
use crate::db::sql::{self, Pool};
use crate::error::Error;
use crate::keys::server_key::ServerKey;

/// The text that is hashed.
const CONSTANT: &str = "the server key of Kagitaba";

/// Returns whether the database already has a server key.
///
/// # Errors
/// [`Error::Database`].
pub(crate) async fn is_known(pools: &Pools) -> Result<bool, Error> {
    // Versions before 0002_server_key.sql left only users.
    let known = sql::query_scalar("SELECT EXISTS (SELECT 1 FROM server_key) OR EXISTS (SELECT 1 FROM users)");
    Ok(known.fetch_one(&pools.read).await?)
}

/// Makes sure that the key is that of a database that was used before. Only reads.
///
/// # Errors
/// [`Error::WrongKey`]; [`Error::Corrupt`] if the database has no hash of its key; [`Error::Database`].
pub(crate) async fn compare(pool: &Pool, key: &ServerKey) -> Result<(), Error> {
    let hash: Option<Vec<u8>> = sql::query_scalar("SELECT constant_hash FROM server_key").fetch_optional(pool).await?;
    let hash = hash.ok_or_else(|| Error::Corrupt("there is no hash of its server key".to_owned()))?;
    if key.verify(CONSTANT, &hash) { Ok(()) } else { Err(Error::WrongKey) }
}

/// Makes sure that the key is the database's. The first key used with a database becomes its key.
///
/// # Errors
/// [`Error::WrongKey`], [`Error::Database`].
pub(crate) async fn require(pools: &Pools, key: &ServerKey) -> Result<(), Error> {
    let mut tx = pools.begin().await?;
    sql::query("INSERT INTO server_key (id, constant_hash) VALUES (1, $1) ON CONFLICT (id) DO NOTHING")
        .bind(key.hash(CONSTANT))
        .execute(&mut *tx)
        .await?;
    let hash: Vec<u8> = sql::query_scalar("SELECT constant_hash FROM server_key").fetch_one(&mut *tx).await?;
    tx.commit().await?;
    if key.verify(CONSTANT, &hash) { Ok(()) } else { Err(Error::WrongKey) }
}
