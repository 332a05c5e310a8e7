//! Files that the console exports: their forms, and the answers that carry them or say why there is none.

use axum::response::{IntoResponse as _, Response};
use csv::WriterBuilder;
use domain::reports::report::{BYTE_ORDER_MARK, cell};
use http::{HeaderValue, StatusCode, header};

/// The reason why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// No user is signed in.
    #[error("sign in first")]
    SignInNeeded,
    /// The user may not see what the file would hold.
    #[error("your role doesn't allow this; ask an Account Administrator")]
    NotAllowed,
    /// The account has no such thing.
    #[error("there's no such access token; it may have been deleted")]
    NotFound,
    /// More entries match than one file may hold.
    #[error("more than {0} entries match; choose shorter periods and export them in parts")]
    TooMany(u32),
    /// The database does not answer.
    #[error("the database isn't responding; try again")]
    Unavailable,
    /// A fault of the server.
    #[error("something went wrong on the server; try again")]
    Internal,
}

impl From<store::Error> for ExportError {
    fn from(error: store::Error) -> Self {
        if matches!(error, store::Error::Refused(domain::Refusal::NotFound)) {
            return Self::NotFound;
        }
        tracing::error!(%error, "a file could not be exported");
        if error.is_unavailable() { Self::Unavailable } else { Self::Internal }
    }
}

impl ExportError {
    /// Returns the answer.
    #[must_use]
    pub fn refusal(&self) -> Response {
        let status = match self {
            Self::SignInNeeded => StatusCode::UNAUTHORIZED,
            Self::NotAllowed => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::TooMany(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, self.to_string()).into_response()
    }
}

/// The form of a file.
#[derive(Clone, Copy)]
pub enum Form {
    /// CSV with a header line.
    Csv,
    /// A JSON object on each line.
    JsonLines,
}

impl Form {
    /// Returns the answer with this file, which browsers save under that name.
    #[must_use]
    pub fn answer(self, content: Vec<u8>, name: &str) -> Response {
        let (kind, ending) = match self {
            Self::Csv => ("text/csv; charset=utf-8; header=present", "csv"),
            Self::JsonLines => ("application/jsonl; charset=utf-8", "jsonl"),
        };
        let mut response = content.into_response();
        let disposition = format!("attachment; filename=\"{name}.{ending}\"");
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.extend(HeaderValue::try_from(disposition).ok().map(|value| (header::CONTENT_DISPOSITION, value)));
        response
    }
}

/// Returns the records as CSV (RFC 4180), in UTF-8 with a byte order mark, by which spreadsheets know the encoding. No
/// cell is a formula.
///
/// # Errors
/// [`ExportError::Internal`].
pub fn csv<const N: usize>(
    columns: [&str; N],
    records: impl IntoIterator<Item = [String; N]>,
) -> Result<Vec<u8>, ExportError> {
    let mut writer = WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(BYTE_ORDER_MARK.to_vec());
    let written = writer.write_record(columns).and_then(|()| {
        let mut records = records.into_iter();
        records.try_for_each(|record| writer.write_record(record.iter().map(|text| cell(text).into_owned())))
    });
    written.map_err(|_| ExportError::Internal)?;
    writer.into_inner().map_err(|_| ExportError::Internal)
}
