//! The network address that a request comes from: the peer of its connection or, if that is a trusted proxy, the
//! address that the proxy names in `Forwarded` (RFC 7239) or `X-Forwarded-For`.
//!
//! A header is read from the right: each proxy appends its own peer, and everything before the first address that is
//! not a trusted proxy is the client's own claim. An address that can't be read is [`UNKNOWN`], never that of a proxy.

use crate::gate::address_range::{AddressRange, UNKNOWN};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// The address that a request comes from, in its canonical form; [`UNKNOWN`] if it can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// Returns the part of an address that identifies one customer of a network: all of an IPv4 address, the first 64 bits
/// of an IPv6 address.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// A range of addresses of proxies that are trusted to name their clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedProxy(AddressRange);

/// The text is not a valid range of trusted proxies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotATrustedProxy {
    /// The text is not an address range.
    #[error("write an address or a range of addresses, such as 10.0.0.5, 10.0.0.0/24 or 2001:db8::/64")]
    NotARange,
    /// The range contains every address.
    #[error("this would let every client claim any address; name only the addresses of your proxies")]
    Everything,
}

impl FromStr for TrustedProxy {
    type Err = NotATrustedProxy;

    fn from_str(text: &str) -> Result<Self, NotATrustedProxy> {
        let range: AddressRange = text.trim().parse().map_err(|_| NotATrustedProxy::NotARange)?;
        if range.is_everything() { Err(NotATrustedProxy::Everything) } else { Ok(Self(range)) }
    }
}

/// The proxies that are trusted to name their clients.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<AddressRange>);

impl FromIterator<TrustedProxy> for TrustedProxies {
    fn from_iter<I: IntoIterator<Item = TrustedProxy>>(proxies: I) -> Self {
        Self(proxies.into_iter().map(|TrustedProxy(range)| range).collect())
    }
}

impl TrustedProxies {
    /// Returns the loopback addresses, for proxies on this machine.
    #[must_use]
    pub fn on_this_machine() -> Self {
        Self(["127.0.0.0/8", "::1"].into_iter().filter_map(|range| range.parse().ok()).collect())
    }

    /// Returns whether the address is that of a trusted proxy.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|range| range.contains(address))
    }

    /// Returns the address of the client behind `peer`, which must be a trusted proxy. Header lines are given in the
    /// order received. Without any, the peer itself is the client.
    ///
    /// A proxy sets one of the two headers and may pass on the other one as the client forged it. If both are present,
    /// they must agree.
    #[must_use]
    pub fn client_behind<'h>(
        &self,
        peer: IpAddr,
        x_forwarded_for: impl DoubleEndedIterator<Item = &'h [u8]>,
        forwarded: impl DoubleEndedIterator<Item = &'h [u8]>,
    ) -> IpAddr {
        let listed = x_forwarded_for.rev().flat_map(|line| line.rsplit(|byte| *byte == b',').map(node));
        let described = forwarded.rev().flat_map(|line| elements(line).into_iter().rev());
        match (self.first_untrusted(listed), self.first_untrusted(described)) {
            (None, None) => peer.to_canonical(),
            (Some(client), None) | (None, Some(client)) => client,
            (Some(client), Some(other)) if client == other => client,
            (Some(_), Some(_)) => UNKNOWN,
        }
    }

    /// Returns the first address that is not a trusted proxy, or the last address if all are trusted; `None` if there
    /// is no entry. Entries are given from the right.
    fn first_untrusted(&self, nodes: impl Iterator<Item = Option<IpAddr>>) -> Option<IpAddr> {
        let mut client = None;
        for node in nodes {
            let Some(address) = node else { return Some(UNKNOWN) };
            client = Some(address);
            if !self.contains(address) {
                break;
            }
        }
        client
    }
}

/// Reads a node of either header: an address with or without port, IPv6 with or without brackets. Returns `None` for
/// `unknown`, obfuscated identifiers (RFC 7239, section 6.3) and everything else.
fn node(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?.trim_matches([' ', '\t']);
    let address = if let Some(bracketed) = text.strip_prefix('[') {
        let (address, port) = bracketed.split_once(']')?;
        let no_port = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        no_port.then(|| address.parse::<Ipv6Addr>().ok()).flatten()?.into()
    } else {
        let alone = || text.parse::<IpAddr>().ok();
        let with_port = || {
            let (address, port) = text.split_once(':')?;
            is_port(port).then(|| address.parse::<Ipv4Addr>().ok()).flatten().map(IpAddr::V4)
        };
        alone().or_else(with_port)?
    };
    let address = address.to_canonical();
    (!address.is_unspecified()).then_some(address)
}

