//! The access token: its settings, its state, and its form.

use crate::gate::api_version::ApiVersion;
use crate::members::user::{self, Person, UserId};
use crate::text::{self, Field, FieldError, Problem};
use crate::tokens::expiry::{self, LastDay, Terms};
use crate::tokens::overlap::{OverlapTerms, TokenValues};
use crate::tokens::scope::{Scope, Scopes};
use crate::tokens::secret::AccountSid;
use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};
use uuid::Uuid;

/// Longest token name in characters.
pub const NAME_MAX: usize = 100;
/// Longest description in characters.
pub const DESCRIPTION_MAX: usize = 1_000;
/// Most developers' e-mail addresses of one token.
pub const DEVELOPERS_MAX: usize = 50;
/// The time for which a page offers to undo a deletion.
pub const UNDO_OFFERED: TimeDelta = TimeDelta::seconds(10);
/// The time in which a deletion can be undone: as long as a page offers it, and two seconds for the page's answer and
/// the request in transit. The token stops passing the gate as soon as it is deleted.
pub const UNDO_WINDOW: TimeDelta = TimeDelta::seconds(12);

/// The time in which a token can go back to the API version that it was upgraded from.
pub const GO_BACK_WITHIN: TimeDelta = TimeDelta::hours(72);

/// Identifies a token inside Kagitaba (`UUIDv7`). API clients know its [`AccountSid`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenId(pub Uuid);

/// The state of a token: whether it may be used for authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[allow(missing_docs)] // the interface's own words
pub enum TokenState {
    Enabled,
    Disabled,
}

impl TokenState {
    /// Both states, as the filter shows them.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.first_chunk().unwrap();

    /// Returns the state's name in links and as stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The settings of a token that people choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenSettings {
    /// One line, 1 to [`NAME_MAX`] characters; names need not be unique.
    pub name: String,
    /// At most [`DESCRIPTION_MAX`] characters; may be empty.
    pub description: String,
    /// The version of the Agency API that the token is pinned to.
    pub api_version: ApiVersion,
    /// The account user to contact about the token.
    pub primary_contact: UserId,
    /// E-mail addresses of developers, who need not be account users. At most [`DEVELOPERS_MAX`].
    pub developers: Vec<String>,
    /// The token's scopes; at least one.
    pub scopes: Scopes,
    /// The chosen expiry of its Auth Token, if any. In messages: microseconds since the Unix epoch, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "chrono::serde::ts_microseconds_option")]
    pub expires_at: Option<DateTime<Utc>>,
}

impl TokenSettings {
    /// Returns the fields in which two settings differ, in the order of the form.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<Field> {
        [
            (Field::Name, self.name != other.name),
            (Field::Description, self.description != other.description),
            (Field::ApiVersion, self.api_version != other.api_version),
            (Field::Expires, self.expires_at != other.expires_at),
            (Field::PrimaryContact, self.primary_contact != other.primary_contact),
            (Field::Developers, self.developers != other.developers),
            (Field::Scopes, self.scopes != other.scopes),
        ]
        .into_iter()
        .filter_map(|(field, differs)| differs.then_some(field))
        .collect()
    }
}

/// The API version that a token was upgraded from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpgradedFrom {
    /// The version.
    pub version: ApiVersion,
    /// The time before which the token can go back to it. In messages: microseconds since the Unix epoch, UTC.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub until: DateTime<Utc>,
}

/// A token without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The token's identifier.
    pub id: TokenId,
    /// The token's public half.
    pub sid: AccountSid,
    /// The settings that people chose.
    pub settings: TokenSettings,
    /// The primary contact with their present name.
    pub primary_contact: Person,
    /// Whether the token may be used.
    pub state: TokenState,
    /// When the token was created. In messages and as stored: microseconds since the Unix epoch, UTC.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub created_at: DateTime<Utc>,
    /// When the token last passed the gate. In messages as above.
    #[serde(with = "chrono::serde::ts_microseconds_option")]
    pub last_used_at: Option<DateTime<Utc>>,
    /// When a call with the token last failed or was refused. In messages as above.
    #[serde(with = "chrono::serde::ts_microseconds_option")]
    pub last_failed_at: Option<DateTime<Utc>>,
    /// When its Auth Token expires, if ever: see [`expiry::end`]. In messages as above.
    #[serde(with = "chrono::serde::ts_microseconds_option")]
    pub ends_at: Option<DateTime<Utc>>,
    /// Whether its Auth Token is kept so that it can be viewed again.
    pub viewable: bool,
    /// Its Auth Tokens, of which two pass while an overlap is open.
    pub values: TokenValues,
    /// The API version that it can go back to, for [`GO_BACK_WITHIN`] after its upgrade.
    pub upgraded_from: Option<UpgradedFrom>,
    /// The number of changes made to the token. A change names the revision on which it is based, so that it never
    /// overwrites another one unseen.
    pub revision: i64,
}

