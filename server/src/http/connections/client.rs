//! The client behind a connection: its peer or, if that is a trusted proxy, the address that the proxy names.

use std::{net::IpAddr, time::Duration};

use domain::gate::{
    address_range::UNKNOWN,
    client_address::{ClientAddress, TrustedProxies},
};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::rarely::Rarely;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The shortest time between two log messages about wrong headers.
const SAID_EVERY: Duration = Duration::from_mins(10);

/// Finds the address of each request's client.
#[derive(Debug)]
pub struct Clients {
    trusted: TrustedProxies,
    ignored: Rarely,
    unreadable: Rarely,
}

impl Clients {
    /// Returns clients whose addresses these proxies may name.
    pub fn new(trusted: TrustedProxies) -> Self {
        Self { trusted, ignored: Rarely::new(SAID_EVERY), unreadable: Rarely::new(SAID_EVERY) }
    }

    /// Returns whether the peer is a trusted proxy, whose connections are those of many clients.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted.contains(peer)
    }

    /// Returns the address of the client that sent these headers.
    pub fn of(&self, peer: IpAddr, headers: &HeaderMap) -> ClientAddress {
        // An IPv6 listener that accepts IPv4 too maps IPv4 addresses: `::ffff:127.0.0.1`.
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            let claimed = || headers.contains_key(X_FORWARDED_FOR) || headers.contains_key(header::FORWARDED);
            if claimed() && self.ignored.is_due() {
                tracing::warn!(
                    %peer,
                    "a request with X-Forwarded-For or Forwarded came from an address that isn't a trusted proxy, and they \
                     were ignored; if it is your proxy, name it with --trusted-proxy (KAGITABA_TRUSTED_PROXY): until \
                     then all its clients count as one"
                );
            }
            return ClientAddress(peer);
        }
        let lines = |name| headers.get_all(name).iter().map(HeaderValue::as_bytes);
        let client = self.trusted.client_behind(peer, lines(X_FORWARDED_FOR), lines(header::FORWARDED));
        if client == UNKNOWN && self.unreadable.is_due() {
            tracing::warn!(
                %peer,
                "a trusted proxy does not say where a request comes from: X-Forwarded-For or Forwarded can't be read, or \
                 they contradict each other; have it set one of the two itself, and remove the other"
            );
        }
        ClientAddress(client)
    }
}
