//! `/settings/audit-trail/export.csv` and `.jsonl`: the audit trail's entries that match the filter in the query, as a
//! file, for a person who may see them. At most [`EXPORT_MAX`] at once.

use app::{request::offset_at, routes};
use axum::{
    Extension, Router,
    extract::{RawQuery, State},
    response::Response,
    routing::get,
};
use chrono::{NaiveDate, SecondsFormat};
use domain::{
    audit::trail::{EXPORT_MAX, TrailFilter},
    members::{
        role::Permission,
        user::{CurrentUser, Preferences},
    },
};
use serde_json::{Value, json};
use store::{AuditEntry, Store};

use super::export::{self, ExportError, Form};

/// Returns the routes, which find the asker in the request's extensions.
pub fn router(store: Store) -> Router {
    let export = |form| {
        get(async move |State(store), asker, preferences, RawQuery(query)| {
            let file = file(&store, asker, preferences, query, form).await;
            file.unwrap_or_else(|error| error.refusal())
        })
    };
    Router::new()
        .route(routes::AUDIT_TRAIL_CSV, export(Form::Csv))
        .route(routes::AUDIT_TRAIL_JSON_LINES, export(Form::JsonLines))
        .with_state(store)
}

async fn file(
    store: &Store,
    asker: Option<Extension<CurrentUser>>,
    preferences: Option<Extension<Preferences>>,
    query: Option<String>,
    form: Form,
) -> Result<Response, ExportError> {
    let Extension(asker) = asker.ok_or(ExportError::SignInNeeded)?;
    asker.require(Permission::SeeAuditTrail).map_err(|_| ExportError::NotAllowed)?;
    let Extension(preferences) = preferences.unwrap_or_default();
    let filter = routes::trail_filter(&query.unwrap_or_default()).in_zone(|at| offset_at(&preferences, at));
    let entries = store.audit().entries(asker.account, &filter, EXPORT_MAX + 1).await?;
    if entries.len() > EXPORT_MAX as usize {
        return Err(ExportError::TooMany(EXPORT_MAX));
    }
    let head = store.audit().head(asker.account).await?.map(|head| head.hash).unwrap_or_default();
    let name = file_name(&filter, &entries, store.clock().now().date_naive());
    let content = match form {
        Form::Csv => export::csv(COLUMNS, entries.iter().map(|entry| record(entry, &head)))?,
        Form::JsonLines => json_lines(&entries, &head),
    };
    Ok(form.answer(content, &name))
}

/// Returns a file name with the days that the file covers: those asked for, else those of the entries, newest first.
fn file_name(filter: &TrailFilter, entries: &[AuditEntry], today: NaiveDate) -> String {
    let day = |entry: Option<&AuditEntry>| entry.map_or(today, |entry| entry.at.date_naive());
    let from = filter.from.unwrap_or_else(|| day(entries.last()));
    let to = filter.to.unwrap_or_else(|| day(entries.first()).max(from));
    format!("audit-trail_{from}_{to}")
}

const COLUMNS: [&str; 13] = [
    "Number",
    "Time",
    "User",
    "E-mail",
    "Account SID",
    "Address",
    "Action",
    "Subject",
    "Token Id",
    "Token",
    "Details",
    "Hash",
    "Head",
];

/// Returns the entry's cells. `head` is the hash of the trail's last entry, which need not be among those of the file.
fn record(entry: &AuditEntry, head: &str) -> [String; COLUMNS.len()] {
    let user =
        |of: fn(&domain::members::user::Person) -> &str| entry.user.as_ref().map(of).unwrap_or_default().to_owned();
    let detail = |key: &str| entry.details[key].as_str().unwrap_or_default().to_owned();
    [
        entry.sequence.to_string(),
        entry.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        user(|user| &user.name),
        user(|user| &user.email),
        detail("by_access_token"),
        entry.address.clone().unwrap_or_default(),
        entry.action.clone(),
        detail("name"),
        entry.token.map(|token| token.0.to_string()).unwrap_or_default(),
        entry.token_name.clone().unwrap_or_default(),
        entry.details.to_string(),
        entry.hash.clone(),
        head.to_owned(),
    ]
}

fn json_lines(entries: &[AuditEntry], head: &str) -> Vec<u8> {
    entries.iter().map(|entry| format!("{}\n", object(entry, head))).collect::<String>().into_bytes()
}

fn object(entry: &AuditEntry, head: &str) -> Value {
    json!({
        "number": entry.sequence,
        "time": entry.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        "user": entry.user,
        "address": entry.address,
        "action": entry.action,
        "token": entry.token.map(|id| json!({ "id": id, "name": entry.token_name })),
        "details": entry.details,
        "hash": entry.hash,
        "head": head,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn entry(name: &str) -> AuditEntry {
        AuditEntry {
            sequence: 7,
            at: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
            user: None,
            address: Some("192.0.2.1".to_owned()),
            action: "token_created".to_owned(),
            token: None,
            token_name: Some(name.to_owned()),
            details: json!({ "name": name }),
            hash: "0f".repeat(32),
        }
    }

    #[test]
    fn no_cell_is_a_formula() {
        for name in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            let content = export::csv(COLUMNS, [record(&entry(name), "")]).unwrap();
            let mut reader = csv::Reader::from_reader(content.as_slice());
            let record = reader.records().next().unwrap().unwrap();
            assert_eq!((&record[7], &record[9]), (format!("'{name}").as_str(), format!("'{name}").as_str()));
        }
    }

    #[test]
    fn a_line_of_json_is_an_entry_as_it_is() {
        let lines = String::from_utf8(json_lines(&[entry("=1"), entry("Zwei\nZeilen")], "00")).unwrap();
        let read: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(read.len(), 2);
        assert_eq!((&read[0]["details"]["name"], &read[0]["head"]), (&"=1".into(), &"00".into()));
    }

    #[test]
    fn the_file_s_name_says_which_days_are_in_it() {
        let today = NaiveDate::from_epoch_days(20_000).unwrap();
        let all = TrailFilter::default();
        assert_eq!(file_name(&all, &[entry("x")], today), "audit-trail_2027-01-15_2027-01-15");
        let filter = TrailFilter { from: Some(today), ..all };
        assert_eq!(file_name(&filter, &[], today), "audit-trail_2024-10-04_2024-10-04");
    }
}
