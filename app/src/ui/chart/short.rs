//! Numbers and dates in the little room beside an axis.

use crate::i18n::Locale;
use crate::ui::pager::number;
use chrono::NaiveDate;
use domain::chart::scale::abbreviated;

/// Returns the number in a few signs, rounded down. By hand and not by the browser's `Intl`, which the server does not
/// have: both have to write the same.
pub fn short_number(locale: Locale, value: u64) -> String {
    let units: &[(u64, &str)] = match locale {
        Locale::en => &[(1_000_000_000_000, "T"), (1_000_000_000, "B"), (1_000_000, "M"), (1_000, "K")],
        Locale::ja => &[(1_000_000_000_000, "兆"), (100_000_000, "億"), (10_000, "万")],
    };
    abbreviated(value, units).unwrap_or_else(|| number(value))
}

/// Returns the date without its year.
pub fn short_date(locale: Locale, day: NaiveDate) -> String {
    let format = match locale {
        Locale::en => "%-d %b",
        Locale::ja => "%-m/%-d",
    };
    day.format(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shortened_as_each_language_does() {
        let short = |locale| [0, 999, 1_500, 10_000, 1_500_000, 250_000_000].map(|value| short_number(locale, value));
        assert_eq!(short(Locale::en), ["0", "999", "1.5K", "10K", "1.5M", "250M"]);
        assert_eq!(short(Locale::ja), ["0", "999", "1,500", "1万", "150万", "2.5億"]);
    }

    #[test]
    fn dates_have_no_year() {
        let day = NaiveDate::from_ymd_opt(2026, 3, 9).unwrap();
        assert_eq!([Locale::en, Locale::ja].map(|locale| short_date(locale, day)), ["9 Mar", "3/9"]);
    }
}
