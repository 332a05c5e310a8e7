//! The address by which people reach Kagitaba: links in mail begin with it, and identity providers send people back to
//! it.

use std::{fmt, str::FromStr};

use url::{Host, Url};

/// An origin, as `https://keys.example`. Without TLS it must be this very machine, as browsers keep no session
/// elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(Url);

/// The reason why a text is no such address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PublicUrlError {
    /// It is no URL with a host, or has more than an origin has.
    #[error("write it like https://keys.example, with nothing after the host except a port")]
    NoOrigin,
    /// It has no TLS, so anyone on the way could read passwords and tokens.
    #[error("it must begin with https:// (http:// works on this machine only: localhost, 127.0.0.1, [::1])")]
    NoTls,
}

impl PublicUrl {
    /// Returns the origin, without a final slash.
    #[must_use]
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// Returns the address of a path of this site, which begins with `/`.
    #[must_use]
    pub fn with_path(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// Returns whether the address has TLS, so that cookies can be for TLS only.
    #[must_use]
    pub fn has_tls(&self) -> bool {
        self.0.scheme() == "https"
    }
}

impl FromStr for PublicUrl {
    type Err = PublicUrlError;

    fn from_str(text: &str) -> Result<Self, PublicUrlError> {
        let url = Url::parse(text).map_err(|_| PublicUrlError::NoOrigin)?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let nobody = url.username().is_empty() && url.password().is_none();
        if !url.has_host() || !bare || !nobody {
            return Err(PublicUrlError::NoOrigin);
        }
        if is_safe(&url) { Ok(Self(url)) } else { Err(PublicUrlError::NoTls) }
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin())
    }
}

/// Returns whether data sent there can't be read on the way: it has TLS or stays on this machine.
#[must_use]
pub fn is_safe(url: &Url) -> bool {
    let this_machine = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || url.scheme() == "http" && this_machine
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_tls_unless_it_is_this_machine() {
        for (text, origin) in [
            ("https://keys.example", "https://keys.example"),
            ("https://KEYS.example:8443/", "https://keys.example:8443"),
            ("https://keys.example:443", "https://keys.example"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://127.0.0.1", "http://127.0.0.1"),
            ("http://[::1]:3000", "http://[::1]:3000"),
        ] {
            assert_eq!(text.parse::<PublicUrl>().map(|url| url.to_string()).as_deref(), Ok(origin));
        }
        for text in ["http://keys.example", "http://localhost.example", "http://10.0.0.1", "ftp://keys.example"] {
            assert_eq!(text.parse::<PublicUrl>(), Err(PublicUrlError::NoTls), "{text}");
        }
    }

    #[test]
    fn an_origin_has_neither_path_nor_query_nor_user() {
        for text in [
            "",
            "keys.example",
            "https://",
            "https://keys.example/kagitaba",
            "https://keys.example?a",
            "https://keys.example#a",
            "https://aya@keys.example",
            "javascript:alert(1)",
        ] {
            assert_eq!(text.parse::<PublicUrl>(), Err(PublicUrlError::NoOrigin), "{text}");
        }
    }
}
