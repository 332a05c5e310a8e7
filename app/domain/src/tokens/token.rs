//! The access token: its settings, its state, and the form in which people write them.

use crate::gate::api_version::ApiVersion;
use crate::members::user::{self, Person, UserId};
use crate::text::{self, Field, FieldError, Problem};
use crate::tokens::expiry::{self, Terms};
use crate::tokens::scope::{Scope, Scopes};
use crate::tokens::secret::AccountSid;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Longest token name in characters.
pub const NAME_MAX: usize = 100;
/// Longest description in characters.
pub const DESCRIPTION_MAX: usize = 1_000;
/// Most developers' addresses of one token.
pub const DEVELOPERS_MAX: usize = 50;
/// How long a page offers to undo a deletion.
pub const UNDO_OFFERED: TimeDelta = TimeDelta::seconds(10);
/// How long a deletion can be undone: as long as that is offered, and two seconds for the answer and the request on
/// their way. From the deletion's first instant the token no longer passes the gate.
pub const UNDO_WINDOW: TimeDelta = TimeDelta::seconds(12);

/// Identifies a token inside Kagitaba (`UUIDv7`). Clients of the gate know its [`AccountSid`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenId(pub Uuid);

/// Whether a token may be used for authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the interface's own words
pub enum TokenState {
    Enabled,
    Disabled,
}

impl TokenState {
    /// Both states, as the filter shows them.
    pub const ALL: [Self; 2] = [Self::Enabled, Self::Disabled];

    /// The state's name in links and at rest.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
        }
    }

    /// The state of that name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// What people decide about a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenSettings {
    /// One line, 1 to [`NAME_MAX`] characters; names need not be unique.
    pub name: String,
    /// At most [`DESCRIPTION_MAX`] characters, possibly none.
    pub description: String,
    /// The version of the Agency API that the token is pinned to.
    pub api_version: ApiVersion,
    /// The account user to ask about it.
    pub primary_contact: UserId,
    /// E-mail addresses of developers, who need not be account users; at most [`DEVELOPERS_MAX`].
    pub developers: Vec<String>,
    /// What it allows; at least one.
    pub scopes: Scopes,
    /// Until when its Auth Token passes, if people chose an end. In messages a number of microseconds since 1970, in
    /// UTC.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "chrono::serde::ts_microseconds_option")]
    pub expires_at: Option<DateTime<Utc>>,
}

impl TokenSettings {
    /// The fields in which two settings differ, in the order of the form.
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

/// A token, all but its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Its identifier.
    pub id: TokenId,
    /// Its public half.
    pub sid: AccountSid,
    /// What people decided about it.
    pub settings: TokenSettings,
    /// The primary contact by name, as they are now.
    pub primary_contact: Person,
    /// Whether it may be used.
    pub state: TokenState,
    /// When it was created. In messages a number of microseconds since 1970, in UTC, as at rest.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub created_at: DateTime<Utc>,
    /// When it last passed the gate. In messages as above.
    #[serde(with = "chrono::serde::ts_microseconds_option")]
    pub last_used_at: Option<DateTime<Utc>>,
    /// When its Auth Token ceases to pass, if ever: see [`expiry::end`]. In messages as above.
    #[serde(with = "chrono::serde::ts_microseconds_option")]
    pub ends_at: Option<DateTime<Utc>>,
    /// Whether its Auth Token is kept so that it can be viewed again.
    pub viewable: bool,
    /// Counts the changes made to it. A change names the revision it was made from, so that it never overwrites
    /// another's unseen.
    pub revision: i64,
}

/// One of the three steps in which a token is created, which are also the sections in which it is edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // the interface's own words
pub enum Step {
    Setup,
    ContactInformation,
    ApiScopes,
}

impl Step {
    /// The steps in their order.
    pub const ALL: [Self; 3] = [Self::Setup, Self::ContactInformation, Self::ApiScopes];
}

impl Field {
    /// The step in which the field stands.
    #[must_use]
    pub const fn step(self) -> Step {
        match self {
            Self::Name | Self::Description | Self::ApiVersion | Self::Expires => Step::Setup,
            Self::PrimaryContact | Self::Developers => Step::ContactInformation,
            Self::Scopes => Step::ApiScopes,
        }
    }
}

