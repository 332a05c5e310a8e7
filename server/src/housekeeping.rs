//! What the server writes down and clears away from time to time.

use std::time::Duration;

use chrono::TimeDelta;
use store::Store;
use tokio::time::interval;

/// How often the calls at the gate are written down: so much is lost, at most, where the server is killed.
const CALLS_EVERY: Duration = Duration::from_secs(1);
/// How often old calls are added up to days.
const OLD_CALLS_EVERY: Duration = Duration::from_hours(1);
/// How often deleted tokens go for good. Their deletion can be undone for ten seconds, so they are gone after fifteen.
const TOKENS_EVERY: Duration = Duration::from_secs(5);
/// How often old results of jobs go.
const RESULTS_EVERY: Duration = Duration::from_hours(1);
/// How often sessions that have ended go.
const SESSIONS_EVERY: Duration = Duration::from_mins(10);
/// How often expired invitations go.
const INVITATIONS_EVERY: Duration = Duration::from_hours(1);

/// Goes on for ever; a failure is logged and tried again the next time. Calls are kept one by one for `keep_calls`.
pub async fn keep(store: Store, keep_calls: TimeDelta) {
    let (mut calls, mut old_calls) = (interval(CALLS_EVERY), interval(OLD_CALLS_EVERY));
    let (mut tokens, mut sessions) = (interval(TOKENS_EVERY), interval(SESSIONS_EVERY));
    let (mut results, mut invitations) = (interval(RESULTS_EVERY), interval(INVITATIONS_EVERY));
    loop {
        let done = tokio::select! {
            _ = calls.tick() => store.flush_calls().await.map(drop),
            _ = old_calls.tick() => store.roll_up_calls(keep_calls).await.map(drop),
            _ = tokens.tick() => store.remove_deleted().await.map(drop),
            _ = results.tick() => store.remove_old_results().await.map(drop),
            _ = sessions.tick() => store.remove_ended_sessions().await.map(drop),
            _ = invitations.tick() => store.remove_expired_invitations().await.map(drop),
        };
        if let Err(error) = done {
            tracing::warn!(%error, "housekeeping failed and will be tried again");
        }
    }
}
