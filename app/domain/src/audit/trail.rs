//! The audit trail as people read it: which entries a filter shows, how a link says so, and what an entry tells.

use crate::audit::action::Action;
use crate::members::user::Person;
use crate::paging::{Cursor, Place, Position};
use crate::text;
use crate::tokens::token::TokenId;
use chrono::{DateTime, Days, FixedOffset, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use strum::VariantArray as _;
use uuid::Uuid;

/// Entries on one page of the trail.
pub const PAGE_SIZE: u32 = 50;
/// Entries that the page of a token shows.
pub const HISTORY_SIZE: u32 = 20;
/// Most entries that can be exported at once. Up to so many, the trail tells how many fit exactly.
pub const EXPORT_MAX: u32 = 50_000;
/// Most characters that can be searched for.
const SEARCH_MAX: usize = 100;

/// What an action is about. Every action is in one group: see [`Action::group`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the interface's own words
pub enum ActionGroup {
    Tokens,
    Users,
    Account,
    SignIn,
}

impl ActionGroup {
    /// Every group, as the filter shows them.
    pub const ALL: [Self; 4] = [Self::Tokens, Self::Users, Self::Account, Self::SignIn];

    /// The group's name in a link.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tokens => "tokens",
            Self::Users => "users",
            Self::Account => "account",
            Self::SignIn => "sign-in",
        }
    }

    /// The group of that name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.as_str() == name)
    }

    /// The group of the action of that name: of one that is not known, [`Self::Account`].
    #[must_use]
    pub fn of(action: &str) -> Self {
        Action::from_name(action).map_or(Self::Account, Action::group)
    }

    /// The actions of this group.
    pub fn actions(self) -> impl Iterator<Item = Action> {
        Action::VARIANTS.iter().copied().filter(move |action| action.group() == self)
    }
}

/// What places an entry in the order of the trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryKey {
    /// When it was done, in microseconds since 1970.
    pub at: i64,
    /// Its number, which decides between equals.
    pub sequence: i64,
}

impl EntryKey {
    /// Reads what [`Self::cursor`] has written.
    #[must_use]
    pub fn read(Cursor(text): &Cursor) -> Option<Self> {
        let (at, sequence) = text.split_once('.')?;
        Some(Self { at: at.parse().ok()?, sequence: sequence.parse().ok()? })
    }

    /// The key as a text.
    #[must_use]
    pub fn cursor(self) -> Cursor {
        Cursor(format!("{}.{}", self.at, self.sequence))
    }
}

/// Filters and page of the trail. The filters combine: an entry is shown that fits all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailFilter {
    /// Part of a user's or token's name, an e-mail address or an Account SID, as typed; empty for any.
    pub text: String,
    /// What the actions are about.
    pub group: Option<ActionGroup>,
    /// The one token.
    pub token: Option<TokenId>,
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The last day.
    pub to: Option<NaiveDate>,
    /// Where those days are: minutes east of UTC.
    pub offset: i16,
    /// The page.
    pub place: Place,
}

impl TrailFilter {
    /// Reads a link's query, given how to look up one of its values. What makes no sense is ignored.
    pub fn from_query(get: impl Fn(&str) -> Option<String>) -> Self {
        let (from, to) = (get("from").and_then(|day| date(&day)), get("to").and_then(|day| date(&day)));
        let offset = get("offset").and_then(|offset| offset.parse().ok()).filter(|offset| is_offset(*offset));
        let text = get("text").unwrap_or_default();
        Self {
            text: text.chars().filter(|c| !text::is_unsupported(*c)).take(SEARCH_MAX).collect(),
            group: get("about").and_then(|name| ActionGroup::from_name(&name)),
            token: get("token").and_then(|id| id.parse().ok()).map(TokenId),
            from,
            to,
            offset: offset.filter(|_| from.is_some() || to.is_some()).unwrap_or_default(),
            place: Place::from_query(get, |key| EntryKey::read(key).is_some()),
        }
    }

