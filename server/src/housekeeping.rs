//! What the server writes down and clears away from time to time.

use std::time::Duration;

use chrono::TimeDelta;
use store::Store;
use tokio::time::interval;

/// How often the calls at the gate are written down: so much is lost, at most, where the server is killed.
const CALLS_EVERY: Duration = Duration::from_secs(1);
/// How often calls are added up to days; reports add what is newer.
const ADD_UP_EVERY: Duration = Duration::from_mins(10);
/// How often old calls go.
const OLD_CALLS_EVERY: Duration = Duration::from_hours(1);
/// How often deleted tokens go for good. Their deletion can be undone for ten seconds, so they are gone after fifteen.
const TOKENS_EVERY: Duration = Duration::from_secs(5);
/// How often old results of jobs go.
const RESULTS_EVERY: Duration = Duration::from_hours(1);
/// How often sessions that have ended go.
const SESSIONS_EVERY: Duration = Duration::from_mins(10);
/// How often expired invitations, and links to set a new password, go.
const INVITATIONS_EVERY: Duration = Duration::from_hours(1);

/// Goes on for ever; a failure is logged and tried again the next time. Calls are kept one by one for `keep_calls`.
pub async fn keep(store: Store, keep_calls: TimeDelta) {
    tokio::join!(write_down(&store), add_up(&store, keep_calls), clear_away(&store));
}

/// Writes the calls at the gate down, for ever. By itself: whatever else takes its time, no call waits longer.
pub async fn write_down(store: &Store) {
    let mut calls = interval(CALLS_EVERY);
    loop {
        calls.tick().await;
        log(store.flush_calls().await.map(drop));
    }
}

/// By itself, too: it takes long where there are many.
async fn add_up(store: &Store, keep_calls: TimeDelta) {
    let (mut add_up, mut old_calls) = (interval(ADD_UP_EVERY), interval(OLD_CALLS_EVERY));
    loop {
        log(tokio::select! {
            _ = add_up.tick() => store.add_up_calls().await.map(drop),
            _ = old_calls.tick() => store.remove_old_calls(keep_calls).await,
        });
    }
}

async fn clear_away(store: &Store) {
    let (mut tokens, mut sessions) = (interval(TOKENS_EVERY), interval(SESSIONS_EVERY));
    let (mut results, mut invitations) = (interval(RESULTS_EVERY), interval(INVITATIONS_EVERY));
    loop {
        log(tokio::select! {
            _ = tokens.tick() => store.remove_deleted().await.map(drop),
            _ = results.tick() => store.remove_old_results().await.map(drop),
            _ = sessions.tick() => store.remove_ended_sessions().await.map(drop),
            _ = invitations.tick() => remove_expired(store).await,
        });
    }
}

/// Links that nobody can use any more.
async fn remove_expired(store: &Store) -> Result<(), store::Error> {
    store.remove_expired_invitations().await?;
    store.remove_expired_resets().await.map(drop)
}

fn log(done: Result<(), store::Error>) {
    if let Err(error) = done {
        tracing::warn!(%error, "housekeeping failed and will be tried again");
    }
}
