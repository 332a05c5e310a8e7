//! The details of an entry of the audit trail: its subject, the recorded values, and a summary of them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// Longest value that a summary shows, in characters.
const SHORT: usize = 40;
/// Most parts of a summary.
const PARTS_MAX: usize = 3;
/// Fields that are lists, also with one element or none.
const LISTS: [&str; 3] = ["scopes", "developers", "allowed_addresses"];
/// Details besides changes that a summary shows.
const TELLING: [&str; 5] = ["role", "added", "changed", "forgotten", "sessions_ended"];
/// The first fields of a summary, in this order.
const FIRST: [&str; 6] = ["role", "name", "scopes", "api_version", "expires_at", "primary_contact"];

/// The way in which an entry recorded a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recorded {
    /// A change, with the value before and the one after.
    Changed,
    /// A value of something new.
    Initial,
    /// A detail of the action.
    Detail,
}

/// A value that an entry recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The field's name as stored.
    pub field: String,
    /// The way in which it was recorded.
    pub recorded: Recorded,
    /// The value before, or the elements of a list; empty if there was none or it was not recorded.
    pub before: Vec<String>,
    /// The value after, in the same form; empty if there is no longer one.
    pub after: Vec<String>,
}

/// Returns the name of the action's subject from an entry's details. `name_of` returns the name of a user.
pub fn subject(details: &Value, name_of: impl Fn(Uuid) -> Option<String>) -> Option<String> {
    let text = |key: &str| details[key].as_str().map(str::to_owned);
    text("name")
        .or_else(|| text("email"))
        .or_else(|| text("user").map(|user| user.parse().ok().and_then(name_of).unwrap_or(user)))
}

/// Returns the details except for the names in an entry's heading: each value that differs between `before` and
/// `after`, then all others. `name_of` returns the name of a user.
pub fn changes(details: &Value, name_of: impl Fn(Uuid) -> Option<String>) -> Vec<Change> {
    let empty = Map::new();
    let object = |value: &'_ Value| value.as_object().cloned().unwrap_or_default();
    let texts = |value: Option<&Value>| value.map(|value| in_words(value, &name_of)).unwrap_or_default();
    let recorded = if details["before"].is_object() { Recorded::Changed } else { Recorded::Initial };
    let (before, after) = (object(&details["before"]), object(&details["after"]));
    let gone = before.keys().filter(|key| !after.contains_key(*key));
    let changed = after.keys().chain(gone).filter(|key| before.get(*key) != after.get(*key)).map(|key| Change {
        field: key.clone(),
        recorded,
        before: texts(before.get(key)),
        after: texts(after.get(key)),
    });
    let others = details.as_object().unwrap_or(&empty).iter().filter(|(key, value)| match key.as_str() {
        "before" | "after" | "by_access_token" | "revision" => false,
        "name" | "email" | "user" | "from" => !value.is_string(),
        _ => true,
    });
    let others = others.map(|(field, value)| match value {
        Value::Object(pair) => {
            let [before, after] = ["before", "after"].map(|key| texts(pair.get(key)));
            Change { field: field.clone(), recorded: Recorded::Changed, before, after }
        }
        value => {
            let after = texts(Some(value));
            Change { field: field.clone(), recorded: Recorded::Detail, before: Vec::new(), after }
        }
    });
    changed.chain(others).filter(|change| !change.before.is_empty() || !change.after.is_empty()).collect()
}

/// Returns the texts of the value, or of the elements of a list, with users' names instead of their ids.
fn in_words(value: &Value, name_of: &impl Fn(Uuid) -> Option<String>) -> Vec<String> {
    let text = match value {
        Value::Null => return Vec::new(),
        Value::Array(values) => return values.iter().flat_map(|value| in_words(value, name_of)).collect(),
        Value::String(text) => text.parse().ok().and_then(name_of).unwrap_or_else(|| text.clone()),
        other => other.to_string(),
    };
    if text.is_empty() { Vec::new() } else { vec![text] }
}

