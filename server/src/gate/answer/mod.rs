//! The gate's answers.

pub mod format;
pub mod xml;

use axum::response::Response;
use domain::gate::api_version::ApiVersion;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value, json};

use self::format::{Format, written};
use super::{error::GateError, query::Query};

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
    #[must_use]
    pub fn done(uri: &str) -> Self {
        let value = json!({ "Status": "OK", "Uri": uri });
        Self { status: StatusCode::OK, size: None, next: None, content: Content::Value { name: "Response", value } }
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

/// The maximum and default number of items on a page.
pub const SIZE: u32 = 1_000;

/// The part of a list that a client wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging {
    /// The page's number, counted from 1.
    pub page: u64,
    /// The number of items on a page.
    pub size: u32,
}

impl Paging {
    /// Reads `Page` and `PageSize`, which is [`SIZE`] by default and at most.
    ///
    /// # Errors
    /// [`GateError::Invalid`].
    pub fn asked(query: &Query) -> Result<Self, GateError> {
        let size = query.number("PageSize", SIZE.into())?;
        Self::of_size(query, u32::try_from(size).map_or(SIZE, |size| size.min(SIZE)))
    }

    /// Reads `Page`, if all pages have one size.
    ///
    /// # Errors
    /// [`GateError::Invalid`].
    pub fn of_size(query: &Query, size: u32) -> Result<Self, GateError> {
        Ok(Self { page: query.number("Page", 1)?, size })
    }

    /// Returns this page's items.
    pub fn part<T>(self, all: Vec<T>) -> Vec<T> {
        let first = usize::try_from(self.offset()).unwrap_or(usize::MAX);
        all.into_iter().skip(first).take(self.size as usize).collect()
    }

    /// Returns the number of items before the page.
    #[must_use]
    pub fn offset(self) -> u64 {
        (self.page - 1).saturating_mul(self.size.into())
    }
}

/// One page of a list.
pub struct List<'a> {
    /// The list's name in version 2 and in XML.
    pub name: &'static str,
    /// The items on the page.
    pub items: Vec<Value>,
    /// The number of items on all pages.
    pub total: u64,
    /// The page's number and size.
    pub paging: Paging,
    /// The list's own path.
    pub uri: &'a str,
    /// The query of the request.
    pub query: &'a Query,
}

impl List<'_> {
    /// Returns the items alone in version 3, and in version 2 an envelope with the page numbers as strings. Both name
    /// the next page, if there is one, in the header `Link` (RFC 8288).
    #[must_use]
    pub fn answer(self, version: ApiVersion) -> Answer {
        let next = (self.paging.page < self.pages()).then(|| self.address(self.paging.page + 1));
        let size = Some(self.paging.size);
        let (name, value) =
            if version.is_newest() { (self.name, Value::Array(self.items)) } else { ("Response", self.envelope()) };
        Answer { status: StatusCode::OK, size, next, content: Content::Value { name, value } }
    }

    fn pages(&self) -> u64 {
        self.total.div_ceil(self.paging.size.into()).max(1)
    }

    /// Returns the page's own address, with the actual size of pages, whatever was asked for.
    fn address(&self, page: u64) -> String {
        let size = self.paging.size;
        let mut query = self.query.with(|name, value| match name {
            "Page" => None,
            "PageSize" => Some(size.to_string().into()),
            _ => Some(value.into()),
        });
        format!("{}?{}", self.uri, query.append_pair("Page", &page.to_string()).finish())
    }

    fn envelope(self) -> Value {
        let Paging { page, size } = self.paging;
        let pages = self.pages();
        let address = |page: Option<u64>| page.map_or(String::new(), |page| self.address(page));
        let first = self.paging.offset();
        let (start, end) = match self.items.len() as u64 {
            0 => (0, 0),
            here => (first, first + here - 1),
        };
        let mut envelope = Map::new();
        for (key, value) in [
            ("@page", page.to_string()),
            ("@numpages", pages.to_string()),
            ("@pagesize", size.to_string()),
            ("@total", self.total.to_string()),
            ("@start", start.to_string()),
            ("@end", end.to_string()),
            ("@uri", address(Some(page))),
            ("@firstpageuri", address(Some(1))),
            ("@previouspageuri", address((page > 1).then(|| page - 1))),
            ("@nextpageuri", address((page < pages).then(|| page + 1))),
            ("@lastpageuri", address(Some(pages))),
        ] {
            envelope.insert(key.to_owned(), value.into());
        }
        envelope.insert(self.name.to_owned(), self.items.into());
        envelope.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_have_page_numbers_in_version_2_but_not_in_version_3() {
        let query = Query::read("Page=2&PageSize=2&State=A%26B");
        let list = |items| List {
            name: "Advertisers",
            items,
            total: 5,
            paging: Paging::asked(&query).unwrap(),
            uri: "/Agencies/IR1/Advertisers",
            query: &query,
        };
        let value = |version: u16| match list(vec![json!({ "Id": "3" })])
            .answer(ApiVersion::try_from(version).unwrap())
            .content
        {
            Content::Value { value, .. } => value,
            Content::Ready(_) => panic!(),
        };
        assert_eq!(value(3), json!([{ "Id": "3" }]));
        let response = list(vec![]).answer(ApiVersion::NEWEST).into_response(Format::Json);
        let link = "</Agencies/IR1/Advertisers?PageSize=2&State=A%26B&Page=3>; rel=\"next\"";
        assert_eq!(response.headers()[header::LINK], link);
        let two = value(2);
        assert_eq!((&two["@page"], &two["@numpages"], &two["@total"]), (&json!("2"), &json!("3"), &json!("5")));
        assert_eq!(two["@nextpageuri"], "/Agencies/IR1/Advertisers?PageSize=2&State=A%26B&Page=3");
        assert_eq!((&two["@start"], &two["@end"]), (&json!("2"), &json!("2")));
        assert_eq!(two["Advertisers"], json!([{ "Id": "3" }]));
    }

    #[test]
    fn invalid_pages_and_page_sizes_are_refused() {
        for query in ["Page=0", "Page=-1", "Page=x", "Page=", "PageSize=0", "PageSize=x", "PageSize="] {
            assert!(Paging::asked(&Query::read(query)).is_err(), "{query}");
        }
    }

    #[test]
    fn size_is_capped_and_the_next_page_says_so() {
        let query = Query::read("PageSize=99999999999999999999&Page=99999999999999999999");
        let paging = Paging::asked(&query).unwrap();
        assert_eq!((paging.page, paging.size, paging.offset()), (u64::MAX, SIZE, u64::MAX));
        assert_eq!(Paging::asked(&Query::read("")).unwrap(), Paging { page: 1, size: SIZE });
        let query = Query::read("PageSize=1001");
        let paging = Paging::asked(&query).unwrap();
        let list = List { name: "Jobs", items: vec![], total: 1_001, paging, uri: "/Jobs", query: &query };
        let response = list.answer(ApiVersion::NEWEST).into_response(Format::Json);
        assert_eq!(response.headers()[PAGE_SIZE], "1000");
        assert_eq!(response.headers()[header::LINK], "</Jobs?PageSize=1000&Page=2>; rel=\"next\"");
    }
}
