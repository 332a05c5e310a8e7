//! Jobs: ordered, done in turn and kept with their results; and the audit trail as a report reads it.

use crate::sql;
use crate::test_store::{HERE, TestStore};
use chrono::TimeDelta;
use domain::Refusal;
use domain::gate::access::Caller;
use domain::members::user::CurrentUser;
use domain::reports::job::{Job, JobId, JobStatus, NotReplayable};
use domain::reports::report::{Export, Period, Report, ResultFormat};
use domain::tokens::scope::Scope;
use serde_json::json;
use std::time::Duration;
use store::{Error, RESULT_LIFETIME, Replay, ResultLink, STALLED_AFTER, Store};
use uuid::Uuid;

/// A scope that every caller here has.
const SCOPE: Scope = Scope::GET_COMPANY_INFORMATION;

/// Returns the caller of a new token of the user's account.
async fn caller(store: &Store, by: &CurrentUser, test: &TestStore) -> Caller {
    let settings = domain::tokens::token::TokenSettings { primary_contact: by.user.id, ..test.settings("Export") };
    let issued = store.tokens().create(by, settings, Uuid::now_v7()).await.unwrap();
    store.gate().authenticate(&issued.token.sid, &issued.secret).await.unwrap().unwrap()
}

fn export(format: ResultFormat) -> Export {
    let period = Period { from: "2026-05-01".parse().unwrap(), to: "2026-05-30".parse().unwrap() };
    Export { report: Report::AuditLog, period, format }
}

fn ids(jobs: &[Job]) -> Vec<JobId> {
    jobs.iter().map(|job| job.id).collect()
}

#[tokio::test]
async fn jobs_are_done_in_the_order_in_which_they_came_and_each_once() {
    let test = TestStore::new().await;
    let (store, by) = (&test.store, caller(&test.store, &test.aya, &test).await);
    let first = store.reports().create_job(&by, export(ResultFormat::Csv)).await.unwrap();
    test.later(TimeDelta::seconds(1));
    let second = store.reports().create_job(&by, export(ResultFormat::Xml)).await.unwrap();
    assert_eq!((first.status, first.created_by.as_str()), (JobStatus::Queued, by.sid.as_str()));
    assert_eq!((first.started_at, first.has_result), (None, false));
    store.reports().job_queued().await; // does not wait

    let (one, two) = tokio::join!(store.reports().claim_job(), store.reports().claim_job());
    let (one, two) = (one.unwrap().unwrap(), two.unwrap().unwrap());
    assert_ne!(one.id, two.id);
    let claimed = if one.id == first.id { one } else { two };
    assert_eq!((claimed.account, claimed.export), (by.account, export(ResultFormat::Csv)));
    assert_eq!(store.reports().claim_job().await.unwrap(), None);

    store.reports().note_progress(&claimed, 7, 50).await.unwrap();
    let running = store.reports().job(by.account, first.id).await.unwrap();
    assert_eq!((running.status, running.records, running.percentage), (JobStatus::Running, 7, 50));
    store.reports().complete_job(&claimed, b"file").await.unwrap();
    let done = store.reports().job(by.account, first.id).await.unwrap();
    assert_eq!((done.status, done.percentage, done.has_result), (JobStatus::Completed, 100, true));
    assert_eq!(done.ended_at, Some(test.clock.now()));
    assert_eq!(store.reports().job_result(by.account, first.id).await.unwrap().bytes, b"file");
    assert!(
        matches!(store.reports().complete_job(&claimed, b"again").await, Err(Error::Refused(Refusal::NotFound))),
        "it is at its end"
    );
    assert!(matches!(store.reports().note_progress(&claimed, 8, 60).await, Err(Error::Refused(Refusal::NotFound))));
    assert_eq!(store.reports().job(by.account, second.id).await.unwrap().status, JobStatus::Running);
}

#[tokio::test]
async fn worker_waiting_for_a_job_is_woken_by_it() {
    let test = TestStore::new().await;
    let by = caller(&test.store, &test.aya, &test).await;
    let store = test.store.clone();
    let waiting = tokio::spawn(async move {
        store.reports().job_queued().await;
        store.reports().claim_job().await.unwrap()
    });
    let job = test.store.reports().create_job(&by, export(ResultFormat::Csv)).await.unwrap();
    let claimed = tokio::time::timeout(Duration::from_mins(1), waiting).await.unwrap().unwrap();
    assert_eq!(claimed.unwrap().id, job.id);
}