/// The recorded values at a glance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// The most important ones.
    pub parts: Vec<Part>,
    /// The number of others.
    pub more: usize,
}

/// A part of a summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A changed list.
    List {
        /// The field's name as stored.
        field: String,
        /// The number of elements that it got.
        added: usize,
        /// The number of elements that it lost.
        removed: usize,
    },
    /// A changed value, short enough to be shown.
    Changed {
        /// The field's name as stored.
        field: String,
        /// The value before, if there was one.
        before: Option<String>,
        /// The value after, if there is one.
        after: Option<String>,
    },
    /// A detail of the action.
    Detail {
        /// The field's name as stored.
        field: String,
        /// The value.
        value: String,
    },
    /// A changed value that is too long to be shown: the field's name as stored.
    Field(String),
}

/// Returns the summary of an entry: its changes and the details that say much in few words, but not all values of
/// something new.
#[must_use]
pub fn summary(changes: &[Change]) -> Summary {
    let shown = changes.iter().filter(|change| match change.recorded {
        Recorded::Changed => true,
        Recorded::Initial => false,
        Recorded::Detail => TELLING.contains(&change.field.as_str()),
    });
    let mut shown: Vec<_> = shown.collect();
    shown.sort_by_key(|change| FIRST.iter().position(|first| *first == change.field).unwrap_or(FIRST.len()));
    Summary {
        more: shown.len().saturating_sub(PARTS_MAX),
        parts: shown.into_iter().take(PARTS_MAX).map(part).collect(),
    }
}

