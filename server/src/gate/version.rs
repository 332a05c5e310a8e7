//! Versions of the Agency API: the one that a request is answered in, and the dates on which versions go out of use.

use std::{collections::BTreeMap, str::FromStr};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use domain::gate::api_version::ApiVersion;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{error::GateError, query::Query};

/// The headers that ask for a version for a single request.
static HEADERS: [HeaderName; 2] = [HeaderName::from_static("ir-version"), HeaderName::from_static("irversion")];
/// The query parameter that does the same, as documents and errors name it.
pub const PARAMETER: &str = "IrVersion";

/// Returns whether the query parameter of that name asks for a version. Published pages spell it `IrVersion`,
/// `Ir-Version` and `IR-Version`; the headers of these names are the same in any case.
#[must_use]
pub fn is_parameter(name: &str) -> bool {
    HEADERS.iter().any(|header| header.as_str().eq_ignore_ascii_case(name))
}

/// Returns the version to answer in: the one that the request asks for, by header or query, else the token's own.
///
/// # Errors
/// [`GateError::Invalid`] if it asks for an unknown version, or for two that differ.
pub fn requested(headers: &HeaderMap, query: &Query, pinned: ApiVersion) -> Result<ApiVersion, GateError> {
    let by_header = HEADERS.iter().flat_map(|name| headers.get_all(name));
    let by_header = by_header.map(|value| std::str::from_utf8(value.as_bytes()).unwrap_or_default());
    let by_query = query.pairs().filter(|(name, _)| is_parameter(name)).map(|(_, value)| value);
    let mut asked = None;
    for text in by_header.chain(by_query) {
        let invalid = || GateError::invalid(PARAMETER, format!("ask for version {}", ApiVersion::listed()));
        let version = read(text).ok_or_else(invalid)?;
        if asked.replace(version).is_some_and(|before| before != version) {
            return Err(GateError::invalid(PARAMETER, "ask for a single version, by header or query; these are two"));
        }
    }
    Ok(asked.unwrap_or(pinned))
}

/// Reads `3`, `3.0` or `v3.0`.
fn read(text: &str) -> Option<ApiVersion> {
    let text = text.trim();
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let number = text.strip_suffix(".0").unwrap_or(text);
    ApiVersion::ALL.into_iter().find(|version| version.to_string() == number)
}

/// Returns every spelling of a version, for the document.
#[must_use]
pub fn spellings() -> Vec<String> {
    let of =
        |version: &ApiVersion| ["", "v", "V"].map(|v| [format!("{v}{version}"), format!("{v}{version}.0")]).concat();
    ApiVersion::ALL.iter().flat_map(of).collect()
}

/// The dates on which versions go out of use, as the agency has announced them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lifecycle {
    deprecation: BTreeMap<ApiVersion, NaiveDate>,
    sunset: BTreeMap<ApiVersion, NaiveDate>,
}

impl Lifecycle {
    /// Takes the dates of the command line.
    #[must_use]
    pub fn new(deprecation: &[Dated], sunset: &[Dated]) -> Self {
        let of = |dates: &[Dated]| dates.iter().map(|dated| (dated.version, dated.date)).collect();
        Self { deprecation: of(deprecation), sunset: of(sunset) }
    }

    /// Returns whether no version goes out of use before it is deprecated (RFC 9745, section 4).
    #[must_use]
    pub fn is_in_order(&self) -> bool {
        self.deprecation.iter().all(|(version, date)| self.sunset.get(version).is_none_or(|end| date <= end))
    }

    /// Adds `Deprecation` (RFC 9745: `@` and seconds since 1970) and `Sunset` (RFC 8594: an HTTP date) if the version
    /// has such a date. `None` means that the request asked for no known version.
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

/// Formats a time as in RFC 9110, section 5.6.7.
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
        let date = domain::date::parse(date).ok_or("write the date as YYYY-MM-DD")?;
        Ok(Self { version, date })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(header: Option<(&str, &str)>, query: &str) -> Option<u16> {
        let mut headers = HeaderMap::new();
        if let Some((name, value)) = header {
            headers.insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        requested(&headers, &Query::read(query), ApiVersion::NEWEST).ok().map(u16::from)
    }

    #[test]
    fn version_is_read_in_every_published_spelling() {
        assert_eq!(asked(None, ""), Some(3));
        for name in ["IrVersion", "Ir-Version", "IR-Version", "irversion", "IR-VERSION"] {
            for value in ["2", "2.0", "v2.0", "v2", "V2"] {
                assert_eq!(asked(None, &format!("{name}={value}")), Some(2), "{name}={value}");
                assert_eq!(asked(Some((name, value)), ""), Some(2), "{name}: {value}");
                assert_eq!(asked(Some((name, value)), "Ir-Version=2"), Some(2), "{name}: {value}");
            }
        }
        assert!(spellings().iter().all(|text| read(text).is_some()));
    }

    #[test]
    fn invalid_or_contradicting_versions_are_refused() {
        for (header, query) in [
            (Some(("ir-version", "7")), ""),
            (None, "IrVersion=two"),
            (None, "IrVersion=2&IR-Version=3"),
            (Some(("ir-version", "")), ""),
            (Some(("ir-version", "2")), "IrVersion=9"),
            (Some(("ir-version", "2")), "IrVersion=3"),
            (None, "Ir-Version="),
            (None, "IrVersion=2.1"),
            (None, "IrVersion=vv2"),
            (None, "IrVersion=%2B2"),
            (None, "IrVersion=02"),
        ] {
            assert_eq!(asked(header, query), None, "{header:?} {query}");
        }
    }

    #[test]
    fn versions_with_dates_announce_them() {
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
