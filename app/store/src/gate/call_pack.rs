//! The form in which calls are stored: many of them packed into one value.
//!
//! A pack has calls of one account from one hour (in UTC), at most [`CALLS_MAX`]. The time of its last call is stored
//! beside it, to find it by. Whole numbers are unsigned and big-endian.
//!
//! | Bytes | Content |
//! | --- | --- |
//! | 1 | the version of this form, [`VERSION`] |
//! | 2 | the number of operations that are called; of each: |
//! | 1 + *n* | its length *n* and its id in UTF-8: a pack can be read even if the catalogue no longer has it |
//! | 2 | the number of network addresses that calls come from; of each: |
//! | 1 + *n* | its length *n* and its text, such as `192.0.2.1` or `2001:db8::1` |
//! | 2 | the number of tokens that calls come with; of each: |
//! | 16 | its id |
//! | 2 | the number of clients that calls come from; of each: |
//! | 1 + *n* | its length *n* and the text that stands for it, in UTF-8: see `ClientName::at_rest` |
//! | | then, up to the end, the calls; of each: |
//! | 2 | the token's index, from 0 |
//! | 2 | the operation's index |
//! | 2 | the address's index |
//! | 2 | the client's index |
//! | 2 | the answer's HTTP status |
//! | 1 | the API version; 0 if it is unknown |
//! | 1 | the number of the token's value |
//! | 4 | the time from this call to the last one, in microseconds |
//! | 4 | the time that the answer took, in microseconds; 2³² − 1 (71 minutes) if it was longer |
//!
//! Packs of version 1 are still read. They have no clients, and of their calls neither the client nor the API version nor
//! the value: 16 bytes each. The migrations `call_packs` write that form.

use crate::error::Error;
use crate::gate::call::Call;
use chrono::{DateTime, TimeDelta, Utc};
use domain::tokens::overlap::TokenValue;
use domain::tokens::token::TokenId;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::time::Duration;
use uuid::Uuid;

/// The version of this form.
const VERSION: u8 = 2;
/// The version of packs without clients.
const WITHOUT_CLIENTS: u8 = 1;
/// The most calls in one pack, so that reading one takes little memory, and every index fits into 2 bytes.
pub(crate) const CALLS_MAX: usize = 4_000;
/// The length of a call in bytes.
const CALL: usize = 20;

/// A packed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PackedCall<'p> {
    pub(crate) token: TokenId,
    /// The operation's id.
    pub(crate) scope: &'p str,
    /// The API version; 0 if it is unknown.
    pub(crate) version: u8,
    /// The number of the token's value.
    pub(crate) value: u8,
    /// The text that stands for its client.
    pub(crate) client: &'p str,
    pub(crate) address: IpAddr,
    pub(crate) status: u16,
    pub(crate) at: DateTime<Utc>,
    pub(crate) latency: Duration,
}

/// Packs calls, the last of which came at `last_at`. Times are not kept for calls that the head of this file does not
/// allow in one pack.
pub(crate) fn pack(calls: &[&Call], last_at: DateTime<Utc>) -> Vec<u8> {
    let (mut scopes, mut addresses) = (List::default(), List::default());
    let (mut tokens, mut clients) = (List::default(), List::default());
    let mut records = Vec::with_capacity(calls.len() * CALL);
    for call in calls {
        records.extend(tokens.number(call.token).to_be_bytes());
        records.extend(scopes.number(call.scope).to_be_bytes());
        records.extend(addresses.number(call.address).to_be_bytes());
        records.extend(clients.number(call.client).to_be_bytes());
        records.extend(call.status.to_be_bytes());
        records.extend([version_number(call), call.value]);
        records.extend(micros((last_at - call.at).to_std().unwrap_or_default()).to_be_bytes());
        records.extend(micros(call.latency).to_be_bytes());
    }
    let mut pack = vec![VERSION];
    scopes.write(&mut pack, |scope, pack| write_text(scope.id(), pack));
    addresses.write(&mut pack, |address, pack| write_text(&address.to_string(), pack));
    tokens.write(&mut pack, |token, pack| pack.extend(token.0.as_bytes()));
    clients.write(&mut pack, |client, pack| write_text(client.at_rest(), pack));
    pack.extend(records);
    pack
}

/// Returns the number of the call's API version; 0 if it is unknown.
fn version_number(call: &Call) -> u8 {
    call.version.map_or(0, |version| u16::from(version).try_into().unwrap_or_default())
}

fn micros(time: Duration) -> u32 {
    time.as_micros().try_into().unwrap_or(u32::MAX)
}

fn write_text(text: &str, pack: &mut Vec<u8>) {
    pack.push(u8::try_from(text.len()).expect("ids, addresses and clients are shorter than 256 bytes"));
    pack.extend(text.as_bytes());
}

