//! Read-only fields: they may be sent back with the values that were read, and not with others.

use serde_json::{Map, Value};

use super::error::{FieldError, GateError};

/// The fields of a body, from which read-only ones are removed one after the other.
pub struct Fields {
    rest: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Fields {
    /// Begins with all fields of a body.
    pub fn new(fields: Map<String, Value>) -> Self {
        Self { rest: fields, errors: Vec::new() }
    }

    /// Removes the field, which has to be `unchanged`.
    #[must_use]
    pub fn without(mut self, name: &str, unchanged: impl FnOnce(&Value) -> bool) -> Self {
        if self.rest.shift_remove(name).is_some_and(|value| !unchanged(&value)) {
            let message = "this can't be set; leave it out, or send it unchanged".to_owned();
            self.errors.push(FieldError { field: name.to_owned(), message });
        }
        self
    }

    /// Removes the resource's own address as [`Fields::without`] does, with a final slash or without.
    #[must_use]
    pub fn without_uri(self, uri: &str) -> Self {
        self.without("Uri", |value| value.as_str().is_some_and(|sent| sent.strip_suffix('/').unwrap_or(sent) == uri))
    }

    /// Returns the remaining fields.
    ///
    /// # Errors
    /// [`GateError::Invalid`], which names the fields that were changed.
    pub fn settable(self) -> Result<Map<String, Value>, GateError> {
        if self.errors.is_empty() { Ok(self.rest) } else { Err(GateError::Invalid(self.errors)) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn read_only_fields_may_come_back_as_they_are() {
        let of = |body: Value| {
            let Value::Object(fields) = body else { panic!("no object") };
            let fields = Fields::new(fields).without("Id", |id| id == "7").without_uri("/Jobs/7");
            fields.settable().map_err(|error| match error {
                GateError::Invalid(errors) => errors.into_iter().map(|error| error.field).collect::<Vec<_>>(),
                other => panic!("{other}"),
            })
        };
        for body in [json!({}), json!({ "Id": "7", "Uri": "/Jobs/7" }), json!({ "Uri": "/Jobs/7/" })] {
            assert_eq!(of(body), Ok(Map::new()));
        }
        assert_eq!(of(json!({ "Id": 7, "Name": "a", "Uri": "/Jobs/8" })), Err(vec!["Id".to_owned(), "Uri".to_owned()]));
    }
}
