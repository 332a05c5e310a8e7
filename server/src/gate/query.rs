//! The query of a request, as the operations ask for it.

use chrono::NaiveDate;
use domain::{secret::Secret, trail};

use super::envelope::GateError;

/// Names and values, decoded, in the order in which they came.
#[derive(Debug, Clone, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads what stands behind the `?`. Nothing in it is malformed: what can't be decoded is taken as it stands.
    #[must_use]
    pub fn read(query: &str) -> Self {
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// Every value of that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The value of that name; the last, where there are several.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A day, written `YYYY-MM-DD`.
    ///
    /// # Errors
    /// [`GateError::Invalid`].
    pub fn date(&self, name: &'static str) -> Result<Option<NaiveDate>, GateError> {
        let value = self.get(name).filter(|value| !value.is_empty());
        let read = |value| trail::date(value).ok_or_else(|| GateError::invalid(name, "write a date as YYYY-MM-DD"));
        let date = value.map(read);
        date.transpose()
    }

    /// A whole number from 1 to `most`, or the default where it is not given.
    ///
    /// # Errors
    /// [`GateError::Invalid`].
    pub fn number(&self, name: &'static str, default: u32, most: u32) -> Result<u32, GateError> {
        let Some(value) = self.get(name) else { return Ok(default) };
        let number = value.parse().ok().filter(|number| (1..=most).contains(number));
        number.ok_or_else(|| GateError::invalid(name, format!("write a whole number from 1 to {most}")))
    }

    /// The query without this name, and without what may be an Auth Token, encoded again.
    #[must_use]
    pub fn without(&self, name: &str) -> form_urlencoded::Serializer<'static, String> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let secret = |text: &str| text.contains(Secret::PREFIX);
        query.extend_pairs(self.0.iter().filter(|(key, value)| key != name && !secret(key) && !secret(value)));
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
        assert_eq!((date(""), date("Day=")), (Ok(None), Ok(None)));
        for wrong in ["26-05-01", "2026-5-1", "%2B026-05-01", "2026-02-30", "2026-05-01T00:00:00Z", "today"] {
            assert_eq!(date(&format!("Day={wrong}")), Err(()), "{wrong}");
        }
    }
}