/// The values that calls share, in the order of their first occurrence.
struct List<T> {
    entries: Vec<T>,
    numbers: HashMap<T, u16>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Copy + Eq + Hash> List<T> {
    fn number(&mut self, entry: T) -> u16 {
        *self.numbers.entry(entry).or_insert_with(|| {
            self.entries.push(entry);
            u16_of(self.entries.len() - 1)
        })
    }

    fn write(&self, pack: &mut Vec<u8>, write: impl Fn(&T, &mut Vec<u8>)) {
        pack.extend(u16_of(self.entries.len()).to_be_bytes());
        self.entries.iter().for_each(|entry| write(entry, pack));
    }
}

fn u16_of(number: usize) -> u16 {
    number.try_into().expect("a pack lists no more than it has calls")
}

/// Reads a pack whose last call came at `last_at`.
///
/// # Errors
/// [`Error::Corrupt`].
pub(crate) fn unpack(pack: &[u8], last_at: DateTime<Utc>) -> Result<Vec<PackedCall<'_>>, Error> {
    let read = read(pack, last_at);
    read.ok_or_else(|| Error::Corrupt(format!("a pack of {} bytes, whose last call came {last_at}", pack.len())))
}

fn read(pack: &[u8], last_at: DateTime<Utc>) -> Option<Vec<PackedCall<'_>>> {
    let mut rest = Rest(pack);
    let [version] = rest.bytes()?;
    if version != VERSION && version != WITHOUT_CLIENTS {
        return None;
    }
    let scopes = rest.list(Rest::text)?;
    let addresses: Vec<IpAddr> = rest.list(|rest| rest.text()?.parse().ok())?;
    let tokens = rest.list(|rest| Some(TokenId(Uuid::from_bytes(rest.bytes()?))))?;
    let has_clients = version != WITHOUT_CLIENTS;
    let clients = if has_clients { rest.list(Rest::text)? } else { Vec::new() };
    let mut calls = Vec::with_capacity(rest.0.len() / CALL);
    while !rest.0.is_empty() {
        let (token, scope) = (*rest.one_of(&tokens)?, *rest.one_of(&scopes)?);
        let address = *rest.one_of(&addresses)?;
        let client = if has_clients { *rest.one_of(&clients)? } else { "" };
        let status = rest.u16()?;
        let [version, value] = if has_clients { rest.bytes()? } else { [0, TokenValue::Current.number()] };
        let at = last_at.checked_sub_signed(TimeDelta::microseconds(rest.u32()?.into()))?;
        let latency = Duration::from_micros(rest.u32()?.into());
        calls.push(PackedCall { token, scope, version, value, client, address, status, at, latency });
    }
    Some(calls)
}

/// The bytes that are left to be read. Reading returns `None` if the pack ends too early.
struct Rest<'p>(&'p [u8]);

