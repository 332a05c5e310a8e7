//! Copies of tokens on `SQLite`, since making one takes a millisecond, above all for its entry in the audit trail.

use std::path::Path;

use sqlx::{Connection as _, SqliteConnection};

/// Connects to the database in this folder, and copies each of its tokens of this name so many times. A copy has the
/// same secret, and an Account SID of its own: the number takes the place of its last six characters.
pub async fn copy_tokens(folder: &Path, name: &str, copies: usize) -> anyhow::Result<SqliteConnection> {
    let mut database = SqliteConnection::connect(&format!("sqlite:{}/kagitaba.db", folder.display())).await?;
    let copy = "
        WITH RECURSIVE copies (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM copies WHERE number < $1)
        INSERT INTO tokens (id, account_id, sid, secret_hash, name, name_folded, description, api_version,
            primary_contact, developers, scopes, state, created_at, secret_issued_at)
        SELECT randomblob(16), account_id, substr(sid, 1, 29) || printf('%06d', number), secret_hash, name, name_folded,
            description, api_version, primary_contact, developers, scopes, state, created_at, secret_issued_at
        FROM tokens, copies WHERE name = $2 AND $1 > 0";
    sqlx::query(copy).bind(i64::try_from(copies)?).bind(name).execute(&mut database).await?;
    Ok(database)
}
