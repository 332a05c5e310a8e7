//! Throttling of sign-in attempts, by e-mail address and by network address.

use crate::clock::counted;
use crate::db::database::{Connection, micros};
use crate::db::sql;
use crate::error::Error;
use chrono::{DateTime, TimeDelta, Utc};
use domain::Refusal;
use domain::gate::client_address::network;
use std::net::IpAddr;
use std::time::Duration;

/// The time for which a failure counts.
pub(crate) const WINDOW: TimeDelta = TimeDelta::minutes(15);
/// The number of failures after which an e-mail address has to wait.
const FREE_BY_EMAIL: i64 = 5;
/// The number of failures after which a network address has to wait.
const FREE_BY_ADDRESS: i64 = 20;
/// The first wait; each further failure doubles it.
const FIRST_DELAY: Duration = Duration::from_secs(30);
/// The longest wait.
const LONGEST_DELAY: Duration = Duration::from_mins(15);

const COUNT_BY_EMAIL: &str = "
    SELECT COUNT(*), MAX(failed_at) FROM sign_in_failures WHERE email_hash = $1 AND failed_at > $2 AND failed_at <= $3";
const COUNT_BY_ADDRESS: &str = "
    SELECT COUNT(*), MAX(failed_at) FROM sign_in_failures WHERE address = $1 AND failed_at > $2 AND failed_at <= $3";

/// Counts an attempt as failed, unless it comes too early. It is counted before the password is verified, so that
/// simultaneous attempts can't pass uncounted; [`forgive`] takes it back.
pub(crate) async fn attempt(
    tx: &mut Connection,
    now: DateTime<Utc>,
    email_hash: &[u8],
    from: IpAddr,
) -> Result<(), Error> {
    let address = network(from).to_string();
    let (since, until) = counted(WINDOW, now);
    let by_email: (i64, Option<i64>) =
        sql::query_as(COUNT_BY_EMAIL).bind(email_hash).bind(since).bind(until).fetch_one(&mut *tx).await?;
    let by_address: (i64, Option<i64>) =
        sql::query_as(COUNT_BY_ADDRESS).bind(&address).bind(since).bind(until).fetch_one(&mut *tx).await?;
    let retry_after = wait(by_email, FREE_BY_EMAIL, now).max(wait(by_address, FREE_BY_ADDRESS, now));
    if !retry_after.is_zero() {
        return Err(Refusal::Throttled { retry_after }.into());
    }
    sql::query("INSERT INTO sign_in_failures (email_hash, address, failed_at) VALUES ($1, $2, $3)")
        .bind(email_hash)
        .bind(address)
        .bind(now)
        .execute(tx)
        .await?;
    Ok(())
}

/// Forgets the failures of an e-mail address whose owner has signed in.
pub(crate) async fn forgive(tx: &mut Connection, email_hash: &[u8]) -> Result<(), Error> {
    sql::query("DELETE FROM sign_in_failures WHERE email_hash = $1").bind(email_hash).execute(tx).await?;
    Ok(())
}

/// Returns the remaining wait after so many failures, the last of them at `last`.
fn wait((failures, last): (i64, Option<i64>), free: i64, now: DateTime<Utc>) -> Duration {
    if failures < free {
        return Duration::ZERO;
    }
    let doublings = u32::try_from(failures - free).unwrap_or(u32::MAX);
    let delay = FIRST_DELAY.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST_DELAY);
    let passed = u64::try_from(last.map_or(0, |last| micros(now) - last)).unwrap_or_default();
    delay.saturating_sub(Duration::from_micros(passed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_from_half_a_minute_to_a_quarter_of_an_hour() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let after = |failures| wait((failures, Some(micros(now))), 5, now).as_secs();
        assert_eq!([0, 4, 5, 6, 7, 9, 10, 100, i64::MAX].map(after), [0, 0, 30, 60, 120, 480, 900, 900, 900]);
        let later = now + TimeDelta::seconds(29);
        assert_eq!(wait((5, Some(micros(now))), 5, later), Duration::from_secs(1));
        assert_eq!(wait((5, Some(micros(now))), 5, later + TimeDelta::seconds(1)), Duration::ZERO);
    }
}
