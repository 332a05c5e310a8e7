//! The company profile as a form: its sections, their fields, and the values typed into them.

use crate::account::company::{CompanyInformation, FieldKind, ProfileField};
use crate::account::company_update::{Expected, ProfileProblem, checked, kind};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use strum::{IntoStaticStr, VariantArray};

/// Values of the profile by field name, in the form of [`ProfileProblem::field`]: `CorporateAddress.City`.
pub type Values = BTreeMap<String, String>;

/// A section of the form: an object of the profile, or some of the fields outside any object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantArray)]
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

    /// Returns the section whose values this one can have too, by a check box. It has no such section itself.
    #[must_use]
    pub const fn original(self) -> Option<Self> {
        match self {
            Self::BillingAddress => Some(Self::CorporateAddress),
            Self::TechnicalContact | Self::SecurityContact | Self::CommercialContact => Some(Self::FinancialContact),
            Self::Company | Self::Tax | Self::CorporateAddress | Self::FinancialContact => None,
        }
    }

    /// Returns whether the section has the values of its [`original`](Self::original), and any values at all.
    #[must_use]
    pub fn is_copy(self, values: &Values) -> bool {
        let Some(original) = self.original() else { return false };
        let value = |of: Self, field: &ProfileField| values.get(&of.full_name(*field)).map_or("", String::as_str);
        self.fields().iter().all(|field| value(self, field) == value(original, field))
            && self.fields().iter().any(|field| !value(self, field).is_empty())
    }

    /// Returns the name of the section's object, or an empty string if it has none.
    fn object(self) -> &'static str {
        if matches!(self, Self::Company | Self::Tax) { "" } else { self.into() }
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

/// Returns the typed values, of which the sections in `same` have those of their [`original`](Section::original).
#[must_use]
pub fn with_copies(typed: &Values, same: &[Section]) -> Values {
    let mut values = typed.clone();
    for section in same {
        let Some(original) = section.original() else { continue };
        for field in section.fields() {
            if let Some(value) = typed.get(&original.full_name(*field)) {
                values.insert(section.full_name(*field), value.clone());
            }
        }
    }
    values
}

/// Returns the problems of the typed values, with those in `same` [copied](with_copies). An unchanged value is never a
/// problem, and that of a copied one is the problem of the original.
#[must_use]
pub fn problems(loaded: &Values, typed: &Values, same: &[Section]) -> Vec<ProfileProblem> {
    problems_of(loaded, &with_copies(typed, same), same, loaded)
}

