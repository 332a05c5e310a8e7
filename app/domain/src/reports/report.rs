//! The reports that Kagitaba makes of what it keeps itself: the catalogue, and what may be asked of each.
//!
//! Source: `Report` and `ReportMetadata` of Agency API version 3. All reports take the same filters.

use crate::text;
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Days of a report where the client names no first day.
const DAYS_DEFAULT: u64 = 30;
/// Most days of a report: a whole leap year.
pub const DAYS_MAX: i64 = 366;

/// A report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Report {
    /// How often each token was used, by day.
    TokenUsage,
    /// Who did what.
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

/// A query parameter that a report takes, as published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Filter {
    /// Its name for people; the query has it in upper case, with underscores.
    pub name: &'static str,
    /// What it takes.
    pub data_type: DataType,
    /// How it is written.
    pub format: &'static str,
}

/// A column of a report, as published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Attribute {
    /// Its name in the records.
    pub name: &'static str,
    /// What its text stands for.
    pub data_type: DataType,
    /// What it is.
    pub description: &'static str,
}

/// What every report takes: its first and its last day.
pub const FILTERS: [Filter; 2] = [
    Filter { name: "Start Date", data_type: DataType::Date, format: "yyyy-MM-dd" },
    Filter { name: "End Date", data_type: DataType::Date, format: "yyyy-MM-dd" },
];
/// [`FILTERS`]'s first in a query.
pub const START_DATE: &str = "START_DATE";
/// [`FILTERS`]'s second in a query.
pub const END_DATE: &str = "END_DATE";

const fn attribute(name: &'static str, data_type: DataType, description: &'static str) -> Attribute {
    Attribute { name, data_type, description }
}

const TOKEN_USAGE: [Attribute; 8] = [
    attribute("TokenId", DataType::String, "The access token"),
    attribute("TokenName", DataType::String, "Its name now; empty where it was deleted"),
    attribute("AccountSid", DataType::String, "Its Account SID; empty where it was deleted"),
    attribute("Day", DataType::Date, "The day, in UTC"),
    attribute("Operation", DataType::String, "The id of the operation that was called"),
    attribute("Status", DataType::Integer, "The HTTP status of the answers"),
    attribute("Calls", DataType::Integer, "How many calls"),
    attribute("MeanLatency", DataType::Decimal, "How long an answer took, in milliseconds"),
];

const AUDIT_LOG: [Attribute; 5] = [
    attribute("Time", DataType::Date, "When it was done, in UTC"),
    attribute("Actor", DataType::String, "A user's e-mail address or an access token's Account SID; empty otherwise"),
    attribute("Action", DataType::String, "What was done"),
    attribute("TokenId", DataType::String, "The access token that it was done to or with; empty where it was none"),
    attribute("Details", DataType::String, "More about it, as JSON"),
];

impl Report {
    /// The catalogue.
    pub const ALL: [Self; 2] = [Self::TokenUsage, Self::AuditLog];

    /// The report of that id.
    #[must_use]
    pub fn find(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|report| report.id() == id)
    }

    /// Its id in paths, and at rest.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::TokenUsage => "token_usage",
            Self::AuditLog => "audit_log",
        }
    }

    /// Its name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TokenUsage => "Token Usage",
            Self::AuditLog => "Audit Log",
        }
    }

    /// One of the published categories.
    #[must_use]
    pub const fn category(self) -> &'static str {
        match self {
            Self::TokenUsage => "Operations",
            Self::AuditLog => "Compliance",
        }
    }

    /// What it shows.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::TokenUsage => "How often each access token was used: by day, operation and HTTP status.",
            Self::AuditLog => "Who did what in the account, and to which access token.",
        }
    }

    /// Its columns.
    #[must_use]
    pub const fn attributes(self) -> &'static [Attribute] {
        match self {
            Self::TokenUsage => &TOKEN_USAGE,
            Self::AuditLog => &AUDIT_LOG,
        }
    }
}

/// The days that a report is of, both included, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// The first.
    pub from: NaiveDate,
    /// The last.
    pub to: NaiveDate,
}

