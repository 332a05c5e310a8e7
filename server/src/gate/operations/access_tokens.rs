//! Access Tokens: what the console does with tokens, for integrations that rotate their own. A category of Kagitaba's.
//!
//! A token never gives more than it has: whoever would come by the secret of a token, or change its scopes, needs all of
//! that token's scopes, before and after.

use chrono::{DateTime, Utc};
use domain::{
    filter::TokenFilter,
    scope::Scope,
    term,
    text::Field,
    token::{Token, TokenForm, TokenId, TokenSettings, TokenState},
    user::UserId,
};
use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    super::{
        answer::{Answer, List, Paging},
        envelope::{FieldError, GateError},
    },
    Call,
};

const PATH: &str = "/AccessTokens";

/// `GET /AccessTokens`: the account's tokens, newest first, by `Name` and `State` if asked.
pub async fn list(call: &Call) -> Result<Answer, GateError> {
    let paging = Paging::asked(&call.query)?;
    let state = match call.query.get("State").filter(|state| !state.is_empty()) {
        None => None,
        Some(name) => Some(
            TokenState::from_name(&name.to_ascii_lowercase())
                .ok_or_else(|| GateError::invalid("State", "ask for ENABLED or DISABLED"))?,
        ),
    };
    let name = call.query.get("Name").unwrap_or_default().to_owned();
    let filter = TokenFilter { name, state, ..TokenFilter::default() };
    let Paging { page, size } = paging;
    let (tokens, total) = call.store.numbered_page(call.caller().account, &filter, page, size).await?;
    let items = tokens.iter().map(|token| resource(call, token)).collect();
    let uri = call.uri(PATH);
    let list = List { name: "AccessTokens", items, total, paging, uri: &uri, query: &call.query };
    Ok(list.answer(call.version()))
}

/// `GET /AccessTokens/{TokenId}`.
pub async fn get(call: &Call) -> Result<Answer, GateError> {
    let token = named(call).await?;
    Answer::one("AccessToken", &resource(call, &token))
}

/// `POST /AccessTokens`: 201 with the new token and its Auth Token, this once. Without a contact of its own it gets that
/// of the caller's token.
pub async fn create(call: &Call) -> Result<Answer, GateError> {
    let own = call.store.token(call.caller().account, call.caller().token).await?;
    let settings = changed(call, TokenForm::blank(own.settings.primary_contact), None).await?;
    call.caller().require_own(settings.scopes)?;
    let issued = call.store.create(call.caller(), settings, Uuid::now_v7()).await?;
    with_secret(call, &issued).map(|answer| answer.with_status(StatusCode::CREATED))
}

/// `PUT /AccessTokens/{TokenId}`: changes what the body names and leaves the rest.
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

/// `PUT /AccessTokens/{TokenId}/Reset`: the token with its new Auth Token, this once. A token may reset itself.
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

/// The token of the account that the path names.
async fn named(call: &Call) -> Result<Token, GateError> {
    let id = call.parameter().and_then(|id| Uuid::try_parse(id).ok()).ok_or(GateError::NotFound)?;
    Ok(call.store.token(call.caller().account, TokenId(id)).await?)
}

/// The settings that the body makes of the form, checked as the console checks them. The contact that stands in the form
/// may stay, whatever has become of them.
async fn changed(call: &Call, mut form: TokenForm, token: Option<&Token>) -> Result<TokenSettings, GateError> {
    let present = Uuid::try_parse(&form.primary_contact).ok().map(UserId);
    let Value::Object(fields) = call.json()? else { return Err(GateError::invalid("", "send an object")) };
    let mut errors = Vec::new();
    for (name, value) in &fields {
        if let Err(message) = set(&mut form, name, value) {
            errors.push(FieldError { field: name.clone(), message: message.to_owned() });
        }
    }
    if !errors.is_empty() {
        return Err(GateError::Invalid(errors));
    }
    let people = call.store.contacts(call.caller().account, present).await?;
    let terms = call.store.terms(call.caller().account).await?;
    // Who says nothing of an end gets the longest that the account allows.
    if let (None, None, Some(longest)) = (token, fields.get("DateExpires"), terms.longest) {
        form.expires = longest.days().to_string();
    }
    let settings = form.validate(&people, token.map(|token| &token.settings), &terms);
    settings.map_err(|errors| {
        let error = |error: domain::text::FieldError| FieldError {
            field: field_name(error.field).to_owned(),
            message: error.problem.to_string(),
        };
        GateError::Invalid(errors.into_iter().map(error).collect())
    })
}

/// Writes one field of the body into the form.
fn set(form: &mut TokenForm, name: &str, value: &Value) -> Result<(), &'static str> {
    let text = || value.as_str().map(str::to_owned).ok_or("send a string");
    let texts = || -> Result<Vec<String>, &'static str> {
        let items = value.as_array().ok_or("send an array of strings")?;
        items.iter().map(|item| item.as_str().map(str::to_owned).ok_or("send an array of strings")).collect()
    };
    match name {
        "Name" => form.name = text()?,
        "Description" => form.description = text()?,
        "ApiVersion" => form.api_version = value.as_u64().map(|number| number.to_string()).map_or_else(text, Ok)?,
        "PrimaryContactId" => form.primary_contact = text()?,
        "Developers" => form.developers = texts()?.join("\n"),
        "Scopes" => form.scopes = texts()?,
        "DateExpires" => form.expires = expiry(&text()?)?,
        _ => return Err("there is no such field to set; leave it out"),
    }
    Ok(())
}

/// The end of an Auth Token as the form carries it: none in an empty string.
fn expiry(text: &str) -> Result<String, &'static str> {
    let end = (!text.is_empty()).then(|| DateTime::parse_from_rfc3339(text)).transpose();
    let end = end.map_err(|_| "send a time like 2030-01-31T00:00:00Z, or an empty string for none")?;
    Ok(term::written(end.map(|end| end.to_utc())))
}

/// What the API calls a field of the form.
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

fn below(token: &Token) -> String {
    format!("{PATH}/{}", token.id.0)
}

/// The token as the API shows it. Times are ISO 8601 in UTC; what is not there is an empty string, as in the published
/// documents.
fn resource(call: &Call, token: &Token) -> Value {
    let settings = &token.settings;
    let time = |at: Option<DateTime<Utc>>| at.map_or(String::new(), |at| at.to_rfc3339());
    json!({
        "Id": token.id,
        "AccountSid": token.sid,
        "Name": settings.name,
        "Description": settings.description,
        "State": token.state.as_str().to_ascii_uppercase(),
        "ApiVersion": settings.api_version.to_string(),
        "Scopes": settings.scopes.iter().map(Scope::id).collect::<Vec<_>>(),
        "PrimaryContactId": settings.primary_contact,
        "Developers": settings.developers,
        "DateCreated": token.created_at.to_rfc3339(),
        "DateLastUsed": time(token.last_used_at),
        "DateExpires": time(token.ends_at),
        "Uri": call.uri(&below(token)),
    })
}

fn with_secret(call: &Call, issued: &store::IssuedToken) -> Result<Answer, GateError> {
    let mut shown: Map<String, Value> = resource(call, &issued.token).as_object().cloned().unwrap_or_default();
    shown.insert("AuthToken".to_owned(), issued.secret.reveal().into());
    Answer::one("AccessToken", &shown)
}
