//! A fresh `PostgreSQL` database, in the cluster that all tests share.

use crate::cluster;
use crate::sql::{self, Pool};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use tokio::sync::OnceCell;
use uuid::Uuid;

/// The SQL expression for a random id.
pub const RANDOM_ID: &str = "gen_random_uuid()";
/// The SQL expression for 32 random bytes.
pub const RANDOM_HASH: &str = "sha256(gen_random_uuid()::text::bytea)";

/// The number of the migration that has the events of older versions chained.
pub const AUDIT_CHAINING: i64 = 7;

/// The number of the migration that has names brought into their search form.
pub const NAMES: i64 = 11;

/// The number of the migration that packs calls.
pub const CALL_PACKS: i64 = 6;

/// The number of the migration that keeps where calls come from.
pub const USAGE: i64 = 14;

/// The database that the others are copied from: all tables, no rows.
const MIGRATED: &str = "migrated";
static MADE: OnceCell<()> = OnceCell::const_new();

pub struct Database(String);

impl Database {
    pub async fn new() -> Self {
        MADE.get_or_init(|| async {
            cluster::create(MIGRATED, "template1").await;
            let mut migrated = PgConnection::connect(&cluster::url(MIGRATED)).await.unwrap();
            sqlx_macros::migrate!("migrations/postgres").run(&mut migrated).await.unwrap();
            migrated.close().await.unwrap();
        })
        .await;
        Self::from(MIGRATED).await
    }

    /// Returns a database without any tables.
    pub async fn empty() -> Self {
        Self::from("template1").await
    }

    /// Returns a database as it was before that migration.
    pub async fn before(migration: i64) -> Self {
        let database = Self::empty().await;
        let mut connection = PgConnection::connect(&database.url()).await.unwrap();
        let mut migrations = sqlx_macros::migrate!("migrations/postgres");
        migrations.migrations.to_mut().retain(|one| one.version < migration);
        migrations.run(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        database
    }

    async fn from(template: &str) -> Self {
        let name = format!("test_{}", Uuid::now_v7().simple());
        cluster::create(&name, template).await;
        Self(name)
    }

    pub fn url(&self) -> String {
        cluster::url(&self.0)
    }

    /// Returns the database itself, to bypass the store.
    pub async fn pool(&self) -> Pool {
        Pool::Postgres(PgPool::connect(&self.url()).await.unwrap())
    }

    /// Makes the database refuse an operation, written like `INSERT ON calls`.
    pub async fn refuse(&self, what: &str) {
        let refuse = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$";
        let pool = self.pool().await;
        sql::query(refuse).execute(&pool).await.unwrap();
        let trigger = format!("CREATE TRIGGER refuse BEFORE {what} FOR EACH ROW EXECUTE FUNCTION refuse()");
        sql::query(AssertSqlSafe(trigger)).execute(&pool).await.unwrap();
    }

    /// Lets the database do the refused operation again.
    pub async fn allow(&self, _: &str) {
        sql::query("DROP FUNCTION refuse CASCADE").execute(&self.pool().await).await.unwrap();
    }

    /// Returns the whole content of the database.
    pub async fn bytes(&self) -> Vec<u8> {
        let pool = self.pool().await;
        let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'";
        let mut bytes = Vec::new();
        for table in sql::query_scalar::<String>(tables).fetch_all(&pool).await.unwrap() {
            let rows = sql::query_scalar::<String>(AssertSqlSafe(format!("SELECT row::text FROM {table} AS row")));
            bytes.extend(rows.fetch_all(&pool).await.unwrap().join("\n").into_bytes());
        }
        bytes
    }
}
