//! The body of a request, as operations read it: JSON or a form.

use http::{HeaderMap, header};
use serde_json::{Map, Value};

use super::{error::GateError, query::Query};

/// The byte order mark that some programs put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A body, by its type.
#[derive(Debug, Clone)]
pub enum Input {
    /// JSON in UTF-8, or nothing.
    Json(Vec<u8>),
    /// `application/x-www-form-urlencoded`.
    Form(Query),
    /// A type that no operation takes.
    Other,
}

impl Input {
    /// Reads the body by its headers. A body without a type is JSON.
    ///
    /// # Errors
    /// [`GateError::ContentEncoding`] if it is compressed.
    pub fn read(headers: &HeaderMap, mut body: Vec<u8>) -> Result<Self, GateError> {
        if body.is_empty() {
            return Ok(Self::Json(body));
        }
        let plain = |encoding: &[u8]| encoding.is_empty() || encoding.eq_ignore_ascii_case(b"identity");
        if !headers.get_all(header::CONTENT_ENCODING).iter().all(|encoding| plain(encoding.as_bytes().trim_ascii())) {
            return Err(GateError::ContentEncoding);
        }
        if body.starts_with(BYTE_ORDER_MARK) {
            body.drain(..BYTE_ORDER_MARK.len());
        }
        let content_type = headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or("?"));
        Ok(match content_type.map(kind) {
            None | Some(Kind::Json) => Self::Json(body),
            // `curl --data` declares all that it sends as a form. No form begins like that: its braces are encoded.
            Some(Kind::Form) if matches!(body.trim_ascii_start().first(), Some(b'{' | b'[')) => Self::Json(body),
            Some(Kind::Form) => Self::Form(Query::read_bytes(&body)),
            Some(Kind::Other) => Self::Other,
        })
    }

    /// Returns the form, if it is one.
    pub fn form(&mut self) -> Option<&mut Query> {
        if let Self::Form(form) = self { Some(form) } else { None }
    }

    /// Returns the fields, or none if there is no body. A form's values are strings: those of `lists` become arrays,
    /// and those of an object within are named `Object.Field`, as errors name them.
    ///
    /// # Errors
    /// [`GateError::Invalid`] if they can't be read, [`GateError::ContentType`] for other bodies.
    pub fn fields(&self, lists: &[&str]) -> Result<Map<String, Value>, GateError> {
        match self {
            Self::Json(body) if body.is_empty() => Ok(Map::new()),
            // The parser's message names a place, and contains nothing of the input.
            Self::Json(body) => match serde_json::from_slice(body) {
                Ok(Value::Object(fields)) => Ok(fields),
                Ok(_) => Err(GateError::invalid("", "send an object with the fields to set")),
                Err(error) => {
                    let place = format!("send JSON; line {}, column {} can't be read", error.line(), error.column());
                    Err(GateError::invalid("", place))
                }
            },
            Self::Form(form) => of_form(form, lists),
            Self::Other => Err(GateError::ContentType),
        }
    }
}

enum Kind {
    Json,
    Form,
    Other,
}

/// Returns the kind of a body by its `Content-Type` (RFC 9110, section 8.3). All text is UTF-8 here.
fn kind(content_type: &str) -> Kind {
    let mut parts = content_type.split(';').map(|part| part.trim().to_ascii_lowercase());
    let essence = parts.next().unwrap_or_default();
    let charset = parts.find_map(|part| Some(part.strip_prefix("charset=")?.trim_matches('"').to_owned()));
    if charset.is_some_and(|charset| !matches!(charset.as_str(), "utf-8" | "utf8" | "us-ascii")) {
        return Kind::Other;
    }
    match essence.as_str() {
        "application/json" | "text/json" => Kind::Json,
        "application/x-www-form-urlencoded" => Kind::Form,
        other if other.starts_with("application/") && other.ends_with("+json") => Kind::Json,
        _ => Kind::Other,
    }
}

