//! Jobs: ordered by integrations, done by one worker, stored with their results.

use crate::clock::{id_at, latest};
use crate::db::database::{Connection, DAY, day_number, micros, require_row, time};
use crate::db::sql;
use crate::error::Error;
use crate::gate::Gate;
use crate::keys::server_key::Purpose;
use crate::reports::Reports;
use chrono::{NaiveDate, TimeDelta};
use domain::Refusal;
use domain::account::AccountId;
use domain::gate::access::Caller;
use domain::reports::job::{Job, JobId, JobStatus, NotReplayable};
use domain::reports::report::Export;
use domain::tokens::scope::Scope;
use domain::tokens::secret::AccountSid;
use domain::tokens::token::TokenId;
use serde_json::json;
use uuid::Uuid;

/// The time for which results are kept.
pub const RESULT_LIFETIME: TimeDelta = TimeDelta::days(30);
/// The time for which the address of a result is valid.
pub const RESULT_LINK_LIFETIME: TimeDelta = TimeDelta::minutes(5);
/// The time without progress after which a job's worker is taken for gone, if it may be on another node.
pub const STALLED_AFTER: TimeDelta = TimeDelta::minutes(5);
/// The number of times that a job is begun before it is given up: one that ends the server each time would do so
/// forever.
const ATTEMPTS: i64 = 3;

const SELECT: &str = "
    SELECT id, parameters, created_by, created_at, started_at, progress_at, ended_at, status, problem, records,
        percentage, EXISTS (SELECT 1 FROM job_results WHERE job_id = jobs.id) AS has_result
    FROM jobs";

#[derive(sqlx_macros::FromRow)]
struct JobRow {
    id: Uuid,
    parameters: String,
    created_by: String,
    created_at: i64,
    started_at: Option<i64>,
    progress_at: Option<i64>,
    ended_at: Option<i64>,
    status: String,
    problem: String,
    records: i64,
    percentage: i64,
    has_result: bool,
}

impl TryFrom<JobRow> for Job {
    type Error = Error;

    fn try_from(row: JobRow) -> Result<Self, Error> {
        Ok(Self {
            id: JobId(row.id),
            export: export(&row.parameters)?,
            created_by: AccountSid::try_from(row.created_by).map_err(corrupt)?,
            created_at: time(row.created_at)?,
            started_at: row.started_at.map(time).transpose()?,
            progress_at: row.progress_at.map(time).transpose()?,
            ended_at: row.ended_at.map(time).transpose()?,
            status: row.status.parse().map_err(|_| corrupt("an unknown status"))?,
            problem: row.problem,
            records: row.records.unsigned_abs(),
            percentage: u8::try_from(row.percentage).map_err(corrupt)?,
            has_result: row.has_result,
        })
    }
}

/// A job that the worker has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimedJob {
    /// The job.
    pub id: JobId,
    /// The account that it belongs to.
    pub account: AccountId,
    /// The export to be made.
    pub export: Export,
}

/// The outcome of ordering an earlier job again.
#[derive(Debug, Clone, PartialEq)]
pub enum Replay {
    /// The new job.
    Ordered(Job),
    /// The earlier job has not ended yet.
    Refused(NotReplayable),
}

/// The file that a job has made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobResult {
    /// The export that was made.
    pub export: Export,
    /// The file.
    pub bytes: Vec<u8>,
}

/// An address at which a job's result can be fetched without credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResultLink {
    /// The job.
    pub job: JobId,
    /// The access token that it was given to.
    pub token: TokenId,
    /// The time at which it expires, in seconds since the Unix epoch.
    pub until: i64,
}

impl ResultLink {
    /// Returns the text to be signed. The Auth Token's hash is part of it, so that a reset ends the links that were
    /// given before. The account is the token's.
    fn signed(self, secret_hash: &[u8]) -> String {
        format!("{} {} {} {}", self.job.0, self.token.0, self.until, hex::encode(secret_hash))
    }
}

