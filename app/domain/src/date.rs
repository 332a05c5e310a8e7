//! Dates as forms, links and the API write them.

use chrono::NaiveDate;

/// Reads a date in the format of forms, links and the API: `YYYY-MM-DD`, with leading zeros.
#[must_use]
pub fn parse(text: &str) -> Option<NaiveDate> {
    let mut parts = text.splitn(3, '-');
    let mut number = |digits: usize| {
        let part =
            parts.next().filter(|part| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()))?;
        part.parse().ok()
    };
    let (year, month, day): (u32, _, _) = (number(4)?, number(2)?, number(2)?);
    NaiveDate::from_ymd_opt(year.cast_signed(), month, day)
}
