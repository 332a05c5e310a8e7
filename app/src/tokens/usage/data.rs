//! The values that the section shows.

use chrono::{DateTime, NaiveDate, Utc};
use domain::chart::tally::Tally;
use std::net::IpAddr;

/// The use of an access token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// The calls of each period, oldest first, also of those without a call.
    pub buckets: Vec<Bucket>,
    /// The calls of each operation, by its id, the most called first.
    pub operations: Vec<(String, Tally)>,
    /// The number of calls with each HTTP status.
    pub statuses: Vec<(u16, u64)>,
    /// The calls by API version; 0 if it is unknown.
    pub versions: Vec<(u16, Tally)>,
    /// The addresses, the one of the last call first.
    pub addresses: Vec<AddressUse>,
    /// The clients, the one of the last call first.
    pub clients: Vec<ClientUse>,
    /// The calls that were refused, the last first.
    pub refused: Vec<RefusedUse>,
    /// The last calls that match the filter, newest first.
    pub calls: Vec<RecentCall>,
}

/// The beginning of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// That of an hour.
    At(DateTime<Utc>),
    /// That of a day in UTC, or of a week.
    On(NaiveDate),
}

/// The calls of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// The beginning of the period.
    pub begins: Begin,
    /// Its calls.
    pub tally: Tally,
}

/// The times and numbers of calls that have something in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The time of the first call.
    pub first_at: DateTime<Utc>,
    /// The time of the last call.
    pub last_at: DateTime<Utc>,
    /// The number of calls.
    pub calls: u64,
    /// The number of those that failed.
    pub failures: u64,
}

/// The name of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Client {
    /// The client gives no name.
    Unnamed,
    /// One of the clients that are counted together.
    Others,
    /// The client's own name: any text.
    Named(String),
}

/// The calls from an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressUse {
    /// The address; `None` for those that are counted together.
    pub address: Option<IpAddr>,
    /// The calls.
    pub seen: Seen,
}

/// The calls of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientUse {
    /// The client.
    pub client: Client,
    /// The calls.
    pub seen: Seen,
}

/// The calls from an address that were refused for a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedUse {
    /// The reason's name, such as `wrong_auth_token`.
    pub reason: &'static str,
    /// The address; `None` for those that are counted together.
    pub address: Option<IpAddr>,
    /// The calls.
    pub seen: Seen,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentCall {
    /// The time of the call.
    pub at: DateTime<Utc>,
    /// The operation's id.
    pub operation: String,
    /// The API version; 0 if it is unknown.
    pub version: u16,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The address that it came from.
    pub address: IpAddr,
    /// The client.
    pub client: Client,
    /// The time that the answer took, in microseconds.
    pub latency: u32,
}
