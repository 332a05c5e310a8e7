//! The demo's tokens: names, people, scopes and ages as an agency of many brands would have them.

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use chrono::TimeDelta;
use domain::{
    members::user::Person,
    tokens::{
        expiry::Terms,
        scope::{Category, Scope},
        token::{TokenForm, TokenSettings},
    },
};
use serde::Deserialize;

/// The tokens, newest first. Scopes are categories or operations by name, or `*` for all; times are ages in days, hours
/// or minutes: `2d`, `5h`, `4m`.
const TOKENS: &str = include_str!("tokens.csv");

/// A token of the demo.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Sample {
    /// The token's name.
    pub name: String,
    description: String,
    contact: String,
    developers: String,
    version: String,
    scopes: String,
    /// The time since its creation.
    pub age: Age,
    /// The time since it last passed the gate.
    pub used: Option<Age>,
    /// Whether it is enabled.
    pub enabled: bool,
}

/// A time before now.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(try_from = "String")]
pub struct Age(pub TimeDelta);

impl TryFrom<String> for Age {
    type Error = anyhow::Error;

    fn try_from(text: String) -> Result<Self> {
        let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).context("no age")?;
        let number = number.parse()?;
        Ok(Self(match unit {
            "d" => TimeDelta::days(number),
            "h" => TimeDelta::hours(number),
            "m" => TimeDelta::minutes(number),
            _ => bail!("an age ends in d, h or m"),
        }))
    }
}

impl Sample {
    /// Returns the samples, newest first.
    ///
    /// # Errors
    /// If the file can't be read as such.
    pub fn all() -> Result<Vec<Self>> {
        Ok(csv::Reader::from_reader(TOKENS.as_bytes()).deserialize().collect::<Result<_, _>>()?)
    }

    /// Returns the settings that the form makes of this input.
    ///
    /// # Errors
    /// If the form refuses it.
    pub fn settings(&self, people: &[Person], terms: &Terms) -> Result<TokenSettings> {
        let contact = people.iter().find(|person| person.email.starts_with(&self.contact));
        let form = TokenForm {
            name: self.name.clone(),
            description: self.description.clone(),
            api_version: self.version.clone(),
            primary_contact: contact.map(|person| person.id.0.to_string()).unwrap_or_default(),
            developers: self.developers.clone(),
            scopes: self.scopes.split(", ").map(scopes).collect::<Result<Vec<_>>>()?.concat(),
            ..TokenForm::default()
        };
        form.validate(people, None, terms).map_err(|errors| anyhow!("{errors:?}"))
    }
}

/// Returns the ids of the scopes of that name: all, those of a category, or one operation.
fn scopes(name: &str) -> Result<Vec<String>> {
    let is_meant = |scope: &Scope| match Category::ALL.into_iter().find(|category| category.name().en == name) {
        Some(category) => scope.category() == category,
        None => name == "*" || scope.id() == name,
    };
    let ids: Vec<_> = Scope::all().filter(is_meant).map(|scope| scope.id().to_owned()).collect();
    ensure!(!ids.is_empty(), "no scope is called {name}");
    Ok(ids)
}
