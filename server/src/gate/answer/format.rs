//! The format of answers: JSON, or XML of the same content.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use clap::ValueEnum;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::Value;

use super::xml;

/// The form of answers whose client does not say which it wants, and XML's root.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum GateFormat {
    /// JSON; each resource is its XML document's root.
    #[default]
    Json,
    /// As the platform publishes it: XML, whose root is always `ImpactRadiusResponse`.
    Published,
}

impl GateFormat {
    /// Returns the format of the answer to a request: by the end of its path, else by `Accept`, else this one.
    #[must_use]
    pub fn of(self, headers: &HeaderMap, path: &str) -> Format {
        let xml = match Suffix::split(path).1 {
            Some(suffix) => suffix == Suffix::Xml,
            None => self.accepts_xml(headers),
        };
        match (xml, self) {
            (false, _) => Format::Json,
            (true, Self::Json) => Format::Xml,
            (true, Self::Published) => Format::PublishedXml,
        }
    }

    /// Returns whether `Accept` prefers XML (RFC 9110, section 12.5.1). A client that accepts neither is answered all
    /// the same, so that it learns of errors.
    fn accepts_xml(self, headers: &HeaderMap) -> bool {
        let accept = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let ranges: Vec<_> = accept.flat_map(|value| value.split(',')).filter_map(range).collect();
        let weight = |types: &[&str]| {
            let of = |name: &str| {
                ranges.iter().filter(|(range, _)| range.eq_ignore_ascii_case(name)).map(|(_, q)| *q).reduce(f32::max)
            };
            let named = types.iter().filter_map(|name| of(name)).reduce(f32::max);
            named.or(of("application/*")).or(of("*/*")).unwrap_or(0.0)
        };
        let (xml, json) = (weight(&["application/xml", "text/xml"]), weight(&["application/json"]));
        xml > json || (self == Self::Published && xml >= json)
    }
}

/// The format in which an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `application/json`.
    Json,
    /// `application/xml`.
    Xml,
    /// The same within `ImpactRadiusResponse`.
    PublishedXml,
}

/// Returns a media range and its weight.
fn range(text: &str) -> Option<(&str, f32)> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let q = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
    Some((name, q.map_or(Some(1.0), |q| q.parse().ok())?))
}

/// The format of an answer that the end of a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suffix {
    /// `.json`
    Json,
    /// `.xml`
    Xml,
}

impl Suffix {
    /// Returns the suffix at the end of a path.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => ".json",
            Self::Xml => ".xml",
        }
    }

    /// Splits a path, percent-encoded as it came, into the resource and the format that its end names, if any. A final
    /// slash is not part of the resource: some addresses are published with it.
    #[must_use]
    pub fn split(path: &str) -> (&str, Option<Self>) {
        let path = path.strip_suffix('/').unwrap_or(path);
        let of = |suffix: Self| path.strip_suffix(suffix.as_str()).map(|path| (path, Some(suffix)));
        of(Self::Json).or_else(|| of(Self::Xml)).unwrap_or((path, None))
    }
}

/// Returns a response with the value in this format.
pub fn written(status: StatusCode, name: &str, value: &Value, format: Format) -> Response {
    let (kind, body) = match format {
        Format::Json => ("application/json", value.to_string()),
        Format::Xml => ("application/xml", xml::document(name, value)),
        Format::PublishedXml => ("application/xml", xml::published(name, value)),
    };
    let mut response = (status, Body::from(body)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(accept: &str) -> Format {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().unwrap());
        GateFormat::Json.of(&headers, "/Agencies/IR1/Jobs")
    }

    #[test]
    fn published_format_is_xml_unless_json_is_preferred() {
        let of = |accept: Option<&str>, path: &str| {
            let accept = accept.map(|accept| (header::ACCEPT, accept.parse().unwrap()));
            GateFormat::Published.of(&HeaderMap::from_iter(accept), path)
        };
        for accept in
            [None, Some("*/*"), Some("text/html"), Some("application/xml"), Some("application/xml, application/json")]
        {
            assert_eq!(of(accept, "/Agencies/IR1"), Format::PublishedXml, "{accept:?}");
        }
        for accept in ["application/json", "application/json, */*;q=0.1", "application/xml;q=0.1, application/json"] {
            assert_eq!(of(Some(accept), "/Agencies/IR1"), Format::Json, "{accept}");
        }
        assert_eq!(of(None, "/Agencies/IR1.json"), Format::Json);
    }

    #[test]
    fn path_suffix_goes_before_accept() {
        let of = |accept: &str, path: &str| {
            let accept = [(header::ACCEPT, accept.parse().unwrap())];
            GateFormat::Json.of(&HeaderMap::from_iter(accept), path)
        };
        assert_eq!(of("application/json", "/Agencies/IR1/Jobs.xml"), Format::Xml);
        assert_eq!(of("application/xml", "/Agencies/IR1/Jobs.json/"), Format::Json);
        assert_eq!(of("application/xml", "/Agencies/IR1/Jobs.csv"), Format::Xml);
    }

    #[test]
    fn json_is_the_answer_unless_xml_is_preferred() {
        assert_eq!(GateFormat::Json.of(&HeaderMap::new(), "/Agencies"), Format::Json);
        for accept in [
            "*/*",
            "application/json",
            "text/html",
            "application/xml, application/json",
            "",
            "application/xml;q=x",
            "application/*",
            "application/xml;q=0.4, application/json;q=0.5",
        ] {
            assert_eq!(accepted(accept), Format::Json, "{accept}");
        }
        for accept in [
            "application/xml",
            "text/xml",
            "Application/XML",
            "application/xml, */*;q=0.1",
            "application/json;q=0.1, text/xml;q=0.2",
        ] {
            assert_eq!(accepted(accept), Format::Xml, "{accept}");
        }
    }
}