impl Reports<'_> {
    /// Orders an export for the caller's account, and wakes the worker that waits in [`Reports::job_queued`].
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn create_job(self, by: &Caller, export: Export) -> Result<Job, Error> {
        let mut tx = self.core.begin_in(by.account).await?;
        let job = self.queue(&mut tx, by, export).await?;
        tx.commit().await?;
        self.core.queued().notify_one();
        Ok(job)
    }

    /// Orders the export of an earlier job of the caller's account again; the earlier job stays as it is.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Error::Database`], [`Error::Corrupt`].
    pub async fn replay_job(self, by: &Caller, id: JobId) -> Result<Replay, Error> {
        let mut tx = self.core.begin_in(by.account).await?;
        let before = find(&mut tx, by.account, id).await?;
        if let Err(refused) = before.require_replayable() {
            return Ok(Replay::Refused(refused));
        }
        let job = self.queue(&mut tx, by, before.export).await?;
        tx.commit().await?;
        self.core.queued().notify_one();
        Ok(Replay::Ordered(job))
    }

    async fn queue(self, tx: &mut Connection, by: &Caller, export: Export) -> Result<Job, Error> {
        let now = self.core.now();
        let id = JobId(id_at(now));
        sql::query(
            "INSERT INTO jobs (id, account_id, parameters, created_by, created_at, status)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(id)
        .bind(by.account)
        .bind(json!(export).to_string())
        .bind(by.sid.as_str())
        .bind(now)
        .bind(JobStatus::Queued.as_str())
        .execute(&mut *tx)
        .await?;
        find(tx, by.account, id).await
    }

    /// Returns the account's job.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Error::Database`], [`Error::Corrupt`].
    pub async fn job(self, account: AccountId, id: JobId) -> Result<Job, Error> {
        find(&mut self.core.read().acquire().await?, account, id).await
    }

    /// Returns at most `limit` of the account's jobs after the first `offset`, oldest first, and their total number:
    /// those that were created on or after the first day and on or before the second, in UTC. A new job moves none of
    /// those before it.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn jobs(
        self,
        account: AccountId,
        (after, before): (Option<NaiveDate>, Option<NaiveDate>),
        offset: u64,
        limit: u32,
    ) -> Result<(Vec<Job>, u64), Error> {
        const CREATED: &str = "WHERE account_id = $1 AND created_at >= $2 AND created_at < $3";
        let from = after.map_or(i64::MIN, |date| day_number(date) * DAY);
        let to = before.map_or(i64::MAX, |date| (day_number(date) + 1) * DAY);
        let mut tx = self.core.read().begin().await?; // so that both queries see the same state
        let total = format!("SELECT COUNT(*) FROM jobs {CREATED}");
        let total = sql::query_scalar::<i64>(sqlx::AssertSqlSafe(total)).bind(account).bind(from).bind(to);
        let total = total.fetch_one(&mut *tx).await?;
        let page = format!("{SELECT} {CREATED} ORDER BY created_at, id LIMIT $4 OFFSET $5");
        let page = sql::query_as::<JobRow>(sqlx::AssertSqlSafe(page)).bind(account).bind(from).bind(to);
        let page = page.bind(limit).bind(i64::try_from(offset).unwrap_or(i64::MAX)).fetch_all(&mut *tx).await?;
        Ok((page.into_iter().map(Job::try_from).collect::<Result<_, _>>()?, total.unsigned_abs()))
    }

    /// Returns the file that the account's job has made, as long as it is kept.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Error::Database`], [`Error::Corrupt`].
    pub async fn job_result(self, account: AccountId, id: JobId) -> Result<JobResult, Error> {
        let row: Option<(String, Vec<u8>)> = sql::query_as(
            "SELECT jobs.parameters, job_results.result FROM jobs JOIN job_results ON job_results.job_id = jobs.id
             WHERE jobs.id = $1 AND jobs.account_id = $2",
        )
        .bind(id)
        .bind(account)
        .fetch_optional(self.core.read())
        .await?;
        let (parameters, bytes) = row.ok_or(Refusal::NotFound)?;
        Ok(JobResult { export: export(&parameters)?, bytes })
    }

    /// Signs the link, so that its holder can fetch the job's result. Returns `None` if there is no such token.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn sign_result(self, link: ResultLink) -> Result<Option<Vec<u8>>, Error> {
        let secret_hash = "SELECT secret_hash FROM tokens WHERE id = $1 AND deleted_at IS NULL";
        let secret_hash = sql::query_scalar(secret_hash).bind(link.token);
        let secret_hash: Option<Vec<u8>> = secret_hash.fetch_optional(self.core.read()).await?;
        Ok(secret_hash.map(|hash| self.core.key().hash_for(Purpose::ResultAddress, link.signed(&hash))))
    }

    /// Returns the file that the job has made, for the holder of a link that has a valid signature and has not expired.
    /// The token that it was given to must still pass: with the same Auth Token, this scope, and from the store's
    /// client address. This reads the database, not the verification cache: a change counts at once.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Error::Database`], [`Error::Corrupt`].
    pub async fn signed_result(self, link: ResultLink, signature: &[u8], scope: Scope) -> Result<JobResult, Error> {
        let now = self.core.now();
        let longest = latest(now + RESULT_LINK_LIFETIME) / 1_000_000;
        if link.until <= now.timestamp() || link.until > longest {
            return Err(Refusal::NotFound.into());
        }
        let (caller, secret_hash) = Gate { core: self.core }.caller_with(link.token).await?.ok_or(Refusal::NotFound)?;
        let signed = self.core.key().verify_for(Purpose::ResultAddress, link.signed(&secret_hash), signature);
        if !signed || !caller.is_usable() || !caller.scopes.allow(scope) {
            return Err(Refusal::NotFound.into());
        }
        self.job_result(caller.account, link.job).await
    }

    /// Waits until a job is ordered; returns at once if one was ordered since the last time. For the one worker.
    pub async fn job_queued(self) {
        self.core.queued().notified().await;
    }

    /// Takes the job that has waited longest, of any account, to be done now.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn claim_job(self) -> Result<Option<ClaimedJob>, Error> {
        let mut tx = self.core.begin().await?;
        let row: Option<(Uuid, Uuid, String)> = sql::query_as(
            "UPDATE jobs SET status = 'RUNNING', started_at = $1, progress_at = $1, attempts = attempts + 1
             WHERE id = (SELECT id FROM jobs WHERE status = 'QUEUED' ORDER BY created_at, id LIMIT 1)
             RETURNING id, account_id, parameters",
        )
        .bind(self.core.now())
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        let job = row.map(|(id, account, parameters)| {
            Ok(ClaimedJob { id: JobId(id), account: AccountId(account), export: export(&parameters)? })
        });
        job.transpose()
    }

    /// Puts jobs whose worker is gone back into the queue, and gives up those that were begun three times. Returns the
    /// number put back. If other nodes may be working on some, only jobs without progress for [`STALLED_AFTER`] count.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn take_up_jobs(self) -> Result<u64, Error> {
        let now = self.core.now();
        let stalled = if self.core.has_nodes() { micros(now - STALLED_AFTER) } else { i64::MAX };
        let mut tx = self.core.begin().await?;
        sql::query(
            "UPDATE jobs SET status = 'ERROR', ended_at = $1, problem = $2
             WHERE status = 'RUNNING' AND attempts >= $3 AND (progress_at < $4 OR progress_at > $5)",
        )
        .bind(now)
        .bind("The server stopped each time it worked on this job; export fewer days.")
        .bind(ATTEMPTS)
        .bind(stalled)
        .bind(latest(now))
        .execute(&mut *tx)
        .await?;
        let queued = sql::query(
            "UPDATE jobs SET status = 'QUEUED', started_at = NULL, progress_at = NULL, records = 0, percentage = 0
             WHERE status = 'RUNNING' AND (progress_at < $1 OR progress_at > $2)",
        )
        .bind(stalled)
        .bind(latest(now))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(queued.rows_affected())
    }

    /// Records the job's progress.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if it is not running, [`Error::Database`].
    pub async fn note_progress(self, job: &ClaimedJob, records: u64, percentage: u8) -> Result<(), Error> {
        let mut tx = self.core.begin_in(job.account).await?;
        let noted = sql::query(
            "UPDATE jobs SET records = $1, percentage = $2, progress_at = $3
             WHERE id = $4 AND account_id = $5 AND status = 'RUNNING'",
        )
        .bind(i64::try_from(records).unwrap_or(i64::MAX))
        .bind(percentage)
        .bind(self.core.now())
        .bind(job.id)
        .bind(job.account)
        .execute(&mut *tx)
        .await?;
        require_row(&noted)?;
        Ok(tx.commit().await?)
    }

    /// Ends the job with its result.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if it is not running, [`Error::Database`].
    pub async fn complete_job(self, job: &ClaimedJob, result: &[u8]) -> Result<(), Error> {
        let now = micros(self.core.now());
        let mut tx = self.core.begin_in(job.account).await?;
        let completed = sql::query(
            "UPDATE jobs SET status = 'COMPLETED', percentage = 100, progress_at = $1, ended_at = $1
             WHERE id = $2 AND account_id = $3 AND status = 'RUNNING'",
        )
        .bind(now)
        .bind(job.id)
        .bind(job.account)
        .execute(&mut *tx)
        .await?;
        require_row(&completed)?;
        sql::query("INSERT INTO job_results (job_id, made_at, result) VALUES ($1, $2, $3)")
            .bind(job.id)
            .bind(now)
            .bind(result)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Ends the job without a result: [`JobStatus::Error`] or [`JobStatus::Failed`], and the reason.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if it is not running, [`Error::Database`].
    pub async fn fail_job(self, job: &ClaimedJob, status: JobStatus, problem: &str) -> Result<(), Error> {
        let mut tx = self.core.begin_in(job.account).await?;
        let ended = sql::query(
            "UPDATE jobs SET status = $1, problem = $2, ended_at = $3
             WHERE id = $4 AND account_id = $5 AND status = 'RUNNING'",
        )
        .bind(status.as_str())
        .bind(problem)
        .bind(self.core.now())
        .bind(job.id)
        .bind(job.account)
        .execute(&mut *tx)
        .await?;
        require_row(&ended)?;
        Ok(tx.commit().await?)
    }

    /// Removes the results that are older than [`RESULT_LIFETIME`]; the jobs stay. Returns the number of results
    /// removed.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn remove_old_results(self) -> Result<u64, Error> {
        let mut tx = self.core.begin().await?;
        let removed = sql::query("DELETE FROM job_results WHERE made_at <= $1")
            .bind(self.core.now() - RESULT_LIFETIME)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(removed.rows_affected())
    }
}

async fn find(connection: &mut Connection, account: AccountId, id: JobId) -> Result<Job, Error> {
    let row = format!("{SELECT} WHERE account_id = $1 AND id = $2");
    let row = sql::query_as::<JobRow>(sqlx::AssertSqlSafe(row)).bind(account).bind(id);
    row.fetch_optional(connection).await?.ok_or(Refusal::NotFound)?.try_into()
}

fn export(parameters: &str) -> Result<Export, Error> {
    serde_json::from_str(parameters).map_err(corrupt)
}

fn corrupt(reason: impl std::fmt::Display) -> Error {
    Error::Corrupt(format!("of a job: {reason}"))
}
