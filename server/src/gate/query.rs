//! The query of a request, as operations read it.

use std::borrow::Cow;

use chrono::NaiveDate;
use domain::{date, tokens::secret::Secret};

use super::error::GateError;

/// Names and values, decoded, in the order in which they came.
#[derive(Debug, Clone, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads the text after the `?`. No query is malformed: undecodable text is taken as it is.
    #[must_use]
    pub fn read(query: &str) -> Self {
        Self::read_bytes(query.as_bytes())
    }

    /// Reads a form, which is written as a query is.
    #[must_use]
    pub fn read_bytes(form: &[u8]) -> Self {
        Self(form_urlencoded::parse(form).into_owned().collect())
    }

    /// Returns names and values, as they came.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Removes and returns every value of that name.
    pub fn take(&mut self, name: &str) -> Vec<String> {
        self.0.extract_if(.., |(key, _)| key == name).map(|(_, value)| value).collect()
    }

    /// Returns the value of that name; of several, the last.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns a day, written `YYYY-MM-DD`.
    ///
    /// # Errors
    /// [`GateError::Invalid`].
    pub fn date(&self, name: &'static str) -> Result<Option<NaiveDate>, GateError> {
        let read = |value| date::parse(value).ok_or_else(|| GateError::invalid(name, "write a date as YYYY-MM-DD"));
        self.get(name).map(read).transpose()
    }

    /// Returns a whole number of at least 1, or the default if it is not given. One that is too large becomes the
    /// largest that there is.
    ///
    /// # Errors
    /// [`GateError::Invalid`].
    pub fn number(&self, name: &'static str, default: u64) -> Result<u64, GateError> {
        let Some(value) = self.get(name) else { return Ok(default) };
        let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.then(|| value.parse().unwrap_or(u64::MAX)).filter(|number| *number > 0);
        number.ok_or_else(|| GateError::invalid(name, "write a whole number, 1 or more"))
    }

    /// Returns the query with other values for some names, encoded again: `change` gives the value, or `None` to leave
    /// the pair out. Anything that may be an Auth Token is left out, too.
    #[must_use]
    pub fn with<'q>(
        &'q self,
        change: impl Fn(&'q str, &'q str) -> Option<Cow<'q, str>>,
    ) -> form_urlencoded::Serializer<'static, String> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let secret = |text: &str| text.contains(Secret::PREFIX);
        for (name, value) in self.pairs().filter(|(name, value)| !secret(name) && !secret(value)) {
            if let Some(value) = change(name, value) {
                query.append_pair(name, &value);
            }
        }
        query
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_has_all_of_its_digits() {
        let date = |query: &str| Query::read(query).date("Day").map_err(|_| ());
        assert_eq!(date("Day=2026-05-01"), Ok(NaiveDate::from_ymd_opt(2026, 5, 1)));
        assert_eq!(date(""), Ok(None));
        for wrong in ["", "26-05-01", "2026-5-1", "%2B026-05-01", "2026-02-30", "2026-05-01T00:00:00Z", "today"] {
            assert_eq!(date(&format!("Day={wrong}")), Err(()), "{wrong}");
        }
    }

    #[test]
    fn number_may_be_larger_than_any_page() {
        let number = |query: &str| Query::read(query).number("Page", 1).map_err(|_| ());
        assert_eq!((number(""), number("Page=7"), number("Page=4294967296")), (Ok(1), Ok(7), Ok(1 << 32)));
        assert_eq!(number("Page=99999999999999999999999999"), Ok(u64::MAX));
        for wrong in ["", "0", "000", "-1", "%2B1", "1.5", "x", "１"] {
            assert_eq!(number(&format!("Page={wrong}")), Err(()), "{wrong}");
        }
    }
}
