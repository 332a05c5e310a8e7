//! The company profile as a form: its sections, their fields, and the values typed into them.

use crate::account::company::{CompanyInformation, ProfileField};
use crate::account::company_update::{ProfileProblem, checked};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use strum::VariantArray;

/// Values of the profile by field name, in the form of [`ProfileProblem::field`]: `CorporateAddress.City`.
pub type Values = BTreeMap<String, String>;

/// A section of the form: an object of the profile, or some of the fields outside any object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
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

const COMPANY: &[ProfileField] = &[
    ProfileField::CompanyName,
    ProfileField::Website,
    ProfileField::PrimaryPhoneNumber,
    ProfileField::PrimaryPhoneNumberCountry,
    ProfileField::SecondaryPhoneNumber,
    ProfileField::SecondaryPhoneNumberCountry,
    ProfileField::Timezone,
    ProfileField::Currency,
    ProfileField::OrganizationType,
    ProfileField::MinimumContactRating,
];
const TAX: &[ProfileField] =
    &[ProfileField::RegisteredForIndirectTax, ProfileField::IndirectTaxNumber, ProfileField::EinSsnForeignTaxId];
const ADDRESS: &[ProfileField] = &[
    ProfileField::AddressLine1,
    ProfileField::AddressLine2,
    ProfileField::City,
    ProfileField::State,
    ProfileField::PostalCode,
    ProfileField::Country,
];
const CONTACT: &[ProfileField] = &[
    ProfileField::Name,
    ProfileField::Email,
    ProfileField::WorkPhoneNumber,
    ProfileField::WorkPhoneNumberCountry,
    ProfileField::CellPhoneNumber,
    ProfileField::CellPhoneNumberCountry,
    ProfileField::UserId,
];

impl Section {
    /// The sections in their order.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.first_chunk().unwrap();

    /// Returns the section's fields, in the order of the form.
    #[must_use]
    pub const fn fields(self) -> &'static [ProfileField] {
        match self {
            Self::Company => COMPANY,
            Self::Tax => TAX,
            Self::CorporateAddress | Self::BillingAddress => ADDRESS,
            Self::FinancialContact | Self::TechnicalContact | Self::SecurityContact | Self::CommercialContact => {
                CONTACT
            }
        }
    }

    /// Returns the name of the section's object, or an empty string if it has none.
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

    /// Returns the full name of one of the section's fields.
    #[must_use]
    pub fn full_name(self, field: ProfileField) -> String {
        let name: &str = field.into();
        if self.object().is_empty() { name.to_owned() } else { format!("{}.{name}", self.object()) }
    }
}

/// Returns every field of the form in its order: section, field, full name.
pub fn fields() -> impl Iterator<Item = (Section, ProfileField, String)> {
    let of = |section: Section| section.fields().iter().map(move |field| (section, *field, section.full_name(*field)));
    Section::ALL.into_iter().flat_map(of)
}

/// Returns the typed values that differ from the loaded ones.
fn changes<'a>(loaded: &'a Values, typed: &'a Values) -> impl Iterator<Item = (&'a String, &'a String)> {
    typed.iter().filter(|(field, value)| loaded.get(*field) != Some(value))
}

/// Returns the problems of the typed values. An unchanged value is never a problem.
#[must_use]
pub fn problems(loaded: &Values, typed: &Values) -> Vec<ProfileProblem> {
    let problem = |(field, value): (&String, &String)| {
        let key = field.rsplit('.').next().unwrap_or_default();
        Some(ProfileProblem { field: field.clone(), expected: checked(key, value).err()? })
    };
    changes(loaded, typed).filter_map(problem).collect()
}

/// The reason why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotEdited {
    /// Another user has changed one of the same fields since it was loaded.
    #[error("someone else changed the same fields; load them again")]
    Conflict,
    /// Some fields are invalid.
    #[error("some fields need attention")]
    Invalid(Vec<ProfileProblem>),
}

impl CompanyInformation {
    /// Returns the values that a form shows, with the tax number [masked](Self::masked).
    #[must_use]
    pub fn values(&self) -> Values {
        let mut values = Values::new();
        if let Ok(Value::Object(fields)) = serde_json::to_value(self.masked()) {
            collect(fields, "", &mut values);
        }
        values
    }

    /// Returns the profile with the typed values that differ from the loaded ones. Other fields keep their present
    /// values, including changes made by others since.
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
    use crate::account::company_update::Expected;

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
        for field in ProfileField::VARIANTS {
            assert!(fields().any(|(_, in_form, _)| in_form == *field), "{field:?}");
        }
    }

    #[test]
    fn edit_takes_typed_values_and_keeps_other_fields() {
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
    fn edit_conflicts_if_another_user_changed_the_same_field() {
        let loaded = profile().values();
        let mut now = profile();
        now.billing_address.city = "Nara".to_owned();
        let typed = |city| with(&loaded, &[("BillingAddress.City", city)]);
        assert_eq!(now.edited(&loaded, &typed("Kyoto")), Err(NotEdited::Conflict));
        assert_eq!(now.edited(&loaded, &typed("Nara")), Ok(now.clone()));
        // Without loaded values, the user has not seen the field's present value.
        assert_eq!(now.edited(&Values::new(), &typed("Kyoto")), Err(NotEdited::Conflict));
        assert!(now.edited(&now.values(), &typed("Kyoto")).is_ok());
    }

    #[test]
    fn browser_and_server_find_the_same_problems() {
        let loaded = profile().values();
        let typed = with(
            &loaded,
            &[
                ("CompanyName", " "),
                ("FinancialContact.Email", "nobody"),
                ("MinimumContactRating", "6"),
                ("SecurityContact.CellPhoneNumber", "+81 x3"),
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
    fn unknown_fields_are_refused() {
        let names = ["Colour", "CorporateAddress", "CorporateAddress.City.Ward", "Website.x", "", ".", "CompanyName."];
        for name in names {
            let typed = Values::from([(name.to_owned(), "x".to_owned())]);
            assert!(matches!(profile().edited(&Values::new(), &typed), Err(NotEdited::Invalid(_))), "{name}");
        }
    }

    #[test]
    fn masked_tax_number_is_kept_unless_another_is_typed() {
        let loaded = profile().values();
        assert_eq!(loaded["EinSsnForeignTaxId"], "XXXXX4832");
        let kept = profile().edited(&loaded, &with(&loaded, &[("Currency", "USD")])).unwrap();
        assert_eq!(kept.ein_ssn_foreign_tax_id, "12-3454832");
        let other = profile().edited(&loaded, &with(&loaded, &[("EinSsnForeignTaxId", "98-7654321")])).unwrap();
        assert_eq!(other.ein_ssn_foreign_tax_id, "98-7654321");
    }
}
