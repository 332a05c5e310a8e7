//! `GET /ReportExport/{ReportId}`: a job that makes the report into a file.

use domain::{
    gate::access::Caller,
    reports::report::{Export, Report, ResultFormat},
};
use serde::Serialize;
use store::Store;
use utoipa::{ToSchema, openapi::Object};

use super::{
    published::{as_published, returns_or_error},
    report::Filters,
};
use crate::gate::{
    answer::Answer,
    call::{Argument, Call, Path},
    error::GateError,
    jobs::job,
    openapi::{documentation::Documentation, schemas},
    parameters::Parameter,
};

pub const ID: &str = "exportReport";
const RESULT_FORMAT: &str = "CSV (the default), JSON or XML. Any other value gets status 200 and an error.";

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
struct ReportExport {
    #[schema(schema_with = queued)]
    status: &'static str,
    #[schema(format = "uri-reference")]
    queued_uri: String,
    #[schema(format = "uri-reference")]
    result_uri: String,
    #[schema(format = "uri-reference")]
    replay_uri: String,
}

fn queued() -> Object {
    schemas::constant("QUEUED")
}

impl Argument<'_> for ResultFormat {
    const PARAMETERS: &'static [Parameter] = &[Parameter::Text("ResultFormat", RESULT_FORMAT)];

    fn of(call: &Call<'_>) -> Result<Self, GateError> {
        let Some(name) = call.query.get("ResultFormat") else { return Ok(Self::default()) };
        Self::find(name).map_err(|error| GateError::invalid("", error.to_string()))
    }
}

pub async fn handle(
    store: &Store,
    caller: &Caller,
    report: Result<Path<Report>, GateError>,
    filters: Result<Filters, GateError>,
    format: Result<ResultFormat, GateError>,
) -> Result<Answer, GateError> {
    let export = async {
        let (Path(report), Filters(period), format) = (report?, filters?, format?);
        let job = store.reports().create_job(caller, Export { report, period, format }).await?;
        let uri = job::uri(caller, &job);
        let export = ReportExport {
            status: job.status.as_str(),
            result_uri: format!("{uri}/Download"),
            replay_uri: format!("{uri}/Replay"),
            queued_uri: uri,
        };
        Answer::one("ReportExport", &export)
    };
    as_published(export).await
}

pub fn document(operation: Documentation) -> Documentation {
    returns_or_error::<ReportExport>(operation)
}
