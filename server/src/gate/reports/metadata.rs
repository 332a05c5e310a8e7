//! `GET /Reports/{ReportId}/MetaData`: the report's filters and the attributes of its records.

use domain::{
    gate::access::Caller,
    reports::report::{Attribute, FILTERS, Filter, Report},
};
use serde::Serialize;
use utoipa::{ToSchema, openapi::Array};

use super::{
    published::{as_published, returns_or_error},
    report::{PATH, below},
};
use crate::gate::{
    answer::Answer,
    call::Path,
    error::GateError,
    openapi::{documentation::Documentation, schemas},
};

pub const ID: &str = "getReportMetadata";

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
struct ReportMetadata {
    name: &'static str,
    id: &'static str,
    description: &'static str,
    #[schema(schema_with = filters)]
    filters: [Filter; 2],
    #[schema(schema_with = attributes)]
    attributes: &'static [Attribute],
    #[schema(format = "uri-reference")]
    run_uri: String,
    #[schema(format = "uri-reference")]
    uri: String,
}

fn filters() -> Array {
    objects(["Name", "DataType", "Format"])
}

fn attributes() -> Array {
    objects(["Name", "DataType", "Description"])
}

fn objects(fields: [&str; 3]) -> Array {
    Array::new(schemas::whole(fields.map(|name| (name.to_owned(), schemas::text()))))
}

pub async fn handle(caller: &Caller, report: Result<Path<Report>, GateError>) -> Result<Answer, GateError> {
    let metadata = async {
        let Path(report) = report?;
        let metadata = ReportMetadata {
            name: report.name(),
            id: report.id(),
            description: report.description(),
            filters: FILTERS,
            attributes: report.attributes(),
            run_uri: below(caller, PATH, report),
            uri: format!("{}/MetaData", below(caller, PATH, report)),
        };
        Answer::one("ReportMetadata", &metadata)
    };
    as_published(metadata).await
}

pub fn document(operation: Documentation) -> Documentation {
    returns_or_error::<ReportMetadata>(operation)
}
