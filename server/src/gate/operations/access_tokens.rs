//! Access Tokens: the console's operations on tokens, for integrations that rotate their own. A category of Kagitaba's
//! own.
//!
//! A token never gives more than it has: a caller that would learn the secret of a token, or change its scopes, needs
//! all of that token's scopes, before and after.

use chrono::DateTime;
use domain::{
    gate::api_version::ApiVersion,
    members::user::UserId,
    text::{Field, Problem},
    tokens::{
        expiry,
        filter::TokenFilter,
        scope::Scope,
        token::{
            DESCRIPTION_MAX, DEVELOPERS_MAX, NAME_MAX, Token, TokenForm, TokenId, TokenSettings, TokenState,
            separates_addresses,
        },
    },
};
use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    super::{
        answer::{Answer, List, Paging},
        error::{FieldError, GateError},
        read_only::Fields,
        records::{date, date_or_empty},
    },
    Call,
};

const PATH: &str = "/AccessTokens";

/// `GET /AccessTokens`: the account's tokens, oldest first, by `Name` and `State` if asked.
pub async fn list(call: &Call) -> Result<Answer, GateError> {
    let paging = Paging::asked(&call.query)?;
    let state = call.query.get("State").map(|name| {
        let state = TokenState::ALL.into_iter().find(|state| state_name(*state) == name);
        state.ok_or_else(|| GateError::invalid("State", "ask for ENABLED or DISABLED"))
    });
    let state = state.transpose()?;
    let name = call.query.get("Name").unwrap_or_default().to_owned();
    let filter = TokenFilter { name, state, ..TokenFilter::default() };
    let page = u32::try_from(paging.page).unwrap_or(u32::MAX);
    let (tokens, total) = call.store.oldest_first_page(call.caller().account, &filter, page, paging.size).await?;
    let items = tokens.iter().map(|token| resource(call, token)).collect();
    let uri = call.list_uri(PATH);
    let list = List { name: "AccessTokens", items, total, paging, uri: &uri, query: &call.query };
    Ok(list.answer(call.version()))
}

/// `GET /AccessTokens/{TokenId}`.
pub async fn get(call: &Call) -> Result<Answer, GateError> {
    let token = named(call).await?;
    Answer::one("AccessToken", &resource(call, &token))
}

/// `POST /AccessTokens`: 201 with the new token and its Auth Token, which is shown only once. By default its contact is
/// that of the caller's token.
pub async fn create(call: &Call) -> Result<Answer, GateError> {
    let own = call.store.token(call.caller().account, call.caller().token).await?;
    let settings = changed(call, TokenForm::blank(own.settings.primary_contact), None).await?;
    call.caller().require_own(settings.scopes)?;
    let issued = call.store.create(call.caller(), settings, Uuid::now_v7()).await?;
    with_secret(call, &issued).map(|answer| answer.with_status(StatusCode::CREATED))
}

/// `PUT /AccessTokens/{TokenId}`: changes the fields in the body and leaves the rest.
pub async fn update(call: &Call) -> Result<Answer, GateError> {
    let token = named(call).await?;
    call.caller().require_own(token.settings.scopes)?;
    let settings = changed(call, TokenForm::from(&token.settings), Some(&token)).await?;
    call.caller().require_own(settings.scopes)?;
    let (token, _) = call.store.update(call.caller(), token.id, settings, token.revision).await?;
    Answer::one("AccessToken", &resource(call, &token))
}

/// `DELETE /AccessTokens/{TokenId}`.
pub async fn delete(call: &Call) -> Result<Answer, GateError> {
    let token = named(call).await?;
    call.store.delete(call.caller(), token.id).await?;
    Ok(Answer::done(&call.uri(&below(&token))))
}

/// `PUT /AccessTokens/{TokenId}/Reset`: the token with its new Auth Token, which is shown only once. A token may reset
/// itself.
pub async fn reset(call: &Call) -> Result<Answer, GateError> {
    let token = named(call).await?;
    call.caller().require_own(token.settings.scopes)?;
    let issued = call.store.reset(call.caller(), token.id, token.revision).await?;
    with_secret(call, &issued)
}

/// `PUT /AccessTokens/{TokenId}/Enable`.
pub async fn enable(call: &Call) -> Result<Answer, GateError> {
    let token = named(call).await?;
    call.caller().require_own(token.settings.scopes)?;
    let token = call.store.enable(call.caller(), token.id).await?;
    Answer::one("AccessToken", &resource(call, &token))
}

/// `PUT /AccessTokens/{TokenId}/Disable`.
pub async fn disable(call: &Call) -> Result<Answer, GateError> {
    let token = named(call).await?;
    let token = call.store.disable(call.caller(), token.id).await?;
    Answer::one("AccessToken", &resource(call, &token))
}

/// Returns the account's token that the path names.
async fn named(call: &Call) -> Result<Token, GateError> {
    let id = call.parameter().and_then(|id| Uuid::try_parse(id).ok()).ok_or(GateError::NotFound)?;
    Ok(call.store.token(call.caller().account, TokenId(id)).await?)
}

