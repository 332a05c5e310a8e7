//! The profile and its own address, as published. Its schemas have the fields of the domain's type.

use domain::{
    account::{company, company_update},
    gate::access::Caller,
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{Object, Ref, RefOr, Schema},
};

use crate::gate::{
    call::uri,
    openapi::{patterns, schemas},
};

pub const PATH: &str = "/CompanyInformation";

#[derive(Serialize)]
pub struct CompanyInformation<'a> {
    #[serde(flatten)]
    profile: &'a company::CompanyInformation,
    #[serde(rename = "Uri")]
    uri: String,
}

impl<'a> CompanyInformation<'a> {
    pub fn new(caller: &Caller, profile: &'a company::CompanyInformation) -> Self {
        Self { profile, uri: uri(caller, PATH) }
    }
}

impl PartialSchema for CompanyInformation<'_> {
    fn schema() -> RefOr<Schema> {
        let property = |(name, value): (String, Value)| {
            let schema: RefOr<Schema> = match value {
                Value::Object(_) if name.ends_with("Address") => Ref::from_schema_name("Address").into(),
                Value::Object(_) => Ref::from_schema_name("Contact").into(),
                _ => schemas::text().into(),
            };
            (name, schema)
        };
        let uri = ("Uri".to_owned(), schemas::text().into());
        schemas::whole(fields().into_iter().map(property).chain([uri])).into()
    }
}

impl ToSchema for CompanyInformation<'_> {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        let strings = |object: Value| schemas::closed(names(&object).map(|name| (name, schemas::text())));
        schemas.push(("Address".to_owned(), strings(json!(company::Address::default())).into()));
        schemas.push(("Contact".to_owned(), strings(json!(company::Contact::default())).into()));
    }
}

/// Returns the schema of a change of the profile, with the fields in addresses and contacts.
pub fn update() -> Schema {
    let property = |(name, value): (String, Value)| {
        let within = names(&value).map(|name| (name.clone(), field(&name)));
        let schema = if value.is_object() { schemas::closed(within).build() } else { field(&name) };
        (name, schema)
    };
    schemas::closed(fields().into_iter().map(property).chain([own_address()])).into()
}

/// Returns the same schema as a form: a field of an address or a contact is `BillingAddress.City`.
pub fn form() -> Schema {
    let properties = |(name, value): (String, Value)| -> Vec<_> {
        if value.is_object() {
            names(&value).map(|inner| (format!("{name}.{inner}"), field(&inner))).collect()
        } else {
            vec![(name.clone(), field(&name))]
        }
    };
    schemas::closed(fields().into_iter().flat_map(properties).chain([own_address()])).into()
}

/// Returns the profile's fields.
fn fields() -> Map<String, Value> {
    if let Value::Object(fields) = json!(company::CompanyInformation::default()) { fields } else { Map::new() }
}

/// Returns the names of an object's fields.
fn names(object: &Value) -> impl Iterator<Item = String> {
    object.as_object().into_iter().flat_map(|fields| fields.keys().cloned())
}

fn own_address() -> (String, Object) {
    ("Uri".to_owned(), schemas::read_only())
}

/// Returns the schema of a field's input.
fn field(name: &str) -> Object {
    if let Some(values) = company_update::choices(name) {
        return schemas::one_of(values.iter().copied());
    }
    let mut text = schemas::matching(match name {
        "CompanyName" => patterns::line(),
        "Email" => patterns::email_or_empty(),
        _ if name.ends_with("PhoneNumber") => patterns::phone_number(),
        _ => patterns::line_or_empty(),
    });
    text.max_length = Some(company_update::VALUE_MAX);
    text
}
