//! The last calls of an access token, one by one, and the filter that narrows them.

use crate::tokens::overlap::TokenValue;
use crate::tokens::usage::Client;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// The number of last calls that are shown.
pub const RECENT_MAX: usize = 100;

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentCall {
    /// The time of the call. In messages: microseconds since the Unix epoch, UTC.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub at: DateTime<Utc>,
    /// The operation's id.
    pub scope: String,
    /// The API version; 0 if it is unknown.
    pub version: u16,
    /// The answer's HTTP status.
    pub status: u16,
    /// The network address that it came from.
    pub address: IpAddr,
    /// The client.
    pub client: Client,
    /// The number of the token's value that it came with.
    pub value: u8,
    /// Which of the two Auth Tokens of an open overlap it came with. `None` for a call before the reset, and if there is no
    /// overlap.
    pub used: Option<TokenValue>,
    /// The time that the answer took, in microseconds.
    pub latency: u32,
}

/// The calls that a list of last calls is narrowed to; `None` if any will do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallFilter {
    /// The operation's id.
    pub scope: Option<String>,
    /// The API version.
    pub version: Option<u16>,
    /// The status.
    pub status: Option<u16>,
    /// The network address.
    pub address: Option<IpAddr>,
    /// The client, by its name; an empty one stands for those without.
    pub client: Option<String>,
    /// Which of the two Auth Tokens of an open overlap.
    pub value: Option<TokenValue>,
}

impl CallFilter {
    /// Reads a link's query; `get` looks up one of its values. Invalid values are ignored.
    #[must_use]
    pub fn from_query(get: impl Fn(&str) -> Option<String>) -> Self {
        let some_text = |name: &str| get(name).filter(|text| !text.is_empty()); // a plain form sends empty fields, too
        let unnamed = some_text("unnamed").map(|_| String::new());
        Self {
            scope: some_text("operation"),
            version: get("version").and_then(|version| version.parse().ok()),
            status: get("status").and_then(|status| status.parse().ok()),
            address: get("address").and_then(|address| address.parse().ok()),
            client: unnamed.or_else(|| some_text("client")),
            value: get("value").and_then(|value| value.parse().ok()),
        }
    }

    /// Returns the query of a link to these calls.
    #[must_use]
    pub fn to_query(&self) -> Vec<(&'static str, String)> {
        let unnamed = self.client.as_ref().is_some_and(String::is_empty);
        let values = [
            ("operation", self.scope.clone()),
            ("version", self.version.map(|version| version.to_string())),
            ("status", self.status.map(|status| status.to_string())),
            ("address", self.address.map(|address| address.to_string())),
            ("client", self.client.clone().filter(|_| !unnamed)),
            ("unnamed", unnamed.then(|| "1".to_owned())),
            ("value", self.value.map(|value| value.as_str().to_owned())),
        ];
        values.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// Returns whether the call is one of those.
    #[must_use]
    pub fn matches(&self, call: &RecentCall) -> bool {
        let client = match &call.client {
            Client::Unnamed => Some(""),
            Client::Others => None,
            Client::Named(name) => Some(name.as_str()),
        };
        self.scope.as_ref().is_none_or(|scope| *scope == call.scope)
            && self.version.is_none_or(|version| version == call.version)
            && self.status.is_none_or(|status| status == call.status)
            && self.address.is_none_or(|address| address == call.address)
            && self.client.as_deref().is_none_or(|wanted| client == Some(wanted))
            && self.value.is_none_or(|value| call.used == Some(value))
    }
}

/// The last calls of a token, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentCalls {
    /// The calls: at most [`RECENT_MAX`].
    pub calls: Vec<RecentCall>,
    /// Whether there may be older ones that were not searched for, as too many calls of other tokens came between.
    pub is_cut: bool,
    /// Whether an overlap is open, so that the calls since the reset are told apart by their Auth Token.
    pub in_overlap: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::overlap::TokenValue;
    use proptest::prelude::*;

    fn call() -> RecentCall {
        RecentCall {
            at: DateTime::UNIX_EPOCH,
            scope: "getJob".to_owned(),
            version: 3,
            status: 200,
            address: IpAddr::from([192, 0, 2, 1]),
            client: Client::Named("nightly".to_owned()),
            value: TokenValue::Current.number(),
            used: Some(TokenValue::Current),
            latency: 1_500,
        }
    }

    #[test]
    fn calls_are_filtered_by_each_of_their_properties() {
        let any = CallFilter::default();
        assert!(any.matches(&call()));
        let others: [(CallFilter, RecentCall); 6] = [
            (
                CallFilter { scope: Some("getJob".to_owned()), ..any.clone() },
                RecentCall { scope: "x".to_owned(), ..call() },
            ),
            (CallFilter { version: Some(3), ..any.clone() }, RecentCall { version: 0, ..call() }),
            (CallFilter { status: Some(200), ..any.clone() }, RecentCall { status: 404, ..call() }),
            (
                CallFilter { address: Some(call().address), ..any.clone() },
                RecentCall { address: IpAddr::from([192, 0, 2, 2]), ..call() },
            ),
            (
                CallFilter { client: Some("nightly".to_owned()), ..any.clone() },
                RecentCall { client: Client::Unnamed, ..call() },
            ),
            (
                CallFilter { value: Some(TokenValue::Current), ..any.clone() },
                RecentCall { used: Some(TokenValue::Old), ..call() },
            ),
        ];
        for (filter, other) in others {
            assert!(filter.matches(&call()) && !filter.matches(&other), "{filter:?}");
        }
        let unnamed = CallFilter { client: Some(String::new()), ..any };
        assert!(unnamed.matches(&RecentCall { client: Client::Unnamed, ..call() }));
        assert!(!unnamed.matches(&RecentCall { client: Client::Others, ..call() }));
        let new = CallFilter { value: Some(TokenValue::Current), ..CallFilter::default() };
        assert!(!new.matches(&RecentCall { used: None, ..call() }), "it came before the reset");
    }

    proptest! {
        #[test]
        fn link_gives_the_filter_that_it_was_made_of(
            scope in proptest::option::of("[a-zA-Z]{1,20}"),
            version in proptest::option::of(any::<u16>()),
            status in proptest::option::of(any::<u16>()),
            address in proptest::option::of(any::<[u8; 16]>().prop_map(IpAddr::from)),
            client in proptest::option::of("\\PC{0,20}"),
            value in proptest::option::of(prop_oneof![Just(TokenValue::Current), Just(TokenValue::Old)]),
        ) {
            let filter = CallFilter { scope, version, status, address, client, value };
            let query = filter.to_query();
            let get = |name: &str| query.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
            prop_assert_eq!(CallFilter::from_query(get), filter);
        }
    }
}