/// Returns whether the text is a port, possibly an obfuscated one (RFC 7239, section 6).
fn is_port(text: &str) -> bool {
    let digits = (1..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let obfuscated = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
    };
    digits || text.strip_prefix('_').is_some_and(obfuscated)
}

/// Reads the elements of a line of `Forwarded` (RFC 7239, section 4) and returns the address in each one's `for`. A
/// malformed line counts as one unreadable element: a quote that a client leaves open would swallow what its proxy
/// appends.
fn elements(line: &[u8]) -> Vec<Option<IpAddr>> {
    let mut rest = line;
    let mut elements = Vec::new();
    loop {
        let Some((element, after)) = element(rest) else { return vec![None] };
        elements.push(element);
        match after {
            Some(after) => rest = after,
            None => return elements,
        }
    }
}

/// The address of an element, and the text after its comma, if there is one.
type Element<'l> = (Option<IpAddr>, Option<&'l [u8]>);

/// Reads one element; returns `None` if it is malformed.
fn element(line: &[u8]) -> Option<Element<'_>> {
    let (mut client, mut rest) = (None, trim_start(line));
    loop {
        // Empty pairs are allowed: `for=192.0.2.1;`.
        let named = rest.first().is_some_and(|byte| !matches!(byte, b';' | b','));
        if named {
            let (name, value, after) = pair(rest)?;
            if name.eq_ignore_ascii_case(b"for") && client.replace(node(&value)).is_some() {
                return None;
            }
            rest = trim_start(after);
        }
        match rest.split_first() {
            None => return Some((client.flatten(), None)),
            Some((b',', after)) => return Some((client.flatten(), Some(after))),
            Some((b';', after)) => rest = trim_start(after),
            Some(_) => return None,
        }
    }
}

/// Reads `name=value`, whose value may be quoted. Returns name, value and the text after them.
fn pair(text: &[u8]) -> Option<(&[u8], Vec<u8>, &[u8])> {
    let equals = text.iter().position(|byte| *byte == b'=')?;
    let (name, value) = (&text[..equals], &text[equals + 1..]);
    if name.is_empty() || !name.iter().copied().all(is_token) {
        return None;
    }
    if let Some(quoted) = value.strip_prefix(b"\"") {
        let (value, after) = unquoted(quoted)?;
        return Some((name, value, after));
    }
    // RFC 7239 requires quotes around an IPv6 address. Some proxies omit them, which does no harm.
    let end = value.iter().position(|byte| !is_token(*byte) && !matches!(byte, b'[' | b']' | b':'));
    let (value, after) = value.split_at(end.unwrap_or(value.len()));
    (!value.is_empty()).then(|| (name, value.to_vec(), after))
}

/// Reads a quoted string (RFC 9110, section 5.6.4) after its opening quote. Returns the string and the text after its
/// closing quote.
fn unquoted(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (mut value, mut bytes) = (Vec::new(), text.iter().enumerate());
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => return Some((value, &text[at + 1..])),
            b'\\' => value.push(*bytes.next()?.1),
            byte => value.push(*byte),
        }
    }
    None
}

