//! Partial changes to the company profile, and the validation of its fields.
//!
//! Source: `CompanyInformationUpdate` of Agency API version 3. Omitted fields keep their values, also within an address
//! or a contact.

use crate::account::company::{CompanyInformation, FieldKind, ProfileField};
use crate::members::user;
use crate::text::{self, Problem};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

/// Longest value in characters.
pub const VALUE_MAX: usize = 255;

/// A field that can't be set to the given value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileProblem {
    /// The field's name with that of its object: `CorporateAddress.City`. Empty if the whole input is not an object.
    pub field: String,
    /// The rule that the value breaks.
    pub expected: Expected,
}

/// The rule for a field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// The field must be a published one.
    KnownField,
    /// An object of fields.
    Object,
    /// A string, as all values of the profile are.
    String,
    /// One line of text of at most that many characters.
    Line(usize),
    /// Text that is not empty.
    Something,
    /// A telephone number, or empty: digits, possibly separated.
    Digits,
    /// An e-mail address, or empty.
    Email,
    /// One of its [`choices`].
    OneOf,
    /// A value of the list that the form offers, or one that the profile already has.
    Listed,
}

impl fmt::Display for ProfileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.expected {
            Expected::KnownField => f.write_str("there's no such field; leave it out"),
            Expected::Object => f.write_str("send an object with the fields to change"),
            Expected::String => f.write_str("send a string; all values are strings here"),
            Expected::Line(max) => write!(f, "send one line of at most {max} characters"),
            Expected::Something => f.write_str("this can't be empty"),
            Expected::Digits => f.write_str("send the digits of a telephone number"),
            Expected::Email => f.write_str("send an e-mail address"),
            Expected::Listed => f.write_str("choose a value from the list"),
            Expected::OneOf => {
                let values = choices(&self.field).unwrap_or_default();
                let named: Vec<_> = values.iter().copied().filter(|value| !value.is_empty()).collect();
                let or_empty = if named.len() < values.len() { "; it may be empty" } else { "" };
                write!(f, "send one of {}{or_empty}", named.join(", "))
            }
        }
    }
}

/// Returns the values that a field can take, if there is a fixed set of them. The empty value means that none is chosen.
#[must_use]
pub fn choices(field: &str) -> Option<&'static [&'static str]> {
    match kind(field) {
        FieldKind::OneOf(choices) => Some(choices),
        _ => None,
    }
}

impl CompanyInformation {
    /// Returns the profile with the changes in `change`.
    ///
    /// # Errors
    /// Every field that can't be set to its new value. Nothing is changed then.
    pub fn updated(&self, change: &Value) -> Result<Self, Vec<ProfileProblem>> {
        let problem = |field: &str, expected| vec![ProfileProblem { field: field.to_owned(), expected }];
        let Value::Object(change) = change else { return Err(problem("", Expected::Object)) };
        let Ok(Value::Object(mut fields)) = serde_json::to_value(self) else {
            return Err(problem("", Expected::Object));
        };
        let mut problems = Vec::new();
        // A masked number that is sent back stands for the number that was masked.
        let masked = self.masked().ein_ssn_foreign_tax_id;
        let same = |key: &str, value: &Value| key == "EinSsnForeignTaxId" && *value == masked;
        set(&mut fields, change.iter().filter(|(key, value)| !same(key, value)), "", &mut problems);
        if problems.is_empty() {
            serde_json::from_value(Value::Object(fields)).map_err(|_| problem("", Expected::Object))
        } else {
            Err(problems)
        }
    }

    /// Returns the profile as it is shown: only the last four characters of the tax number.
    #[must_use]
    pub fn masked(&self) -> Self {
        Self { ein_ssn_foreign_tax_id: text::masked(&self.ein_ssn_foreign_tax_id), ..self.clone() }
    }
}

fn set<'a>(
    fields: &mut Map<String, Value>,
    change: impl Iterator<Item = (&'a String, &'a Value)>,
    within: &str,
    problems: &mut Vec<ProfileProblem>,
) {
    for (key, value) in change {
        let mut wrong = |expected| problems.push(ProfileProblem { field: format!("{within}{key}"), expected });
        match (fields.get_mut(key), value) {
            (None, _) => wrong(Expected::KnownField),
            (Some(Value::Object(inner)), Value::Object(change)) => {
                set(inner, change.iter(), &format!("{within}{key}."), problems);
            }
            (Some(Value::Object(_)), _) => wrong(Expected::Object),
            (Some(field), Value::String(text)) => match checked(key, text) {
                Ok(text) => *field = Value::String(text),
                Err(expected) => wrong(expected),
            },
            (Some(_), _) => wrong(Expected::String),
        }
    }
}

/// Returns the values that a field of that name takes; a line of text if there is no such field.
pub(crate) fn kind(field: &str) -> FieldKind {
    field.parse().map_or(FieldKind::Line, ProfileField::kind)
}

