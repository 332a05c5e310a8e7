//! The gate's answers.

pub mod format;
pub mod list;
pub mod xml;

use axum::response::Response;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::Value;
use utoipa::{ToSchema, openapi::Object};

use self::format::{Format, written};
use super::{error::GateError, openapi::schemas};

/// Forbids caches to keep an answer.
pub const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The size of a list's pages, which may differ from the size asked for.
const PAGE_SIZE: HeaderName = HeaderName::from_static("x-page-size");

/// A successful answer.
#[derive(Debug)]
pub struct Answer {
    status: StatusCode,
    /// The size of a list's pages.
    size: Option<u32>,
    /// The address of the list's next page.
    next: Option<String>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Value { name: &'static str, value: Value },
    Ready(Response),
}

impl Answer {
    /// Returns an answer with one resource. `name` is the name of its XML element.
    ///
    /// # Errors
    /// If it can't be written as JSON.
    pub fn one(name: &'static str, resource: &impl Serialize) -> Result<Self, GateError> {
        let value = serde_json::to_value(resource).map_err(GateError::Writing)?;
        Ok(Self { status: StatusCode::OK, size: None, next: None, content: Content::Value { name, value } })
    }

    /// Returns the answer to a completed change, with the resource's address.
    ///
    /// # Errors
    /// If it can't be written as JSON.
    pub fn done(uri: &str) -> Result<Self, GateError> {
        Self::one("Response", &Done { status: "OK", uri })
    }

    /// Returns an answer that is complete already, such as a file.
    #[must_use]
    pub fn ready(response: Response) -> Self {
        Self { status: response.status(), size: None, next: None, content: Content::Ready(response) }
    }

    /// Returns the same answer with another status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Returns the answer in this format.
    #[must_use]
    pub fn into_response(self, format: Format) -> Response {
        let mut response = match self.content {
            Content::Value { name, value } => written(self.status, name, &value, format),
            Content::Ready(response) => response,
        };
        let next = self.next.and_then(|next| HeaderValue::try_from(format!("<{next}>; rel=\"next\"")).ok());
        response.headers_mut().extend(next.map(|next| (header::LINK, next)));
        response.headers_mut().extend(self.size.map(|size| (PAGE_SIZE, size.into())));
        response
    }
}

// The content of the answer to a completed change.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Done<'a> {
    #[schema(schema_with = ok)]
    status: &'static str,
    uri: &'a str,
}

fn ok() -> Object {
    schemas::constant("OK")
}
