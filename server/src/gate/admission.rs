//! The steps that every call passes before anything is done: who calls, what for, may they, how often.

use std::{net::IpAddr, num::NonZeroU32};

use axum::response::Response;
use clap::Args;
use domain::{
    account::AccountId,
    gate::{
        access::Caller,
        api_version::ApiVersion,
        client_address::{ClientAddress, UNKNOWN},
    },
    tokens::scope::{RateGroup, Scope},
};
use http::{HeaderMap, request::Parts};
use store::Store;

use super::{
    answer::GateFormat,
    credentials,
    envelope::{GateError, announce_end},
    rate_limit::{Left, RateLimits},
    recording::Recording,
    target::Target,
    version::{Dated, Lifecycle},
};

/// The agency's own settings of the gate.
#[derive(Debug, Clone, Default, Args)]
#[group(id = "gate")] // of its own: debug builds refuse two groups of one name
pub struct Settings {
    /// How many calls an account may make in an hour [default: 1000].
    #[arg(long, value_name = "CALLS", env = "KAGITABA_CALLS_PER_HOUR")]
    pub calls_per_hour: Option<NonZeroU32>,
    /// How many reports an account may export in a day [default: 100].
    #[arg(long, value_name = "EXPORTS", env = "KAGITABA_EXPORTS_PER_DAY")]
    pub exports_per_day: Option<NonZeroU32>,
    /// The form of answers whose client does not ask for one, and XML's root: json, or published as the platform has it.
    #[arg(long, value_name = "FORMAT", env = "KAGITABA_GATE_FORMAT", value_enum, default_value_t)]
    pub gate_format: GateFormat,
    /// Since when an API version is deprecated: tell its clients so.
    #[arg(long, value_name = "VERSION=DATE")]
    pub deprecation: Vec<Dated>,
    /// When an API version will go out of use: tell its clients so.
    #[arg(long, value_name = "VERSION=DATE")]
    pub sunset: Vec<Dated>,
}

impl Settings {
    /// When versions go out of use.
    #[must_use]
    pub fn lifecycle(&self) -> Lifecycle {
        Lifecycle::new(&self.deprecation, &self.sunset)
    }
}

/// What all calls share.
pub struct Gate {
    /// Tokens, accounts and what the gate serves.
    pub store: Store,
    /// The calls of late.
    limits: RateLimits,
    /// When versions go out of use.
    pub lifecycle: Lifecycle,
    /// The form of answers whose client does not ask for one.
    pub format: GateFormat,
}

/// A call as it came: each part, or why it can't be taken.
pub struct Asked {
    /// Whether its body is there.
    pub body: Result<(), GateError>,
    /// What is asked for.
    pub target: Result<Target, GateError>,
    /// In which version it wants to be answered.
    pub version: Result<ApiVersion, GateError>,
    /// Where it comes from.
    pub address: IpAddr,
}

/// A call that may go on.
#[derive(Debug, Clone)]
pub struct Admitted {
    /// Whose token it is.
    pub caller: Caller,
    /// What is asked for.
    pub target: Target,
    /// In which version it is answered.
    pub version: ApiVersion,
}

impl Gate {
    /// A gate before this store.
    #[must_use]
    pub fn new(store: Store, settings: &Settings) -> Self {
        let limits = RateLimits::of(&store, |group| match group {
            RateGroup::Default => settings.calls_per_hour,
            RateGroup::ReportExport => settings.exports_per_day,
        });
        Self { store, limits, lifecycle: settings.lifecycle(), format: settings.gate_format }
    }

    /// Who calls, and whether they may from that address. Nobody gets further without credentials that are right, not even
    /// to learn which paths there are.
    ///
    /// # Errors
    /// Those that answer 401, and [`GateError::Store`].
    pub async fn identify(&self, headers: &HeaderMap, address: IpAddr) -> Result<Caller, GateError> {
        let (sid, secret) = credentials::read(headers)?;
        let caller = self.store.authenticate_from(sid, &secret, address).await?;
        let caller = caller.ok_or(GateError::WrongCredentials)?;
        if caller.expired { Err(GateError::Expired { ended_at: caller.ends_at }) } else { Ok(caller) }
    }

    /// Lets a caller on to what they ask for, if they may, and notes what became of it. Whoever is known learns from
    /// every answer how many calls are left.
    pub async fn answer<F: Future<Output = Result<Response, GateError>>>(
        &self,
        caller: Caller,
        asked: Asked,
        carry_out: impl FnOnce(Admitted) -> F,
        refuse: impl FnOnce(GateError) -> Response,
    ) -> Response {
        let begin = |scope| Recording::begin(&self.store, &caller, scope, asked.address);
        let recording = asked.target.as_ref().ok().and_then(|target| target.scope).map(begin);
        let (account, usable, end) = (caller.account, caller.is_usable(), caller.ends_at);
        let admitted = admit(caller, asked);
        let scope = admitted.as_ref().ok().and_then(|admitted| admitted.target.scope);
        let group = scope.map_or(RateGroup::Default, Scope::rate_group);
        let (left, admitted) = match self.count(account, usable, group).await {
            Ok(left) => (left, admitted),
            Err(none_left) => (none_left, Err(GateError::TooManyCalls)),
        };
        let answer = match admitted {
            Ok(admitted) => carry_out(admitted).await,
            Err(error) => Err(error),
        };
        let mut response = answer.unwrap_or_else(refuse);
        left.announce(response.headers_mut());
        if let Some(end) = end {
            announce_end(end, response.headers_mut());
        }
        if let Some(recording) = recording {
            recording.end(response.status());
        }
        response
    }

    /// Returns what is left to the account in each group. Counts nothing.
    pub async fn left(&self, account: AccountId) -> [(RateGroup, Left); RateGroup::ALL.len()] {
        let of = async |group| (group, self.limits.left(account, group).await);
        let [first, second] = RateGroup::ALL;
        [of(first).await, of(second).await]
    }

    /// Counts the call, and tells how many the account may still make.
    ///
    /// Every call counts, also one that fails; as an export only one that may go on. A token that can't be used for
    /// authentication (disabled, without API access, from elsewhere than is allowed) costs its account nothing, whoever
    /// goes on calling with it.
    ///
    /// # Errors
    /// Where there is none left for this one.
    async fn count(&self, account: AccountId, usable: bool, group: RateGroup) -> Result<Left, Left> {
        if usable { self.limits.take(account, group).await } else { Ok(self.limits.left(account, group).await) }
    }
}

/// Where the request comes from, as its connection has found it.
#[must_use]
pub fn address(request: &Parts) -> IpAddr {
    request.extensions.get().map_or(UNKNOWN, |ClientAddress(address)| *address)
}

/// Whether the call may go on. The steps, each with its status: body (413, 408, 415), what is asked for (404, 405), version
/// (400), what the token may do (403).
fn admit(caller: Caller, Asked { body, target, version, .. }: Asked) -> Result<Admitted, GateError> {
    body?;
    let (target, version) = (target?, version?);
    match target.scope {
        Some(scope) => caller.require(&target.sid, scope)?,
        None => caller.require_sid(&target.sid)?,
    }
    Ok(Admitted { caller, target, version })
}
