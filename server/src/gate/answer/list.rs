//! Lists, page by page.

use domain::gate::api_version::ApiVersion;
use http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Answer, Content, format::Suffix};
use crate::gate::{
    admission::Admitted,
    call::{Argument, Call, uri},
    error::GateError,
    parameters::{Parameter, SIZE},
    query::Query,
};

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

impl Argument<'_> for Paging {
    const PARAMETERS: &'static [Parameter] = &[Parameter::Page, Parameter::PageSize];

    fn of(call: &Call<'_>) -> Result<Self, GateError> {
        Self::asked(&call.query)
    }
}

/// The list that a call asks for.
pub struct List<'c> {
    /// The caller's own path, `/Agencies/{AccountSID}`.
    own: String,
    /// The suffix of the format, if the call's path has one.
    suffix: Option<Suffix>,
    query: &'c Query,
    version: ApiVersion,
}

impl<'c> Argument<'c> for List<'c> {
    fn of(call: &'c Call<'c>) -> Result<Self, GateError> {
        let Admitted { caller, target, version } = &call.admitted;
        Ok(Self { own: uri(caller, ""), suffix: target.suffix, query: &call.query, version: *version })
    }
}

impl List<'_> {
    /// Returns the answer with this page. `name` is the list's name in version 2 and in XML; `path` is its path below
    /// the caller's own.
    ///
    /// # Errors
    /// If an item can't be written as JSON.
    pub fn page<T: Serialize>(
        self,
        (name, path): (&'static str, &str),
        paging: Paging,
        total: u64,
        items: impl IntoIterator<Item = T>,
    ) -> Result<Answer, GateError> {
        let items = items.into_iter().map(serde_json::to_value).collect::<Result<_, _>>();
        let uri = self.own + path + self.suffix.map_or("", Suffix::as_str);
        let page =
            Page { name, items: items.map_err(GateError::Writing)?, total, paging, uri: &uri, query: self.query };
        Ok(page.answer(self.version))
    }
}

/// One page of a list.
struct Page<'a> {
    /// The list's name in version 2 and in XML.
    name: &'static str,
    /// The items on the page.
    items: Vec<Value>,
    /// The number of items on all pages.
    total: u64,
    /// The page's number and size.
    paging: Paging,
    /// The list's own path.
    uri: &'a str,
    /// The query of the request.
    query: &'a Query,
}

impl Page<'_> {
    /// Returns the items alone in version 3, and in version 2 an envelope with the page numbers as strings. Both name
    /// the next page, if there is one, in the header `Link` (RFC 8288).
    fn answer(self, version: ApiVersion) -> Answer {
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
        let values = [
            page.to_string(),
            pages.to_string(),
            size.to_string(),
            self.total.to_string(),
            start.to_string(),
            end.to_string(),
            address(Some(page)),
            address(Some(1)),
            address((page > 1).then(|| page - 1)),
            address((page < pages).then(|| page + 1)),
            address(Some(pages)),
        ];
        let values = NUMBERS.map(str::to_owned).into_iter().zip(values.map(Value::String));
        let mut envelope: Map<_, _> = values.collect();
        envelope.insert(self.name.to_owned(), self.items.into());
        envelope.into()
    }
}

/// The names of a page's numbers and addresses in version 2.
const NUMBERS: [&str; 11] = [
    "@page",
    "@numpages",
    "@pagesize",
    "@total",
    "@start",
    "@end",
    "@uri",
    "@firstpageuri",
    "@previouspageuri",
    "@nextpageuri",
    "@lastpageuri",
];

/// Returns the schema of a page of these.
pub fn schema(name: &str, item: &Value) -> Value {
    let items = json!({ "type": "array", "items": item });
    let numbers = NUMBERS.map(|number| (number.to_owned(), json!({ "type": "string" })));
    let page: Map<_, _> = numbers.into_iter().chain([(name.to_owned(), items.clone())]).collect();
    json!({ "oneOf": [items, { "type": "object", "properties": page }] })
}

#[cfg(test)]
mod tests {
    use http::header;

    use super::{
        super::{PAGE_SIZE, format::Format},
        *,
    };

    #[test]
    fn lists_have_page_numbers_in_version_2_but_not_in_version_3() {
        let query = Query::read("Page=2&PageSize=2&State=A%26B");
        let list = |items| Page {
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
        let list = Page { name: "Jobs", items: vec![], total: 1_001, paging, uri: "/Jobs", query: &query };
        let response = list.answer(ApiVersion::NEWEST).into_response(Format::Json);
        assert_eq!(response.headers()[PAGE_SIZE], "1000");
        assert_eq!(response.headers()[header::LINK], "</Jobs?PageSize=1000&Page=2>; rel=\"next\"");
    }
}
