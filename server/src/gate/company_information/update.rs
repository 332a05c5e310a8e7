//! `PUT /CompanyInformation`: changes the fields in the body and leaves the rest.

use domain::{account::company_update::ProfileProblem, gate::access::Caller};
use store::Store;

use super::profile::{self, PATH};
use crate::gate::{
    answer::{Answer, Done},
    call::uri,
    error::{FieldError, GateError},
    input::Input,
    openapi::documentation::Documentation,
    read_only::Fields,
};

pub const ID: &str = "updateCompanyInformation";

pub async fn handle(store: &Store, caller: &Caller, body: &Input) -> Result<Answer, GateError> {
    let own = uri(caller, PATH);
    let change = Fields::new(body.fields(&[])?).without_uri(&own).settable()?.into();
    let field = |problem: ProfileProblem| FieldError { message: problem.to_string(), field: problem.field };
    let invalid = |problems: Vec<_>| GateError::Invalid(problems.into_iter().map(field).collect());
    store.account().update_company_information(caller, |profile| profile.updated(&change).map_err(invalid)).await?;
    Answer::done(&format!("{own}/"))
}

pub fn document(operation: Documentation) -> Documentation {
    let json = ("CompanyInformationUpdate", profile::update());
    operation.takes(false, json, ("CompanyInformationForm", profile::form())).returns::<Done>()
}
