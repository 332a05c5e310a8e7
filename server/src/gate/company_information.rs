//! `GET /Agencies/{AccountSID}/CompanyInformation`: the agency's company profile.

use axum::{
    Extension, Json,
    extract::{Path, State, rejection::PathRejection},
};
use domain::{access::Caller, account::CompanyInformation, scope::Scope};
use serde::Serialize;
use store::Store;

use super::envelope::GateError;

/// The profile and its own address, as published in the documents of Agency API version 3.
#[derive(Serialize)]
pub struct Resource {
    #[serde(flatten)]
    profile: CompanyInformation,
    #[serde(rename = "Uri")]
    uri: String,
}

/// Answers with the profile of the token's account.
pub async fn get(
    State(store): State<Store>,
    Extension(caller): Extension<Caller>,
    sid: Result<Path<String>, PathRejection>,
) -> Result<Json<Resource>, GateError> {
    // What is no UTF-8 after percent-decoding names nothing.
    let Path(sid) = sid.map_err(|_| GateError::NotFound)?;
    caller.require(&sid, Scope::GET_COMPANY_INFORMATION)?;
    let profile = store.company_information(caller.account).await?;
    note_use(&store, &caller).await;
    Ok(Json(Resource { profile, uri: format!("/Agencies/{sid}/CompanyInformation") }))
}

/// When a token was last used is for people to see; an integration does not fail for it.
async fn note_use(store: &Store, caller: &Caller) {
    if let Err(error) = store.record_use(caller.token).await {
        tracing::warn!(%error, "the token's use was not recorded");
    }
}
