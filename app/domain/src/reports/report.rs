//! The reports that Kagitaba makes from its own data: the catalogue, and the filters of each report.
//!
//! Source: `Report` and `ReportMetadata` of Agency API version 3. All reports take the same filters.

use crate::text;
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use strum::{EnumString, IntoStaticStr, VariantArray};

/// Days of a report if the client gives no first day.
const DAYS_DEFAULT: u64 = 30;
/// Most days of a report: a leap year.
pub const DAYS_MAX: i64 = 366;

/// A report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Report {
    /// How often each token was used, by day.
    TokenUsage,
    /// The actions in the account, with their actors.
    AuditLog,
}

/// The types of values, with their published names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[allow(missing_docs)] // the published names say it
pub enum DataType {
    #[serde(rename = "Date (yyyy-MM-dd'T'HH:mm:ssZZ)")]
    Date,
    Decimal,
    Integer,
    String,
}

/// A query parameter of a report, as published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Filter {
    /// The filter's display name; in a query it is in upper case, with underscores.
    pub name: &'static str,
    /// The type of the filter's value.
    pub data_type: DataType,
    /// The format of the filter's value.
    pub format: &'static str,
}

/// A column of a report, as published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Attribute {
    /// The column's name in the records.
    pub name: &'static str,
    /// The type of the column's values.
    pub data_type: DataType,
    /// The description of the column.
    pub description: &'static str,
}

/// The filters of every report: its first and its last day.
pub const FILTERS: [Filter; 2] = [
    Filter { name: "Start Date", data_type: DataType::Date, format: "yyyy-MM-dd" },
    Filter { name: "End Date", data_type: DataType::Date, format: "yyyy-MM-dd" },
];
/// The first of [`FILTERS`] in a query.
pub const START_DATE: &str = "START_DATE";
/// The second of [`FILTERS`] in a query.
pub const END_DATE: &str = "END_DATE";

const fn attribute(name: &'static str, data_type: DataType, description: &'static str) -> Attribute {
    Attribute { name, data_type, description }
}

const TOKEN_USAGE: [Attribute; 8] = [
    attribute("TokenId", DataType::String, "The access token"),
    attribute("TokenName", DataType::String, "Its current name; empty if it was deleted"),
    attribute("AccountSid", DataType::String, "Its Account SID; empty if it was deleted"),
    attribute("Day", DataType::Date, "The day, in UTC"),
    attribute("Operation", DataType::String, "The id of the operation that was called"),
    attribute("Status", DataType::Integer, "The HTTP status of the answers"),
    attribute("Calls", DataType::Integer, "The number of calls"),
    attribute("MeanLatency", DataType::Decimal, "The time an answer took, in milliseconds"),
];

const AUDIT_LOG: [Attribute; 5] = [
    attribute("Time", DataType::Date, "The time of the action, in UTC"),
    attribute("Actor", DataType::String, "A user's e-mail address or an access token's Account SID; empty otherwise"),
    attribute("Action", DataType::String, "The action"),
    attribute("TokenId", DataType::String, "The access token of the action; empty if there is none"),
    attribute("Details", DataType::String, "Details, as JSON"),
];

impl Report {
    /// The catalogue of reports.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.first_chunk().unwrap();

    /// Returns the report of that id, if there is one.
    #[must_use]
    pub fn find(id: &str) -> Option<Self> {
        id.parse().ok()
    }

    /// Returns the report's id in paths, which is also the stored one.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.into()
    }

    /// Returns the report's display name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TokenUsage => "Token Usage",
            Self::AuditLog => "Audit Log",
        }
    }

    /// Returns the report's category, one of the published ones.
    #[must_use]
    pub const fn category(self) -> &'static str {
        match self {
            Self::TokenUsage => "Operations",
            Self::AuditLog => "Compliance",
        }
    }

    /// Returns the description of the report.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::TokenUsage => "The use of each access token, by day, operation and HTTP status.",
            Self::AuditLog => "Each action in the account, with its time, user and access token.",
        }
    }

    /// Returns the report's columns.
    #[must_use]
    pub const fn attributes(self) -> &'static [Attribute] {
        match self {
            Self::TokenUsage => &TOKEN_USAGE,
            Self::AuditLog => &AUDIT_LOG,
        }
    }
}

/// The days of a report, first and last included, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
}

/// The reason why two days are not a valid period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages say it
pub enum PeriodProblem {
    #[error("{END_DATE} is before {START_DATE}; swap them")]
    EndBeforeStart,
    #[error("A report covers at most {DAYS_MAX} days; run it for shorter periods")]
    TooLong,
}

impl Period {
    /// Returns the requested period. The default for the last day is today; without a first day, the period has 30
    /// days.
    ///
    /// # Errors
    /// [`PeriodProblem`] if the period would end before it begins or be longer than [`DAYS_MAX`].
    pub fn asked(from: Option<NaiveDate>, to: Option<NaiveDate>, today: NaiveDate) -> Result<Self, PeriodProblem> {
        let to = to.unwrap_or(today);
        let from = from.unwrap_or(to.checked_sub_days(Days::new(DAYS_DEFAULT - 1)).unwrap_or(NaiveDate::MIN));
        match (to - from).num_days() {
            ..0 => Err(PeriodProblem::EndBeforeStart),
            DAYS_MAX.. => Err(PeriodProblem::TooLong),
            _ => Ok(Self { from, to }),
        }
    }
}

