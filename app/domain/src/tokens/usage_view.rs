//! The view of a token's usage: the periods of its chart, and the filter of its calls; and how a link names them.

use crate::chart::buckets::BucketSize;
use crate::gate::api_version::ApiVersion;
use crate::text;
use crate::tokens::overlap::TokenValue;
use crate::tokens::recent_call::CallFilter;
use crate::tokens::scope::Scope;
use crate::tokens::usage::DAYS;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// The longest name of a client that is kept, in characters.
const CLIENT_MAX: usize = 80;

/// The periods of the chart, and the values that a call must have to be listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageView {
    /// The periods.
    pub by: BucketSize,
    /// The operation.
    pub operation: Option<Scope>,
    /// The HTTP status of the answer.
    pub status: Option<u16>,
    /// The API version that the call was answered in.
    pub version: Option<ApiVersion>,
    /// The address that the call came from.
    pub address: Option<IpAddr>,
    /// The client, as it names itself; empty for calls that name none.
    pub client: Option<String>,
    /// Which of the two Auth Tokens of an open overlap the call came with.
    pub value: Option<TokenValue>,
}

impl UsageView {
    /// Reads a link's query; `get` looks up one of its values. Invalid values are ignored.
    pub fn from_query(get: impl Fn(&str) -> Option<String>) -> Self {
        let number = |name: &str| get(name)?.parse::<u16>().ok();
        let client =
            |name: String| name.chars().filter(|c| !text::is_unsupported(*c)).take(CLIENT_MAX).collect::<String>();
        Self {
            by: get("by").and_then(|name| name.parse().ok()).unwrap_or_default(),
            operation: get("operation").and_then(|id| Scope::find(&id)),
            status: number("status").filter(|status| (100..600).contains(status)),
            version: number("version").and_then(|number| number.try_into().ok()),
            address: get("address").and_then(|address| address.parse().ok()),
            client: get("client").map(client),
            value: get("value").and_then(|name| name.parse().ok()),
        }
    }

    /// Returns the query of a link to this view, without default values.
    #[must_use]
    pub fn to_query(&self) -> Vec<(&'static str, String)> {
        let by = (self.by != BucketSize::default()).then(|| self.by.as_str().to_owned());
        [
            ("by", by),
            ("operation", self.operation.map(|scope| scope.id().to_owned())),
            ("status", self.status.map(|status| status.to_string())),
            ("version", self.version.map(|version| version.to_string())),
            ("address", self.address.map(|address| address.to_string())),
            ("client", self.client.clone()),
            ("value", self.value.map(|value| value.as_str().to_owned())),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .collect()
    }

    /// Returns the filter of the calls that are listed.
    #[must_use]
    pub fn calls(&self) -> CallFilter {
        CallFilter {
            scope: self.operation.map(|scope| scope.id().to_owned()),
            version: self.version.map(u16::from),
            status: self.status,
            address: self.address,
            client: self.client.clone(),
            value: self.value,
        }
    }

    /// Returns the days whose calls are summed up, today included: those of the chart, or more if it shows hours.
    #[must_use]
    pub const fn days(&self) -> u16 {
        match self.by {
            BucketSize::Hour | BucketSize::Day => DAYS,
            BucketSize::Week => self.by.count() * 7,
        }
    }

    /// Returns whether the calls are filtered.
    #[must_use]
    pub fn is_filtered(&self) -> bool {
        *self != self.cleared()
    }

    /// Returns the same chart, with all calls.
    #[must_use]
    pub fn cleared(&self) -> Self {
        Self { by: self.by, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &[(&str, String)]) -> UsageView {
        UsageView::from_query(|key| query.iter().find(|(k, _)| *k == key).map(|(_, value)| value.clone()))
    }

    fn filtered() -> UsageView {
        UsageView {
            by: BucketSize::Hour,
            operation: Scope::find("listAdvertisers"),
            status: Some(403),
            version: Some(ApiVersion::NEWEST),
            address: Some("2001:db8::1".parse().unwrap()),
            client: Some("nightly-export/2.0 &=".to_owned()),
            value: Some(TokenValue::Old),
        }
    }

    #[test]
    fn link_restores_the_view() {
        for view in [
            UsageView::default(),
            filtered(),
            UsageView { by: BucketSize::Week, client: Some(String::new()), ..UsageView::default() },
        ] {
            assert_eq!(read(&view.to_query()), view);
        }
        assert!(UsageView::default().to_query().is_empty());
        assert!(filtered().operation.is_some());
    }

    #[test]
    fn cleared_view_keeps_its_chart() {
        assert_eq!(filtered().cleared(), UsageView { by: BucketSize::Hour, ..UsageView::default() });
        assert!(filtered().is_filtered() && !filtered().cleared().is_filtered());
    }

    #[test]
    fn calls_are_those_with_each_value_of_the_view() {
        let calls = filtered().calls();
        assert_eq!((calls.scope.as_deref(), calls.status), (Some("listAdvertisers"), Some(403)));
        assert_eq!((calls.version, calls.value), (Some(u16::from(ApiVersion::NEWEST)), Some(TokenValue::Old)));
        assert_eq!((calls.address, calls.client), (filtered().address, filtered().client));
        assert_eq!(UsageView::default().calls(), CallFilter::default());
    }

    #[test]
    fn sums_are_of_the_days_that_the_chart_shows() {
        let days = |by| UsageView { by, ..UsageView::default() }.days();
        assert_eq!(BucketSize::ALL.map(days), [30, 30, 182]);
    }

    #[test]
    fn nonsense_in_a_link_is_ignored() {
        for (key, value) in [
            ("by", "month"),
            ("operation", "listAdvertisers'"),
            ("status", "99"),
            ("status", "600"),
            ("status", "65536"),
            ("version", "1"),
            ("address", "203.0.113.0/24"),
            ("value", "new"),
        ] {
            assert_eq!(read(&[(key, value.to_owned())]), UsageView::default(), "{key}={value}");
        }
        let long = read(&[("client", format!("\u{202e}{}", "x".repeat(1_000)))]);
        assert_eq!(long.client, Some("x".repeat(CLIENT_MAX)));
    }
}