impl Token {
    /// Returns when its last call failed or was refused; `None` if it passed, or if there was none.
    #[must_use]
    pub fn last_call_failed_at(&self) -> Option<DateTime<Utc>> {
        self.last_failed_at.filter(|failed_at| self.last_used_at.is_none_or(|used_at| used_at < *failed_at))
    }

    /// Returns the bounds of the overlap after a reset now.
    #[must_use]
    pub fn overlap_terms(&self, now: DateTime<Utc>) -> OverlapTerms {
        OverlapTerms { now, limit: self.values.limit, ends_at: self.ends_at }
    }
}

/// One of the three steps of creating a token, which are also the sections of its edit page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, VariantArray)]
#[allow(missing_docs)] // the interface's own words
pub enum Step {
    Setup,
    ContactInformation,
    ApiScopes,
}

impl Step {
    /// The steps in their order.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.first_chunk().unwrap();
}

impl Field {
    /// Returns the step that contains the field.
    #[must_use]
    pub const fn step(self) -> Step {
        match self {
            Self::Name | Self::Description | Self::ApiVersion | Self::Expires => Step::Setup,
            Self::PrimaryContact | Self::Developers => Step::ContactInformation,
            Self::Scopes => Step::ApiScopes,
        }
    }
}

/// The input of a token's form, valid or not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenForm {
    /// The token's name.
    pub name: String,
    /// The description.
    pub description: String,
    /// The number of an API version.
    pub api_version: String,
    /// The lifetime of its Auth Token: see [`Terms::read`].
    pub expires: String,
    /// The last day of that lifetime, if `expires` is [`term::LAST_DAY`].
    pub last_day: String,
    /// The offset from UTC, in minutes, of that day's end in the person's time zone; empty for UTC.
    pub last_day_offset: String,
    /// The id of an account user.
    pub primary_contact: String,
    /// E-mail addresses, separated by line breaks, commas, semicolons or spaces.
    pub developers: String,
    /// Ids of operations.
    pub scopes: Vec<String>,
}

impl TokenForm {
    /// Returns the form of a new token: the newest version, with `contact` as the primary contact.
    #[must_use]
    pub fn blank(contact: UserId) -> Self {
        Self { api_version: ApiVersion::NEWEST.to_string(), primary_contact: contact.0.to_string(), ..Self::default() }
    }

    /// Returns the same form with its last day in the time zone with these offsets, unless it says already when the day
    /// ends. `offset_at` returns the zone's offset at a time.
    #[must_use]
    pub fn in_zone(mut self, offset_at: impl Fn(DateTime<Utc>) -> FixedOffset) -> Self {
        if self.last_day_offset.is_empty() {
            let offset = expiry::offset_of_end(&self.last_day, offset_at);
            self.last_day_offset = offset.map(|offset| offset.to_string()).unwrap_or_default();
        }
        self
    }

    /// Reads the form. `people` are the possible primary contacts. `current` are the settings of an existing token,
    /// which can only move to a newer version. `terms` are the lifetimes that can be chosen for Auth Tokens.
    ///
    /// # Errors
    /// The problems in the order of the form, each with its field.
    pub fn validate(
        &self,
        people: &[impl AsRef<Person>],
        current: Option<&TokenSettings>,
        terms: &Terms,
    ) -> Result<TokenSettings, Vec<FieldError>> {
        let mut errors = Vec::new();
        let pinned_to = current.map(|current| current.api_version);
        let name = noted(&mut errors, Field::Name, text::line(&self.name, NAME_MAX));
        let description = noted(&mut errors, Field::Description, text::paragraph(&self.description, DESCRIPTION_MAX));
        let api_version = noted(&mut errors, Field::ApiVersion, api_version(&self.api_version, pinned_to));
        let last_day = LastDay { day: &self.last_day, offset: &self.last_day_offset };
        let expires_at = terms.read(&self.expires, last_day, current.map(|current| current.expires_at));
        let expires_at = noted(&mut errors, Field::Expires, expires_at);
        let primary_contact = noted(&mut errors, Field::PrimaryContact, contact(&self.primary_contact, people));
        let developers = noted(&mut errors, Field::Developers, developers(&self.developers));
        let scopes = noted(&mut errors, Field::Scopes, scopes(&self.scopes));
        match (name, description, api_version, expires_at, primary_contact, developers, scopes) {
            (
                Some(name),
                Some(description),
                Some(api_version),
                Some(expires_at),
                Some(primary_contact),
                Some(developers),
                Some(scopes),
            ) => Ok(TokenSettings { name, description, api_version, primary_contact, developers, scopes, expires_at }),
            _ => Err(errors),
        }
    }
}

