//! The company profile that the gate serves.

use crate::account::published_list::PublishedList;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

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

/// A field of the profile by its name within its object. All addresses have the same fields, and all contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[allow(missing_docs)] // the published field names
pub enum ProfileField {
    CompanyName,
    Website,
    PrimaryPhoneNumber,
    PrimaryPhoneNumberCountry,
    SecondaryPhoneNumber,
    SecondaryPhoneNumberCountry,
    MinimumContactRating,
    Timezone,
    Currency,
    RegisteredForIndirectTax,
    IndirectTaxNumber,
    OrganizationType,
    EinSsnForeignTaxId,
    AddressLine1,
    AddressLine2,
    City,
    State,
    PostalCode,
    Country,
    UserId,
    Name,
    Email,
    WorkPhoneNumber,
    WorkPhoneNumberCountry,
    CellPhoneNumber,
    CellPhoneNumberCountry,
}

/// The values that a field takes. All but the company's name may be empty, unless their choice says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// A line of text.
    Line,
    /// A line of text that is not empty.
    Required,
    /// A telephone number, of which the digits are kept.
    Digits,
    /// An e-mail address.
    Email,
    /// One of these values. The empty one means that none is chosen.
    OneOf(&'static [&'static str]),
    /// A line of text, for which forms offer the values of a list.
    Listed(PublishedList),
}

impl ProfileField {
    /// Returns the values that the field takes.
    #[must_use]
    pub const fn kind(self) -> FieldKind {
        match self {
            Self::CompanyName => FieldKind::Required,
            Self::Email => FieldKind::Email,
            Self::PrimaryPhoneNumber | Self::SecondaryPhoneNumber | Self::WorkPhoneNumber | Self::CellPhoneNumber => {
                FieldKind::Digits
            }
            Self::MinimumContactRating => FieldKind::OneOf(&["", "1", "2", "3", "4", "5"]),
            Self::RegisteredForIndirectTax => FieldKind::OneOf(&["true", "false"]),
            Self::OrganizationType => FieldKind::OneOf(&["CORP", "NONP_GOV", "OTHER"]),
            Self::PrimaryPhoneNumberCountry
            | Self::SecondaryPhoneNumberCountry
            | Self::WorkPhoneNumberCountry
            | Self::CellPhoneNumberCountry
            | Self::Country => FieldKind::Listed(PublishedList::Country),
            Self::Currency => FieldKind::Listed(PublishedList::Currency),
            Self::Timezone => FieldKind::Listed(PublishedList::TimeZone),
            Self::Website
            | Self::IndirectTaxNumber
            | Self::EinSsnForeignTaxId
            | Self::AddressLine1
            | Self::AddressLine2
            | Self::City
            | Self::State
            | Self::PostalCode
            | Self::UserId
            | Self::Name => FieldKind::Line,
        }
    }
}
