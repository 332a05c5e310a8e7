//! What the server clears away from time to time.

use std::time::Duration;

use store::Store;
use tokio::time::interval;

/// How often deleted tokens go for good. Their deletion can be undone for ten seconds, so they are gone after fifteen.
const TOKENS_EVERY: Duration = Duration::from_secs(5);
/// How often sessions that have ended go.
const SESSIONS_EVERY: Duration = Duration::from_mins(10);

/// Clears away for ever; a failure is logged and tried again the next time.
pub async fn keep(store: Store) {
    let (mut tokens, mut sessions) = (interval(TOKENS_EVERY), interval(SESSIONS_EVERY));
    loop {
        let removed = tokio::select! {
            _ = tokens.tick() => store.remove_deleted().await,
            _ = sessions.tick() => store.remove_ended_sessions().await,
        };
        if let Err(error) = removed {
            tracing::warn!(%error, "could not clear away what is over");
        }
    }
}