fn of_form(form: &Query, lists: &[&str]) -> Result<Map<String, Value>, GateError> {
    let mut fields = Map::new();
    for (name, value) in form.pairs() {
        if lists.contains(&name) {
            let list = fields.entry(name).or_insert_with(|| Value::Array(Vec::new()));
            // An empty value is an empty list.
            if let (Value::Array(items), false) = (list, value.is_empty()) {
                items.push(value.into());
            }
            continue;
        }
        let place = match name.split_once('.') {
            None => fields.insert(name.to_owned(), value.into()),
            Some((object, field)) => {
                let object = fields.entry(object).or_insert_with(|| Value::Object(Map::new()));
                let object = object.as_object_mut().ok_or_else(|| GateError::invalid(name, "send its fields only"))?;
                object.insert(field.to_owned(), value.into())
            }
        };
        if place.is_some() {
            return Err(GateError::invalid(name, "send it once"));
        }
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(headers: &[(header::HeaderName, &str)], body: &[u8]) -> Result<Map<String, Value>, GateError> {
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap()));
        Input::read(&headers.collect(), body.to_vec())?.fields(&["Scopes"])
    }

    fn typed(content_type: &str, body: &[u8]) -> Result<Map<String, Value>, GateError> {
        read(&[(header::CONTENT_TYPE, content_type)], body)
    }

    #[test]
    fn json_is_read_whatever_its_type_is_called() {
        let expected = json!({ "Name": "鍵" });
        let body = expected.to_string();
        let marked = [BYTE_ORDER_MARK, body.as_bytes()].concat();
        for content_type in [
            "application/json",
            "application/json; charset=utf-8",
            "Application/JSON;charset=\"UTF-8\"",
            "text/json",
            "application/vnd.api+json",
            "application/x-www-form-urlencoded",
        ] {
            assert_eq!(typed(content_type, body.as_bytes()).unwrap(), *expected.as_object().unwrap(), "{content_type}");
            assert_eq!(typed(content_type, &marked).unwrap(), *expected.as_object().unwrap(), "{content_type}");
        }
        assert_eq!(read(&[], body.as_bytes()).unwrap(), *expected.as_object().unwrap());
        assert_eq!(read(&[], b"").unwrap(), Map::new());
    }

    #[test]
    fn form_becomes_the_same_fields() {
        let form = b"Name=a+b%26&Scopes=x&Scopes=y&BillingAddress.City=%E4%BA%AC&BillingAddress.State=";
        let fields = typed("application/x-www-form-urlencoded; charset=UTF-8", form).unwrap();
        let expected = json!({ "Name": "a b&", "Scopes": ["x", "y"], "BillingAddress": { "City": "京", "State": "" } });
        assert_eq!(Value::Object(fields), expected);
        assert_eq!(
            Value::Object(typed("application/x-www-form-urlencoded", b"Scopes=").unwrap()),
            json!({ "Scopes": [] })
        );
        for twice in ["Name=a&Name=a", "A.B=1&A.B=2", "A=1&A.B=2"] {
            let refused = typed("application/x-www-form-urlencoded", twice.as_bytes());
            assert!(matches!(refused, Err(GateError::Invalid(_))), "{twice}");
        }
    }

    #[test]
    fn other_types_encodings_and_charsets_are_refused() {
        for content_type in
            ["text/plain", "application/xml", "multipart/form-data; boundary=x", "", "application/json; charset=utf-16"]
        {
            assert!(matches!(typed(content_type, b"{}"), Err(GateError::ContentType)), "{content_type}");
        }
        for encoding in ["gzip", "br", "identity, gzip"] {
            let refused = read(&[(header::CONTENT_ENCODING, encoding)], b"x");
            assert!(matches!(refused, Err(GateError::ContentEncoding)), "{encoding}");
        }
        assert!(read(&[(header::CONTENT_ENCODING, "Identity")], b"{}").is_ok());
        assert!(matches!(read(&[], b"[]"), Err(GateError::Invalid(_))));
    }
}
