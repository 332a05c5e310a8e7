//! `GET /CompanyInformation`: the profile of the token's account.

use domain::gate::access::Caller;
use store::Store;

use super::profile::CompanyInformation;
use crate::gate::{answer::Answer, error::GateError, openapi::documentation::Documentation};

pub const ID: &str = "getCompanyInformation";

pub async fn handle(store: &Store, caller: &Caller) -> Result<Answer, GateError> {
    let profile = store.gate().company_information(caller.account).await?;
    Answer::one("CompanyInformation", &CompanyInformation::new(caller, &profile))
}

pub fn document(operation: Documentation) -> Documentation {
    operation.returns::<CompanyInformation<'_>>()
}