    /// What a link's query needs to say; nothing for what is as usual.
    #[must_use]
    pub fn to_query(&self) -> Vec<(&'static str, String)> {
        let dated = self.from.is_some() || self.to.is_some();
        [
            ("text", Some(self.text.clone()).filter(|text| !text.is_empty())),
            ("about", self.group.map(|group| group.as_str().to_owned())),
            ("token", self.token.map(|token| token.0.to_string())),
            ("from", self.from.map(|from| from.to_string())),
            ("to", self.to.map(|to| to.to_string())),
            ("offset", (dated && self.offset != 0).then(|| self.offset.to_string())),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .chain(self.place.to_query())
        .collect()
    }

    /// Whether any filter is set.
    #[must_use]
    pub fn is_active(&self) -> bool {
        !self.text.trim().is_empty()
            || self.group.is_some()
            || self.token.is_some()
            || self.from.is_some()
            || self.to.is_some()
    }

    /// The same filters, on that page.
    #[must_use]
    pub fn at(&self, place: Place) -> Self {
        Self { place, ..self.clone() }
    }

    /// The first moment that fits (inclusive).
    #[must_use]
    pub fn since(&self) -> Option<DateTime<Utc>> {
        self.from.and_then(|day| self.midnight(day))
    }

    /// The first moment that no longer fits (exclusive).
    #[must_use]
    pub fn before(&self) -> Option<DateTime<Utc>> {
        self.to.and_then(|day| self.midnight(day.checked_add_days(Days::new(1))?))
    }

    fn midnight(&self, day: NaiveDate) -> Option<DateTime<Utc>> {
        let zone = FixedOffset::east_opt(i32::from(self.offset) * 60)?;
        Some(day.and_time(NaiveTime::MIN).and_local_timezone(zone).earliest()?.to_utc())
    }
}

/// Time zones lie between 12 hours west and 14 east.
fn is_offset(minutes: i16) -> bool {
    (-12 * 60..=14 * 60).contains(&minutes)
}

/// A date as forms, links and the API write it: `YYYY-MM-DD`, with all of its digits.
#[must_use]
pub fn date(text: &str) -> Option<NaiveDate> {
    let mut parts = text.splitn(3, '-');
    let mut number = |digits: usize| {
        let part =
            parts.next().filter(|part| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()))?;
        part.parse().ok()
    };
    let (year, month, day): (u32, _, _) = (number(4)?, number(2)?, number(2)?);
    NaiveDate::from_ymd_opt(year.cast_signed(), month, day)
}

/// Something that a change has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What, as it is called at rest.
    pub field: String,
    /// Before; nothing where there was none, or it is not told.
    pub before: Option<String>,
    /// After; nothing where there is none any more.
    pub after: Option<String>,
}

/// One entry, as pages show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number in the account's trail, from 1.
    pub sequence: i64,
    /// When it was done. In messages a number of microseconds since 1970, in UTC.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub at: DateTime<Utc>,
    /// The user who did it.
    pub user: Option<Person>,
    /// The Account SID of the integration that did it. With no user either, it was the command line.
    pub integration: Option<String>,
    /// The network address that it was done from, where that is told.
    pub address: Option<String>,
    /// What was done, as it is called at rest.
    pub action: String,
    /// The name of what it was done to, as it was then.
    pub subject: Option<String>,
    /// The token that it was done to, if it is still there.
    pub token: Option<TokenId>,
    /// What it changed, and what more there is to say.
    pub changes: Vec<Change>,
}

/// One page of the entries that fit a filter, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trail {
    /// The entries of this page, at most [`PAGE_SIZE`].
    pub entries: Vec<Entry>,
    /// The page that this is.
    pub position: Position,
    /// The end of the account's chain, whatever the filter shows.
    pub head: Option<Head>,
}

/// The last entry of an account's chain. Noted elsewhere, it shows later whether what was recorded until then is still there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Its number.
    pub sequence: i64,
    /// Its hash, as 64 hexadecimal digits.
    pub hash: String,
}

/// The name of what it was done to, as the details have it. `name_of` knows the names of users.
pub fn subject(details: &Value, name_of: impl Fn(Uuid) -> Option<String>) -> Option<String> {
    let text = |key: &str| details[key].as_str().map(str::to_owned);
    text("name")
        .or_else(|| text("email"))
        .or_else(|| text("user").map(|user| user.parse().ok().and_then(name_of).unwrap_or(user)))
}

/// What the details tell beside the names that stand in an entry's head: each value that differs between `before` and
/// `after`, then all else. `name_of` knows the names of users.
pub fn changes(details: &Value, name_of: impl Fn(Uuid) -> Option<String>) -> Vec<Change> {
    let empty = Map::new();
    let object = |value: &'_ Value| value.as_object().cloned().unwrap_or_default();
    let text = |value: &Value| in_words(value, &name_of);
    let (before, after) = (object(&details["before"]), object(&details["after"]));
    let gone = before.keys().filter(|key| !after.contains_key(*key));
    let changed = after.keys().chain(gone).filter(|key| before.get(*key) != after.get(*key)).map(|key| Change {
        field: key.clone(),
        before: before.get(key).and_then(text),
        after: after.get(key).and_then(text),
    });
    let others = details.as_object().unwrap_or(&empty).iter().filter(|(key, value)| match key.as_str() {
        "before" | "after" | "by_access_token" | "revision" => false,
        "name" | "email" | "user" | "from" => !value.is_string(),
        _ => true,
    });
    let others = others.map(|(field, value)| match value {
        Value::Object(pair) => {
            let [before, after] = ["before", "after"].map(|key| pair.get(key).and_then(text));
            Change { field: field.clone(), before, after }
        }
        value => Change { field: field.clone(), before: None, after: text(value) },
    });
    changed.chain(others).filter(|change| change.before.is_some() || change.after.is_some()).collect()
}

