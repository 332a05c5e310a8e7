//! Requests that HTTP forbids but hyper lets through (RFC 9112, section 3.2): they are answered 400, and the connection
//! ends. An attacker could exploit two servers that read such a request in different ways.

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, Version, header};

/// Middleware that refuses the requests that [`check`] refuses.
pub async fn require(request: Request, next: Next) -> Response {
    match check(&request) {
        Ok(()) => next.run(request).await,
        Err(why) => {
            let closes = [(header::CONNECTION, HeaderValue::from_static("close"))];
            (StatusCode::BAD_REQUEST, closes, why).into_response()
        }
    }
}

/// Checks that the head of a request is one that can be answered.
///
/// # Errors
/// The reason why it can't be, in plain words.
pub fn check<B>(request: &http::Request<B>) -> Result<(), &'static str> {
    // HTTP allows requests that name no path (`*`, or a host and port, as to a proxy). Nothing here takes them, and
    // Leptos relies on a path.
    if !request.uri().path().starts_with('/') || request.uri().path_and_query().is_none() {
        return Err("The request names no path.");
    }
    check_host(request.version(), request.headers())
}

fn check_host(version: Version, headers: &HeaderMap) -> Result<(), &'static str> {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(_), Some(_)) => Err("The request has more than one Host header; send one."),
        (Some(host), None) if !is_host(host.as_bytes()) => Err("The request's Host header isn't a host and port."),
        (None, _) if version == Version::HTTP_11 => Err("The request has no Host header, which HTTP/1.1 requires."),
        _ => Ok(()),
    }
}

/// Returns whether the text is `uri-host [ ":" port ]` (RFC 9110, section 7.2; RFC 3986, section 3.2.2). The host may
/// be empty.
fn is_host(text: &[u8]) -> bool {
    let port_is_digits = |rest: &[u8]| match rest {
        [] => true,
        [b':', port @ ..] => port.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if let [b'[', rest @ ..] = text {
        let Some(end) = rest.iter().position(|byte| *byte == b']') else { return false };
        let (address, after) = (&rest[..end], &rest[end + 1..]);
        let address = std::str::from_utf8(address).ok().and_then(|text| text.parse::<std::net::Ipv6Addr>().ok());
        return address.is_some() && port_is_digits(after);
    }
    let end = text.iter().position(|byte| *byte == b':').unwrap_or(text.len());
    let (name, after) = text.split_at(end);
    is_name(name) && port_is_digits(after)
}

/// Returns whether the text is a `reg-name`: letters, digits, some signs, and `%` with two hexadecimal digits.
fn is_name(text: &[u8]) -> bool {
    let mut rest = text;
    loop {
        rest = match rest {
            [] => return true,
            [b'%', high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => after,
            [byte, after @ ..] if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(byte) => after,
            _ => return false,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_is_a_name_or_address_with_or_without_port() {
        for host in [
            "keys.example",
            "keys.example:3000",
            "keys.example:",
            "127.0.0.1:1",
            "[::1]",
            "[2001:db8::1]:443",
            "",
            "under_score.example",
            "%e9.example",
        ] {
            assert!(is_host(host.as_bytes()), "{host}");
        }
        for host in [
            "keys.example/",
            "https://keys.example",
            "aya@keys.example",
            "keys example",
            "a,b:1:2",
            "keys.example:80a",
            "::1",
            "[::1",
            "[keys]",
            "[::1]x",
            "keys.example?",
            "a#b",
            "%e",
            "%zz",
            "鍵.example",
            "a\\b",
            "a\"",
        ] {
            assert!(!is_host(host.as_bytes()), "{host}");
        }
    }
}