/// The file formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, EnumString)]
#[serde(rename_all = "UPPERCASE")]
#[strum(serialize_all = "UPPERCASE")]
#[allow(missing_docs)] // the published names say it
pub enum ResultFormat {
    #[default]
    Csv,
    Json,
    Xml,
}

/// The format is unknown; the message is the published one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Invalid result format. Must be one of CSV, JSON or XML")]
pub struct NoResultFormat;

impl ResultFormat {
    /// Returns the format of that name.
    ///
    /// # Errors
    /// [`NoResultFormat`].
    pub fn find(name: &str) -> Result<Self, NoResultFormat> {
        name.parse().map_err(|_| NoResultFormat)
    }

    /// Returns the file name extension.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Xml => "xml",
        }
    }
}

/// A report to be made into a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// The report.
    pub report: Report,
    /// The days of the report.
    pub period: Period,
    /// The file's format.
    pub format: ResultFormat,
}

impl Export {
    /// Returns the name of the file.
    #[must_use]
    pub fn file_name(&self) -> String {
        let Period { from, to } = self.period;
        format!("{}_{from}_{to}.{}", self.report.id(), self.format.extension())
    }
}

/// The bytes at the beginning of a CSV file by which spreadsheets recognise UTF-8.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Returns the text as a cell of a spreadsheet: text that a spreadsheet could take for a formula gets an apostrophe in
/// front. Used for all text that people can choose, in every CSV file. Source: OWASP, CSV Injection.
#[must_use]
pub fn cell(text: &str) -> Cow<'_, str> {
    if begins_formula(text) { format!("'{text}").into() } else { text.into() }
}

/// Returns whether a spreadsheet may take the text for a formula. Spreadsheets skip leading blanks and invisible
/// characters, and Japanese ones treat full-width and small forms of signs as the signs themselves.
fn begins_formula(text: &str) -> bool {
    let is_passed_over = |c: char| c.is_whitespace() || text::is_unsupported(c);
    text.starts_with(['\t', '\r', '\n'])
        || text
            .trim_start_matches(is_passed_over)
            .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫', '−'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn asked(from: &str, to: &str) -> Result<(NaiveDate, NaiveDate), PeriodProblem> {
        let period = Period::asked(from.parse().ok(), to.parse().ok(), day("2026-05-30"));
        period.map(|period| (period.from, period.to))
    }

    #[test]
    fn report_covers_the_last_30_days_by_default() {
        assert_eq!(asked("", ""), Ok((day("2026-05-01"), day("2026-05-30"))));
        assert_eq!(asked("2026-05-29", ""), Ok((day("2026-05-29"), day("2026-05-30"))));
        assert_eq!(asked("", "2026-01-30"), Ok((day("2026-01-01"), day("2026-01-30"))));
        assert_eq!(asked("2026-05-30", "2026-05-30"), Ok((day("2026-05-30"), day("2026-05-30"))));
    }

    #[test]
    fn report_period_is_ordered_and_at_most_366_days() {
        assert_eq!(asked("2026-05-02", "2026-05-01"), Err(PeriodProblem::EndBeforeStart));
        assert_eq!(asked("2026-05-31", ""), Err(PeriodProblem::EndBeforeStart));
        assert!(asked("2024-01-01", "2024-12-31").is_ok(), "366 days");
        assert_eq!(asked("2024-01-01", "2025-01-01"), Err(PeriodProblem::TooLong));
        let (first, last) = (NaiveDate::MIN, NaiveDate::MAX);
        assert_eq!(Period::asked(Some(first), Some(last), last), Err(PeriodProblem::TooLong));
        assert!(Period::asked(None, Some(first), last).is_ok());
    }

    #[test]
    fn report_id_is_the_same_in_paths_and_as_stored() {
        assert_eq!(Report::ALL.map(Report::id), ["token_usage", "audit_log"]);
        for report in Report::ALL {
            assert_eq!(Report::find(report.id()), Some(report));
            assert_eq!(serde_json::to_value(report).unwrap(), report.id());
        }
        assert_eq!(Report::find("agency_action_listing"), None);
    }

    #[test]
    fn format_is_found_by_its_published_name() {
        let found = ["CSV", "JSON", "XML", "csv"].map(ResultFormat::find);
        assert_eq!(found, [Ok(ResultFormat::Csv), Ok(ResultFormat::Json), Ok(ResultFormat::Xml), Err(NoResultFormat)]);
    }

    #[test]
    fn filters_are_named_in_the_query_as_published() {
        let names = FILTERS.map(|filter| filter.name.to_uppercase().replace(' ', "_"));
        assert_eq!(names, [START_DATE, END_DATE]);
    }

    #[test]
    fn no_cell_is_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(cell(formula), format!("'{formula}"));
        }
        for formula in [
            "＝HYPERLINK(1)",
            "＋1",
            "－1",
            "＠SUM",
            "﹦1",
            "−1",
            " =1",
            "\u{3000}＝1",
            "\u{feff}=1",
            "\u{200b}@A",
            "\n=1",
        ] {
            assert_eq!(cell(formula), format!("'{formula}"), "as spreadsheets in Japanese take it");
        }
        for text in ["束＝鍵", "「＝」", "１－２", "a@b.example", " "] {
            assert_eq!(cell(text), text);
        }
        assert_eq!(cell("a=1"), "a=1");
        assert_eq!(cell(""), "");
    }
}
