//! Account SID and Auth Token of a request: HTTP Basic (RFC 7617).

use std::borrow::Cow;

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use domain::tokens::secret::{AccountSid, Secret};
use http::{HeaderMap, HeaderValue, header};

use super::error::GateError;

/// The longest `Authorization` value, in bytes. Valid ones have 110; no more is decoded for an unknown client.
const LENGTH_MAX: usize = 512;

/// Padding is optional, as some clients leave it out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Returns the credentials, well-formed but not checked.
///
/// # Errors
/// All answer 401: [`GateError::NoCredentials`] without the header, [`GateError::UnreadableCredentials`] if it is not
/// HTTP Basic with name and password, [`GateError::LineBreak`] if a line break follows the Auth Token, and
/// [`GateError::WrongCredentials`] if these can't be an Account SID and an Auth Token.
pub fn read(headers: &HeaderMap) -> Result<(AccountSid, Secret), GateError> {
    let decoded = text(headers)?;
    let (name, password) = decoded.split_once(':').ok_or(GateError::UnreadableCredentials)?;
    well_formed(name, password).ok_or_else(|| {
        // `echo "$SID:$TOKEN" | base64` encodes a line break, too.
        let line = password.trim_end_matches(['\r', '\n']);
        let broken = line.len() < password.len() && well_formed(name, line).is_some();
        if broken { GateError::LineBreak } else { GateError::WrongCredentials }
    })
}

/// Returns the Account SID of credentials whose Auth Token can't be one, if it is well-formed.
pub fn sid(headers: &HeaderMap) -> Option<AccountSid> {
    let decoded = text(headers).ok()?;
    AccountSid::try_from(decoded.split_once(':')?.0.to_owned()).ok()
}

/// Returns name and password, with the colon between them.
fn text(headers: &HeaderMap) -> Result<String, GateError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(GateError::NoCredentials)?;
    // With two values it would be unclear which one a proxy has checked.
    if values.next().is_some() {
        return Err(GateError::UnreadableCredentials);
    }
    let encoded = basic(value).ok_or(GateError::UnreadableCredentials)?;
    decoded(encoded).ok_or(GateError::UnreadableCredentials)
}

/// Returns the credentials in `AccountSID:AuthToken`, as it is or in Base64. They are well-formed but not checked.
#[must_use]
pub fn pair(text: &str) -> Option<(AccountSid, Secret)> {
    let text = Some(text).filter(|text| text.len() <= LENGTH_MAX)?;
    let text = if text.contains(':') { Cow::Borrowed(text) } else { Cow::Owned(decoded(text)?) };
    let (name, password) = text.split_once(':')?;
    well_formed(name, password)
}

fn well_formed(name: &str, password: &str) -> Option<(AccountSid, Secret)> {
    Some((AccountSid::try_from(name.to_owned()).ok()?, Secret::parse(password)?))
}

/// Returns the value after the scheme Basic.
fn basic(value: &HeaderValue) -> Option<&str> {
    let value = Some(value).filter(|value| value.len() <= LENGTH_MAX)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Basic").then(|| encoded.trim())
}

fn decoded(encoded: &str) -> Option<String> {
    String::from_utf8(BASE64.decode(encoded).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SID: &str = "IR0123456789abcdefghijklmnopqrstuvw";

    fn of(values: &[&[u8]]) -> Result<(AccountSid, Secret), GateError> {
        let value = |value: &&[u8]| (header::AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
        let mut headers = HeaderMap::new();
        headers.extend(values.iter().map(value));
        read(&headers)
    }

    fn header(scheme: &str, credentials: &[u8]) -> Vec<u8> {
        format!("{scheme} {}", BASE64.encode(credentials)).into_bytes()
    }

    #[test]
    fn scheme_ignores_case_and_padding_is_optional() {
        let secret = Secret::generate(&mut rand::rng());
        let credentials = format!("{SID}:{}", secret.reveal());
        for scheme in ["Basic", "basic", "BASIC", "Basic "] {
            let header = header(scheme, credentials.as_bytes());
            let (sid, read) = of(&[header.trim_ascii_end()]).unwrap();
            assert_eq!((sid.as_str(), read.reveal()), (SID, secret.reveal()), "{scheme}");
        }
        let unpadded = header("Basic", credentials.as_bytes()).into_iter().filter(|byte| *byte != b'=');
        assert!(of(&[&unpadded.collect::<Vec<_>>()]).is_ok());
    }

    #[test]
    fn missing_header_differs_from_an_unreadable_one() {
        assert!(matches!(of(&[]), Err(GateError::NoCredentials)));
        let unreadable: [&[u8]; 9] = [
            b"",
            b"Basic",
            b"Basic ",
            b"Basic !!!!",
            b"Bearer kgt_x",
            b"Basic \xff\xfe",
            &header("Basic", b"no colon"),
            &header("Basic", b"\xff\xfe:\xff"),
            &header("Basic", "x".repeat(10_000).as_bytes()),
        ];
        for value in unreadable {
            assert!(matches!(of(&[value]), Err(GateError::UnreadableCredentials)), "{}", value.escape_ascii());
        }
        let twice = header("Basic", b"a:b");
        assert!(matches!(of(&[&twice, &twice]), Err(GateError::UnreadableCredentials)));
    }

    #[test]
    fn malformed_sid_or_auth_token_is_wrong() {
        for credentials in [":", "a:b", &format!("{SID}:"), &format!("{SID}:kgt_"), ":kgt_x", "鍵:束"] {
            let header = header("Basic", credentials.as_bytes());
            assert!(matches!(of(&[&header]), Err(GateError::WrongCredentials)), "{credentials}");
        }
    }

    #[test]
    fn auth_token_with_a_line_break_is_not_called_wrong() {
        let secret = Secret::generate(&mut rand::rng());
        for end in ["\n", "\r\n"] {
            let header = header("Basic", format!("{SID}:{}{end}", secret.reveal()).as_bytes());
            assert!(matches!(of(&[&header]), Err(GateError::LineBreak)), "{end:?}");
        }
        for wrong in ["\n", " ", "x\n"] {
            let header = header("Basic", format!("{SID}:{wrong}").as_bytes());
            assert!(matches!(of(&[&header]), Err(GateError::WrongCredentials)), "{wrong:?}");
        }
    }
}