/// Why days make no period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages say it
pub enum PeriodProblem {
    #[error("{END_DATE} is before {START_DATE}; send them the other way round")]
    EndBeforeStart,
    #[error("A report is of at most {DAYS_MAX} days; run it for parts of the time")]
    TooLong,
}

impl Period {
    /// The period that was asked for. Without a last day it ends today, without a first one it has 30 days.
    ///
    /// # Errors
    /// [`PeriodProblem`], where it would end before it begins or is longer than [`DAYS_MAX`].
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

/// The forms of a report's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs)] // the published names say it
pub enum ResultFormat {
    #[default]
    Csv,
    Json,
    Xml,
}

/// No such form; the message is the published one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Invalid result format. Must be one of CSV, JSON or XML")]
pub struct NoResultFormat;

impl ResultFormat {
    /// The form of that name.
    ///
    /// # Errors
    /// [`NoResultFormat`].
    pub fn find(name: &str) -> Result<Self, NoResultFormat> {
        match name {
            "CSV" => Ok(Self::Csv),
            "JSON" => Ok(Self::Json),
            "XML" => Ok(Self::Xml),
            _ => Err(NoResultFormat),
        }
    }

    /// What the names of such files end with.
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
    /// Which report.
    pub report: Report,
    /// Of which days.
    pub period: Period,
    /// In which form.
    pub format: ResultFormat,
}

impl Export {
    /// The name of the file.
    #[must_use]
    pub fn file_name(&self) -> String {
        let Period { from, to } = self.period;
        format!("{}_{from}_{to}.{}", self.report.id(), self.format.extension())
    }
}

/// The bytes before a CSV file by which spreadsheets know that it is in UTF-8.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The text as a cell of a spreadsheet: what a spreadsheet would take for a formula gets an apostrophe in front. For all
/// that people can choose, in every CSV file. Source: OWASP, CSV Injection.
#[must_use]
pub fn cell(text: &str) -> Cow<'_, str> {
    if begins_formula(text) { format!("'{text}").into() } else { text.into() }
}

/// Whether a spreadsheet may take the text for a formula: it passes over blanks and what can't be seen, and a Japanese one
/// takes the full-width and small forms of signs for the signs themselves.
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
    fn a_report_is_of_the_last_30_days_unless_it_is_asked_for_others() {
        assert_eq!(asked("", ""), Ok((day("2026-05-01"), day("2026-05-30"))));
        assert_eq!(asked("2026-05-29", ""), Ok((day("2026-05-29"), day("2026-05-30"))));
        assert_eq!(asked("", "2026-01-30"), Ok((day("2026-01-01"), day("2026-01-30"))));
        assert_eq!(asked("2026-05-30", "2026-05-30"), Ok((day("2026-05-30"), day("2026-05-30"))));
    }

    #[test]
    fn a_report_does_not_end_before_it_begins_and_has_a_year_at_most() {
        assert_eq!(asked("2026-05-02", "2026-05-01"), Err(PeriodProblem::EndBeforeStart));
        assert_eq!(asked("2026-05-31", ""), Err(PeriodProblem::EndBeforeStart));
        assert!(asked("2024-01-01", "2024-12-31").is_ok(), "366 days");
        assert_eq!(asked("2024-01-01", "2025-01-01"), Err(PeriodProblem::TooLong));
        let (first, last) = (NaiveDate::MIN, NaiveDate::MAX);
        assert_eq!(Period::asked(Some(first), Some(last), last), Err(PeriodProblem::TooLong));
        assert!(Period::asked(None, Some(first), last).is_ok());
    }

    #[test]
    fn ids_are_the_same_in_paths_and_at_rest() {
        for report in Report::ALL {
            assert_eq!(Report::find(report.id()), Some(report));
            assert_eq!(serde_json::to_value(report).unwrap(), report.id());
        }
        assert_eq!(Report::find("agency_action_listing"), None);
        assert_eq!(ResultFormat::find("csv"), Err(NoResultFormat));
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
