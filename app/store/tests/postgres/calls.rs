//! Calls and refused calls that are written while answers get lost, or while somebody changes tokens.

use crate::test_store::{HERE, TestStore};
use crate::wire::Wire;
use domain::tokens::client_name::ClientName;
use domain::tokens::usage::RefusedFor;
use sqlx::{Connection, Executor, PgConnection};
use store::{Clock, RefusedCall, ServerKey, Store};

/// A trigger that makes a transaction that writes calls wait for lock 7 before it commits.
const LATE: &str = "
    CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER late AFTER INSERT ON call_packs DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION late()";
/// Whether a transaction waits for lock 7.
const IS_LATE: &str = "
    SELECT EXISTS (SELECT 1 FROM pg_locks JOIN pg_database ON database = pg_database.oid
        WHERE datname = current_database() AND locktype = 'advisory' AND objid = 7 AND NOT granted)";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_are_written_once_if_their_commit_s_answer_is_lost() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    let wire = Wire::to(&test.database.url());
    let node = Store::open(wire.url(), ServerKey::from_bytes([7; 32]), Clock::system()).await.unwrap();
    let call = test.call(&token);
    let mut somebody = PgConnection::connect(&test.database.url()).await.unwrap();
    somebody.execute(LATE).await.unwrap();
    somebody.execute("SELECT pg_advisory_lock(7)").await.unwrap();
    for _ in 0..3 {
        node.gate().record_call(call);
    }
    let (account, token, reason) = (call.account, call.token, RefusedFor::Expired);
    let at = node.clock().now();
    node.gate().record_refused(RefusedCall { account, token, reason, address: HERE, at });
    let flushing = tokio::spawn({
        let node = node.clone();
        async move { node.gate().flush_calls().await }
    });
    while !sqlx::query_scalar::<_, bool>(IS_LATE).fetch_one(&mut somebody).await.unwrap() {}
    wire.cut();
    assert!(flushing.await.unwrap().unwrap_err().is_unavailable());
    wire.mend();
    node.gate().record_call(call);
    somebody.execute("SELECT pg_advisory_unlock(7)").await.unwrap();
    assert_eq!(node.gate().flush_calls().await.unwrap(), 4);
    let summary = node.tokens().usage_of(account, token, 2).await.unwrap();
    assert_eq!(summary.refused.iter().map(|from| from.seen.calls).collect::<Vec<_>>(), [1]);
    let day = call.at.date_naive();
    assert_eq!(node.tokens().usage(call.account, day, day).await.unwrap()[0].calls, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn change_of_a_token_does_not_wait_for_recorded_calls() {
    let test = TestStore::new().await;
    let [called, other] = [test.issue("Export").await.token, test.issue("Other").await.token];
    let mut somebody = PgConnection::connect(&test.database.url()).await.unwrap();
    somebody.execute(LATE).await.unwrap();
    somebody.execute("SELECT pg_advisory_lock(7)").await.unwrap();
    test.store.gate().record_call(test.call(&called));
    let store = test.store.clone();
    let flushing = tokio::spawn(async move { store.gate().flush_calls().await });
    while !sqlx::query_scalar::<_, bool>(IS_LATE).fetch_one(&mut somebody).await.unwrap() {}
    let changed = test.store.tokens().disable(&test.aya, other.id).await;
    assert!(changed.is_ok() && !flushing.is_finished(), "{changed:?}");
    somebody.execute("SELECT pg_advisory_unlock(7)").await.unwrap();
    assert_eq!(flushing.await.unwrap().unwrap(), 1);
}
