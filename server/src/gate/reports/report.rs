//! The report that a path names, its filters and its paths.

use domain::{
    gate::access::Caller,
    reports::report::{END_DATE, Period, Report, START_DATE},
};

use crate::gate::{
    call::{Argument, Call, Segment, uri},
    error::GateError,
    parameters::Parameter::{self, Text},
};

pub const PATH: &str = "/Reports";
pub const EXPORT_PATH: &str = "/ReportExport";

/// As published, an invalid parameter of a report gets status 200 and an error, so the schema accepts any text.
const DAY: &str = "A day, `YYYY-MM-DD`. An invalid value gets status 200 and an error.";
const NOT_USED: &str = "Accepted as published, but not used: these reports cover the whole account.";

impl Segment for Report {
    fn read(id: &str) -> Result<Self, GateError> {
        Self::find(id).ok_or_else(|| GateError::invalid("", format!("Not permitted to run report {id}")))
    }
}

/// The filters of every report.
pub struct Filters(pub Period);

impl Argument<'_> for Filters {
    const PARAMETERS: &'static [Parameter] = &[Text(START_DATE, DAY), Text(END_DATE, DAY), Text("SUBAID", NOT_USED)];

    fn of(call: &Call<'_>) -> Result<Self, GateError> {
        let today = call.store.clock().now().date_naive();
        let period = Period::asked(call.query.date(START_DATE)?, call.query.date(END_DATE)?, today);
        period.map(Self).map_err(|problem| GateError::invalid("", problem.to_string()))
    }
}

/// Returns the report's path below that one.
pub fn below(caller: &Caller, path: &str, report: Report) -> String {
    uri(caller, &format!("{path}/{}", report.id()))
}
