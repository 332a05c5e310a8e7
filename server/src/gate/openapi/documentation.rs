//! The documentation of an operation, which stands beside its handler.

use serde_json::{Map, Value, json};
use utoipa::{
    ToSchema,
    openapi::{Ref, RefOr, Schema},
};

use crate::gate::{answer::list, call::Handler, parameters::Parameter};

/// An operation's parameters, body and answers, besides those that all operations have.
pub struct Documentation {
    /// The parameters of the query, as the handler's signature has them.
    pub parameters: Vec<Parameter>,
    /// The body.
    pub body: Option<Value>,
    /// The answers, by their status. They take the place of general ones.
    pub responses: Map<String, Value>,
    /// The schemas that these refer to, by their names.
    pub schemas: Vec<(String, RefOr<Schema>)>,
}

impl Documentation {
    /// Begins with the query parameters of the handler.
    pub fn of<'c, Arguments, H: Handler<'c, Arguments>>(_: H) -> Self {
        let parameters = H::PARAMETERS.concat();
        Self { parameters, body: None, responses: Map::new(), schemas: Vec::new() }
    }

    /// Adds the answer 200 with this resource.
    pub fn returns<T: ToSchema>(self) -> Self {
        self.returns_with::<T>("200", "Done.")
    }

    /// Adds the answer of that status with this resource.
    pub fn returns_with<T: ToSchema>(mut self, status: &str, description: &str) -> Self {
        let resource = self.reference::<T>();
        self.answers(status, json!({ "description": description, "content": both(&resource) }))
    }

    /// Adds the answer 200 with a page of these.
    pub fn lists<T: ToSchema>(mut self, name: &str) -> Self {
        let item = self.reference::<T>();
        self.answers("200", json!({ "description": "Done.", "content": both(&list::schema(name, &item)) }))
    }

    /// Adds the answer 200 with a value of this schema.
    pub fn returns_value(self, schema: &Value) -> Self {
        self.answers("200", json!({ "description": "Done.", "content": both(schema) }))
    }

    /// Adds an answer.
    pub fn answers(mut self, status: &str, response: Value) -> Self {
        self.responses.insert(status.to_owned(), response);
        self
    }

    /// Adds the body: its schemas as JSON and as a form, with their names.
    pub fn takes(mut self, required: bool, json: (&str, Schema), form: (&str, Schema)) -> Self {
        let content = json!({
            "application/json": { "schema": self.component(json.0, json.1.into()) },
            "application/x-www-form-urlencoded": { "schema": self.component(form.0, form.1.into()) },
        });
        self.body = Some(json!({ "required": required, "content": content }));
        self
    }

    /// Returns a reference to the schema, which becomes a part of the document.
    pub fn reference<T: ToSchema>(&mut self) -> Value {
        T::schemas(&mut self.schemas);
        self.component(&T::name(), T::schema())
    }

    fn component(&mut self, name: &str, schema: RefOr<Schema>) -> Value {
        self.schemas.push((name.to_owned(), schema));
        json!(Ref::from_schema_name(name))
    }
}

/// Returns the same content in both formats. XML has the same fields; JSON Schema can't describe its details.
pub fn both(schema: &Value) -> Value {
    json!({ "application/json": { "schema": schema }, "application/xml": {} })
}