fn part(change: &Change) -> Part {
    let Change { field, recorded, before, after } = change;
    let field = field.clone();
    let is_list = LISTS.contains(&field.as_str()) || before.len() > 1 || after.len() > 1;
    let is_short = |text: &String| text.chars().count() <= SHORT && !text.contains('\n');
    match recorded {
        Recorded::Changed if is_list => {
            let [added, removed] = [(after, before), (before, after)]
                .map(|(of, other)| of.iter().filter(|element| !other.contains(element)).count());
            // Only their order differs.
            if added + removed == 0 { Part::Field(field) } else { Part::List { field, added, removed } }
        }
        Recorded::Changed if before.iter().chain(after).all(is_short) => {
            Part::Changed { field, before: before.first().cloned(), after: after.first().cloned() }
        }
        Recorded::Changed => Part::Field(field),
        Recorded::Initial | Recorded::Detail => Part::Detail { field, value: after.concat() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn changes_list_values_before_and_after_with_user_names() {
        let aya = Uuid::nil();
        let details = json!({
            "name": "Export",
            "before": { "name": "Import", "primary_contact": aya, "scopes": ["getJob"], "developers": [] },
            "after": { "name": "Export", "primary_contact": aya, "scopes": ["getJob", "listJobs"], "developers": [] },
            "role": "analyst", "user": aya, "by_access_token": "IR", "revision": 2, "nick": { "before": "A", "after": "B" },
        });
        let told: Vec<_> = changes(&details, |id| (id == aya).then(|| "Aya".to_owned()))
            .into_iter()
            .map(|change| format!("{}: {:?} {:?} {:?}", change.field, change.recorded, change.before, change.after))
            .collect();
        let mut sorted = told.clone();
        sorted.sort();
        assert_eq!(
            sorted,
            [
                r#"name: Changed ["Import"] ["Export"]"#,
                r#"nick: Changed ["A"] ["B"]"#,
                r#"role: Detail [] ["analyst"]"#,
                r#"scopes: Changed ["getJob"] ["getJob", "listJobs"]"#,
            ]
        );
        assert!(changes(&json!({ "name": "Export" }), |_| None).is_empty());
        assert_eq!(subject(&details, |_| None), Some("Export".to_owned()));
        assert_eq!(subject(&json!({ "user": aya }), |_| Some("Aya".to_owned())), Some("Aya".to_owned()));
    }

    /// Returns the summary of the details in short: `+` and `-` for lists, `>` for a change, `=` for a detail, the number
    /// of others last.
    fn told(details: &Value) -> Vec<String> {
        let Summary { parts, more } = summary(&changes(details, |_| None));
        let text = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
        let parts = parts.into_iter().map(|part| match part {
            Part::List { field, added, removed } => format!("{field} +{added} -{removed}"),
            Part::Changed { field, before, after } => format!("{field}: {} > {}", text(before), text(after)),
            Part::Detail { field, value } => format!("{field} = {value}"),
            Part::Field(field) => field,
        });
        parts.chain((more > 0).then(|| format!("{more} more"))).collect()
    }

    #[test]
    fn summary_counts_scopes_and_shows_short_values() {
        let details = json!({
            "name": "B", "revision": 2,
            "before": { "name": "A", "scopes": ["a", "b"], "description": "x" },
            "after": { "name": "B", "scopes": ["b", "c", "d"], "description": "y".repeat(41) },
        });
        assert_eq!(told(&details), ["name: A > B", "scopes +2 -1", "description"]);
        let role = json!({ "user": Uuid::nil(), "email": "a@b.c", "before": { "role": "analyst" }, "after": { "role": "finance" } });
        assert_eq!(told(&role), ["role: analyst > finance"]);
        assert_eq!(told(&json!({ "name": { "before": "A", "after": "B" } })), ["name: A > B"]);
    }

    #[test]
    fn summary_says_where_there_was_no_value() {
        let details = json!({
            "before": { "language": null, "developers": [], "token_lifetime": 90 },
            "after": { "language": "ja", "developers": ["a@b.c"], "token_lifetime": null },
        });
        let mut parts = told(&details);
        parts.sort();
        assert_eq!(parts, ["developers +1 -0", "language: none > ja", "token_lifetime: 90 > none"]);
        let appears = json!({ "before": {}, "after": { "expires_at": "2026-01-01T00:00:00+00:00" } });
        assert_eq!(told(&appears), ["expires_at: none > 2026-01-01T00:00:00+00:00"]);
    }

    #[test]
    fn summary_of_something_new_has_telling_details_only() {
        assert_eq!(told(&json!({ "name": "A", "after": { "name": "A", "scopes": ["a"] } })), [""; 0]);
        assert_eq!(
            told(&json!({ "user": Uuid::nil(), "role": "analyst", "issuer": "https://a.example" })),
            ["role = analyst"]
        );
        assert_eq!(told(&json!({ "sessions_ended": 2, "subject": "0123" })), ["sessions_ended = 2"]);
    }

    #[test]
    fn summary_has_three_parts_and_counts_the_others() {
        let details = json!({
            "before": { "a": "1", "b": "1", "name": "A", "api_version": 2, "list": ["x", "y"] },
            "after": { "a": "2", "b": "2", "name": "B", "api_version": 3, "list": ["y", "x"] },
        });
        let parts = told(&details);
        assert_eq!(parts[..2], ["name: A > B", "api_version: 2 > 3"]);
        assert_eq!(parts[3..], ["2 more"]);
        let order = json!({ "before": { "list": ["x", "y"] }, "after": { "list": ["y", "x"] } });
        assert_eq!(told(&order), ["list"], "its elements are the same");
    }

    #[test]
    fn details_of_an_unknown_shape_have_no_summary() {
        for details in [json!({}), json!(null), json!({ "before": "x", "after": [1] }), json!({ "new": { "odd": 1 } })]
        {
            assert_eq!(summary(&changes(&details, |_| None)), Summary::default(), "{details}");
        }
        let details = json!({ "weight": 7, "tags": ["a", "b"] });
        assert_eq!(summary(&changes(&details, |_| None)), Summary::default());
        assert_eq!(changes(&details, |_| None).len(), 2, "they are shown among the details");
    }
}
