//! The fields of an access token that can be set, and those that can be sent back as they were read.

use domain::{
    gate::api_version::ApiVersion,
    text::Field,
    tokens::token::{DESCRIPTION_MAX, DEVELOPERS_MAX, NAME_MAX},
};
use serde_json::{Value, json};
use utoipa::openapi::{
    Array, RefOr, Schema,
    schema::{ObjectBuilder, SchemaType},
};

use crate::gate::openapi::{patterns, schemas};

/// The fields that have to come back exactly as they were read, if they do.
pub const UNCHANGED: [&str; 4] = ["Id", "AccountSid", "State", "DateCreated"];
/// The time of the last use, which may be an earlier one when it comes back.
pub const LAST_USED: &str = "DateLastUsed";

const FIELDS: [Field; 7] = [
    Field::Name,
    Field::Description,
    Field::ApiVersion,
    Field::PrimaryContact,
    Field::Developers,
    Field::Scopes,
    Field::Expires,
];

/// Returns the API's name of a form's field.
pub fn name(field: Field) -> &'static str {
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

/// Returns the field that has this name, if it can be set.
pub fn named(text: &str) -> Option<Field> {
    FIELDS.into_iter().find(|field| name(*field) == text)
}

/// The forms of a body.
#[derive(Clone, Copy)]
pub enum Body {
    /// JSON, where a version may be a number, too.
    Json,
    /// A form, where all values are texts.
    Form,
}

/// Returns the schema of a new token.
pub fn create(body: Body) -> Schema {
    schemas::closed(settings(body)).required(name(Field::Name)).required(name(Field::Scopes)).into()
}

/// Returns the schema of a change.
pub fn update(body: Body) -> Schema {
    let read_only = UNCHANGED.into_iter().chain([LAST_USED, "Uri"]);
    let read_only = read_only.map(|name| (name.to_owned(), schemas::read_only().into()));
    schemas::closed(settings(body).chain(read_only)).into()
}

fn settings(body: Body) -> impl Iterator<Item = (String, RefOr<Schema>)> {
    FIELDS.into_iter().map(move |field| (name(field).to_owned(), schema(field, body).into()))
}

fn schema(field: Field, body: Body) -> Schema {
    match field {
        Field::Name => {
            let mut name = schemas::matching(patterns::line());
            (name.min_length, name.max_length) = (Some(1), Some(NAME_MAX));
            name.into()
        }
        Field::Description => {
            let mut description = schemas::matching(patterns::paragraph());
            description.max_length = Some(DESCRIPTION_MAX);
            description.into()
        }
        Field::ApiVersion => {
            let mut versions: Vec<Value> = ApiVersion::ALL.map(|version| json!(version.to_string())).into();
            if matches!(body, Body::Json) {
                versions.extend(ApiVersion::ALL.map(|version| json!(u16::from(version))));
            }
            ObjectBuilder::new().schema_type(SchemaType::AnyValue).enum_values(Some(versions)).into()
        }
        Field::PrimaryContact => {
            let mut contact = schemas::formatted("uuid");
            contact.description = Some("An account user. Anyone else gets status 409.".to_owned());
            contact.into()
        }
        Field::Developers => {
            let mut developers = Array::new(schemas::matching(patterns::email()));
            developers.max_items = Some(DEVELOPERS_MAX);
            developers.into()
        }
        Field::Scopes => {
            let mut scopes = schemas::scope_ids();
            scopes.min_items = Some(1);
            scopes.into()
        }
        Field::Expires => schemas::date_or_empty(
            "A time like 2030-01-31T00:00:00Z, or empty for never. A past time, or one the account doesn't allow, gets \
             status 409.",
        ),
    }
}
