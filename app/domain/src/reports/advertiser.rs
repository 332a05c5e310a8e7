//! Advertisers, the brands that the agency manages, and the validation of imported advertiser records.
//!
//! Source: `Advertiser` of Agency API version 3. Two of its fields are left out here: `Uri` follows from the account
//! and the id, and `RestAccountURL` holds another account's credentials, which Kagitaba never keeps.

use crate::text::{self, Problem};
use chrono::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;
use std::str::FromStr;

/// Longest value in characters, except for `Description`.
const VALUE_MAX: usize = 255;
/// Longest `Description` in characters.
const DESCRIPTION_MAX: usize = 2_000;

/// Identifies an advertiser within the agency: a whole number from 1, without signs, spaces or leading zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AdvertiserId(i64);

/// The text is not an advertiser's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an advertiser's id is a whole number such as 1048291")]
pub struct NoAdvertiserId;

impl AdvertiserId {
    /// Returns the number, by which advertisers are ordered.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }
}

impl FromStr for AdvertiserId {
    type Err = NoAdvertiserId;

    /// Reads the id in its only spelling: `+7` and `007` are refused.
    fn from_str(text: &str) -> Result<Self, NoAdvertiserId> {
        let number = text.parse().ok().filter(|number: &i64| *number > 0 && number.to_string() == text);
        number.map(Self).ok_or(NoAdvertiserId)
    }
}

impl TryFrom<String> for AdvertiserId {
    type Error = NoAdvertiserId;

    fn try_from(text: String) -> Result<Self, NoAdvertiserId> {
        text.parse()
    }
}

impl From<AdvertiserId> for String {
    fn from(id: AdvertiserId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for AdvertiserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An advertiser account that the agency manages, with the published field names. All values are strings there,
/// including booleans; an unset value is empty unless its field says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)] // the published field names say it
pub struct Advertiser {
    pub id: AdvertiserId,
    pub name: String,
    pub description: String,
    /// `ACTIVE` (the default) or `DELINQUENT`.
    pub state: String,
    pub website: String,
    pub address_line1: String,
    pub address_line2: String,
    pub city: String,
    pub country_state: String,
    pub postal_code: String,
    pub country: String,
    pub indirect_tax_jurisdiction: String,
    /// `true` or `false` (the default).
    pub vat_registered: String,
    /// `CORP`, `NONP_GOV` or `OTHER` (the default).
    pub organization_type: String,
    /// The tax id's last four characters, masked: the full number is never served, so it is not stored either.
    pub tax_id: String,
    pub indirect_tax_number: String,
    pub timezone: String,
    pub currency: String,
    pub phone_number: String,
    /// RFC 3339. Left out if it is unset: an empty string would not be a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_created: Option<String>,
    /// `BILLED_BY_IR`, the only published value.
    pub financial_setup: String,
    /// `true` or `false` (the default).
    pub agency_of_record: String,
    /// Left out if no account manager is assigned, as published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_manager: Option<String>,
}

/// The columns that an import keeps, in the published order.
pub const COLUMNS: [&str; 23] = [
    "Id",
    "Name",
    "Description",
    "State",
    "Website",
    "AddressLine1",
    "AddressLine2",
    "City",
    "CountryState",
    "PostalCode",
    "Country",
    "IndirectTaxJurisdiction",
    "VatRegistered",
    "OrganizationType",
    "TaxId",
    "IndirectTaxNumber",
    "Timezone",
    "Currency",
    "PhoneNumber",
    "DateCreated",
    "FinancialSetup",
    "AgencyOfRecord",
    "AccountManager",
];
/// The published fields that an import ignores, whatever they hold.
const PASSED_OVER: [&str; 2] = ["RestAccountURL", "Uri"];
/// The columns that every import must have.
const NEEDED: [&str; 2] = ["Id", "Name"];
/// The columns whose field is left out if it is unset.
const LEFT_OUT: [&str; 2] = ["DateCreated", "AccountManager"];

/// Returns the name of the column that the text names in any letter case, or the trimmed text itself if there is no
/// such column.
#[must_use]
pub fn column(text: &str) -> &str {
    let text = text.trim();
    COLUMNS.into_iter().chain(PASSED_OVER).find(|column| column.eq_ignore_ascii_case(text)).unwrap_or(text)
}

/// An invalid column: as a whole, or its value in one record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {expected}", .column.escape_debug())]
pub struct AdvertiserProblem {
    /// The column's name.
    pub column: String,
    /// The rule that the column or its value breaks.
    pub expected: Expected,
}

/// The rule for a column or its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The column must be a published one.
    KnownColumn,
    /// The column must be there only once.
    Once,
    /// The column must be there.
    Present,
    /// An advertiser's id.
    Id,
    /// Text that is not empty.
    Something,
    /// One line of text of at most that many characters.
    Line(usize),
    /// Text of at most that many characters, possibly of several lines.
    Text(usize),
    /// The address of a website.
    Website,
    /// A currency code of ISO 4217.
    Currency,
    /// A telephone number: digits, possibly separated.
    Digits,
    /// A date and time with UTC offset.
    DateTime,
    /// One of these values.
    OneOf(&'static [&'static str]),
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KnownColumn => {
                let columns = COLUMNS.join(",");
                write!(f, "there is no such column; remove it. The columns are: {columns}")
            }
            Self::Once => f.write_str("the column is there twice; remove one"),
            Self::Present => f.write_str("the column is missing; add it"),
            Self::Id => f.write_str("write a whole number such as 1048291"),
            Self::Something => f.write_str("this can't be empty; enter a value"),
            Self::Line(max) => {
                write!(f, "write one line of at most {max} characters, without control or invisible characters")
            }
            Self::Text(max) => {
                write!(f, "write at most {max} characters, without control or invisible characters")
            }
            Self::Website => f.write_str("write an address such as www.example.com or https://example.com/shop"),
            Self::Currency => f.write_str("write a three-letter ISO 4217 code, such as JPY"),
            Self::Digits => f.write_str(
                "write a telephone number in digits, such as 81355500110; spaces, dashes and brackets are left out",
            ),
            Self::DateTime => f.write_str("write a date and time with a UTC offset, such as 2021-03-15T09:22:11-07:00"),
            Self::OneOf(values) => write!(f, "write one of {}", values.join(", ")),
        }
    }
}

