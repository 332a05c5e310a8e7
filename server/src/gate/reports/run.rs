//! `GET /Reports/{ReportId}`: the report's records.

use domain::{gate::access::Caller, reports::report::Report};
use serde_json::json;
use store::Store;

use super::{
    published::{as_published, returns_page_or_error},
    report::{Filters, PATH},
};
use crate::gate::{
    answer::{
        Answer,
        list::{self, List, Paging},
    },
    call::{Argument, Call, Path},
    error::GateError,
    openapi::documentation::Documentation,
    parameters::Parameter::{self, Text},
    records,
};

pub const ID: &str = "runReport";
const NAME: &str = "Records";
/// The number of records on a page, whatever the client asks for.
const PAGE_SIZE: u32 = 20_000;

const TABLE: &str = "The table, 0. Any other value gets status 200 and an error.";
const PAGE_OF_RECORDS: &str = "The page, from 1. An invalid value gets status 200 and an error.";
const FIXED: &str = "Accepted as published, but not used: a page has 20,000 records.";

/// The part of the report's one table.
pub struct Table(Paging);

impl Argument<'_> for Table {
    const PARAMETERS: &'static [Parameter] =
        &[Text("RQueryIDx", TABLE), Text("Page", PAGE_OF_RECORDS), Text("PageSize", FIXED)];

    fn of(call: &Call<'_>) -> Result<Self, GateError> {
        let paging = Paging::of_size(&call.query, PAGE_SIZE)?;
        if call.query.get("RQueryIDx").is_some_and(|table| table != "0") {
            return Err(GateError::invalid("RQueryIDx", "this report has one table; ask for 0"));
        }
        Ok(Self(paging))
    }
}

pub async fn handle(
    store: &Store,
    caller: &Caller,
    report: Result<Path<Report>, GateError>,
    filters: Result<Filters, GateError>,
    table: Result<Table, GateError>,
    list: List<'_>,
) -> Result<Answer, GateError> {
    let page = async {
        let (Path(report), Filters(period), Table(paging)) = (report?, filters?, table?);
        let records = records::read(store, caller.account, report, period).await?;
        let total = records.len() as u64;
        let items = paging.part(records).into_iter().map(|record| records::object(report, record));
        list.page((NAME, &format!("{PATH}/{}", report.id())), paging, total, items)
    };
    as_published(page).await
}

pub fn document(operation: Documentation) -> Documentation {
    let record = json!({ "type": "object", "additionalProperties": { "type": "string" } });
    returns_page_or_error(operation, &list::schema(NAME, &record))
}
