//! Schemas of values that several operations take or return.
//!
//! A field's schema accepts exactly the values that the field's rule accepts: tests generate valid and invalid fields
//! from it. The doc comments of a type with a derived schema would be its description in the document, so its
//! fields have plain comments.

use domain::{gate::api_version::ApiVersion, tokens::scope::Scope};
use serde_json::Value;
use utoipa::openapi::{
    Array, Object, RefOr, Schema,
    schema::{AdditionalProperties, AnyOfBuilder, ObjectBuilder, SchemaFormat, SchemaType, Type},
};

/// Returns the schema of any text.
pub fn text() -> Object {
    Object::with_type(Type::String)
}

/// Returns the schema of one value.
pub fn constant(value: impl Into<Value>) -> Object {
    // `utoipa` has no such keyword, but writes extensions as they are.
    let keyword = [("const", value)].into_iter().collect();
    ObjectBuilder::new().schema_type(SchemaType::AnyValue).extensions(Some(keyword)).build()
}

/// Returns the schema of a text that is one of these.
pub fn one_of<T: Into<Value>>(values: impl IntoIterator<Item = T>) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(values)).build()
}

/// Returns the schema of a text of that format.
pub fn formatted(format: &str) -> Object {
    ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::Custom(format.to_owned()))).build()
}

/// Returns the schema of a text that matches the regular expression.
pub fn matching(pattern: impl Into<String>) -> Object {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).build()
}

/// Returns the schema of a whole number.
pub fn number() -> Object {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).build()
}

/// Returns the schema of true or false.
pub fn boolean() -> Object {
    Object::with_type(Type::Boolean)
}

/// Returns the schema of a time, or an empty text.
pub fn date_or_empty(description: &str) -> Schema {
    let mut date = formatted("date-time");
    date.schema_type = SchemaType::AnyValue;
    let any_of = AnyOfBuilder::new().schema_type(Type::String).description(Some(description));
    any_of.item(date).item(constant("")).into()
}

/// Returns the schema of an Account SID.
pub fn account_sid() -> Object {
    matching("^IR[0-9A-Za-z]{33}$")
}

/// Returns the schema of an API version as a text.
pub fn version() -> Object {
    one_of(ApiVersion::ALL.map(|version| version.to_string()))
}

/// Returns the schema of a list of scopes.
pub fn scope_ids() -> Array {
    Array::new(one_of(Scope::all().map(Scope::id)))
}

/// Returns the schema of a field that can't be set.
pub fn read_only() -> Object {
    let description = "Can't be set; ignored if sent back unchanged.";
    ObjectBuilder::new().schema_type(Type::String).read_only(true).description(Some(description)).build()
}

/// Returns the schema of an object that has all of these properties.
pub fn whole<S: Into<RefOr<Schema>>>(properties: impl IntoIterator<Item = (String, S)>) -> ObjectBuilder {
    properties
        .into_iter()
        .fold(ObjectBuilder::new(), |object, (name, schema)| object.property(name.clone(), schema).required(name))
}

/// Returns the schema of an object that may have these properties, and no others.
pub fn closed<S: Into<RefOr<Schema>>>(properties: impl IntoIterator<Item = (String, S)>) -> ObjectBuilder {
    let add = |object: ObjectBuilder, (name, schema)| object.property(name, schema);
    let object = ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(false)));
    properties.into_iter().fold(object, add)
}
