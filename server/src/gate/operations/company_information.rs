//! Company Information: the agency's profile, to read and to change in part.

use domain::account::{company::CompanyInformation, company_update::ProfileProblem};
use serde::Serialize;

use super::{
    super::{
        answer::Answer,
        envelope::{FieldError, GateError},
    },
    Call,
    read_only::Fields,
};

const PATH: &str = "/CompanyInformation";

/// The profile and its own address, as published.
#[derive(Serialize)]
struct Resource {
    #[serde(flatten)]
    profile: CompanyInformation,
    #[serde(rename = "Uri")]
    uri: String,
}

/// `GET`: the profile of the token's account.
pub async fn get(call: &Call) -> Result<Answer, GateError> {
    let profile = call.store.company_information(call.caller().account).await?;
    Answer::one("CompanyInformation", &Resource { profile: profile.masked(), uri: call.uri(PATH) })
}

/// `PUT`: changes the fields in the body and leaves the rest.
pub async fn update(call: &Call) -> Result<Answer, GateError> {
    let change = Fields::new(call.input.fields(&[])?).without_uri(&call.uri(PATH)).settable()?.into();
    let field = |problem: ProfileProblem| FieldError { message: problem.to_string(), field: problem.field };
    let invalid = |problems: Vec<_>| GateError::Invalid(problems.into_iter().map(field).collect());
    let update = |profile: &CompanyInformation| profile.updated(&change).map_err(invalid);
    call.store.update_company_information(call.caller(), update).await?;
    Ok(Answer::done(&format!("{}/", call.uri(PATH))))
}