#[tokio::test]
async fn job_running_when_the_server_was_killed_is_taken_up_again() {
    let test = TestStore::new().await;
    let by = caller(&test.store, &test.aya, &test).await;
    let job = test.store.reports().create_job(&by, export(ResultFormat::Json)).await.unwrap();
    let claimed = test.store.reports().claim_job().await.unwrap().unwrap();
    test.store.reports().note_progress(&claimed, 7, 50).await.unwrap();

    let store = test.reopened().await;
    test.later(STALLED_AFTER + TimeDelta::seconds(1));
    assert_eq!(store.reports().take_up_jobs().await.unwrap(), 1);
    assert_eq!(store.reports().job(by.account, job.id).await.unwrap(), job, "as it was at first");
    assert_eq!(store.reports().claim_job().await.unwrap().map(|again| again.id), Some(job.id));
    test.later(STALLED_AFTER + TimeDelta::seconds(1));
    assert_eq!(store.reports().take_up_jobs().await.unwrap(), 1);
    store.reports().claim_job().await.unwrap().unwrap();
    test.later(STALLED_AFTER + TimeDelta::seconds(1));
    assert_eq!(store.reports().take_up_jobs().await.unwrap(), 0, "the server was ended three times: enough");
    let given_up = store.reports().job(by.account, job.id).await.unwrap();
    assert_eq!(given_up.status, JobStatus::Error);
    assert!(given_up.ended_at.is_some() && given_up.status_message().contains("export fewer days"));
}

#[tokio::test]
async fn only_ended_job_is_replayed_and_it_stays_unchanged() {
    let test = TestStore::new().await;
    let (store, by) = (&test.store, caller(&test.store, &test.aya, &test).await);
    let job = store.reports().create_job(&by, export(ResultFormat::Xml)).await.unwrap();
    assert_eq!(
        store.reports().replay_job(&by, job.id).await.unwrap(),
        Replay::Refused(NotReplayable(JobStatus::Queued))
    );
    let claimed = store.reports().claim_job().await.unwrap().unwrap();
    assert_eq!(
        store.reports().replay_job(&by, job.id).await.unwrap(),
        Replay::Refused(NotReplayable(JobStatus::Running))
    );
    store.reports().fail_job(&claimed, JobStatus::Failed, "No use.").await.unwrap();
    let failed = store.reports().job(by.account, job.id).await.unwrap();
    assert_eq!((failed.status, failed.status_message()), (JobStatus::Failed, "No use."));
    let Replay::Ordered(again) = store.reports().replay_job(&by, job.id).await.unwrap() else { panic!("refused") };
    assert_eq!((again.status, again.export), (JobStatus::Queued, job.export));
    assert_ne!(again.id, job.id);
    assert_eq!(store.reports().job(by.account, job.id).await.unwrap(), failed);
}

#[tokio::test]
async fn a_job_and_its_result_are_their_account_s_only() {
    let test = TestStore::new().await;
    let (store, by) = (&test.store, caller(&test.store, &test.aya, &test).await);
    let other = caller(store, &test.stranger().await, &test).await;
    let job = store.reports().create_job(&by, export(ResultFormat::Csv)).await.unwrap();
    let claimed = store.reports().claim_job().await.unwrap().unwrap();
    store.reports().complete_job(&claimed, b"file").await.unwrap();
    assert!(matches!(store.reports().job(other.account, job.id).await, Err(Error::Refused(Refusal::NotFound))));
    assert!(matches!(store.reports().job_result(other.account, job.id).await, Err(Error::Refused(Refusal::NotFound))));
    assert!(matches!(store.reports().replay_job(&other, job.id).await, Err(Error::Refused(Refusal::NotFound))));
    assert_eq!(store.reports().jobs(other.account, (None, None), 0, 10).await.unwrap(), (vec![], 0));
    let stolen = store::ClaimedJob { account: other.account, ..claimed };
    assert!(matches!(
        store.reports().fail_job(&stolen, JobStatus::Error, "").await,
        Err(Error::Refused(Refusal::NotFound))
    ));
}

