//! Against cross-site request forgery: what changes something must come from Kagitaba's own pages.
//!
//! The rule is that of the OWASP cheat sheet on the subject and of Go's `CrossOriginProtection`, with no token to hand
//! around: every browser says where an unsafe request comes from. `Sec-Fetch-Site` is the browser's own judgement and
//! knows no proxy that could confuse it; where it is missing (plain HTTP to another machine), `Origin` must name the
//! host that was asked. With neither it is no browser. Such a client may call, but not with a session cookie: that is
//! the one thing that could be abused if some browser kept silent after all. A script that does use one sends `Origin`.
//!
//! The gate is outside of this: it knows no cookies, and a browser sends its credentials nowhere by itself.

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header, uri::Authority};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The request was made by another site's page, or might have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CrossOrigin {
    /// The browser says so.
    #[error("This request comes from a page of another site, so it was not carried out. Open Kagitaba itself.")]
    OtherSite,
    /// Nothing says where it comes from, and it carries a cookie.
    #[error("This request does not say which page it comes from. With a cookie, send the header Origin too.")]
    Unknown,
}

impl IntoResponse for CrossOrigin {
    fn into_response(self) -> Response {
        (StatusCode::FORBIDDEN, self.to_string()).into_response()
    }
}

/// Middleware: refuses what [`check`] refuses.
///
/// # Errors
/// [`CrossOrigin`], with status 403.
pub async fn require(request: Request, next: Next) -> Result<Response, CrossOrigin> {
    check(request.method(), request.uri(), request.headers())?;
    Ok(next.run(request).await)
}

/// Whether a request may be carried out as far as its origin is concerned.
///
/// # Errors
/// [`CrossOrigin`] where it may not.
pub fn check(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), CrossOrigin> {
    if method.is_safe() && method != Method::TRACE {
        return Ok(());
    }
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        let own = site == "same-origin" || site == "none";
        return if own { Ok(()) } else { Err(CrossOrigin::OtherSite) };
    }
    if let Some(origin) = headers.get(header::ORIGIN) {
        let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
        let same = origin
            .is_some_and(|origin| origin.authority().is_some() && origin.authority() == host(uri, headers).as_ref());
        return if same { Ok(()) } else { Err(CrossOrigin::OtherSite) };
    }
    if headers.contains_key(header::COOKIE) { Err(CrossOrigin::Unknown) } else { Ok(()) }
}

/// The host and port that were asked for.
fn host(uri: &Uri, headers: &HeaderMap) -> Option<Authority> {
    let named = headers.get(header::HOST).and_then(|host| host.to_str().ok()?.parse().ok());
    uri.authority().cloned().or(named)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn post(headers: &[(&'static str, &'static str)]) -> Result<(), CrossOrigin> {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        let headers = headers.iter().map(pair).chain([(header::HOST, HeaderValue::from_static("keys.example:3000"))]);
        check(&Method::POST, &Uri::from_static("/api/tokens/reset"), &headers.collect())
    }

    #[test]
    fn what_the_browser_calls_same_origin_may_pass_whatever_else_it_says() {
        assert_eq!(post(&[("sec-fetch-site", "same-origin"), ("cookie", "a=b")]), Ok(()));
        assert_eq!(post(&[("sec-fetch-site", "none"), ("cookie", "a=b")]), Ok(()));
        // Behind a proxy that changes Host.
        assert_eq!(post(&[("sec-fetch-site", "same-origin"), ("origin", "https://public.example")]), Ok(()));
        for site in ["cross-site", "same-site", ""] {
            let own_origin = ("origin", "http://keys.example:3000");
            assert_eq!(post(&[("sec-fetch-site", site), own_origin]), Err(CrossOrigin::OtherSite), "{site}");
        }
    }

    #[test]
    fn without_the_browser_s_judgement_the_origin_must_be_the_host() {
        assert_eq!(post(&[("origin", "http://keys.example:3000"), ("cookie", "a=b")]), Ok(()));
        assert_eq!(post(&[("origin", "https://KEYS.example:3000")]), Ok(()));
        for other in
            ["http://keys.example", "http://keys.example:3000.evil.example", "https://evil.example", "null", "*", ""]
        {
            assert_eq!(post(&[("origin", other)]), Err(CrossOrigin::OtherSite), "{other}");
        }
    }

    #[test]
    fn a_client_that_is_no_browser_may_call_without_a_cookie() {
        assert_eq!(post(&[]), Ok(()));
        assert_eq!(post(&[("cookie", "kagitaba_session=x")]), Err(CrossOrigin::Unknown));
    }

    #[test]
    fn reading_is_free() {
        let mut headers = HeaderMap::new();
        headers.insert(SEC_FETCH_SITE, HeaderValue::from_static("cross-site"));
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            assert_eq!(check(&method, &Uri::from_static("/settings"), &headers), Ok(()), "{method}");
        }
    }
}