impl From<&TokenSettings> for TokenForm {
    fn from(settings: &TokenSettings) -> Self {
        Self {
            name: settings.name.clone(),
            description: settings.description.clone(),
            api_version: settings.api_version.to_string(),
            expires: expiry::written(settings.expires_at),
            last_day: String::new(),
            last_day_offset: String::new(),
            primary_contact: settings.primary_contact.0.to_string(),
            developers: settings.developers.join("\n"),
            scopes: settings.scopes.iter().map(String::from).collect(),
        }
    }
}

/// Returns the name of a token's duplicate: its name with the first free number, `Nightly export (2)`. `taken` returns
/// whether the account already has a token of that name.
pub fn copy_name(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let numbered = name.strip_suffix(')').and_then(|rest| rest.rsplit_once(" ("));
    let stem = numbered
        .filter(|(_, number)| number.parse::<u32>().is_ok_and(|number| (2..100).contains(&number)))
        .map_or(name, |(stem, _)| stem);
    let candidate = |number: u64| {
        let suffix = format!(" ({number})");
        let room = NAME_MAX - suffix.len();
        format!("{}{suffix}", stem.chars().take(room).collect::<String>().trim_end())
    };
    let mut number = 2;
    while taken(&candidate(number)) {
        number += 1;
    }
    candidate(number)
}

fn noted<T>(errors: &mut Vec<FieldError>, field: Field, result: Result<T, Problem>) -> Option<T> {
    result.map_err(|problem| errors.push(FieldError { field, problem })).ok()
}

fn api_version(input: &str, pinned_to: Option<ApiVersion>) -> Result<ApiVersion, Problem> {
    let version = input.trim().parse().ok().and_then(|number: u16| ApiVersion::try_from(number).ok());
    version.filter(|version| pinned_to.is_none_or(|pinned| *version >= pinned)).ok_or(Problem::UnknownValue)
}

fn contact(input: &str, people: &[impl AsRef<Person>]) -> Result<UserId, Problem> {
    if input.trim().is_empty() {
        return Err(Problem::Required);
    }
    let person = people.iter().map(AsRef::as_ref).find(|person| person.id.0.to_string() == input.trim());
    person.map(|person| person.id).ok_or(Problem::UnknownValue)
}

/// Returns whether the character separates developers' addresses in a form.
#[must_use]
pub fn separates_addresses(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ';' | '、' | '，')
}

fn developers(input: &str) -> Result<Vec<String>, Problem> {
    let mut addresses: Vec<String> = Vec::new();
    for part in input.split(separates_addresses).filter(|part| !part.is_empty()) {
        let address = user::email(part)?;
        if !addresses.iter().any(|known| known.eq_ignore_ascii_case(&address)) {
            addresses.push(address);
        }
        if addresses.len() > DEVELOPERS_MAX {
            return Err(Problem::TooMany { max: DEVELOPERS_MAX });
        }
    }
    Ok(addresses)
}