#[tokio::test]
async fn jobs_are_listed_oldest_first_by_days_both_included() {
    let test = TestStore::new().await; // 2027-01-15, 08:00
    let (store, by) = (&test.store, caller(&test.store, &test.aya, &test).await);
    let mut jobs = Vec::new();
    for _ in 0..3 {
        jobs.push(store.reports().create_job(&by, export(ResultFormat::Csv)).await.unwrap());
        test.later(TimeDelta::days(1));
    }
    let today = test.clock.now().date_naive();
    let ago = |days| Some(today - TimeDelta::days(days));
    for (after, before, expected) in [
        (None, None, &jobs[..]),
        (ago(2), None, &jobs[1..]),
        (None, ago(2), &jobs[..2]),
        (ago(2), ago(2), &jobs[1..2]),
        (ago(0), None, &[]),
        (Some(chrono::NaiveDate::MIN), Some(chrono::NaiveDate::MAX), &jobs[..]),
    ] {
        let found = store.reports().jobs(by.account, (after, before), 0, 10).await.unwrap();
        assert_eq!((ids(&found.0), found.1), (ids(expected), expected.len() as u64), "{after:?} {before:?}");
    }
    let page = store.reports().jobs(by.account, (None, None), 1, 1).await.unwrap();
    assert_eq!((ids(&page.0), page.1), (ids(&jobs[1..2]), 3));
    // A job created meanwhile does not move the others.
    store.reports().create_job(&by, export(ResultFormat::Csv)).await.unwrap();
    let page = store.reports().jobs(by.account, (None, None), 1, 1).await.unwrap();
    assert_eq!((ids(&page.0), page.1), (ids(&jobs[1..2]), 4));
}

#[tokio::test]
async fn signature_opens_one_result_until_its_expiry() {
    let test = TestStore::new().await;
    let (store, by) = (&test.store, caller(&test.store, &test.aya, &test).await);
    store.account().enable_api_access(&test.aya).await.unwrap();
    let mut done = Vec::new();
    for _ in 0..2 {
        store.reports().create_job(&by, export(ResultFormat::Csv)).await.unwrap();
        let claimed = store.reports().claim_job().await.unwrap().unwrap();
        store.reports().complete_job(&claimed, b"file").await.unwrap();
        done.push(claimed.id);
    }
    let link = ResultLink { job: done[0], token: by.token, until: test.clock.now().timestamp() + 300 };
    let signature = store.reports().sign_result(link).await.unwrap().unwrap();
    assert_eq!(store.reports().signed_result(link, &signature, SCOPE).await.unwrap().bytes, b"file");
    let stranger = caller(store, &test.stranger().await, &test).await.token;
    let theirs = ResultLink { token: stranger, ..link };
    let signed_for_them = store.reports().sign_result(theirs).await.unwrap().unwrap();
    for (link, signature) in [
        (ResultLink { job: done[1], ..link }, signature.clone()),
        (ResultLink { until: link.until + 1, ..link }, signature.clone()),
        (link, vec![]),
        (link, signed_for_them.clone()),
        (theirs, signature.clone()),
        (theirs, signed_for_them), // that token is of another account than the job
        (ResultLink { job: JobId(Uuid::nil()), ..link }, signature.clone()),
    ] {
        assert!(
            matches!(
                store.reports().signed_result(link, &signature, SCOPE).await,
                Err(Error::Refused(Refusal::NotFound))
            ),
            "{link:?}"
        );
    }
    test.later(TimeDelta::seconds(299));
    assert!(store.reports().signed_result(link, &signature, SCOPE).await.is_ok());
    store.account().disable_api_access(&test.aya).await.unwrap();
    assert!(matches!(
        store.reports().signed_result(link, &signature, SCOPE).await,
        Err(Error::Refused(Refusal::NotFound))
    ));
    store.account().enable_api_access(&test.aya).await.unwrap();
    test.later(TimeDelta::seconds(1));
    assert!(matches!(
        store.reports().signed_result(link, &signature, SCOPE).await,
        Err(Error::Refused(Refusal::NotFound))
    ));
}