/// Returns the problems of the values, which have been copied already. The profile has the `known` values.
fn problems_of(loaded: &Values, values: &Values, same: &[Section], known: &Values) -> Vec<ProfileProblem> {
    let mut problems = Vec::new();
    for (field, value) in changes(loaded, values) {
        if let Err(expected) = entered(field, value, known) {
            let problem = ProfileProblem { field: typed_as(field, same), expected };
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    }
    problems
}

/// Returns the field into which the value of this one is typed.
fn typed_as(field: &str, same: &[Section]) -> String {
    let (object, key) = field.split_once('.').unwrap_or_default();
    let section = same.iter().find(|section| section.object() == object);
    let original = section.and_then(|section| section.original());
    original.map_or_else(|| field.to_owned(), |original| format!("{}.{key}", original.object()))
}

/// Returns the value of a field as the form will store it: of a list, the value as it is published.
fn entered(field: &str, typed: &str, known: &Values) -> Result<String, Expected> {
    let value = checked(key_of(field), typed)?;
    let FieldKind::Listed(list) = kind(key_of(field)) else { return Ok(value) };
    // A value that the API took stays, although the list lacks it, and can be copied to another section.
    let of_list = |field: &str| kind(key_of(field)) == FieldKind::Listed(list);
    if value.is_empty() || known.iter().any(|(field, known)| *known == value && of_list(field)) {
        return Ok(value);
    }
    list.find(&value).map(str::to_owned).ok_or(Expected::Listed)
}

/// Returns the field's name within its object.
fn key_of(field: &str) -> &str {
    field.rsplit('.').next().unwrap_or_default()
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

    /// Returns the profile with the typed values that differ from the loaded ones, with those in `same`
    /// [copied](with_copies). Other fields keep their present values, including changes made by others since.
    ///
    /// # Errors
    /// [`NotEdited`].
    pub fn edited(&self, loaded: &Values, typed: &Values, same: &[Section]) -> Result<Self, NotEdited> {
        let (now, typed) = (self.values(), with_copies(typed, same));
        let overtaken = |field, value| now.get(field).is_some_and(|now| loaded.get(field) != Some(now) && now != value);
        if changes(loaded, &typed).any(|(field, value)| overtaken(field, value)) {
            return Err(NotEdited::Conflict);
        }
        let problems = problems_of(loaded, &typed, same, &now);
        if !problems.is_empty() {
            return Err(NotEdited::Invalid(problems));
        }
        let mut change = Map::new();
        for (field, value) in changes(loaded, &typed) {
            let value = entered(field, value, &now).unwrap_or_else(|_| value.clone());
            let (object, key) = field.split_once('.').unwrap_or(("", field));
            let fields = if object.is_empty() {
                Some(&mut change)
            } else {
                change.entry(object).or_insert_with(|| Map::new().into()).as_object_mut()
            };
            if let Some(fields) = fields {
                fields.insert(key.to_owned(), Value::String(value));
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
    use crate::account::company::{Address, Contact};

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
        assert_eq!(now.edited(&loaded, &typed, &[]), Ok(expected));
        assert_eq!(now.edited(&loaded, &loaded, &[]), Ok(now));
    }

    #[test]
    fn edit_conflicts_if_another_user_changed_the_same_field() {
        let loaded = profile().values();
        let mut now = profile();
        now.billing_address.city = "Nara".to_owned();
        let typed = |city| with(&loaded, &[("BillingAddress.City", city)]);
        assert_eq!(now.edited(&loaded, &typed("Kyoto"), &[]), Err(NotEdited::Conflict));
        assert_eq!(now.edited(&loaded, &typed("Nara"), &[]), Ok(now.clone()));
        // Without loaded values, the user has not seen the field's present value.
        assert_eq!(now.edited(&Values::new(), &typed("Kyoto"), &[]), Err(NotEdited::Conflict));
        assert!(now.edited(&now.values(), &typed("Kyoto"), &[]).is_ok());
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
        let found = problems(&loaded, &typed, &[]);
        let expected: Vec<_> = found.iter().map(|problem| problem.expected).collect();
        assert_eq!(
            expected,
            [Expected::Something, Expected::Email, Expected::OneOf, Expected::Digits, Expected::Line(255)]
        );
        assert_eq!(profile().edited(&loaded, &typed, &[]), Err(NotEdited::Invalid(found)));
        assert_eq!(problems(&typed, &typed, &[]), []);
    }

    #[test]
    fn unknown_fields_are_refused() {
        let names = ["Colour", "CorporateAddress", "CorporateAddress.City.Ward", "Website.x", "", ".", "CompanyName."];
        for name in names {
            let typed = Values::from([(name.to_owned(), "x".to_owned())]);
            assert!(matches!(profile().edited(&Values::new(), &typed, &[]), Err(NotEdited::Invalid(_))), "{name}");
        }
    }

    #[test]
    fn masked_tax_number_is_kept_unless_another_is_typed() {
        let loaded = profile().values();
        assert_eq!(loaded["EinSsnForeignTaxId"], "XXXXX4832");
        let kept = profile().edited(&loaded, &with(&loaded, &[("Currency", "USD")]), &[]).unwrap();
        assert_eq!(kept.ein_ssn_foreign_tax_id, "12-3454832");
        let other = profile().edited(&loaded, &with(&loaded, &[("EinSsnForeignTaxId", "98-7654321")]), &[]).unwrap();
        assert_eq!(other.ein_ssn_foreign_tax_id, "98-7654321");
    }

    #[test]
    fn listed_value_is_stored_as_published_and_others_are_refused() {
        let loaded = profile().values();
        let typed = with(&loaded, &[("CorporateAddress.Country", " japan "), ("Currency", "ｊｐｙ"), ("Timezone", "")]);
        let edited = profile().edited(&loaded, &typed, &[]).unwrap();
        assert_eq!((edited.corporate_address.country.as_str(), edited.currency.as_str()), ("JAPAN", "JPY"));
        let typed = with(&loaded, &[("BillingAddress.Country", "Nowhere"), ("Timezone", "JST")]);
        let fields = ["BillingAddress.Country", "Timezone"].map(str::to_owned);
        let found = fields.map(|field| ProfileProblem { field, expected: Expected::Listed });
        assert_eq!(problems(&loaded, &typed, &[]), found);
        assert_eq!(profile().edited(&loaded, &typed, &[]), Err(NotEdited::Invalid(found.to_vec())));
    }

    #[test]
    fn value_that_the_list_lacks_stays_and_can_be_copied() {
        let mut now = profile();
        now.corporate_address = Address { city: "Pristina".into(), country: "KOSOVO".into(), ..Address::default() };
        let loaded = now.values();
        let typed = with(&loaded, &[("CorporateAddress.City", "Prizren")]);
        let same = [Section::BillingAddress];
        assert_eq!(problems(&loaded, &typed, &same), []);
        let edited = now.edited(&loaded, &typed, &same).unwrap();
        assert_eq!(
            (edited.billing_address.country.as_str(), edited.billing_address.city.as_str()),
            ("KOSOVO", "Prizren")
        );
        // It is known as a country, not as a currency.
        assert_eq!(problems(&loaded, &with(&loaded, &[("Currency", "KOSOVO")]), &[]).len(), 1);
    }

    #[test]
    fn section_is_saved_with_the_values_of_its_original() {
        let loaded = profile().values();
        let typed = with(
            &loaded,
            &[
                ("FinancialContact.Name", "Aiko"),
                ("FinancialContact.UserId", "1"),
                ("SecurityContact.Name", "Daniel"),
                ("TechnicalContact.Email", "nobody"),
            ],
        );
        let same = [Section::TechnicalContact, Section::CommercialContact, Section::CorporateAddress];
        let edited = profile().edited(&loaded, &typed, &same).unwrap();
        assert_eq!(
            edited.financial_contact,
            Contact { name: "Aiko".into(), user_id: "1".into(), ..Contact::default() }
        );
        assert_eq!(edited.technical_contact, edited.financial_contact);
        assert_eq!(edited.commercial_contact, edited.financial_contact);
        assert_eq!(edited.security_contact, Contact { name: "Daniel".into(), ..Contact::default() });
        let values = edited.values();
        let copies: Vec<_> = Section::ALL.into_iter().filter(|section| section.is_copy(&values)).collect();
        assert_eq!(copies, [Section::TechnicalContact, Section::CommercialContact]);
    }

    #[test]
    fn problem_of_a_copied_value_is_one_of_the_original() {
        let loaded = profile().values();
        let typed = with(&loaded, &[("FinancialContact.Email", "nobody"), ("TechnicalContact.Email", "hidden")]);
        let same = [Section::TechnicalContact, Section::SecurityContact];
        let found = vec![ProfileProblem { field: "FinancialContact.Email".to_owned(), expected: Expected::Email }];
        assert_eq!(problems(&loaded, &typed, &same), found);
        assert_eq!(profile().edited(&loaded, &typed, &same), Err(NotEdited::Invalid(found)));
    }

    #[test]
    fn originals_are_no_copies_and_have_the_same_fields() {
        for section in Section::ALL {
            if let Some(original) = section.original() {
                assert_eq!((original.original(), original.fields()), (None, section.fields()), "{section:?}");
            }
        }
    }
}
