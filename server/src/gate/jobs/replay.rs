//! `PUT /Jobs/{JobId}/Replay`: a new job that repeats this one.

use domain::{gate::access::Caller, reports::job::JobId};
use store::{Replay, Store};

use super::job::Job;
use crate::gate::{
    answer::Answer,
    call::Path,
    error::{Envelope, GateError},
    openapi::documentation::Documentation,
};

pub const ID: &str = "replayJob";

pub async fn handle(store: &Store, caller: &Caller, Path(id): Path<JobId>) -> Result<Answer, GateError> {
    match store.reports().replay_job(caller, id).await? {
        Replay::Ordered(job) => Answer::one("Job", &Job::new(caller, &job)),
        Replay::Refused(reason) => Err(reason.into()),
    }
}

pub fn document(operation: Documentation) -> Documentation {
    let refused = "The token isn't allowed to do this, or the job hasn't finished yet.";
    operation.returns::<Job>().returns_with::<Envelope>("403", refused)
}
