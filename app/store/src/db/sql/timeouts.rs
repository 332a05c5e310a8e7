//! How long a database may take to answer.

use sqlx::{Connection as _, PgConnection};
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::timeout;

/// The time that a statement may take, including the wait for a connection and for locks.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);

/// Whether a database has ever failed to answer in time: from then on [`try_out`] tests connections.
static SILENT: AtomicBool = AtomicBool::new(false);

/// Waits for a database's answer, for a limited time. If the database vanished silently, the wait would otherwise last
/// until the system gives the connection up, which takes many minutes.
pub(super) async fn in_time<T>(answer: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    within(ANSWERED_WITHIN, answer).await
}

/// Waits for a database's answer as [`in_time`] does, with another limit.
pub(crate) async fn within<T, E: From<sqlx::Error>>(
    limit: Duration,
    answer: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let mut answer = pin!(answer); // so that its connection is returned after SILENT is set
    timeout(limit, answer.as_mut()).await.unwrap_or_else(|_| {
        SILENT.store(true, Ordering::Release);
        Err(unanswered().into())
    })
}

/// Returns the error of a database that does not answer in time.
pub(crate) fn unanswered() -> sqlx::Error {
    io::Error::from(io::ErrorKind::TimedOut).into()
}

/// Tests a connection on its return to the pool: one that does not answer is closed at once. The pool itself would wait
/// for its answer, and run out of connections.
pub(crate) async fn try_out(connection: &mut PgConnection) -> sqlx::Result<bool> {
    /// A short time, as the only thing to wait for here is a rollback.
    const ANSWERED_WITHIN: Duration = Duration::from_secs(5);
    if SILENT.load(Ordering::Acquire) {
        within(ANSWERED_WITHIN, connection.ping()).await?;
    }
    Ok(true)
}
