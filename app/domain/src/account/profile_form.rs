//! The company profile as a form: its sections, their fields, and what was typed into them.

use crate::account::company::CompanyInformation;
use crate::account::profile::{ProfileProblem, checked};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Values of the profile by the names of their fields, as [`ProfileProblem::field`] has them: `CorporateAddress.City`.
pub type Values = BTreeMap<String, String>;

/// A section of the form: an object of the profile, or some of the fields that are in none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the interface's own words
pub enum Section {
    Company,
    Tax,
    CorporateAddress,
    BillingAddress,
    FinancialContact,
    TechnicalContact,
    SecurityContact,
    CommercialContact,
}

const COMPANY: &[&str] = &[
    "CompanyName",
    "Website",
    "PrimaryPhoneNumber",
    "PrimaryPhoneNumberCountry",
    "SecondaryPhoneNumber",
    "SecondaryPhoneNumberCountry",
    "Timezone",
    "Currency",
    "OrganizationType",
    "MinimumContactRating",
];
const TAX: &[&str] = &["RegisteredForIndirectTax", "IndirectTaxNumber", "EinSsnForeignTaxId"];
const ADDRESS: &[&str] = &["AddressLine1", "AddressLine2", "City", "State", "PostalCode", "Country"];
const CONTACT: &[&str] = &[
    "Name",
    "Email",
    "WorkPhoneNumber",
    "WorkPhoneNumberCountry",
    "CellPhoneNumber",
    "CellPhoneNumberCountry",
    "UserId",
];

impl Section {
    /// The sections in their order.
    pub const ALL: [Self; 8] = [
        Self::Company,
        Self::Tax,
        Self::CorporateAddress,
        Self::BillingAddress,
        Self::FinancialContact,
        Self::TechnicalContact,
        Self::SecurityContact,
        Self::CommercialContact,
    ];

    /// What its fields are called within it, in the order of the form.
    #[must_use]
    pub const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Company => COMPANY,
            Self::Tax => TAX,
            Self::CorporateAddress | Self::BillingAddress => ADDRESS,
            Self::FinancialContact | Self::TechnicalContact | Self::SecurityContact | Self::CommercialContact => {
                CONTACT
            }
        }
    }

    /// The name of the object that it is, or nothing.
    const fn object(self) -> &'static str {
        match self {
            Self::Company | Self::Tax => "",
            Self::CorporateAddress => "CorporateAddress",
            Self::BillingAddress => "BillingAddress",
            Self::FinancialContact => "FinancialContact",
            Self::TechnicalContact => "TechnicalContact",
            Self::SecurityContact => "SecurityContact",
            Self::CommercialContact => "CommercialContact",
        }
    }

    /// The whole name of one of its fields.
    #[must_use]
    pub fn field(self, key: &str) -> String {
        if self.object().is_empty() { key.to_owned() } else { format!("{}.{key}", self.object()) }
    }
}

/// Every field of the form in its order: the section, what it is called there, and its whole name.
pub fn fields() -> impl Iterator<Item = (Section, &'static str, String)> {
    let of = |section: Section| section.keys().iter().map(move |key| (section, *key, section.field(key)));
    Section::ALL.into_iter().flat_map(of)
}

/// What was typed that is not as it was loaded.
fn changes<'a>(loaded: &'a Values, typed: &'a Values) -> impl Iterator<Item = (&'a String, &'a String)> {
    typed.iter().filter(|(field, value)| loaded.get(*field) != Some(value))
}

/// What is wrong with what was typed. A value that is still as it was loaded is right.
#[must_use]
pub fn problems(loaded: &Values, typed: &Values) -> Vec<ProfileProblem> {
    let problem = |(field, value): (&String, &String)| {
        let key = field.rsplit('.').next().unwrap_or_default();
        Some(ProfileProblem { field: field.clone(), expected: checked(key, value).err()? })
    };
    changes(loaded, typed).filter_map(problem).collect()
}

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotEdited {
    /// Somebody else has changed one of the same fields since it was loaded.
    #[error("somebody else changed the same fields meanwhile; load them again")]
    Conflict,
    /// Fields are wrong.
    #[error("some fields need attention")]
    Invalid(Vec<ProfileProblem>),
}

impl CompanyInformation {
    /// The values that a form shows, with the tax number [masked](Self::masked).
    #[must_use]
    pub fn values(&self) -> Values {
        let mut values = Values::new();
        if let Ok(Value::Object(fields)) = serde_json::to_value(self.masked()) {
            collect(fields, "", &mut values);
        }
        values
    }

