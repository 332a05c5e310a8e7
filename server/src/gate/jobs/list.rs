//! `GET /Jobs`: the account's jobs, oldest first, by the day of their creation if asked.

use chrono::NaiveDate;
use domain::gate::access::Caller;
use store::Store;

use super::job::{Job, PATH};
use crate::gate::{
    answer::{
        Answer,
        list::{List, Paging},
    },
    call::{Argument, Call},
    error::GateError,
    openapi::documentation::Documentation,
    parameters::Parameter,
};

pub const ID: &str = "listJobs";
const NAME: &str = "Jobs";

/// The days between which jobs were created.
pub struct Created(Option<NaiveDate>, Option<NaiveDate>);

impl Argument<'_> for Created {
    const PARAMETERS: &'static [Parameter] = &[Parameter::Date("CreatedAfter"), Parameter::Date("CreatedBefore")];

    fn of(call: &Call<'_>) -> Result<Self, GateError> {
        Ok(Self(call.query.date("CreatedAfter")?, call.query.date("CreatedBefore")?))
    }
}

pub async fn handle(
    store: &Store,
    caller: &Caller,
    paging: Paging,
    Created(after, before): Created,
    list: List<'_>,
) -> Result<Answer, GateError> {
    let (jobs, total) = store.reports().jobs(caller.account, (after, before), paging.offset(), paging.size).await?;
    list.page((NAME, PATH), paging, total, jobs.iter().map(|job| Job::new(caller, job)))
}

pub fn document(operation: Documentation) -> Documentation {
    operation.lists::<Job>(NAME)
}
