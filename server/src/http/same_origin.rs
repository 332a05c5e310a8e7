//! Protection against cross-site request forgery: requests that change something must come from Kagitaba's own pages.
//!
//! The rule is that of the OWASP cheat sheet on the subject and of Go's `CrossOriginProtection`, and needs no token:
//! every browser says where an unsafe request comes from. `Sec-Fetch-Site` is the browser's own judgement, which no
//! proxy can confuse; if it is missing (plain HTTP to another machine), `Origin` must name the requested host, or the
//! public address that the server was started with. A client that sends neither is no browser. It may call, but not
//! with a session cookie: a browser that sent neither could otherwise be abused. A script that does use a cookie has to
//! send `Origin`.
//!
//! The gate is excluded: it reads no cookies, and no browser sends its credentials unasked.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header, uri::Authority};

use crate::http::public_url::PublicUrl;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The request was made by another site's page, or may have been.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CrossOrigin {
    /// The browser says so.
    #[error("This request comes from a page of another site, so it was refused. Open Kagitaba directly.")]
    OtherSite,
    /// The page's origin is not the requested host.
    #[error(
        "This request comes from a page of {origin} and was sent to the host {host}, so it was not carried out. If that \
         is the same server, have the proxy in front of it pass on the header Host as the browser sends it, port \
         included, or start Kagitaba with --public-url {origin}."
    )]
    OtherHost {
        /// The page's origin, as `https://keys.example`.
        origin: String,
        /// The host and port that the request names.
        host: String,
    },
    /// No header says where it comes from, and it carries a cookie.
    #[error("This request does not say which page it comes from. With a cookie, also send the Origin header.")]
    Unknown,
}

impl IntoResponse for CrossOrigin {
    fn into_response(self) -> Response {
        (StatusCode::FORBIDDEN, self.to_string()).into_response()
    }
}

/// Middleware that refuses the requests that [`check`] refuses.
///
/// # Errors
/// [`CrossOrigin`], with status 403.
pub async fn require(
    State(public): State<Option<PublicUrl>>,
    request: Request,
    next: Next,
) -> Result<Response, CrossOrigin> {
    check(request.method(), request.uri(), request.headers(), public.as_ref())?;
    Ok(next.run(request).await)
}

/// Checks that the origin of a request allows it to be carried out. `public` is this server's public address, if it is
/// configured.
///
/// # Errors
/// [`CrossOrigin`] if it does not.
pub fn check(method: &Method, uri: &Uri, headers: &HeaderMap, public: Option<&PublicUrl>) -> Result<(), CrossOrigin> {
    if method.is_safe() && method != Method::TRACE {
        return Ok(());
    }
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        let own = site == "same-origin" || site == "none";
        return if own { Ok(()) } else { Err(CrossOrigin::OtherSite) };
    }
    if let Some(origin) = headers.get(header::ORIGIN) {
        let origin = origin.to_str().ok().and_then(Origin::read).ok_or(CrossOrigin::OtherSite)?;
        return origin.require(host(uri, headers).as_ref(), public);
    }
    if headers.contains_key(header::COOKIE) { Err(CrossOrigin::Unknown) } else { Ok(()) }
}

/// The origin of a page.
struct Origin {
    scheme: String,
    authority: Authority,
}

impl Origin {
    fn read(text: &str) -> Option<Self> {
        let uri = text.parse::<Uri>().ok()?;
        Some(Self { scheme: uri.scheme_str()?.to_ascii_lowercase(), authority: uri.authority()?.clone() })
    }

    /// Checks that this is the requested host, or this server's public address.
    fn require(&self, host: Option<&Authority>, public: Option<&PublicUrl>) -> Result<(), CrossOrigin> {
        let public = public.and_then(|public| Self::read(&public.origin()));
        let is_public = |public: Self| public.scheme == self.scheme && self.same(&public.authority);
        if host.is_some_and(|host| self.same(host)) || public.is_some_and(is_public) {
            return Ok(());
        }
        let host = host.map_or_else(|| "(none)".to_owned(), ToString::to_string);
        Err(CrossOrigin::OtherHost { origin: format!("{}://{}", self.scheme, self.authority), host })
    }

    /// Returns whether the authority has the same host and port. The scheme's default port may be left out.
    fn same(&self, other: &Authority) -> bool {
        let usual = match self.scheme.as_str() {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        };
        let port = |authority: &Authority| authority.port_u16().or(usual);
        self.authority.host().eq_ignore_ascii_case(other.host()) && port(&self.authority) == port(other)
    }
}

