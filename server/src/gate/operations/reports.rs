//! Reports: Kagitaba's data on tokens and their use, to read at once or to export by a job.
//!
//! As published, these operations answer 200 with an error envelope if the report or its filters are invalid.

use domain::reports::report::{END_DATE, Export, FILTERS, Period, Report, ResultFormat, START_DATE};
use serde_json::{Value, json};

use super::{
    super::{
        answer::{Answer, List, Paging},
        error::{Code, FieldError, GateError, without_secret},
        records,
    },
    Call, jobs,
};

const PATH: &str = "/Reports";
const EXPORT_PATH: &str = "/ReportExport";
/// The number of records on a page, whatever the client asks for.
const PAGE_SIZE: u32 = 20_000;

/// `GET /Reports`: the catalogue.
pub fn list(call: &Call) -> Result<Answer, GateError> {
    let paging = Paging::asked(&call.query)?;
    let all: Vec<_> = Report::ALL.into_iter().map(|report| resource(call, report)).collect();
    let (total, items) = (all.len() as u64, paging.part(all));
    let uri = call.list_uri(PATH);
    Ok(List { name: "Reports", items, total, paging, uri: &uri, query: &call.query }.answer(call.version()))
}

/// `GET /Reports/{ReportId}/MetaData`: the report's filters and the attributes of its records.
pub fn metadata(call: &Call) -> Result<Answer, GateError> {
    let described = |report: Report| {
        let value = json!({
            "Name": report.name(),
            "Id": report.id(),
            "Description": report.description(),
            "Filters": FILTERS,
            "Attributes": report.attributes(),
            "RunUri": below(call, PATH, report),
            "Uri": format!("{}/MetaData", below(call, PATH, report)),
        });
        Answer::one("ReportMetadata", &value)
    };
    as_published(named(call).and_then(described))
}

/// `GET /Reports/{ReportId}`: the report's records.
pub async fn run(call: &Call) -> Result<Answer, GateError> {
    as_published(records(call).await)
}

/// `GET /ReportExport/{ReportId}`: a job that makes the report into a file.
pub async fn export(call: &Call) -> Result<Answer, GateError> {
    as_published(queued(call).await)
}

async fn records(call: &Call) -> Result<Answer, GateError> {
    let (report, period) = (named(call)?, period(call)?);
    let paging = Paging::of_size(&call.query, PAGE_SIZE)?;
    if call.query.get("RQueryIDx").is_some_and(|table| table != "0") {
        return Err(GateError::invalid("RQueryIDx", "this report has one table; ask for 0"));
    }
    let records = records::read(&call.store, call.caller().account, report, period).await?;
    let total = records.len() as u64;
    let items = paging.part(records).into_iter().map(|record| records::object(report, record)).collect();
    let uri = call.list_uri(&format!("{PATH}/{}", report.id()));
    Ok(List { name: "Records", items, total, paging, uri: &uri, query: &call.query }.answer(call.version()))
}

async fn queued(call: &Call) -> Result<Answer, GateError> {
    let (report, period) = (named(call)?, period(call)?);
    let format = match call.query.get("ResultFormat") {
        None => ResultFormat::default(),
        Some(name) => ResultFormat::find(name).map_err(|error| GateError::invalid("", error.to_string()))?,
    };
    let job = call.store.create_job(call.caller(), Export { report, period, format }).await?;
    let uri = jobs::uri(call, &job);
    let queued = json!({
        "Status": job.status.as_str(),
        "QueuedUri": uri,
        "ResultUri": format!("{uri}/Download"),
        "ReplayUri": format!("{uri}/Replay"),
    });
    Answer::one("ReportExport", &queued)
}

/// Returns the report that the path names.
fn named(call: &Call) -> Result<Report, GateError> {
    let id = call.parameter().unwrap_or_default();
    Report::find(id).ok_or_else(|| GateError::invalid("", format!("Not permitted to run report {id}")))
}

fn period(call: &Call) -> Result<Period, GateError> {
    let today = call.store.clock().now().date_naive();
    let period = Period::asked(call.query.date(START_DATE)?, call.query.date(END_DATE)?, today);
    period.map_err(|problem| GateError::invalid("", problem.to_string()))
}

/// Turns invalid input into an error envelope with status 200.
fn as_published(answer: Result<Answer, GateError>) -> Result<Answer, GateError> {
    let Err(GateError::Invalid(errors)) = answer else { return answer };
    let told = |FieldError { field, message }: &FieldError| match field.as_str() {
        "" => message.clone(),
        field => format!("{field}: {message}"),
    };
    let message = errors.iter().map(told).collect::<Vec<_>>().join("; ");
    Answer::one(
        "Response",
        &json!({ "Status": "ERROR", "Message": without_secret(&message), "Code": Code::InvalidRequest.as_str() }),
    )
}

fn below(call: &Call, path: &str, report: Report) -> String {
    call.uri(&format!("{path}/{}", report.id()))
}

fn resource(call: &Call, report: Report) -> Value {
    let run = below(call, PATH, report);
    json!({
        "Name": report.name(),
        "Id": report.id(),
        "Category": report.category(),
        "Description": report.description(),
        "ApiAccessible": true,
        "ApiRunUri": &run,
        "DeferredApiRunUri": below(call, EXPORT_PATH, report),
        "MetaDataUri": format!("{run}/MetaData"),
    })
}
