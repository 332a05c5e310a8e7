//! The names of the cookies, and reading them from a request.

#[cfg(feature = "ssr")]
use http::{HeaderMap, header};

/// Names the session. Its value is random; the session's data is in the database.
pub const SESSION: &str = "kagitaba_session";
/// Names a sign-in that has the password and still lacks the second factor. Its value is random, too.
pub const PENDING_SIGN_IN: &str = "kagitaba_sign_in";
/// The language chosen in this browser: `en` or `ja`.
pub const LANGUAGE: &str = "kagitaba_language";
/// The colour theme chosen in this browser: `light` or `dark`; without it the system's theme is used.
pub const THEME: &str = "kagitaba_theme";
/// The view of the list of access tokens chosen last in this browser: `cards` or `table`.
pub const LIST_VIEW: &str = "kagitaba_list_view";

/// Returns the value of a cookie from a request's headers; several headers may carry cookies. They are parsed as bytes,
/// because other applications on the same host may set cookies with arbitrary content (RFC 6265, 4.1.1
/// notwithstanding), which must not matter here.
#[cfg(feature = "ssr")]
#[must_use]
pub fn cookie_of(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut pairs =
        headers.get_all(header::COOKIE).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
    let value = |pair: &[u8]| {
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        let is_it = pair[..equals].trim_ascii() == name.as_bytes();
        is_it.then(|| str::from_utf8(pair[equals + 1..].trim_ascii()).ok().map(str::to_owned))
    };
    pairs.find_map(value).flatten()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn cookie_is_found_beside_any_others() {
        let found = |lines: &[&[u8]]| {
            let lines = lines.iter().map(|line| (header::COOKIE, HeaderValue::from_bytes(line).unwrap()));
            cookie_of(&lines.collect(), SESSION)
        };
        let own = Some("0aZ".to_owned());
        for others in ["n=鍵", "鍵=n", "n=é;=;a", "a=\"b; c\"", "kagitaba_session2=x", "x=kagitaba_session"] {
            let [before, after] = [format!("{others}; kagitaba_session=0aZ"), format!("kagitaba_session=0aZ;{others}")];
            assert_eq!(found(&[before.as_bytes()]), own, "{before}");
            assert_eq!(found(&[after.as_bytes()]), own, "{after}");
            assert_eq!(found(&[others.as_bytes(), b"kagitaba_session=0aZ"]), own, "{others}");
        }
        assert_eq!(found(&[b"n=\xff\xfe; kagitaba_session = 0aZ "]), own);
        for none in [&b"kagitaba_session"[..], b"kagitaba_session=\xff", b"", b"Kagitaba_session=x"] {
            assert_eq!(found(&[none]), None);
        }
        assert_eq!(found(&[]), None);
    }
}
