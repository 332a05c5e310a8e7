//! Housekeeping: writes calls down and removes old data at regular intervals.

use std::time::Duration;

use chrono::TimeDelta;
use store::Store;
use tokio::time::interval;

/// The interval of writing calls at the gate down: at most this much is lost if the server is killed.
const CALLS_EVERY: Duration = Duration::from_secs(1);
/// The interval of giving back calls.
const SHARES_EVERY: Duration = Duration::from_secs(1);
/// The interval of adding calls up to days; reports and pages add newer ones.
const ADD_UP_EVERY: Duration = Duration::from_mins(5);
/// The interval of removing old calls.
const OLD_CALLS_EVERY: Duration = Duration::from_hours(1);
/// The interval of removing deleted tokens for good, and of ending overlaps. Deletion can be undone for twelve seconds, so
/// they are gone after twenty.
const TOKENS_EVERY: Duration = Duration::from_secs(8);
/// The interval of stopping old Auth Tokens that no client uses any longer.
const MOVED_EVERY: Duration = Duration::from_mins(1);
/// The interval of making changes that were tried out and refused no call.
const TRIALS_EVERY: Duration = Duration::from_mins(10);
/// The interval of removing the hashes of Auth Tokens that were stopped long ago.
const RETIRED_EVERY: Duration = Duration::from_hours(1);
/// The interval of removing old results of jobs.
const RESULTS_EVERY: Duration = Duration::from_hours(1);
/// The interval of removing ended sessions.
const SESSIONS_EVERY: Duration = Duration::from_mins(10);
/// The interval of removing expired invitations and links to set a new password.
const INVITATIONS_EVERY: Duration = Duration::from_hours(1);

/// Runs for ever; a failure is logged, and the work tried again at the next interval. Single calls are kept for
/// `keep_calls`.
pub async fn keep(store: Store, keep_calls: TimeDelta) {
    tokio::join!(write_down(&store), give_back(&store), add_up(&store, keep_calls), clear_away(&store));
}

/// Writes the calls at the gate down, for ever. Runs apart from other work, so that slow work delays no call.
pub async fn write_down(store: &Store) {
    let mut calls = interval(CALLS_EVERY);
    loop {
        calls.tick().await;
        log(store.gate().flush_calls().await.map(drop));
    }
}

/// Gives back the calls that this node has taken from the nodes' common count and doesn't need, for ever.
async fn give_back(store: &Store) {
    let mut shares = interval(SHARES_EVERY);
    loop {
        shares.tick().await;
        log(store.gate().give_back_shares(false).await);
    }
}

/// Adds calls up to days and removes old ones. Runs apart from other work, as many calls take long.
async fn add_up(store: &Store, keep_calls: TimeDelta) {
    let (mut add_up, mut old_calls) = (interval(ADD_UP_EVERY), interval(OLD_CALLS_EVERY));
    loop {
        log(tokio::select! {
            _ = add_up.tick() => store.tokens().add_up_calls().await.map(drop),
            _ = old_calls.tick() => store.tokens().remove_old_calls(keep_calls).await,
        });
    }
}

async fn clear_away(store: &Store) {
    let (mut tokens, mut sessions) = (interval(TOKENS_EVERY), interval(SESSIONS_EVERY));
    let (mut moved, mut retired) = (interval(MOVED_EVERY), interval(RETIRED_EVERY));
    let (mut versions, mut trials) = (interval(MOVED_EVERY), interval(TRIALS_EVERY));
    let (mut results, mut invitations) = (interval(RESULTS_EVERY), interval(INVITATIONS_EVERY));
    loop {
        log(tokio::select! {
            _ = tokens.tick() => end(store).await,
            _ = moved.tick() => store.tokens().close_moved().await.map(drop),
            _ = trials.tick() => store.tokens().enforce_silent_trials().await.map(drop),
            _ = versions.tick() => store.tokens().forget_older_versions().await.map(drop),
            _ = retired.tick() => store.tokens().remove_old_retired().await.map(drop),
            _ = results.tick() => store.reports().remove_old_results().await.map(drop),
            _ = sessions.tick() => store.sign_in().remove_ended_sessions().await.map(drop),
            _ = invitations.tick() => remove_expired(store).await,
        });
    }
}

/// Removes deleted tokens for good, and ends overlaps whose time is over.
async fn end(store: &Store) -> Result<(), store::Error> {
    store.tokens().remove_deleted().await?;
    store.tokens().end_overlaps().await.map(drop)
}

/// Removes expired invitations and links to set a new password.
async fn remove_expired(store: &Store) -> Result<(), store::Error> {
    store.members().remove_expired_invitations().await?;
    store.sign_in().remove_expired_resets().await.map(drop)
}

fn log(done: Result<(), store::Error>) {
    if let Err(error) = done {
        tracing::warn!(%error, "housekeeping failed and will be tried again");
    }
}
