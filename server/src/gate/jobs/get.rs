//! `GET /Jobs/{JobId}`.

use domain::{gate::access::Caller, reports::job::JobId};
use store::Store;

use super::job::Job;
use crate::gate::{answer::Answer, call::Path, error::GateError, openapi::documentation::Documentation};

pub const ID: &str = "getJob";

pub async fn handle(store: &Store, caller: &Caller, Path(id): Path<JobId>) -> Result<Answer, GateError> {
    let job = store.reports().job(caller.account, id).await?;
    Answer::one("Job", &Job::new(caller, &job))
}

pub fn document(operation: Documentation) -> Documentation {
    operation.returns::<Job>()
}
