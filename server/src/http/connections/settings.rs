//! Settings of connections: their limits, how long clients may take, and which proxies are trusted.

#![allow(clippy::doc_markdown)] // the arguments' doc comments are the help texts, too

use std::{num::NonZeroUsize, time::Duration};

use anyhow::{Result, ensure};
use clap::Args;
use domain::gate::client_address::{TrustedProxies, TrustedProxy};

/// The default limit of all connections, unless there are too few descriptors for them.
const TOTAL: usize = 10_000;
/// The default limit of connections from one address.
const PER_ADDRESS: usize = 500;
/// Descriptors for everything else: databases, files, mail, refused connections.
const RESERVE: usize = 128;
/// Descriptors for one connection: its own, and that of the file it is answered with.
const PER_CONNECTION: usize = 2;

/// The settings of connections.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The time limits of clients.
    pub timeouts: Timeouts,
    /// The limits on the number of connections.
    pub limits: Limits,
    /// The proxies that are trusted to name a request's client.
    pub trusted_proxies: TrustedProxies,
    /// Whether requests for that path may take all connections, and not just [`Limits::others`].
    pub keeps_share: fn(&str) -> bool,
}

impl Settings {
    /// Returns the default settings of a server that keeps a share of its connections for requests for these paths.
    #[must_use]
    pub fn new(keeps_share: fn(&str) -> bool) -> Self {
        let (timeouts, limits) = (Timeouts::default(), Limits::of(TOTAL, PER_ADDRESS));
        Self { timeouts, limits, trusted_proxies: TrustedProxies::default(), keeps_share }
    }
}

/// The time limits of clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// The time for the head of a request to arrive, from the connection's beginning or the previous answer on. (For
    /// the body see `request_body`.)
    pub head: Duration,
    /// The time to take the next piece of an answer. Limited so that a client that doesn't read can't keep an answer in
    /// memory for ever.
    pub reading: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { head: Duration::from_secs(30), reading: Duration::from_mins(1) }
    }
}

/// The limits on the number of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// All connections.
    pub total: usize,
    /// Connections from one address (of IPv6, one network of 64 bits) that is no trusted proxy.
    pub per_address: usize,
    /// Requests under way at the same time other than those at the gate.
    pub others: usize,
}

impl Limits {
    /// Returns limits that leave a quarter of all connections to the gate. One address has half of all at most.
    #[must_use]
    pub fn of(total: usize, per_address: usize) -> Self {
        let [others, half] = [total - total / 4, total.div_ceil(2)];
        Self { total, per_address: per_address.min(half), others }
    }
}

/// The options of the command line about connections.
#[derive(Debug, Clone, Default, Args)]
#[group(skip)]
pub struct Arguments {
    /// Proxies trusted to say where requests come from, in Forwarded or X-Forwarded-For: addresses or ranges, separated by
    /// commas or in several options [default with --production: 127.0.0.0/8,::1].
    #[arg(long, value_name = "CIDR", env = "KAGITABA_TRUSTED_PROXY", value_delimiter = ',')]
    pub trusted_proxy: Vec<TrustedProxy>,
    /// The maximum number of connections [default: 10000, or as many as the open-file limit allows].
    #[arg(long, value_name = "NUMBER", env = "KAGITABA_MAX_CONNECTIONS")]
    pub max_connections: Option<NonZeroUsize>,
    /// The maximum number of connections from one address that isn't a trusted proxy; at most half of all [default: 500].
    #[arg(long, value_name = "NUMBER", env = "KAGITABA_MAX_CONNECTIONS_PER_ADDRESS")]
    pub max_connections_per_address: Option<NonZeroUsize>,
}

impl Arguments {
    /// Returns the settings of a server that may have that many descriptors open.
    ///
    /// # Errors
    /// If more connections are asked for than the descriptors allow.
    pub fn settings(&self, production: bool, descriptors: usize, keeps_share: fn(&str) -> bool) -> Result<Settings> {
        let most = (descriptors.saturating_sub(RESERVE) / PER_CONNECTION).max(1);
        let total = self.max_connections.map_or(TOTAL.min(most), NonZeroUsize::get);
        ensure!(
            total <= most,
            "--max-connections {total} needs {} open files, but only {descriptors} are allowed; raise that limit \
             (ulimit -n, or LimitNOFILE= in systemd) or choose at most {most}",
            total.saturating_mul(PER_CONNECTION).saturating_add(RESERVE)
        );
        let per_address = self.max_connections_per_address.map_or(PER_ADDRESS, NonZeroUsize::get);
        let trusted_proxies = if self.trusted_proxy.is_empty() && production {
            TrustedProxies::on_this_machine()
        } else {
            self.trusted_proxy.iter().copied().collect()
        };
        Ok(Settings { limits: Limits::of(total, per_address), trusted_proxies, ..Settings::new(keeps_share) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(arguments: &Arguments, production: bool, descriptors: usize) -> Result<Settings> {
        arguments.settings(production, descriptors, |_| false)
    }

    fn limits(arguments: &Arguments, descriptors: usize) -> Result<Limits, String> {
        settings(arguments, false, descriptors).map(|settings| settings.limits).map_err(|error| error.to_string())
    }

    #[test]
    fn connections_leave_descriptors_for_everything_else() {
        let default = Arguments::default();
        assert_eq!(limits(&default, 1 << 20), Ok(Limits { total: 10_000, per_address: 500, others: 7_500 }));
        assert_eq!(limits(&default, 1_024), Ok(Limits { total: 448, per_address: 224, others: 336 }));
        assert_eq!(limits(&default, 0).map(|limits| limits.total), Ok(1));
    }

    #[test]
    fn connections_beyond_descriptors_are_refused_with_numbers() {
        let asking = |number| Arguments { max_connections: NonZeroUsize::new(number), ..Arguments::default() };
        assert_eq!(limits(&asking(448), 1_024).map(|limits| limits.total), Ok(448));
        let refused = limits(&asking(449), 1_024).unwrap_err();
        assert!(refused.contains("needs 1026 open files, but only 1024 are allowed"), "{refused}");
        assert!(refused.contains("at most 448"), "{refused}");
        let narrow = Arguments { max_connections_per_address: NonZeroUsize::new(3), ..asking(10) };
        assert_eq!(limits(&narrow, 1_024).map(|limits| limits.per_address), Ok(3));
    }

    #[test]
    fn local_proxies_are_trusted_in_production_by_default() {
        let trusted =
            |arguments: &Arguments, production| settings(arguments, production, 1_024).unwrap().trusted_proxies;
        let none = Arguments::default();
        assert_eq!(trusted(&none, true), TrustedProxies::on_this_machine());
        assert_eq!(trusted(&none, false), TrustedProxies::default());
        let named = Arguments { trusted_proxy: vec!["10.0.0.0/24".parse().unwrap()], ..none };
        for production in [true, false] {
            let trusted = trusted(&named, production);
            assert!(trusted.contains([10, 0, 0, 9].into()) && !trusted.contains([127, 0, 0, 1].into()));
        }
    }
}
