//! Errors as these operations publish them: with status 200.

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::gate::{
    answer::Answer,
    error::{self, Code, FieldError, GateError, without_secret},
    openapi::documentation::Documentation,
};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
struct ReportError<'e> {
    #[schema(schema_with = error::status)]
    status: &'static str,
    message: &'e str,
    #[schema(schema_with = error::code)]
    code: &'static str,
}

/// Returns the answer, in which invalid input becomes an error envelope with status 200.
///
/// # Errors
/// All others.
pub async fn as_published(answer: impl Future<Output = Result<Answer, GateError>>) -> Result<Answer, GateError> {
    let errors = match answer.await {
        Err(GateError::Invalid(errors)) => errors,
        answer => return answer,
    };
    let advice = |FieldError { field, message }: &FieldError| match field.as_str() {
        "" => message.clone(),
        field => format!("{field}: {message}"),
    };
    let message = errors.iter().map(advice).collect::<Vec<_>>().join("; ");
    let code = Code::InvalidRequest.as_str();
    Answer::one("Response", &ReportError { status: "ERROR", message: &without_secret(&message), code })
}

/// Describes the answer 200 of an operation that returns this or an error.
pub fn returns_or_error<T: ToSchema>(mut operation: Documentation) -> Documentation {
    let either = json!({ "oneOf": [operation.reference::<T>(), operation.reference::<ReportError>()] });
    operation.returns_value(&either)
}

/// Describes the answer 200 of an operation that returns a page or an error. A page of version 2 requires no field, so
/// an error matches it, too.
pub fn returns_page_or_error(mut operation: Documentation, page: &Value) -> Documentation {
    let either = json!({ "anyOf": [page, operation.reference::<ReportError>()] });
    operation.returns_value(&either)
}
