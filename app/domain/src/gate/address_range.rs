//! Ranges of network addresses, and the address that is in none.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

/// The address of a client whose proxy doesn't name it: the unspecified address, from which no connection ever comes.
/// No [`AddressRange`] contains it.
pub const UNKNOWN: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// A range of network addresses (CIDR), with its host bits cleared. A range of IPv4-mapped IPv6 addresses (within
/// `::ffff:0:0/96`) is equal to the range of the IPv4 addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AddressRange(IpNet);

/// The text is not a range of network addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an address range is written like 192.0.2.0/24, 2001:db8::/32 or 192.0.2.1")]
pub struct NotAnAddressRange;

impl AddressRange {
    /// Returns whether the address is in the range. An unknown address ([`UNKNOWN`]) is in no range.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical()) && address != UNKNOWN
    }

    /// Returns whether the range contains every address of its family.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.0.prefix_len() == 0
    }
}

impl FromStr for AddressRange {
    type Err = NotAnAddressRange;

    fn from_str(text: &str) -> Result<Self, NotAnAddressRange> {
        let range = text.parse().or_else(|_| text.parse().map(|alone: IpAddr| alone.into()));
        let range: IpNet = range.map_err(|_| NotAnAddressRange)?;
        let mapped = match range {
            IpNet::V6(six) if six.prefix_len() >= 96 => {
                six.addr().to_ipv4_mapped().zip(six.prefix_len().checked_sub(96))
            }
            _ => None,
        };
        let range = match mapped {
            Some((four, length)) => IpNet::new(four.into(), length).map_err(|_| NotAnAddressRange)?,
            None => range,
        };
        Ok(Self(range.trunc()))
    }
}

impl TryFrom<String> for AddressRange {
    type Error = NotAnAddressRange;

    fn try_from(text: String) -> Result<Self, NotAnAddressRange> {
        text.parse()
    }
}

impl From<AddressRange> for String {
    fn from(range: AddressRange) -> Self {
        range.to_string()
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Returns whether calls may come from this address. Without ranges, they may come from everywhere.
#[must_use]
pub fn allows(ranges: &[AddressRange], address: IpAddr) -> bool {
    ranges.is_empty() || ranges.iter().any(|range| range.contains(address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_unknown_address_is_in_no_range() {
        let everywhere = ["0.0.0.0/0", "::/0", "0.0.0.0"].map(|range| range.parse().unwrap());
        assert!(!allows(&everywhere, UNKNOWN));
        assert!(allows(&[], UNKNOWN), "without ranges there is nothing to be outside of");
    }

    #[test]
    fn ipv4_mapped_address_equals_its_ipv4_address() {
        let range: AddressRange = "192.0.2.0/24".parse().unwrap();
        assert!(range.contains("::ffff:192.0.2.1".parse().unwrap()));
        assert!(!range.contains("::192.0.2.1".parse().unwrap()));
        let all_of_six: AddressRange = "::/0".parse().unwrap();
        assert!(all_of_six.contains("2001:db8::1".parse().unwrap()));
        assert!(!all_of_six.contains("192.0.2.1".parse().unwrap()));
    }

    proptest! {
        #[test]
        fn range_contains_its_addresses_and_round_trips_as_text(
            bits in 1..=u32::MAX, length in 0_u8..=32, other in 1..=u32::MAX,
        ) {
            let address = IpAddr::from(bits.to_be_bytes());
            let range: AddressRange = format!("{address}/{length}").parse().unwrap();
            prop_assert!(range.contains(address));
            prop_assert_eq!(range.to_string().parse(), Ok(range));
            let same = u64::from(bits ^ other) >> (32 - length) == 0;
            prop_assert_eq!(range.contains(IpAddr::from(other.to_be_bytes())), same);
        }
    }
}
