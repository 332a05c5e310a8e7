//! The records of reports from the store: each value as text, in the order of the report's attributes.

use std::fmt::Display;

use chrono::{DateTime, NaiveTime, SecondsFormat, TimeZone, Utc};
use domain::{
    account::AccountId,
    reports::report::{Period, Report},
};
use serde_json::{Map, Value};
use store::{AuditEvent, Store, TokenUsage};

/// One record.
pub type Record = Vec<String>;

/// Returns the report's records, oldest first.
///
/// # Errors
/// Those of the store.
pub async fn read(
    store: &Store,
    account: AccountId,
    report: Report,
    Period { from, to }: Period,
) -> Result<Vec<Record>, store::Error> {
    Ok(match report {
        Report::TokenUsage => store.tokens().usage(account, from, to).await?.into_iter().map(used).collect(),
        Report::AuditLog => store.audit().events(account, from, to).await?.into_iter().map(done).collect(),
    })
}

/// Returns the record as an object.
#[must_use]
pub fn object(report: Report, record: Record) -> Value {
    let names = report.attributes().iter().map(|attribute| attribute.name.to_owned());
    Value::Object(names.zip(record.into_iter().map(Value::String)).collect::<Map<_, _>>())
}

fn used(usage: TokenUsage) -> Record {
    vec![
        usage.token.0.to_string(),
        usage.name.unwrap_or_default(),
        usage.sid.map(|sid| sid.to_string()).unwrap_or_default(),
        date(usage.day.and_time(NaiveTime::MIN).and_utc()),
        usage.scope,
        usage.status.to_string(),
        usage.calls.to_string(),
        format!("{:.3}", usage.mean_latency.as_secs_f64() * 1_000.0),
    ]
}

fn done(event: AuditEvent) -> Record {
    let token = || event.details["by_access_token"].as_str().map(str::to_owned);
    vec![
        date(event.at),
        event.user.clone().or_else(token).unwrap_or_default(),
        event.action.clone(),
        event.token.map(|token| token.0.to_string()).unwrap_or_default(),
        event.details.to_string(),
    ]
}

/// Formats a date as published, `yyyy-MM-dd'T'HH:mm:ssZZ`: to the second.
pub fn date(at: DateTime<impl TimeZone<Offset: Display>>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, false)
}

/// Formats a date as [`date`] does; `None` is an empty text.
pub fn date_or_empty(at: Option<DateTime<Utc>>) -> String {
    at.map(date).unwrap_or_default()
}
