//! The token as the API shows it. Times are ISO 8601 in UTC; missing values are empty strings, as in the published
//! documents.

use domain::{
    gate::access::Caller,
    tokens::{
        scope::Scope,
        secret::AccountSid,
        token::{self, TokenState},
    },
};
use serde::Serialize;
use store::IssuedToken;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};
use uuid::Uuid;

use crate::gate::{
    call,
    openapi::schemas,
    records::{date, date_or_empty},
};

pub const PATH: &str = "/AccessTokens";

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct AccessToken<'t> {
    id: Uuid,
    #[schema(schema_with = schemas::account_sid)]
    account_sid: &'t AccountSid,
    name: &'t str,
    description: &'t str,
    #[schema(inline)]
    state: State,
    #[schema(schema_with = schemas::version)]
    api_version: String,
    #[schema(schema_with = schemas::scope_ids)]
    scopes: Vec<&'static str>,
    primary_contact_id: Uuid,
    developers: &'t [String],
    #[schema(format = DateTime)]
    date_created: String,
    #[schema(schema_with = last_use)]
    date_last_used: String,
    #[schema(schema_with = expiry)]
    date_expires: String,
    uri: String,
}

#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    Enabled,
    Disabled,
}

impl From<TokenState> for State {
    fn from(state: TokenState) -> Self {
        match state {
            TokenState::Enabled => Self::Enabled,
            TokenState::Disabled => Self::Disabled,
        }
    }
}

fn last_use() -> Schema {
    schemas::date_or_empty("When it was last used. Empty if never.")
}

fn expiry() -> Schema {
    schemas::date_or_empty("When its Auth Token expires, by its own setting or the account's policy. Empty if never.")
}

impl<'t> AccessToken<'t> {
    pub fn new(caller: &Caller, token: &'t token::Token) -> Self {
        let settings = &token.settings;
        Self {
            id: token.id.0,
            account_sid: &token.sid,
            name: &settings.name,
            description: &settings.description,
            state: token.state.into(),
            api_version: settings.api_version.to_string(),
            scopes: settings.scopes.iter().map(Scope::id).collect(),
            primary_contact_id: settings.primary_contact.0,
            developers: &settings.developers,
            date_created: date(token.created_at),
            date_last_used: date_or_empty(token.last_used_at),
            date_expires: date_or_empty(token.ends_at),
            uri: uri(caller, token),
        }
    }
}

/// Returns the token's own path.
pub fn uri(caller: &Caller, token: &token::Token) -> String {
    call::uri(caller, &format!("{PATH}/{}", token.id.0))
}

/// A token with its Auth Token, which is shown only once.
#[derive(Serialize)]
pub struct IssuedAccessToken<'t> {
    #[serde(flatten)]
    token: AccessToken<'t>,
    #[serde(rename = "AuthToken")]
    auth_token: &'t str,
}

impl<'t> IssuedAccessToken<'t> {
    pub fn new(caller: &Caller, issued: &'t IssuedToken) -> Self {
        Self { token: AccessToken::new(caller, &issued.token), auth_token: issued.secret.reveal() }
    }
}

/// By hand, as a derived one would be of two parts, of which each forbids the other's fields.
impl PartialSchema for IssuedAccessToken<'_> {
    fn schema() -> RefOr<Schema> {
        let mut schema = AccessToken::schema();
        if let RefOr::T(Schema::Object(token)) = &mut schema {
            let auth_token = schemas::matching("^kgt_[0-9A-Za-z]{38}$");
            token.properties.insert("AuthToken".to_owned(), auth_token.into());
            token.required.push("AuthToken".to_owned());
        }
        schema
    }
}

impl ToSchema for IssuedAccessToken<'_> {}