/// Returns the settings after the body's changes to the form, checked as the console checks them. The contact already
/// in the form may stay, whatever their state is now.
async fn changed(call: &Call, mut form: TokenForm, token: Option<&Token>) -> Result<TokenSettings, GateError> {
    let present = Uuid::try_parse(&form.primary_contact).ok().map(UserId);
    let fields = call.input.fields(&["Developers", "Scopes"])?;
    let fields = match token {
        Some(token) => settable(call, fields, token)?,
        None => fields,
    };
    let error = |(name, value): (&String, &Value)| {
        let message = set(&mut form, name, value).err()?;
        Some(FieldError { field: name.clone(), message })
    };
    let unreadable: Vec<_> = fields.iter().filter_map(error).collect();
    let people = call.store.contacts(call.caller().account, present).await?;
    let terms = call.store.terms(call.caller().account).await?;
    // Without an expiry, a new token gets the longest lifetime that the account allows.
    if let (None, None, Some(longest)) = (token, fields.get("DateExpires"), terms.longest) {
        form.expires = longest.days().to_string();
    }
    match form.validate(&people, token.map(|token| &token.settings), &terms) {
        Ok(settings) if unreadable.is_empty() => Ok(settings),
        Ok(_) => Err(GateError::Invalid(unreadable)),
        Err(errors) => Err(refused(&form, unreadable, errors)),
    }
}

/// Returns the fields that can be set. The token's other fields may be sent back as they were read.
fn settable(call: &Call, fields: Map<String, Value>, token: &Token) -> Result<Map<String, Value>, GateError> {
    let shown = resource(call, token);
    let time = |value: &Value| value.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    let mut fields = Fields::new(fields);
    for name in ["Id", "AccountSid", "State", "DateCreated"] {
        fields = fields.without(name, |value| *value == shown[name]);
    }
    // It advances: the token may have been used after the caller read it.
    let earlier = |value: &Value| {
        let used =
            time(value).is_some_and(|at| token.last_used_at.is_some_and(|last| at.timestamp() <= last.timestamp()));
        value == "" || used
    };
    let fields = fields.without("DateLastUsed", earlier).without_uri(&call.uri(&below(token)));
    let mut fields = fields.settable()?;
    // The expiry shown is the earlier of the chosen one and the account's limit, to the second. Sent back as it is, the
    // chosen one stays.
    let same_end = |value: &Value| match token.ends_at {
        Some(end) => time(value).is_some_and(|at| at.timestamp() == end.timestamp()),
        None => value == "",
    };
    if fields.get("DateExpires").is_some_and(same_end) {
        fields.shift_remove("DateExpires");
    }
    Ok(fields)
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
        return GateError::NotApplicable(errors.into_iter().map(told).collect());
    }
    let mut all = unreadable;
    for error in errors.into_iter().map(told) {
        if !all.iter().any(|known| known.field == error.field) {
            all.push(error);
        }
    }
    GateError::Invalid(all)
}

fn told(error: domain::text::FieldError) -> FieldError {
    FieldError { field: field_name(error.field).to_owned(), message: error.problem.to_string() }
}

/// Sets one field of the form from the body.
fn set(form: &mut TokenForm, name: &str, value: &Value) -> Result<(), String> {
    let text = || value.as_str().map(str::to_owned).ok_or("send a string");
    let texts = || -> Result<Vec<String>, &'static str> {
        let items = value.as_array().ok_or("send an array of strings")?;
        items.iter().map(|item| item.as_str().map(str::to_owned).ok_or("send an array of strings")).collect()
    };
    match name {
        "Name" => form.name = short(text()?, NAME_MAX)?,
        "Description" => form.description = short(text()?, DESCRIPTION_MAX)?,
        "ApiVersion" => form.api_version = value.as_u64().map(|number| number.to_string()).map_or_else(text, Ok)?,
        "PrimaryContactId" => form.primary_contact = text()?,
        "Developers" => form.developers = addresses(&texts()?)?,
        "Scopes" => form.scopes = texts()?,
        "DateExpires" => form.expires = expiry(&text()?)?,
        _ => return Err("there is no such field to set; leave it out".to_owned()),
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
    let end = end.map_err(|_| "send a time like 2030-01-31T00:00:00Z, or an empty string for none")?;
    Ok(expiry::written(end.map(|end| end.to_utc())))
}

/// Returns the API's name of a form's field.
fn field_name(field: Field) -> &'static str {
    match field {
        Field::Name => "Name",
        Field::Description => "Description",
        Field::ApiVersion => "ApiVersion",
        Field::PrimaryContact => "PrimaryContactId",
        Field::Developers => "Developers",
        Field::Scopes => "Scopes",
        Field::Expires => "DateExpires",
    }
}

fn state_name(state: TokenState) -> &'static str {
    match state {
        TokenState::Enabled => "ENABLED",
        TokenState::Disabled => "DISABLED",
    }
}

fn below(token: &Token) -> String {
    format!("{PATH}/{}", token.id.0)
}

/// Returns the token as the API shows it. Times are ISO 8601 in UTC; missing values are empty strings, as in the
/// published documents.
fn resource(call: &Call, token: &Token) -> Value {
    let settings = &token.settings;
    json!({
        "Id": token.id,
        "AccountSid": token.sid,
        "Name": settings.name,
        "Description": settings.description,
        "State": state_name(token.state),
        "ApiVersion": settings.api_version.to_string(),
        "Scopes": settings.scopes.iter().map(Scope::id).collect::<Vec<_>>(),
        "PrimaryContactId": settings.primary_contact,
        "Developers": settings.developers,
        "DateCreated": date(token.created_at),
        "DateLastUsed": date_or_empty(token.last_used_at),
        "DateExpires": date_or_empty(token.ends_at),
        "Uri": call.uri(&below(token)),
    })
}

fn with_secret(call: &Call, issued: &store::IssuedToken) -> Result<Answer, GateError> {
    let mut shown: Map<String, Value> = resource(call, &issued.token).as_object().cloned().unwrap_or_default();
    shown.insert("AuthToken".to_owned(), issued.secret.reveal().into());
    Answer::one("AccessToken", &shown)
}