/// Checks whether records with these columns, in any order, can be imported.
///
/// # Errors
/// Every column that is unknown, duplicated or missing.
pub fn check_columns(columns: &[&str]) -> Result<(), Vec<AdvertiserProblem>> {
    let mut problems = Vec::new();
    let mut wrong = |column: &str, expected| problems.push(AdvertiserProblem { column: column.to_owned(), expected });
    for (n, column) in columns.iter().enumerate() {
        if !COLUMNS.contains(column) && !PASSED_OVER.contains(column) {
            wrong(column, Expected::KnownColumn);
        } else if columns[..n].contains(column) {
            wrong(column, Expected::Once);
        }
    }
    for column in NEEDED.into_iter().filter(|column| !columns.contains(column)) {
        wrong(column, Expected::Present);
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

impl Advertiser {
    /// Returns the advertiser of an imported record. The record consists of pairs of a column that [`check_columns`]
    /// accepts and its text.
    ///
    /// # Errors
    /// Every column whose text is invalid.
    pub fn imported<'a>(record: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Vec<AdvertiserProblem>> {
        let mut texts = COLUMNS.map(|column| (column, ""));
        for (column, text) in record {
            if let Some(place) = texts.iter_mut().find(|(known, _)| *known == column) {
                place.1 = text;
            }
        }
        let (mut fields, mut problems) = (Map::new(), Vec::new());
        for (column, text) in texts {
            match checked(column, text) {
                Ok(value) if value.is_empty() && LEFT_OUT.contains(&column) => {}
                Ok(value) => drop(fields.insert(column.to_owned(), Value::String(value))),
                Err(expected) => problems.push(AdvertiserProblem { column: column.to_owned(), expected }),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let id = AdvertiserProblem { column: "Id".to_owned(), expected: Expected::Id };
        serde_json::from_value(Value::Object(fields)).map_err(|_| vec![id])
    }
}

/// Returns the value as it will be stored.
fn checked(column: &str, text: &str) -> Result<String, Expected> {
    if column == "Description" {
        return text::paragraph(text, DESCRIPTION_MAX).map_err(|_| Expected::Text(DESCRIPTION_MAX));
    }
    let line = match text::line(text, VALUE_MAX) {
        Ok(line) => line,
        Err(Problem::Required) => String::new(),
        Err(_) => return Err(Expected::Line(VALUE_MAX)),
    };
    // Spreadsheets write TRUE and FALSE.
    let one_of = |values: &'static [&'static str], otherwise: &str| {
        let known = values.iter().find(|value| value.eq_ignore_ascii_case(&line));
        let value = if line.is_empty() { Some(otherwise) } else { known.copied() };
        value.map(str::to_owned).ok_or(Expected::OneOf(values))
    };
    match column {
        "Id" if line.parse::<AdvertiserId>().is_err() => Err(Expected::Id),
        "Name" if line.is_empty() => Err(Expected::Something),
        "State" => one_of(&["ACTIVE", "DELINQUENT"], "ACTIVE"),
        "OrganizationType" => one_of(&["CORP", "NONP_GOV", "OTHER"], "OTHER"),
        "FinancialSetup" => one_of(&["BILLED_BY_IR"], "BILLED_BY_IR"),
        "VatRegistered" | "AgencyOfRecord" => one_of(&["true", "false"], "false"),
        "TaxId" => Ok(text::masked(&line)),
        _ if line.is_empty() => Ok(line),
        "Website" if !is_website(&line) => Err(Expected::Website),
        "Currency" if line.len() == 3 && line.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            Ok(line.to_ascii_uppercase())
        }
        "Currency" => Err(Expected::Currency),
        "PhoneNumber" => text::phone_number(&line).ok_or(Expected::Digits),
        "DateCreated" => DateTime::parse_from_rfc3339(&line).map(|at| at.to_rfc3339()).map_err(|_| Expected::DateTime),
        _ => Ok(line),
    }
}

/// Returns whether the line is a host with a dot in it, of any script, as in the published example, or a whole address
/// with `http(s)://`.
fn is_website(line: &str) -> bool {
    let rest = line.strip_prefix("https://").or(line.strip_prefix("http://")).unwrap_or(line);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = host.split_once(':').unwrap_or((host, "443"));
    let is_label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    host.contains('.') && host.split('.').all(is_label) && port.parse::<u16>().is_ok() && !line.contains(' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The columns and texts of a whole record: those of the published example.
    const EXAMPLE: [(&str, &str); 25] = [
        ("Id", "1048291"),
        ("Name", "Nutt & Co. Outdoors"),
        ("Description", "Premium outdoor gear and adventure accessories."),
        ("State", "ACTIVE"),
        ("Website", "www.nuttandco.com"),
        ("AddressLine1", "100 Commerce Drive"),
        ("AddressLine2", "Suite 200"),
        ("City", "Austin"),
        ("CountryState", "TX"),
        ("PostalCode", "78701"),
        ("Country", "US"),
        ("IndirectTaxJurisdiction", ""),
        ("VatRegistered", "false"),
        ("OrganizationType", "CORP"),
        ("TaxId", "XXXXX4832"),
        ("IndirectTaxNumber", ""),
        ("Timezone", "America/Chicago"),
        ("Currency", "USD"),
        ("PhoneNumber", "15125550191"),
        ("DateCreated", "2021-03-15T09:22:11-07:00"),
        ("FinancialSetup", "BILLED_BY_IR"),
        ("AgencyOfRecord", "true"),
        ("AccountManager", "Carrie Oakey"),
        ("RestAccountURL", "IR1:secret@api.impactradius.com/Advertisers/IR1"),
        ("Uri", "/Agencies/IR2/Advertisers/1048291"),
    ];

    fn with(column: &str, text: &str) -> Result<Advertiser, Vec<AdvertiserProblem>> {
        Advertiser::imported([("Id", "7"), ("Name", "Acme"), (column, text)])
    }

    fn read(column: &str, text: &str) -> String {
        let value = serde_json::to_value(with(column, text).unwrap()).unwrap();
        value[column].as_str().unwrap_or("(left out)").to_owned()
    }

    #[test]
    fn import_keeps_published_example_without_credentials() {
        check_columns(&EXAMPLE.map(|(column, _)| column)).unwrap();
        let advertiser = serde_json::to_value(Advertiser::imported(EXAMPLE).unwrap()).unwrap();
        let kept = EXAMPLE.into_iter().filter(|(column, _)| COLUMNS.contains(column));
        let expected: Map<_, _> = kept.map(|(column, text)| (column.to_owned(), json!(text))).collect();
        assert_eq!(advertiser, Value::Object(expected));
    }

    #[test]
    fn a_record_needs_no_more_than_id_and_name() {
        let advertiser = Advertiser::imported([("Id", "7"), ("Name", "Acme")]).unwrap();
        let value = serde_json::to_value(&advertiser).unwrap();
        assert_eq!(
            (&value["State"], &value["VatRegistered"], &value["Currency"]),
            (&json!("ACTIVE"), &json!("false"), &json!(""))
        );
        assert_eq!(value.as_object().unwrap().len(), COLUMNS.len() - LEFT_OUT.len());
        assert_eq!(serde_json::from_value::<Advertiser>(value).unwrap(), advertiser);
    }

    #[test]
    fn imported_values_are_normalised() {
        for (column, text, kept) in [
            ("Name", "  Acme \t Shoes ", "Acme Shoes"),
            ("VatRegistered", "TRUE", "true"),
            ("State", "delinquent", "DELINQUENT"),
            ("Currency", "jpy", "JPY"),
            ("TaxId", "12-3454832", "XXXXX4832"),
            ("DateCreated", "2021-03-15T16:22:11Z", "2021-03-15T16:22:11+00:00"),
            ("PhoneNumber", "+1 (512) 555-0191", "15125550191"),
            ("PhoneNumber", "０３ー５５５０ー０１１０", "0355500110"),
            ("DateCreated", "", "(left out)"),
            ("AccountManager", " ", "(left out)"),
            ("Description", "Two\r\nlines", "Two\nlines"),
            ("Website", "https://日本語.example:8443/a?b#c", "https://日本語.example:8443/a?b#c"),
        ] {
            assert_eq!(read(column, text), kept, "{column} {text}");
        }
    }

    #[test]
    fn import_names_every_invalid_column_and_its_rule() {
        let record =
            [("Id", "7b"), ("Name", " "), ("State", "GONE"), ("PhoneNumber", "+1 555-CALL"), ("City", "Kyoto")];
        let problems = Advertiser::imported(record).unwrap_err();
        let said: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "Id: write a whole number such as 1048291",
                "Name: this can't be empty; enter a value",
                "State: write one of ACTIVE, DELINQUENT",
                "PhoneNumber: write a telephone number in digits, such as 81355500110; spaces, dashes and brackets are left out",
            ]
        );
    }

    #[test]
    fn invalid_column_value_is_refused() {
        for (column, text) in [
            ("Id", "0"),
            ("Id", "007"),
            ("Id", "+7"),
            ("Id", "-7"),
            ("Id", "９"),
            ("Id", "99999999999999999999"),
            ("Name", "Acme\u{202e}"),
            ("Website", "javascript:alert(1).example"),
            ("Website", "https://user@host.example"),
            ("Website", "not an address.example"),
            ("Website", "localhost"),
            ("Website", "ftp://files.example"),
            ("Currency", "EURO"),
            ("Currency", "€"),
            ("DateCreated", "2021-03-15"),
            ("DateCreated", "2021-02-30T09:22:11Z"),
            ("VatRegistered", "yes"),
            ("OrganizationType", "LTD"),
            ("FinancialSetup", "FREE"),
        ] {
            let problems = with(column, text).unwrap_err();
            assert_eq!((problems.len(), problems[0].column.as_str()), (1, column), "{text}");
        }
        assert!(with("City", &"x".repeat(255)).is_ok() && with("City", &"x".repeat(256)).is_err());
        assert!(with("Description", &"x".repeat(2_000)).is_ok() && with("Description", &"x".repeat(2_001)).is_err());
    }

    #[test]
    fn column_is_found_in_any_letter_case() {
        for (text, named) in [("id", "Id"), (" POSTALCODE ", "PostalCode"), ("restaccounturl", "RestAccountURL")] {
            assert_eq!(column(text), named);
        }
        assert_eq!(column("Colour"), "Colour");
    }

    #[test]
    fn unknown_doubled_and_missing_columns_are_named() {
        let problems = check_columns(&["Name", "Colour\n", "City", "City", "Uri"]).unwrap_err();
        let columns: Vec<_> = problems.iter().map(|problem| (problem.column.as_str(), problem.expected)).collect();
        assert_eq!(columns, [("Colour\n", Expected::KnownColumn), ("City", Expected::Once), ("Id", Expected::Present)]);
        assert!(problems[0].to_string().starts_with(r"Colour\n: there is no such column"));
        assert_eq!(check_columns(&["Name", "Id"]), Ok(()));
    }
}