/// Returns the requested host and port.
fn host(uri: &Uri, headers: &HeaderMap) -> Option<Authority> {
    let named = headers.get(header::HOST).and_then(|host| host.to_str().ok()?.parse().ok());
    uri.authority().cloned().or(named)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn post(headers: &[(&'static str, &'static str)]) -> Result<(), CrossOrigin> {
        post_to("keys.example:3000", None, headers)
    }

    fn post_to(
        host: &'static str,
        public: Option<&str>,
        headers: &[(&'static str, &'static str)],
    ) -> Result<(), CrossOrigin> {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        let headers = headers.iter().map(pair).chain([(header::HOST, HeaderValue::from_static(host))]);
        let public = public.map(|public| public.parse().unwrap());
        check(&Method::POST, &Uri::from_static("/api/tokens/reset"), &headers.collect(), public.as_ref())
    }

    #[test]
    fn sec_fetch_site_decides_over_origin_and_host() {
        assert_eq!(post(&[("sec-fetch-site", "same-origin"), ("cookie", "a=b")]), Ok(()));
        assert_eq!(post(&[("sec-fetch-site", "none"), ("cookie", "a=b")]), Ok(()));
        // As behind a proxy that changes Host.
        assert_eq!(post(&[("sec-fetch-site", "same-origin"), ("origin", "https://public.example")]), Ok(()));
        for site in ["cross-site", "same-site", ""] {
            let own_origin = ("origin", "http://keys.example:3000");
            assert_eq!(post(&[("sec-fetch-site", site), own_origin]), Err(CrossOrigin::OtherSite), "{site}");
        }
    }

    #[test]
    fn origin_must_be_the_host_without_sec_fetch_site() {
        assert_eq!(post(&[("origin", "http://keys.example:3000"), ("cookie", "a=b")]), Ok(()));
        assert_eq!(post(&[("origin", "https://KEYS.example:3000")]), Ok(()));
        for other in ["http://keys.example", "https://evil.example", "http://keys.example:30000"] {
            let refused = CrossOrigin::OtherHost { origin: other.to_owned(), host: "keys.example:3000".to_owned() };
            assert_eq!(post(&[("origin", other)]), Err(refused), "{other}");
        }
        for none in ["http://keys.example:3000.evil.example", "null", "*", "", "keys.example:3000", "http://"] {
            assert!(post(&[("origin", none)]).is_err(), "{none}");
        }
    }

    #[test]
    fn default_port_is_the_same_as_none() {
        for (origin, host) in [
            ("https://keys.example", "keys.example:443"),
            ("https://keys.example:443", "keys.example"),
            ("http://keys.example", "keys.example:80"),
            ("http://[::1]:80", "[::1]"),
        ] {
            assert_eq!(post_to(host, None, &[("origin", origin)]), Ok(()), "{origin} {host}");
        }
        for (origin, host) in [
            ("https://keys.example", "keys.example:80"),
            ("http://keys.example", "keys.example:443"),
            ("https://keys.example", "keys.example:8443"),
        ] {
            assert!(post_to(host, None, &[("origin", origin)]).is_err(), "{origin} {host}");
        }
    }

    #[test]
    fn public_address_is_an_own_origin_behind_any_proxy() {
        let post = |origin| post_to("127.0.0.1:3000", Some("https://keys.example"), &[("origin", origin)]);
        assert_eq!((post("https://keys.example"), post("https://keys.example:443")), (Ok(()), Ok(())));
        for other in ["http://keys.example", "https://keys.example:8443", "https://evil.example"] {
            assert!(post(other).is_err(), "{other}");
        }
    }

    #[test]
    fn refusal_names_both_hosts_and_the_option() {
        let refused =
            post_to("backend:3000", None, &[("origin", "https://keys.example:8443")]).unwrap_err().to_string();
        for part in ["https://keys.example:8443", "backend:3000", "Host", "port", "--public-url"] {
            assert!(refused.contains(part), "{part}: {refused}");
        }
    }

    #[test]
    fn non_browser_may_call_without_a_cookie() {
        assert_eq!(post(&[]), Ok(()));
        assert_eq!(post(&[("cookie", "kagitaba_session=x")]), Err(CrossOrigin::Unknown));
    }

    #[test]
    fn safe_methods_are_allowed_from_other_sites() {
        let mut headers = HeaderMap::new();
        headers.insert(SEC_FETCH_SITE, HeaderValue::from_static("cross-site"));
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            assert_eq!(check(&method, &Uri::from_static("/settings"), &headers, None), Ok(()), "{method}");
        }
    }
}
