//! The company profile that the gate serves.

use serde::{Deserialize, Serialize};

/// The agency's company profile, in the shape and with the field names of Agency API version 3 (`GET
/// /Agencies/{AccountSID}/CompanyInformation`). All values are strings there, including numbers and booleans.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)] // the published field names say it
pub struct CompanyInformation {
    pub company_name: String,
    pub website: String,
    pub primary_phone_number: String,
    pub primary_phone_number_country: String,
    pub secondary_phone_number: String,
    pub secondary_phone_number_country: String,
    pub minimum_contact_rating: String,
    pub timezone: String,
    pub currency: String,
    pub registered_for_indirect_tax: String,
    pub indirect_tax_number: String,
    pub organization_type: String,
    pub ein_ssn_foreign_tax_id: String,
    pub corporate_address: Address,
    pub billing_address: Address,
    pub financial_contact: Contact,
    pub technical_contact: Contact,
    pub security_contact: Contact,
    pub commercial_contact: Contact,
}

impl CompanyInformation {
    /// Returns the profile of an agency of which only the name is known. Other values are empty, as the published documents
    /// show unset values, except for `RegisteredForIndirectTax` and `OrganizationType`.
    #[must_use]
    pub fn named(company_name: &str) -> Self {
        Self {
            company_name: company_name.to_owned(),
            registered_for_indirect_tax: "false".to_owned(),
            organization_type: "CORP".to_owned(),
            ..Self::default()
        }
    }
}

/// A postal address of the company profile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct Address {
    pub address_line1: String,
    pub address_line2: String,
    pub city: String,
    pub state: String,
    pub postal_code: String,
    pub country: String,
}

/// A contact person of the company profile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct Contact {
    pub user_id: String,
    pub name: String,
    pub email: String,
    pub work_phone_number: String,
    pub work_phone_number_country: String,
    pub cell_phone_number: String,
    pub cell_phone_number_country: String,
}
