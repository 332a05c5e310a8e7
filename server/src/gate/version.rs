//! Versions of the Agency API: which one a request is answered in, and which ones are on their way out.

use std::{borrow::Cow, collections::BTreeMap, str::FromStr};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use domain::{api_version::ApiVersion, trail};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{envelope::GateError, query::Query};

/// The header by which a single request asks for a version.
const HEADER: HeaderName = HeaderName::from_static("ir-version");
/// The query parameter that does the same.
pub const PARAMETER: &str = "IrVersion";

/// The version to answer in: the one that the request asks for by header or else by query, else the token's own.
///
/// # Errors
/// [`GateError::Invalid`] where header or query asks for none that there is, or for several.
pub fn requested(headers: &HeaderMap, query: &Query, pinned: ApiVersion) -> Result<ApiVersion, GateError> {
    let by_header = headers.get_all(HEADER).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let by_header = only_version(by_header)?;
    let by_query = only_version(query.all(PARAMETER).map(Into::into))?;
    Ok(by_header.or(by_query).unwrap_or(pinned))
}

fn only_version<'a>(asked: impl Iterator<Item = Cow<'a, str>>) -> Result<Option<ApiVersion>, GateError> {
    let asked: Vec<_> = asked.collect();
    let version = match asked.as_slice() {
        [] => return Ok(None),
        [one] => one.trim().parse::<u16>().ok().and_then(|number| ApiVersion::try_from(number).ok()),
        _ => None,
    };
    let problem = || GateError::invalid(PARAMETER, format!("ask for version {}, once", ApiVersion::listed()));
    version.map(Some).ok_or_else(problem)
}

/// When versions go out of use, as the agency has announced it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lifecycle {
    deprecation: BTreeMap<ApiVersion, NaiveDate>,
    sunset: BTreeMap<ApiVersion, NaiveDate>,
}

impl Lifecycle {
    /// From the dates of the command line.
    #[must_use]
    pub fn new(deprecation: &[Dated], sunset: &[Dated]) -> Self {
        let of = |dates: &[Dated]| dates.iter().map(|dated| (dated.version, dated.date)).collect();
        Self { deprecation: of(deprecation), sunset: of(sunset) }
    }

    /// Whether no version goes out of use before it is deprecated (RFC 9745, section 4).
    #[must_use]
    pub fn is_in_order(&self) -> bool {
        self.deprecation.iter().all(|(version, date)| self.sunset.get(version).is_none_or(|end| date <= end))
    }

    /// Adds `Deprecation` (RFC 9745: `@` and seconds since 1970) and `Sunset` (RFC 8594: an HTTP date) where the version,
    /// if any was asked for that there is, has a date.
    pub fn announce(&self, version: Option<ApiVersion>, headers: &mut HeaderMap) {
        let Some(version) = version else { return };
        let midnight = |date: &NaiveDate| date.and_time(NaiveTime::MIN).and_utc();
        let mut add = |name, value: Option<String>| {
            if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                headers.insert(HeaderName::from_static(name), value);
            }
        };
        add("deprecation", self.deprecation.get(&version).map(|date| format!("@{}", midnight(date).timestamp())));
        add("sunset", self.sunset.get(&version).map(|date| http_date(midnight(date))));
    }
}

/// RFC 9110, section 5.6.7.
fn http_date(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// A version and a day (UTC), written `2=2027-10-01`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dated {
    version: ApiVersion,
    date: NaiveDate,
}

impl FromStr for Dated {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (version, date) = text.split_once('=').ok_or("write VERSION=YYYY-MM-DD")?;
        let version = version.parse::<u16>().map_err(|_| "the version is a whole number")?;
        let version = ApiVersion::try_from(version).map_err(|unknown| unknown.to_string())?;
        let date = trail::date(date).ok_or("write the date as YYYY-MM-DD")?;
        Ok(Self { version, date })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(header: Option<&str>, query: &str) -> Option<u16> {
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            headers.insert(HEADER, header.parse().unwrap());
        }
        requested(&headers, &Query::read(query), ApiVersion::NEWEST).ok().map(u16::from)
    }

    #[test]
    fn header_goes_before_query_and_query_before_the_token_s_own() {
        assert_eq!(asked(None, ""), Some(3));
        assert_eq!(asked(None, "IrVersion=2"), Some(2));
        assert_eq!(asked(Some("2"), "IrVersion=3"), Some(2));
        for (header, query) in [
            (Some("7"), ""),
            (None, "IrVersion=two"),
            (None, "IrVersion=2&IrVersion=3"),
            (Some(""), ""),
            (Some("2"), "IrVersion=9"),
        ] {
            assert_eq!(asked(header, query), None, "{header:?} {query}");
        }
    }

    #[test]
    fn a_version_with_dates_carries_them() {
        let two = ApiVersion::try_from(2).unwrap();
        let date = |text: &str| text.parse::<Dated>().unwrap();
        let lifecycle = Lifecycle::new(&[date("2=2026-10-01")], &[date("2=2027-10-01")]);
        let mut headers = HeaderMap::new();
        lifecycle.announce(Some(ApiVersion::NEWEST), &mut headers);
        assert!(headers.is_empty());
        lifecycle.announce(Some(two), &mut headers);
        assert_eq!(headers["deprecation"], "@1790812800");
        assert_eq!(headers["sunset"], "Fri, 01 Oct 2027 00:00:00 GMT");
        assert!(["2", "9=2027-01-01", "2=27-01-01"].iter().all(|text| text.parse::<Dated>().is_err()));
        assert!(lifecycle.is_in_order() && Lifecycle::new(&[date("2=2027-10-01")], &[]).is_in_order());
        assert!(!Lifecycle::new(&[date("2=2027-10-01")], &[date("2=2026-10-01")]).is_in_order());
    }
}