impl<'p> Rest<'p> {
    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*bytes)
    }

    fn u16(&mut self) -> Option<u16> {
        self.bytes().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.bytes().map(u32::from_be_bytes)
    }

    fn text(&mut self) -> Option<&'p str> {
        let [length] = self.bytes()?;
        let (text, rest) = self.0.split_at_checked(length.into())?;
        self.0 = rest;
        str::from_utf8(text).ok()
    }

    fn list<T>(&mut self, entry: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        (0..self.u16()?).map(|_| entry(self)).collect()
    }

    fn one_of<'l, T>(&mut self, list: &'l [T]) -> Option<&'l T> {
        list.get(usize::from(self.u16()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::account::AccountId;
    use domain::gate::api_version::ApiVersion;
    use domain::tokens::client_name::ClientName;
    use domain::tokens::scope::Scope;
    use proptest::prelude::*;

    const HOUR: u64 = 60 * 60 * 1_000_000;

    fn last_at() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn address() -> impl Strategy<Value = IpAddr> {
        prop_oneof![any::<[u8; 4]>().prop_map(IpAddr::from), any::<[u8; 16]>().prop_map(IpAddr::from)]
    }

    prop_compose! {
        fn call()(
            token in prop_oneof![0..4_u128, any::<u128>()],
            scope in proptest::sample::select(Scope::all().collect::<Vec<_>>()),
            address in address(),
            version in proptest::option::of(proptest::sample::select(ApiVersion::ALL.to_vec())),
            value in any::<u8>(),
            client in prop_oneof![Just(ClientName::Others), ".{0,90}".prop_map(|name| ClientName::of_user_agent(name.as_bytes()))],
            status in any::<u16>(),
            before in 0..HOUR,
            latency in prop_oneof![0..10_000_u64, 0..=u64::from(u32::MAX)],
        ) -> Call {
            Call {
                account: AccountId(Uuid::nil()),
                token: TokenId(Uuid::from_u128(token)),
                scope,
                version,
                value,
                client,
                status,
                at: last_at() - Duration::from_micros(before),
                address,
                latency: Duration::from_micros(latency),
            }
        }
    }

    fn packed(call: &Call) -> PackedCall<'_> {
        let Call { account: _, token, scope, version: _, value, client: _, status, at, address, latency } = *call;
        let (version, client) = (version_number(call), call.client.at_rest());
        PackedCall { token, scope: scope.id(), version, value, client, address, status, at, latency }
    }

    proptest! {
        #[test]
        fn calls_are_read_as_they_were_packed(calls in prop::collection::vec(call(), 0..200)) {
            let pack = pack(&calls.iter().collect::<Vec<_>>(), last_at());
            prop_assert_eq!(unpack(&pack, last_at()).unwrap(), calls.iter().map(packed).collect::<Vec<_>>());
        }

        #[test]
        fn nonsense_is_corrupt(
            mut pack in prop::collection::vec(call(), 1..20).prop_map(|calls| pack(&calls.iter().collect::<Vec<_>>(), last_at())),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..5),
            end in any::<prop::sample::Index>(),
        ) {
            for (index, byte) in changes {
                let index = index.index(pack.len());
                pack[index] = byte;
            }
            for pack in [&pack[..], &pack[..end.index(pack.len())]] {
                if let Err(error) = unpack(pack, last_at()) {
                    prop_assert!(matches!(error, Error::Corrupt(_)));
                }
            }
        }

        #[test]
        fn unpack_never_panics_on_arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            for version in [VERSION, WITHOUT_CLIENTS] {
                let bytes = [&[version][..], &bytes].concat();
                for last_at in [last_at(), DateTime::<Utc>::MIN_UTC] {
                    if let Err(error) = unpack(&bytes, last_at) {
                        prop_assert!(matches!(error, Error::Corrupt(_)));
                    }
                }
            }
        }
    }

    #[test]
    fn pack_has_the_documented_bytes() {
        let call = |at: i64, status| Call {
            account: AccountId(Uuid::nil()),
            token: TokenId(Uuid::from_u128(7)),
            scope: Scope::find("getJob").unwrap(),
            version: Some(ApiVersion::NEWEST),
            value: 1,
            client: ClientName::of_user_agent(b"curl"),
            status,
            at: last_at() - TimeDelta::microseconds(at),
            address: IpAddr::from([192, 0, 2, 1]),
            latency: Duration::from_micros(1_500),
        };
        let slow = Call {
            version: None,
            value: TokenValue::Current.number(),
            client: ClientName::Unnamed,
            latency: Duration::from_hours(2),
            ..call(0, 404)
        };
        let pack = pack(&[&call(258, 200), &slow], last_at());
        let expected = [
            &b"\x02\0\x01\x06getJob\0\x01\x09192.0.2.1\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x07"[..],
            b"\0\x02\x04curl\0",
            b"\0\0\0\0\0\0\0\0\0\xc8\x03\x01\0\0\x01\x02\0\0\x05\xdc",
            b"\0\0\0\0\0\0\0\x01\x01\x94\0\0\0\0\0\0\xff\xff\xff\xff",
        ];
        assert_eq!(pack, expected.concat());
    }

    #[test]
    fn pack_of_an_older_version_has_neither_client_nor_version() {
        let older = [
            &b"\x01\0\x01\x06getJob\0\x01\x09192.0.2.1\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x07"[..],
            b"\0\0\0\0\0\0\0\xc8\0\0\x01\x02\0\0\x05\xdc",
        ];
        let call = PackedCall {
            token: TokenId(Uuid::from_u128(7)),
            scope: "getJob",
            version: 0,
            value: TokenValue::Current.number(),
            client: "",
            address: IpAddr::from([192, 0, 2, 1]),
            status: 200,
            at: last_at() - TimeDelta::microseconds(258),
            latency: Duration::from_micros(1_500),
        };
        assert_eq!(unpack(&older.concat(), last_at()).unwrap(), [call]);
    }

    #[test]
    fn a_pack_of_another_version_or_cut_off_is_corrupt() {
        let call =
            proptest::strategy::Strategy::new_tree(&call(), &mut proptest::test_runner::TestRunner::deterministic());
        let call = proptest::strategy::ValueTree::current(&call.unwrap());
        let whole = pack(&[&call], last_at());
        let lists = whole.len() - CALL;
        for length in (0..whole.len()).filter(|length| *length != lists) {
            assert!(unpack(&whole[..length], last_at()).is_err(), "{length}");
        }
        assert_eq!(unpack(&whole[..lists], last_at()).unwrap(), []);
        let other = [&[VERSION + 1], &whole[1..]].concat();
        assert!(matches!(unpack(&other, last_at()), Err(Error::Corrupt(_))));
    }
}
