//! The agency's company profile.

#![allow(missing_docs)] // for the arguments, which `#[server]` makes public fields

use crate::error::AppError;
use crate::request::protocol::Form;
use domain::account::company_form::{Section, Values};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use {
    crate::{
        request::context::{allowed, plain_form_goes_on_to},
        routes,
    },
    domain::account::company::CompanyInformation,
    domain::members::role::Permission,
};

/// Returns the profile's values.
///
/// # Errors
/// [`AppError::SignInNeeded`], `Refusal::NotAllowed`.
#[server(GetCompanyInformation, prefix = "/api", endpoint = "company_information/get", protocol = Form)]
pub async fn company_information() -> Result<Values, AppError> {
    let (store, by) = allowed(Permission::ManageCompanyInformation)?;
    Ok(store.account().company_information(by.account).await?.values())
}

/// Changes the values in which `typed` differs from `loaded`, unless another user has changed one of them since
/// `loaded` was read. The sections in `same` take the values of their original. Returns the profile after the change.
///
/// # Errors
/// [`AppError::InvalidProfile`], `Refusal::Conflict`, [`AppError::SignInNeeded`], `Refusal::NotAllowed`.
#[server(UpdateCompanyInformation, prefix = "/api", endpoint = "company_information/update", protocol = Form)]
pub async fn update_company_information(
    loaded: Values,
    typed: Values,
    #[server(default)] same: Vec<Section>,
) -> Result<Values, AppError> {
    let (store, by) = allowed(Permission::ManageCompanyInformation)?;
    let edited = |profile: &CompanyInformation| Ok::<_, AppError>(profile.edited(&loaded, &typed, &same)?);
    let updated = store.account().update_company_information(&by, edited).await?;
    plain_form_goes_on_to(&routes::with_notice(routes::COMPANY_INFORMATION, routes::Notice::Updated));
    Ok(updated.values())
}