/// What a person typed into the form of a token, right or wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenForm {
    /// The token's name.
    pub name: String,
    /// The description.
    pub description: String,
    /// The number of an API version.
    pub api_version: String,
    /// For how long its Auth Token passes: see [`Terms::read`].
    pub expires: String,
    /// The last day on which it does, where `expires` says so.
    pub last_day: String,
    /// The id of an account user.
    pub primary_contact: String,
    /// E-mail addresses, separated by line ends, commas, semicolons or blanks.
    pub developers: String,
    /// Ids of operations.
    pub scopes: Vec<String>,
}

impl TokenForm {
    /// The form of a new token: the newest version, and the person who fills it in as the contact.
    #[must_use]
    pub fn blank(contact: UserId) -> Self {
        Self { api_version: ApiVersion::NEWEST.to_string(), primary_contact: contact.0.to_string(), ..Self::default() }
    }

    /// Reads the form. `people` are those among whom the primary contact is chosen; `current` are the
    /// settings of a token that exists already, which can only move to a newer version; `terms` is how long Auth Tokens
    /// may pass.
    ///
    /// # Errors
    /// What is wrong, in the order of the form, each problem with its field.
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
        let expires_at = terms.read(&self.expires, &self.last_day, current.map(|current| current.expires_at));
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
            primary_contact: settings.primary_contact.0.to_string(),
            developers: settings.developers.join("\n"),
            scopes: settings.scopes.iter().map(String::from).collect(),
        }
    }
}

/// The name of a token's duplicate: its name with the first free number, `Nightly export (2)`. `taken` tells whether
/// the account has a token of that name already.
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

/// Whether the character stands between developers' addresses in a form.
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
    fn settings_differ_in_the_fields_that_were_changed() {
        let before = form().validate(&[person()], None, &terms()).unwrap();
        let after = TokenSettings { name: "Weekly export".to_owned(), developers: Vec::new(), ..before.clone() };
        assert_eq!(before.differences(&after), [Field::Name, Field::Developers]);
        assert_eq!(before.differences(&before), []);
    }

    #[test]
    fn an_empty_form_names_all_that_is_missing_in_the_order_of_the_form() {
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
    fn an_end_that_a_token_has_is_kept_and_one_that_is_over_not_chosen_anew() {
        let form = TokenForm { expires: "30".to_owned(), ..form() };
        let settings = form.validate(&[person()], None, &terms()).unwrap();
        let later = Terms::unlimited(terms().now + TimeDelta::days(40));
        let again = TokenForm::from(&settings);
        assert_eq!(again.validate(&[person()], Some(&settings), &later).unwrap(), settings);
        let errors = again.validate(&[person()], None, &later).unwrap_err();
        assert_eq!(errors[0].field, Field::Expires);
    }

    #[test]
    fn a_duplicate_takes_the_first_free_number_and_stays_within_the_length() {
        assert_eq!(copy_name("Export", |_| false), "Export (2)");
        assert_eq!(copy_name("Export (2)", |name| name == "Export (2)"), "Export (3)");
        assert_eq!(copy_name("Export (EU)", |_| false), "Export (EU) (2)");
        assert_eq!(copy_name("Export (2026)", |_| false), "Export (2026) (2)");
        assert_eq!(copy_name(&"鍵".repeat(NAME_MAX), |_| false).chars().count(), NAME_MAX);
    }

    #[test]
    fn one_wrong_address_is_named_and_too_many_are_counted() {
        let wrong = TokenForm { developers: "dev@partner.example bad@".to_owned(), ..form() };
        assert_eq!(problems(&wrong)[0].problem, Problem::NotAnEmail { input: "bad@".to_owned() });
        let many = (0..51).map(|n| format!("d{n}@partner.example")).collect::<Vec<_>>().join("\n");
        assert_eq!(problems(&TokenForm { developers: many, ..form() })[0].problem, Problem::TooMany { max: 50 });
    }
}