#[tokio::test]
async fn result_link_ends_with_the_token_that_it_was_given_to() {
    let test = TestStore::new().await;
    let (store, aya) = (&test.store, &test.aya);
    store.account().enable_api_access(aya).await.unwrap();
    let by = caller(store, aya, &test).await;
    store.reports().create_job(&by, export(ResultFormat::Csv)).await.unwrap();
    let claimed = store.reports().claim_job().await.unwrap().unwrap();
    store.reports().complete_job(&claimed, b"file").await.unwrap();
    let link = ResultLink { job: claimed.id, token: by.token, until: test.clock.now().timestamp() + 300 };
    let signature = store.reports().sign_result(link).await.unwrap().unwrap();
    let answers = async |store: &Store| store.reports().signed_result(link, &signature, SCOPE).await.is_ok();
    assert!(answers(store).await);
    let other_scope = store.reports().signed_result(link, &signature, Scope::find("replayJob").unwrap()).await;
    assert!(matches!(other_scope, Err(Error::Refused(Refusal::NotFound))), "a scope that the token lacks");

    store.tokens().disable(aya, by.token).await.unwrap();
    assert!(!answers(store).await, "disabled");
    store.tokens().enable(aya, by.token).await.unwrap();
    assert!(answers(store).await);
    store.tokens().delete(aya, by.token).await.unwrap();
    assert!(!answers(store).await && store.reports().sign_result(link).await.unwrap().is_none(), "deleted");
    let token = store.tokens().undo_delete(aya, by.token).await.unwrap();
    let database = test.database().await;
    let allowed = sql::query("UPDATE accounts SET allowed_addresses = '[\"198.51.100.0/24\"]'");
    allowed.execute(&database).await.unwrap();
    assert!(!answers(&store.asked_from(HERE)).await, "from elsewhere than is allowed");
    sql::query("UPDATE accounts SET allowed_addresses = '[]'").execute(&database).await.unwrap();
    assert!(answers(&store.asked_from(HERE)).await);
    let end = sql::query("UPDATE tokens SET expires_at = $1").bind(test.clock.now().timestamp_micros());
    end.execute(&database).await.unwrap();
    assert!(!answers(store).await, "expired");
    sql::query("UPDATE tokens SET expires_at = NULL").execute(&database).await.unwrap();
    assert!(answers(store).await);
    store.tokens().reset(aya, by.token, token.revision).await.unwrap();
    assert!(!answers(store).await, "reset: whoever had the old Auth Token may have the link, too");
}

#[tokio::test]
async fn old_results_go_and_their_jobs_stay() {
    let test = TestStore::new().await;
    let (store, by) = (&test.store, caller(&test.store, &test.aya, &test).await);
    let job = store.reports().create_job(&by, export(ResultFormat::Csv)).await.unwrap();
    let claimed = store.reports().claim_job().await.unwrap().unwrap();
    store.reports().complete_job(&claimed, b"file").await.unwrap();
    test.later(RESULT_LIFETIME - TimeDelta::seconds(1));
    assert_eq!(store.reports().remove_old_results().await.unwrap(), 0);
    test.later(TimeDelta::seconds(1));
    assert_eq!(store.reports().remove_old_results().await.unwrap(), 1);
    let job = store.reports().job(by.account, job.id).await.unwrap();
    assert_eq!((job.status, job.has_result), (JobStatus::Completed, false));
    assert!(matches!(store.reports().job_result(by.account, job.id).await, Err(Error::Refused(Refusal::NotFound))));
}

#[tokio::test]
async fn audit_trail_is_read_by_days_with_users_and_actions() {
    let test = TestStore::new().await;
    let (store, account, today) = (&test.store, test.aya.account, test.clock.now().date_naive());
    test.stranger().await;
    test.later(TimeDelta::days(1));
    let token = test.issue("Export").await.token;
    let all = store.audit().events(account, today, today + TimeDelta::days(1)).await.unwrap();
    let actions: Vec<_> = all.iter().map(|event| (event.action.as_str(), event.user.as_deref())).collect();
    let [account_added, user_added] = [("account_added", None), ("user_added", None)]; // at the same time
    assert!(actions[..2].contains(&account_added) && actions[..2].contains(&user_added), "{actions:?}");
    assert_eq!(actions[2..], [("token_created", Some("Aya@agency.example"))]);
    assert!(all.iter().any(|event| event.token.is_none() && event.details == json!({ "name": "Acme" })));
    assert_eq!((all[2].token, all[2].at), (Some(token.id), test.clock.now()));
    let tomorrow = today + TimeDelta::days(1);
    assert_eq!(store.audit().events(account, tomorrow, tomorrow).await.unwrap(), all[2..]);
    assert_eq!(store.audit().events(account, tomorrow + TimeDelta::days(1), chrono::NaiveDate::MAX).await.unwrap(), []);
}
