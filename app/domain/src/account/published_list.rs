//! The values that forms offer for countries, currencies and time zones, as the Agency API writes them.
//!
//! Source: the schema of Agency API version 3. It publishes the spelling (`US`, `SOUTHAFRICA`, `(GMT -06:00) Central Time
//! (US & Canada)`) and that it isn't ISO's or IANA's, but not every value. The API itself takes any line, so stored values
//! may be in no list.

use crate::text::narrowed;
use strum::VariantArray;

/// A list of published values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
pub enum PublishedList {
    /// Countries, by the alphabet.
    Country,
    /// Currencies in use, by their codes of ISO 4217.
    Currency,
    /// Time zones with their standard offset, from west to east.
    TimeZone,
}

/// A published value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishedValue {
    /// The standard's name for it, by which browsers know it too: a country's code of ISO 3166-1, a currency's of ISO
    /// 4217, a time zone's name of IANA.
    pub code: &'static str,
    /// The value as the Agency API writes it.
    pub value: &'static str,
}

impl PublishedList {
    /// All lists.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.first_chunk().unwrap();

    /// Returns the values in their order.
    pub fn values(self) -> impl Iterator<Item = PublishedValue> {
        let lines = match self {
            Self::Country => include_str!("countries.txt"),
            Self::Currency => include_str!("currencies.txt"),
            Self::TimeZone => include_str!("time_zones.txt"),
        };
        lines.lines().map(|line| {
            let (code, value) = line.split_once(' ').unwrap_or((line, line));
            PublishedValue { code, value }
        })
    }

    /// Returns the published value that is written as the text, or has it as its code; in any letter case and width.
    #[must_use]
    pub fn find(self, text: &str) -> Option<&'static str> {
        let text = narrowed(text);
        let is_text = |name: &str| name.eq_ignore_ascii_case(&text);
        self.values().find(|known| is_text(known.value) || is_text(known.code)).map(|known| known.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::line;
    use chrono::{Offset, TimeZone, Utc};
    use chrono_tz::Tz;

    #[test]
    fn values_are_lines_that_name_one_value_each() {
        for list in PublishedList::ALL {
            assert!(list.values().count() > 90, "{list:?}");
            for PublishedValue { code, value } in list.values() {
                assert_eq!(line(value, 255).as_deref(), Ok(value));
                assert_eq!((list.find(code), list.find(value)), (Some(value), Some(value)), "{code}");
            }
        }
    }

    #[test]
    fn value_is_found_by_code_and_in_any_case_and_width() {
        for typed in ["JAPAN", "Japan", "jp", "ＪＡＰＡＮ"] {
            assert_eq!(PublishedList::Country.find(typed), Some("JAPAN"), "{typed}");
        }
        assert_eq!(PublishedList::Country.find("gb"), Some("UK"));
        assert_eq!(PublishedList::Currency.find("jpy"), Some("JPY"));
        assert_eq!(PublishedList::TimeZone.find("Asia/Tokyo"), Some("(GMT +09:00) Osaka, Sapporo, Tokyo"));
        for typed in ["", "JAP", "日本", "JAPAN JP"] {
            assert_eq!(PublishedList::Country.find(typed), None, "{typed}");
        }
    }

    /// The published offset "reflects standard time and does not automatically adjust for daylight saving".
    #[test]
    fn time_zone_begins_with_its_standard_offset() {
        for PublishedValue { code, value } in PublishedList::TimeZone.values() {
            let zone: Tz = code.parse().unwrap();
            let offset = |month| {
                let noon = Utc.with_ymd_and_hms(2025, month, 1, 12, 0, 0).unwrap();
                zone.offset_from_utc_datetime(&noon.naive_utc()).fix()
            };
            let standard = [offset(1), offset(7)].into_iter().min_by_key(chrono::FixedOffset::local_minus_utc).unwrap();
            assert!(value.starts_with(&format!("(GMT {standard}) ")), "{code}: {standard}");
        }
    }
}