/// Returns whether the byte may be part of a token (RFC 9110, section 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn trim_start(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !matches!(byte, b' ' | b'\t'));
    &text[start.unwrap_or(text.len())..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PEER: &str = "127.0.0.1";

    fn proxies(ranges: &[&str]) -> TrustedProxies {
        ranges.iter().map(|range| range.parse::<TrustedProxy>().unwrap()).collect()
    }

    fn client(x_forwarded_for: &[&str], forwarded: &[&str]) -> String {
        let trusted = proxies(&["127.0.0.0/8", "10.0.0.0/24", "2001:db8:1::/48"]);
        let lines = [x_forwarded_for, forwarded].map(|lines| lines.iter().map(|line| line.as_bytes()));
        let [x_forwarded_for, forwarded] = lines;
        let client = trusted.client_behind(PEER.parse().unwrap(), x_forwarded_for, forwarded);
        if client == UNKNOWN { "unknown".to_owned() } else { client.to_string() }
    }

    #[test]
    fn x_forwarded_for_is_read_in_all_its_forms() {
        for (lines, expected) in [
            (&[][..], PEER),
            (&["203.0.113.7"], "203.0.113.7"),
            (&["203.0.113.7:51234"], "203.0.113.7"),
            (&["203.0.113.7:_hidden"], "203.0.113.7"),
            (&["2001:db8::7"], "2001:db8::7"),
            (&["[2001:db8::7]"], "2001:db8::7"),
            (&["[2001:db8::7]:443"], "2001:db8::7"),
            (&["::ffff:203.0.113.7"], "203.0.113.7"),
            (&["[::ffff:203.0.113.7]:443"], "203.0.113.7"),
            (&["198.51.100.1,203.0.113.7"], "203.0.113.7"),
            (&["  198.51.100.1 ,\t203.0.113.7  "], "203.0.113.7"),
            (&["198.51.100.1", "203.0.113.7"], "203.0.113.7"),
            // Skips trusted proxies up to their client.
            (&["198.51.100.1, 203.0.113.7, 10.0.0.9:1234, [2001:db8:1::1]"], "203.0.113.7"),
            (&["203.0.113.7", "10.0.0.9", "127.0.0.1"], "203.0.113.7"),
            (&["10.0.0.7, 10.0.0.9"], "10.0.0.7"),
        ] {
            assert_eq!(client(lines, &[]), expected, "{lines:?}");
        }
    }

    #[test]
    fn forwarded_is_read_in_all_its_forms() {
        for (lines, expected) in [
            (&["for=203.0.113.7"][..], "203.0.113.7"),
            (&["For=\"203.0.113.7:51234\""], "203.0.113.7"),
            (&["FOR=\"[2001:db8::7]\""], "2001:db8::7"),
            (&["for=\"[2001:db8::7]:_gazonk\""], "2001:db8::7"),
            (&["for=\"\\[2001:db8::7\\]:443\""], "2001:db8::7"),
            (&["for=[2001:db8::7]:443"], "2001:db8::7"),
            (&["for=\"[::ffff:203.0.113.7]\""], "203.0.113.7"),
            (&["proto=https;for=203.0.113.7;by=10.0.0.1;host=\"a,b;for=1.2.3.4\""], "203.0.113.7"),
            (&["for=198.51.100.1;proto=http , for=203.0.113.7 ; proto=https;"], "203.0.113.7"),
            (&["for=198.51.100.1, for=203.0.113.7", "for=10.0.0.9;by=_edge"], "203.0.113.7"),
            (&["for=unknown, for=203.0.113.7"], "203.0.113.7"),
            (&["for=\"", "for=203.0.113.7"], "203.0.113.7"),
        ] {
            assert_eq!(client(&[], lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn client_is_unknown_if_its_entry_is_unreadable() {
        for line in [
            "",
            " ",
            ",",
            "203.0.113.7,",
            "unknown",
            "_hidden",
            "localhost",
            "unix:",
            "0.0.0.0",
            "::",
            "[::]:80",
            "203.0.113.7:",
            "203.0.113.7:123456",
            "203.0.113.7:http",
            "203.0.113.7:1:2",
            "0203.0.113.7",
            "203.0.113",
            "203.0.113.7/32",
            "[203.0.113.7]",
            "[2001:db8::7",
            "2001:db8::7]",
            "[2001:db8::7]x",
            "fe80::1%eth0",
            "\"203.0.113.7\"",
            "203.0.113.7 198.51.100.1",
            "2001:db8::7:443:1:2:3:4:5",
            "127.0.0.1\u{e9}",
            "203.0.113.7, garbage, 10.0.0.9",
        ] {
            assert_eq!(client(&[line], &[]), "unknown", "{line}");
        }
        for line in [
            "",
            "for",
            "for=",
            "=203.0.113.7",
            "for=203.0.113.7;for=127.0.0.1",
            "for =203.0.113.7",
            "for=\"203.0.113.7",
            "for=\"203.0.113.7\"x",
            "for=203.0.113.7 proto=http",
            "proto=https",
            "for=unknown",
            "for=_hidden",
            "for=\"_hidden:80\"",
            "for=203.0.113.7,",
            "203.0.113.7",
            // A quote that the client leaves open swallows what the proxy appends.
            "for=127.0.0.1;host=\", for=203.0.113.7",
            "for=127.0.0.1;host=\", for=\"[2001:db8::7]:80\"",
            "for=127.0.0.1;host=\", for=203.0.113.7;proto=\"https\"",
        ] {
            assert_eq!(client(&[], &[line]), "unknown", "{line}");
        }
    }

    #[test]
    fn headers_that_disagree_name_no_client() {
        assert_eq!(client(&["203.0.113.7"], &["for=127.0.0.1"]), "unknown");
        assert_eq!(client(&["127.0.0.1"], &["for=203.0.113.7"]), "unknown");
        assert_eq!(client(&["203.0.113.7:1"], &["for=\"203.0.113.7:2\""]), "203.0.113.7");
    }

    #[test]
    fn trusted_proxies_refuse_a_range_of_every_address() {
        for text in ["10.0.0.5", " 10.0.0.0/24", "2001:db8::/64", "::ffff:10.0.0.5"] {
            assert!(text.parse::<TrustedProxy>().is_ok(), "{text}");
        }
        for text in ["0.0.0.0/0", "::/0", "::ffff:0.0.0.0/96"] {
            assert_eq!(text.parse::<TrustedProxy>(), Err(NotATrustedProxy::Everything), "{text}");
        }
        for text in ["", "proxy.example", "10.0.0.0/33", "10.0.0.5:80"] {
            assert_eq!(text.parse::<TrustedProxy>(), Err(NotATrustedProxy::NotARange), "{text}");
        }
        let here = TrustedProxies::on_this_machine();
        assert!(
            ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]
                .iter()
                .all(|text| here.contains(text.parse().unwrap()))
        );
        assert!(!here.contains(UNKNOWN) && !proxies(&["0.0.0.0/8"]).contains(UNKNOWN));
    }

    #[test]
    fn one_customer_of_a_network_is_one_address() {
        let network = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(network("192.0.2.1"), "192.0.2.1");
        assert_eq!(network("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    }

    fn address() -> impl Strategy<Value = IpAddr> {
        let any = prop_oneof![any::<[u8; 4]>().prop_map(IpAddr::from), any::<[u8; 16]>().prop_map(IpAddr::from)];
        any.prop_map(|address| address.to_canonical()).prop_filter("specified", |address| !address.is_unspecified())
    }

    fn written(address: IpAddr, port: Option<u16>) -> String {
        match (address, port) {
            (address, None) => address.to_string(),
            (IpAddr::V4(v4), Some(port)) => format!("{v4}:{port}"),
            (IpAddr::V6(v6), Some(port)) => format!("[{v6}]:{port}"),
        }
    }

    proptest! {
        #[test]
        fn claims_before_the_proxy_s_entry_change_nothing(
            claimed in "[ -~]{0,40}", client in address(), port: Option<u16>, quoted: bool,
        ) {
            let trusted = TrustedProxies::on_this_machine();
            prop_assume!(!trusted.contains(client));
            let none = || std::iter::empty::<&[u8]>();
            let peer = PEER.parse().unwrap();
            let listed = format!("{claimed}, {}", written(client, port));
            prop_assert_eq!(trusted.client_behind(peer, [listed.as_bytes()].into_iter(), none()), client);
            let entry = if quoted || client.is_ipv6() {
                format!("for=\"{}\"", written(client, port.or(Some(1))))
            } else {
                format!("for={client}")
            };
            let own_line = [claimed.as_bytes(), entry.as_bytes()];
            prop_assert_eq!(trusted.client_behind(peer, none(), own_line.into_iter()), client);
            // On one line, a claim may make the client unknown, and nothing else.
            let one_line = format!("{claimed}, {entry}");
            let read = trusted.client_behind(peer, none(), [one_line.as_bytes()].into_iter());
            prop_assert!(read == client || read == UNKNOWN, "{}", read);
        }

        #[test]
        fn any_bytes_name_an_address_or_none(listed: Vec<u8>, described: Vec<u8>) {
            let (trusted, peer) = (TrustedProxies::on_this_machine(), PEER.parse().unwrap());
            let client =
                trusted.client_behind(peer, [listed.as_slice()].into_iter(), [described.as_slice()].into_iter());
            prop_assert_eq!(client, client.to_canonical());
        }
    }
}
