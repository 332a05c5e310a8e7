//! The body of a reset: whether, and for how long, the old Auth Token passes beside the new one.

use chrono::DateTime;
use domain::tokens::overlap::{Handover, Overlap};
use serde_json::{Map, Value};
use utoipa::openapi::{
    Schema,
    schema::{AnyOfBuilder, SchemaType, Type},
};

use super::fields::Body;
use crate::gate::{
    error::{FieldError, GateError},
    input::Input,
    openapi::schemas,
};

const OVERLAP: &str = "Overlap";
const CLOSE_WHEN_MOVED: &str = "CloseWhenMoved";

/// The names of [`Overlap::LENGTHS`], in their order: durations in the form of ISO 8601.
const LENGTHS: [&str; Overlap::LENGTHS.len()] = ["", "PT1H", "PT24H", "P7D", "P30D"];

/// Reads the body; without one, the old Auth Token stops at once. An unknown field is refused: ignoring one that was
/// meant to let the old Auth Token pass would stop integrations.
///
/// # Errors
/// [`GateError::Invalid`], [`GateError::ContentType`].
pub fn handover(body: &Input) -> Result<Handover, GateError> {
    let mut fields = body.fields(&[])?;
    let mut errors = Vec::new();
    let overlap = taken(&mut fields, OVERLAP, &mut errors, overlap);
    let close_when_moved = taken(&mut fields, CLOSE_WHEN_MOVED, &mut errors, yes_or_no);
    let unknown = |name| FieldError { field: name, message: "there's no such field to set; leave it out".to_owned() };
    errors.extend(fields.into_iter().map(|(name, _)| unknown(name)));
    if errors.is_empty() { Ok(Handover { overlap, close_when_moved }) } else { Err(GateError::Invalid(errors)) }
}

/// Takes the field out and reads it; its default if it is missing or wrong, which is noted.
fn taken<T: Default>(
    fields: &mut Map<String, Value>,
    name: &str,
    errors: &mut Vec<FieldError>,
    read: fn(&Value) -> Result<T, &'static str>,
) -> T {
    let Some(value) = fields.shift_remove(name) else { return T::default() };
    read(&value).unwrap_or_else(|message| {
        errors.push(FieldError { field: name.to_owned(), message: message.to_owned() });
        T::default()
    })
}

fn overlap(value: &Value) -> Result<Overlap, &'static str> {
    let text = value.as_str().ok_or("send a string")?;
    if let Some((_, overlap)) = LENGTHS.into_iter().zip(Overlap::LENGTHS).find(|(name, _)| *name == text) {
        return Ok(overlap);
    }
    let until = DateTime::parse_from_rfc3339(text).map(|until| Overlap::Until(until.to_utc()));
    until.map_err(|_| "send PT1H, PT24H, P7D, P30D, a time like 2030-01-31T00:00:00Z, or an empty string for none")
}

fn yes_or_no(value: &Value) -> Result<bool, &'static str> {
    match value {
        Value::Bool(close) => Ok(*close),
        Value::String(text) if text == "true" => Ok(true),
        Value::String(text) if text == "false" => Ok(false),
        _ => Err("send true or false"),
    }
}

/// Returns the schema of the body.
pub fn schema(body: Body) -> Schema {
    let mut time = schemas::formatted("date-time");
    time.schema_type = SchemaType::AnyValue;
    let overlap = AnyOfBuilder::new().schema_type(Type::String).description(Some(
        "How long the old Auth Token passes beside the new one: one of these durations, or until a time. Empty for not \
         at all. More than its own expiry or the account's security policy allows gets status 409.",
    ));
    let overlap: Schema = overlap.item(time).item(schemas::one_of(LENGTHS)).into();
    let mut close = match body {
        Body::Json => schemas::boolean(),
        Body::Form => schemas::one_of(["true", "false"]),
    };
    close.description = Some(
        "Whether the old Auth Token stops earlier, once each address that used it in the last 7 days has used the new \
         one, and it has not been used for 24 hours."
            .to_owned(),
    );
    schemas::closed([(OVERLAP.to_owned(), overlap), (CLOSE_WHEN_MOVED.to_owned(), close.into())]).into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: &Value) -> Result<Handover, Vec<String>> {
        handover(&Input::Json(body.to_string().into_bytes())).map_err(|error| match error {
            GateError::Invalid(errors) => errors.into_iter().map(|error| error.field).collect(),
            other => panic!("{other}"),
        })
    }

    #[test]
    fn reset_without_a_body_stops_the_old_value_at_once() {
        assert_eq!(handover(&Input::Json(Vec::new())).unwrap(), Handover::default());
        assert_eq!(read(&json!({})), Ok(Handover::default()));
        assert_eq!(read(&json!({ "Overlap": "" })), Ok(Handover::default()));
    }

    #[test]
    fn overlap_is_a_duration_or_a_time() {
        let of = |overlap: &str| read(&json!({ "Overlap": overlap })).unwrap().overlap;
        assert_eq!(LENGTHS.map(of), Overlap::LENGTHS);
        let until = DateTime::parse_from_rfc3339("2030-01-31T00:00:00Z").unwrap().to_utc();
        assert_eq!(of("2030-01-31T09:00:00+09:00"), Overlap::Until(until));
        let close = |value: Value| read(&json!({ "CloseWhenMoved": value })).map(|read| read.close_when_moved);
        assert_eq!([json!(true), json!("true"), json!("false")].map(close), [Ok(true), Ok(true), Ok(false)]);
    }

    #[test]
    fn misspelt_overlap_is_refused_with_each_wrong_field() {
        let wrong = json!({ "Overlap": "1h", "CloseWhenMoved": 1, "Overlp": "PT1H" });
        assert_eq!(read(&wrong), Err(["Overlap", "CloseWhenMoved", "Overlp"].map(str::to_owned).into()));
        assert_eq!(read(&json!({ "Overlap": 24 })), Err(vec!["Overlap".to_owned()]));
    }
}