fn scopes(ids: &[String]) -> Result<Scopes, Problem> {
    let scopes = ids.iter().map(|id| Scope::find(id)).collect::<Option<Scopes>>().ok_or(Problem::UnknownValue)?;
    if scopes.is_empty() { Err(Problem::Required) } else { Ok(scopes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person() -> Person {
        Person { id: UserId(Uuid::from_u128(7)), name: "Aya".to_owned(), email: "aya@agency.example".to_owned() }
    }

    fn form() -> TokenForm {
        TokenForm {
            name: "Nightly export".to_owned(),
            developers: "dev@partner.example, ops@partner.example\nDev@partner.example".to_owned(),
            scopes: vec!["getJob".to_owned()],
            ..TokenForm::blank(person().id)
        }
    }

    fn terms() -> Terms {
        Terms::unlimited(DateTime::from_timestamp(1_800_000_000, 0).unwrap())
    }

    fn problems(form: &TokenForm) -> Vec<FieldError> {
        form.validate(&[person()], None, &terms()).unwrap_err()
    }

    #[test]
    fn a_form_becomes_settings_and_back() {
        let settings = form().validate(&[person()], None, &terms()).unwrap();
        assert_eq!(settings.developers, ["dev@partner.example", "ops@partner.example"]);
        assert_eq!(settings.api_version, ApiVersion::NEWEST);
        assert_eq!(TokenForm::from(&settings).validate(&[person()], None, &terms()), Ok(settings));
    }

    #[test]
    fn last_day_of_a_form_is_the_persons_own() {
        let tokyo = FixedOffset::east_opt(9 * 3_600).unwrap();
        let end =
            |form: TokenForm| form.validate(&[person()], None, &terms()).unwrap().expires_at.unwrap().to_rfc3339();
        let on = |day: &str| TokenForm { expires: "date".to_owned(), last_day: day.to_owned(), ..form() };
        assert_eq!(end(on("2027-02-01")), "2027-02-02T00:00:00+00:00", "in UTC");
        assert_eq!(end(on("2027-02-01").in_zone(|_| tokyo)), "2027-02-01T15:00:00+00:00");
        let said = TokenForm { last_day_offset: "0".to_owned(), ..on("2027-02-01") };
        assert_eq!(said.clone().in_zone(|_| tokyo), said);
        assert_eq!(form().in_zone(|_| tokyo), form());
    }

    #[test]
    fn state_has_the_same_name_in_links_and_as_stored() {
        assert_eq!(TokenState::ALL.map(<&str>::from), ["enabled", "disabled"]);
        for state in TokenState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }

    #[test]
    fn settings_differ_in_the_fields_that_were_changed() {
        let before = form().validate(&[person()], None, &terms()).unwrap();
        let after = TokenSettings { name: "Weekly export".to_owned(), developers: Vec::new(), ..before.clone() };
        assert_eq!(before.differences(&after), [Field::Name, Field::Developers]);
        assert_eq!(before.differences(&before), []);
    }

    #[test]
    fn empty_form_names_missing_fields_in_form_order() {
        let fields: Vec<_> = problems(&TokenForm::default()).into_iter().map(|error| error.field).collect();
        assert_eq!(fields, [Field::Name, Field::ApiVersion, Field::PrimaryContact, Field::Scopes]);
        assert!(fields.is_sorted_by_key(|field| field.step()));
    }

    #[test]
    fn the_contact_must_be_a_user_of_the_account() {
        let form = TokenForm { primary_contact: Uuid::from_u128(8).to_string(), ..form() };
        assert_eq!(problems(&form), [FieldError { field: Field::PrimaryContact, problem: Problem::UnknownValue }]);
    }

    #[test]
    fn unknown_scopes_and_versions_are_refused_whole() {
        let form =
            TokenForm { api_version: "9".to_owned(), scopes: vec!["getJob".to_owned(), "*".to_owned()], ..form() };
        let errors = problems(&form);
        assert_eq!(errors.iter().map(|error| error.field).collect::<Vec<_>>(), [Field::ApiVersion, Field::Scopes]);
        assert!(errors.iter().all(|error| error.problem == Problem::UnknownValue));
    }

    #[test]
    fn a_token_never_moves_to_an_older_version() {
        let newest = form().validate(&[person()], None, &terms()).unwrap();
        let back = TokenForm { api_version: "2".to_owned(), ..form() };
        assert!(back.validate(&[person()], Some(&newest), &terms()).is_err());
        let two = TokenSettings { api_version: ApiVersion::try_from(2).unwrap(), ..newest };
        assert!(back.validate(&[person()], Some(&two), &terms()).is_ok());
        assert!(form().validate(&[person()], Some(&two), &terms()).is_ok());
    }

    #[test]
    fn past_expiry_can_be_kept_but_not_chosen_again() {
        let form = TokenForm { expires: "30".to_owned(), ..form() };
        let settings = form.validate(&[person()], None, &terms()).unwrap();
        let later = Terms::unlimited(terms().now + TimeDelta::days(40));
        let again = TokenForm::from(&settings);
        assert_eq!(again.validate(&[person()], Some(&settings), &later).unwrap(), settings);
        let errors = again.validate(&[person()], None, &later).unwrap_err();
        assert_eq!(errors[0].field, Field::Expires);
    }

    #[test]
    fn duplicate_takes_first_free_number_within_name_length() {
        assert_eq!(copy_name("Export", |_| false), "Export (2)");
        assert_eq!(copy_name("Export (2)", |name| name == "Export (2)"), "Export (3)");
        assert_eq!(copy_name("Export (EU)", |_| false), "Export (EU) (2)");
        assert_eq!(copy_name("Export (2026)", |_| false), "Export (2026) (2)");
        assert_eq!(copy_name(&"鍵".repeat(NAME_MAX), |_| false).chars().count(), NAME_MAX);
    }

    #[test]
    fn invalid_or_too_many_developer_addresses_are_refused() {
        let wrong = TokenForm { developers: "dev@partner.example bad@".to_owned(), ..form() };
        assert_eq!(problems(&wrong)[0].problem, Problem::NotAnEmail { input: "bad@".to_owned() });
        let many = (0..51).map(|n| format!("d{n}@partner.example")).collect::<Vec<_>>().join("\n");
        assert_eq!(problems(&TokenForm { developers: many, ..form() })[0].problem, Problem::TooMany { max: 50 });
    }
}