fn in_words(value: &Value, name_of: &impl Fn(Uuid) -> Option<String>) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.parse().ok().and_then(name_of).unwrap_or_else(|| text.clone()),
        Value::Array(values) => {
            values.iter().filter_map(|value| in_words(value, name_of)).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(query: &[(&str, &str)]) -> TrailFilter {
        TrailFilter::from_query(|key| query.iter().find(|(k, _)| *k == key).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn nonsense_in_a_link_is_ignored() {
        let nonsense =
            [("about", "x"), ("token", "1"), ("from", "yesterday"), ("to", "+12026-01-01"), ("offset", "540")];
        assert_eq!(read(&nonsense), TrailFilter::default());
        assert_eq!(read(&[("from", "2026-01-01"), ("offset", "9999")]).offset, 0);
        assert_eq!(read(&[("text", "a\u{0}\u{202e}b"), ("after", "1.x")]).text, "ab");
    }

    #[test]
    fn days_begin_where_the_person_is() {
        let tokyo = read(&[("from", "2026-01-01"), ("to", "2026-01-01"), ("offset", "540")]);
        let bounds = [tokyo.since(), tokyo.before()].map(|at| at.unwrap().to_rfc3339());
        assert_eq!(bounds, ["2025-12-31T15:00:00+00:00", "2026-01-01T15:00:00+00:00"]);
    }

    #[test]
    fn every_action_is_in_a_group_even_one_that_no_longer_is() {
        let groups =
            ["token_reset", "user_added", "signed_in", "api_access_enabled", "something_old"].map(ActionGroup::of);
        assert_eq!(
            groups,
            [ActionGroup::Tokens, ActionGroup::Users, ActionGroup::SignIn, ActionGroup::Account, ActionGroup::Account]
        );
    }

    #[test]
    fn what_changed_is_told_with_before_and_after_and_users_by_their_names() {
        let aya = Uuid::nil();
        let details = json!({
            "name": "Export",
            "before": { "name": "Import", "primary_contact": aya, "scopes": ["getJob"], "developers": [] },
            "after": { "name": "Export", "primary_contact": aya, "scopes": ["getJob", "listJobs"], "developers": [] },
            "role": "analyst", "user": aya, "by_access_token": "IR", "revision": 2, "nick": { "before": "A", "after": "B" },
        });
        let told: Vec<_> = changes(&details, |id| (id == aya).then(|| "Aya".to_owned()))
            .into_iter()
            .map(|change| format!("{}: {:?} {:?}", change.field, change.before, change.after))
            .collect();
        let mut sorted = told.clone();
        sorted.sort();
        assert_eq!(
            sorted,
            [
                r#"name: Some("Import") Some("Export")"#,
                r#"nick: Some("A") Some("B")"#,
                r#"role: None Some("analyst")"#,
                r#"scopes: Some("getJob") Some("getJob, listJobs")"#,
            ]
        );
        assert!(changes(&json!({ "name": "Export" }), |_| None).is_empty());
        assert_eq!(subject(&details, |_| None), Some("Export".to_owned()));
        assert_eq!(subject(&json!({ "user": aya }), |_| Some("Aya".to_owned())), Some("Aya".to_owned()));
    }

    proptest! {
        #[test]
        fn a_link_brings_back_what_it_was_made_from(
            text in "\\PC{0,40}", group in 0..5_usize, token in any::<Option<u128>>(), day in proptest::option::of(0..20_000_i32),
            offset in -720..=840_i16, key in any::<Option<(i64, i64)>>(),
        ) {
            let key = key.map(|(at, sequence)| EntryKey { at, sequence });
            prop_assert_eq!(key.and_then(|key| EntryKey::read(&key.cursor())), key);
            let day = day.and_then(NaiveDate::from_epoch_days);
            let filter = TrailFilter {
                text: text.chars().filter(|c| !text::is_unsupported(*c)).collect(),
                group: ActionGroup::ALL.get(group).copied(),
                token: token.map(|id| TokenId(Uuid::from_u128(id))),
                from: day,
                to: None,
                offset: if day.is_some() { offset } else { 0 },
                place: key.map_or(Place::Last, |key| Place::After(key.cursor())),
            };
            let query = filter.to_query();
            let again = TrailFilter::from_query(|key| query.iter().find(|(k, _)| *k == key).map(|(_, v)| v.clone()));
            prop_assert_eq!(again, filter);
        }
    }
}
