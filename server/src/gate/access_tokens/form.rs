//! The body of a new token or of a change, as the console's form. It is read field by field, so that an answer names
//! each wrong one.

use chrono::DateTime;
use domain::{
    gate::{access::Caller, api_version::ApiVersion},
    members::user::UserId,
    text::{Field, Problem},
    tokens::{
        expiry,
        token::{DESCRIPTION_MAX, DEVELOPERS_MAX, NAME_MAX, Token, TokenForm, TokenSettings, separates_addresses},
    },
};
use serde_json::{Map, Value, json};
use store::Store;
use uuid::Uuid;

use super::{
    fields,
    token::{AccessToken, uri},
};
use crate::gate::{
    error::{FieldError, GateError},
    input::Input,
    read_only::Fields,
};

/// Returns the settings after the body's changes to the form, checked as the console checks them. The contact already
/// in the form may stay, whatever their state is now.
///
/// # Errors
/// [`GateError::Invalid`], [`GateError::NotApplicable`], and those of the store.
pub async fn changed(
    store: &Store,
    caller: &Caller,
    body: &Input,
    mut form: TokenForm,
    token: Option<&Token>,
) -> Result<TokenSettings, GateError> {
    let present = Uuid::try_parse(&form.primary_contact).ok().map(UserId);
    let sent = body.fields(&[fields::name(Field::Developers), fields::name(Field::Scopes)])?;
    let sent = match token {
        Some(token) => settable(caller, sent, token)?,
        None => sent,
    };
    let error = |(name, value): (&String, &Value)| {
        let message = set(&mut form, name, value).err()?;
        Some(FieldError { field: name.clone(), message })
    };
    let unreadable: Vec<_> = sent.iter().filter_map(error).collect();
    let people = store.members().contacts(caller.account, present).await?;
    let terms = store.account().terms(caller.account).await?;
    // Without an expiry, a new token gets the longest lifetime that the account allows.
    if let (None, None, Some(longest)) = (token, sent.get(fields::name(Field::Expires)), terms.longest) {
        form.expires = longest.days().to_string();
    }
    match form.validate(&people, token.map(|token| &token.settings), &terms) {
        Ok(settings) if unreadable.is_empty() => Ok(settings),
        Ok(_) => Err(GateError::Invalid(unreadable)),
        Err(errors) => Err(refused(&form, unreadable, errors)),
    }
}

/// Returns the fields that can be set. The token's other fields may be sent back as they were read.
fn settable(caller: &Caller, sent: Map<String, Value>, token: &Token) -> Result<Map<String, Value>, GateError> {
    let shown = json!(AccessToken::new(caller, token));
    let time = |value: &Value| value.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    let unchanged = |sent: Fields, name| sent.without(name, |value| *value == shown[name]);
    let sent = fields::UNCHANGED.into_iter().fold(Fields::new(sent), unchanged);
    // It advances: the token may have been used after the caller read it.
    let earlier = |value: &Value| {
        let used =
            time(value).is_some_and(|at| token.last_used_at.is_some_and(|last| at.timestamp() <= last.timestamp()));
        value == "" || used
    };
    let mut sent = sent.without(fields::LAST_USED, earlier).without_uri(&uri(caller, token)).settable()?;
    // The expiry shown is the earlier of the chosen one and the account's limit, to the second. Sent back as it is, the
    // chosen one stays.
    let same_end = |value: &Value| match token.ends_at {
        Some(end) => time(value).is_some_and(|at| at.timestamp() == end.timestamp()),
        None => value == "",
    };
    let expires = fields::name(Field::Expires);
    if sent.get(expires).is_some_and(same_end) {
        sent.shift_remove(expires);
    }
    Ok(sent)
}

/// Returns the errors of a form and its unreadable fields: either the input is invalid, or it only does not fit the
/// account's present state.
fn refused(form: &TokenForm, unreadable: Vec<FieldError>, errors: Vec<domain::text::FieldError>) -> GateError {
    let well_formed = |error: &domain::text::FieldError| match error.field {
        Field::ApiVersion => ApiVersion::ALL.iter().any(|version| version.to_string() == form.api_version),
        Field::PrimaryContact => Uuid::try_parse(&form.primary_contact).is_ok(),
        Field::Expires => true,
        Field::Name | Field::Description | Field::Developers | Field::Scopes => false,
    };
    if unreadable.is_empty() && errors.iter().all(well_formed) {
        return GateError::NotApplicable(errors.into_iter().map(advice).collect());
    }
    let mut all = unreadable;
    for error in errors.into_iter().map(advice) {
        if !all.iter().any(|known| known.field == error.field) {
            all.push(error);
        }
    }
    GateError::Invalid(all)
}

fn advice(error: domain::text::FieldError) -> FieldError {
    FieldError { field: fields::name(error.field).to_owned(), message: error.problem.to_string() }
}

/// Sets one field of the form from the body.
fn set(form: &mut TokenForm, name: &str, value: &Value) -> Result<(), String> {
    let text = || value.as_str().map(str::to_owned).ok_or("send a string");
    let texts = || -> Result<Vec<String>, &'static str> {
        let items = value.as_array().ok_or("send an array of strings")?;
        items.iter().map(|item| item.as_str().map(str::to_owned).ok_or("send an array of strings")).collect()
    };
    let field = fields::named(name).ok_or("there's no such field to set; leave it out")?;
    match field {
        Field::Name => form.name = short(text()?, NAME_MAX)?,
        Field::Description => form.description = short(text()?, DESCRIPTION_MAX)?,
        Field::ApiVersion => {
            form.api_version = value.as_u64().map(|number| number.to_string()).map_or_else(text, Ok)?;
        }
        Field::PrimaryContact => form.primary_contact = text()?,
        Field::Developers => form.developers = addresses(&texts()?)?,
        Field::Scopes => form.scopes = texts()?,
        Field::Expires => form.expires = expiry(&text()?)?,
    }
    Ok(())
}

/// Returns the text, if it has at most `max` characters.
fn short(text: String, max: usize) -> Result<String, String> {
    if text.chars().count() > max { Err(Problem::TooLong { max }.to_string()) } else { Ok(text) }
}

/// Returns developers' addresses as the form has them, one on each line. Each item of the array is one address.
fn addresses(sent: &[String]) -> Result<String, String> {
    if sent.len() > DEVELOPERS_MAX {
        return Err(Problem::TooMany { max: DEVELOPERS_MAX }.to_string());
    }
    let one = |text: &String| !text.is_empty() && !text.contains(separates_addresses);
    if sent.iter().all(one) { Ok(sent.join("\n")) } else { Err("send one e-mail address in each item".to_owned()) }
}

/// Returns an Auth Token's expiry as the form has it; an empty string means none.
fn expiry(text: &str) -> Result<String, &'static str> {
    let end = (!text.is_empty()).then(|| DateTime::parse_from_rfc3339(text)).transpose();
    let end = end.map_err(|_| "send a time like 2030-01-31T00:00:00Z, or an empty string for never")?;
    Ok(expiry::written(end.map(|end| end.to_utc())))
}