/// Returns the value as it will be stored.
pub(crate) fn checked(key: &str, value: &str) -> Result<String, Expected> {
    let kind = kind(key);
    if let FieldKind::OneOf(choices) = kind {
        return if choices.contains(&value) { Ok(value.to_owned()) } else { Err(Expected::OneOf) };
    }
    let line = match text::line(value, VALUE_MAX) {
        _ if value.chars().count() > VALUE_MAX => return Err(Expected::Line(VALUE_MAX)),
        Ok(line) => line,
        // Invisible characters don't count as empty.
        Err(Problem::Required) if value.trim().is_empty() => String::new(),
        Err(_) => return Err(Expected::Line(VALUE_MAX)),
    };
    match kind {
        FieldKind::Required if line.is_empty() => Err(Expected::Something),
        FieldKind::Email if !line.is_empty() => user::email(&line).map_err(|_| Expected::Email),
        FieldKind::Digits => text::phone_number(&line).ok_or(Expected::Digits),
        _ => Ok(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn update_changes_only_named_fields() {
        let profile = CompanyInformation::named("Agency");
        let change = json!({ "Website": " https://a.example ", "CorporateAddress": { "City": "Kyoto" } });
        let updated = profile.updated(&change).unwrap();
        let mut expected = profile.clone();
        expected.website = "https://a.example".to_owned();
        expected.corporate_address.city = "Kyoto".to_owned();
        assert_eq!(updated, expected);
        assert_eq!(updated.updated(&json!({})), Ok(updated));
    }

    #[test]
    fn update_takes_phone_numbers_and_addresses_as_written() {
        let change = json!({
            "PrimaryPhoneNumber": "＋８１ ３－５５５０－０１１０", "SecondaryPhoneNumber": "-",
            "FinancialContact": { "Email": "a..b@docomo.ne.jp", "WorkPhoneNumber": "(03) 5550 0110" },
        });
        let updated = CompanyInformation::named("Agency").updated(&change).unwrap();
        assert_eq!(
            (updated.primary_phone_number.as_str(), updated.secondary_phone_number.as_str()),
            ("81355500110", "")
        );
        let contact = &updated.financial_contact;
        assert_eq!((contact.email.as_str(), contact.work_phone_number.as_str()), ("a..b@docomo.ne.jp", "0355500110"));
    }

    #[test]
    fn update_names_every_invalid_field_and_changes_nothing() {
        let change = json!({
            "CompanyName": " ", "PrimaryPhoneNumber": "+1 555-CALL", "MinimumContactRating": "6", "Currency": 5, "Colour": "red",
            "BillingAddress": "Kyoto", "FinancialContact": { "Email": "nobody", "Age": "4" }, "Website": "x".repeat(256),
            "Timezone": "\u{200b}", "IndirectTaxNumber": " ".repeat(256), "EinSsnForeignTaxId": "\u{200d}",
        });
        let problems = CompanyInformation::named("Agency").updated(&change).unwrap_err();
        let mut fields: Vec<_> = problems.iter().map(|problem| problem.field.as_str()).collect();
        fields.sort_unstable();
        assert_eq!(
            fields,
            [
                "BillingAddress",
                "Colour",
                "CompanyName",
                "Currency",
                "EinSsnForeignTaxId",
                "FinancialContact.Age",
                "FinancialContact.Email",
                "IndirectTaxNumber",
                "MinimumContactRating",
                "PrimaryPhoneNumber",
                "Timezone",
                "Website"
            ]
        );
        assert!(CompanyInformation::default().updated(&json!([])).is_err());
    }

    #[test]
    fn choice_problem_lists_values_and_whether_empty_is_allowed() {
        let message = |field: &str| ProfileProblem { field: field.to_owned(), expected: Expected::OneOf }.to_string();
        assert_eq!(message("MinimumContactRating"), "send one of 1, 2, 3, 4, 5; it may be empty");
        assert_eq!(message("OrganizationType"), "send one of CORP, NONP_GOV, OTHER");
    }

    #[test]
    fn masked_tax_number_shows_four_characters_and_is_kept() {
        let of = |number: &str| CompanyInformation { ein_ssn_foreign_tax_id: number.to_owned(), ..Default::default() };
        let shown = |number: &str| of(number).masked().ein_ssn_foreign_tax_id;
        assert_eq!([shown("12-3454832"), shown("鍵束"), shown("")], ["XXXXX4832", "XXXXX鍵束", ""]);
        let kept = of("12-3454832").updated(&json!({ "EinSsnForeignTaxId": "XXXXX4832" })).unwrap();
        assert_eq!(kept, of("12-3454832"));
        let other = kept.updated(&json!({ "EinSsnForeignTaxId": "98-7654321" })).unwrap();
        assert_eq!(other, of("98-7654321"));
    }
}