    /// The profile with the fields in which what was typed differs from what was loaded. The others stay as they are
    /// now, whoever has changed them since.
    ///
    /// # Errors
    /// [`NotEdited`].
    pub fn edited(&self, loaded: &Values, typed: &Values) -> Result<Self, NotEdited> {
        let now = self.values();
        let overtaken = |field, value| now.get(field).is_some_and(|now| loaded.get(field) != Some(now) && now != value);
        if changes(loaded, typed).any(|(field, value)| overtaken(field, value)) {
            return Err(NotEdited::Conflict);
        }
        let mut change = Map::new();
        for (field, value) in changes(loaded, typed) {
            let (object, key) = field.split_once('.').unwrap_or(("", field));
            let fields = if object.is_empty() {
                Some(&mut change)
            } else {
                change.entry(object).or_insert_with(|| Map::new().into()).as_object_mut()
            };
            if let Some(fields) = fields {
                fields.insert(key.to_owned(), Value::String(value.clone()));
            }
        }
        self.updated(&Value::Object(change)).map_err(NotEdited::Invalid)
    }
}

fn collect(fields: Map<String, Value>, within: &str, values: &mut Values) {
    for (key, value) in fields {
        match value {
            Value::Object(inner) => collect(inner, &format!("{within}{key}."), values),
            Value::String(value) => _ = values.insert(format!("{within}{key}"), value),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::profile::Expected;

    fn profile() -> CompanyInformation {
        CompanyInformation { ein_ssn_foreign_tax_id: "12-3454832".to_owned(), ..CompanyInformation::named("Agency") }
    }

    fn with(values: &Values, changes: &[(&str, &str)]) -> Values {
        let changes = changes.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned()));
        values.clone().into_iter().chain(changes).collect()
    }

    #[test]
    fn every_field_of_the_profile_stands_in_the_form_once() {
        let mut in_form: Vec<_> = fields().map(|(_, _, field)| field).collect();
        in_form.sort_unstable();
        assert_eq!(in_form, profile().values().into_keys().collect::<Vec<_>>());
    }

    #[test]
    fn what_was_typed_is_taken_and_the_rest_left_as_it_is_now() {
        let loaded = profile().values();
        let typed = with(&loaded, &[("Website", " https://a.example "), ("CorporateAddress.City", "Kyoto")]);
        let mut now = profile();
        now.currency = "JPY".to_owned();
        now.corporate_address.country = "JAPAN".to_owned();
        let mut expected = now.clone();
        expected.website = "https://a.example".to_owned();
        expected.corporate_address.city = "Kyoto".to_owned();
        assert_eq!(now.edited(&loaded, &typed), Ok(expected));
        assert_eq!(now.edited(&loaded, &loaded), Ok(now));
    }

    #[test]
    fn a_field_that_somebody_else_changed_too_is_a_conflict_unless_both_mean_the_same() {
        let loaded = profile().values();
        let mut now = profile();
        now.billing_address.city = "Nara".to_owned();
        let typed = |city| with(&loaded, &[("BillingAddress.City", city)]);
        assert_eq!(now.edited(&loaded, &typed("Kyoto")), Err(NotEdited::Conflict));
        assert_eq!(now.edited(&loaded, &typed("Nara")), Ok(now.clone()));
        // Who has not said what was loaded has not seen it.
        assert_eq!(now.edited(&Values::new(), &typed("Kyoto")), Err(NotEdited::Conflict));
        assert!(now.edited(&now.values(), &typed("Kyoto")).is_ok());
    }

    #[test]
    fn the_same_fields_are_wrong_in_the_browser_and_on_the_server() {
        let loaded = profile().values();
        let typed = with(
            &loaded,
            &[
                ("CompanyName", " "),
                ("FinancialContact.Email", "nobody"),
                ("MinimumContactRating", "6"),
                ("SecurityContact.CellPhoneNumber", "+81 3"),
                ("Website", "a\u{202e}b"),
            ],
        );
        let found = problems(&loaded, &typed);
        let expected: Vec<_> = found.iter().map(|problem| problem.expected).collect();
        assert_eq!(
            expected,
            [Expected::Something, Expected::Email, Expected::OneOf, Expected::Digits, Expected::Line(255)]
        );
        assert_eq!(profile().edited(&loaded, &typed), Err(NotEdited::Invalid(found)));
        assert_eq!(problems(&typed, &typed), []);
    }

    #[test]
    fn fields_that_there_are_not_are_refused() {
        let names = ["Colour", "CorporateAddress", "CorporateAddress.City.Ward", "Website.x", "", ".", "CompanyName."];
        for name in names {
            let typed = Values::from([(name.to_owned(), "x".to_owned())]);
            assert!(matches!(profile().edited(&Values::new(), &typed), Err(NotEdited::Invalid(_))), "{name}");
        }
    }

    #[test]
    fn the_tax_number_is_shown_masked_and_stays_unless_another_is_typed() {
        let loaded = profile().values();
        assert_eq!(loaded["EinSsnForeignTaxId"], "XXXXX4832");
        let kept = profile().edited(&loaded, &with(&loaded, &[("Currency", "USD")])).unwrap();
        assert_eq!(kept.ein_ssn_foreign_tax_id, "12-3454832");
        let other = profile().edited(&loaded, &with(&loaded, &[("EinSsnForeignTaxId", "98-7654321")])).unwrap();
        assert_eq!(other.ein_ssn_foreign_tax_id, "98-7654321");
    }
}
