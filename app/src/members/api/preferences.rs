//! Parsing and applying a user's preferences for pages. On the server only.

use crate::i18n::Locale;
use crate::request::context;
use crate::request::cookies::{LANGUAGE, THEME};
use chrono_tz::Tz;
use cookie::{Cookie, SameSite, time::Duration};
use domain::members::user::Preferences;
use domain::text::Problem;
use http::header;

/// Parses a language code and the IANA name of a time zone; either may be empty.
///
/// # Errors
/// [`Problem::UnknownValue`] if the language or time zone is unknown.
pub fn read(language: &str, time_zone: &str) -> Result<Preferences, Problem> {
    let known = |known: bool| if known { Ok(()) } else { Err(Problem::UnknownValue) };
    let [language, time_zone] = [language, time_zone].map(|text| Some(text.to_owned()).filter(|text| !text.is_empty()));
    known(language.as_ref().is_none_or(|code| code.parse::<Locale>().is_ok_and(|locale| locale.to_string() == *code)))?;
    known(time_zone.as_ref().is_none_or(|name| name.parse::<Tz>().is_ok()))?;
    Ok(Preferences { language, time_zone })
}

/// Applies the theme to the requesting browser, and a changed language too, as another one may have been chosen there
/// before.
pub fn take_effect_here(preferences: &Preferences, theme: &str) {
    keep_here(THEME, theme);
    if context::preferences().language != preferences.language {
        keep_here(LANGUAGE, preferences.language.as_deref().unwrap_or_default());
    }
}

/// Keeps the value in a cookie; without a value, removes the cookie.
fn keep_here(name: &str, value: &str) {
    let age = if value.is_empty() { Duration::ZERO } else { Duration::days(365) };
    let cookie = Cookie::build((name, value)).path("/").same_site(SameSite::Lax).max_age(age).build();
    context::answer_header(header::SET_COOKIE, &cookie.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_refuse_unknown_language_and_time_zone() {
        let set = |language: &str, time_zone: &str| Preferences {
            language: Some(language.to_owned()),
            time_zone: Some(time_zone.to_owned()),
        };
        assert_eq!(read("", ""), Ok(Preferences::default()));
        assert_eq!(read("ja", "Asia/Tokyo"), Ok(set("ja", "Asia/Tokyo")));
        assert_eq!(read("en", "Asia/Calcutta"), Ok(set("en", "Asia/Calcutta")), "as some browsers call it");
        for (language, time_zone) in
            [("de", ""), ("en-US", ""), ("EN", ""), (" ", ""), ("", "Mars/Olympus"), ("", "+09:00")]
        {
            assert_eq!(read(language, time_zone), Err(Problem::UnknownValue), "{language:?} {time_zone:?}");
        }
    }
}
