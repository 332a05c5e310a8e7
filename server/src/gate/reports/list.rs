//! `GET /Reports`: the catalogue.

use std::future::{Ready, ready};

use domain::{gate::access::Caller, reports::report};
use serde::Serialize;
use utoipa::{ToSchema, openapi::Object};

use super::report::{EXPORT_PATH, PATH, below};
use crate::gate::{
    answer::{
        Answer,
        list::{List, Paging},
    },
    error::GateError,
    openapi::{documentation::Documentation, schemas},
};

pub const ID: &str = "listAllReports";
const NAME: &str = "Reports";

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
struct Report {
    name: &'static str,
    id: &'static str,
    category: &'static str,
    description: &'static str,
    #[schema(schema_with = accessible)]
    api_accessible: bool,
    #[schema(format = "uri-reference")]
    api_run_uri: String,
    #[schema(format = "uri-reference")]
    deferred_api_run_uri: String,
    #[schema(format = "uri-reference")]
    meta_data_uri: String,
}

fn accessible() -> Object {
    schemas::constant(true)
}

impl Report {
    fn new(caller: &Caller, report: report::Report) -> Self {
        let run = below(caller, PATH, report);
        Self {
            name: report.name(),
            id: report.id(),
            category: report.category(),
            description: report.description(),
            api_accessible: true,
            meta_data_uri: format!("{run}/MetaData"),
            api_run_uri: run,
            deferred_api_run_uri: below(caller, EXPORT_PATH, report),
        }
    }
}

pub fn handle(caller: &Caller, paging: Paging, list: List<'_>) -> Ready<Result<Answer, GateError>> {
    let all: Vec<_> = report::Report::ALL.into_iter().map(|report| Report::new(caller, report)).collect();
    ready(list.page((NAME, PATH), paging, all.len() as u64, paging.part(all)))
}

pub fn document(operation: Documentation) -> Documentation {
    operation.lists::<Report>(NAME)
}
