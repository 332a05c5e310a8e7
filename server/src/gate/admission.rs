//! The checks that every call passes before it is carried out: credentials, target, permission and rate limit.

use std::{net::IpAddr, num::NonZeroU32};

use axum::{body::HttpBody as _, extract::Request, response::Response};
use clap::Args;
use domain::{
    account::AccountId,
    gate::{access::Caller, address_range::UNKNOWN, api_version::ApiVersion, client_address::ClientAddress},
    tokens::{
        client_name::ClientName,
        scope::{RateGroup, Scope},
    },
};
use http::{HeaderMap, request::Parts};
use store::Store;

use super::{
    answer::format::GateFormat,
    credentials,
    error::{GateError, announce_end},
    rate_limit::{Left, RateLimits},
    recording::{Origin, Recording},
    target::Target,
    version::{Dated, Lifecycle},
};
use crate::http::request_body::{self, BodyError};

/// The agency's own settings of the gate.
#[derive(Debug, Clone, Default, Args)]
#[group(id = "gate")] // of its own: debug builds refuse two groups of one name
pub struct Settings {
    /// The number of calls an account can make in an hour [default: 1000].
    #[arg(long, value_name = "CALLS", env = "KAGITABA_CALLS_PER_HOUR")]
    pub calls_per_hour: Option<NonZeroU32>,
    /// The number of reports an account can export in a day [default: 100].
    #[arg(long, value_name = "EXPORTS", env = "KAGITABA_EXPORTS_PER_DAY")]
    pub exports_per_day: Option<NonZeroU32>,
    /// The format of answers to clients that don't ask for one, and the root of XML: json, or published for the platform's.
    #[arg(long, value_name = "FORMAT", env = "KAGITABA_GATE_FORMAT", value_enum, default_value_t)]
    pub gate_format: GateFormat,
    /// The date since which an API version is deprecated, sent with its answers.
    #[arg(long, value_name = "VERSION=DATE")]
    pub deprecation: Vec<Dated>,
    /// The date on which an API version will be retired, sent with its answers.
    #[arg(long, value_name = "VERSION=DATE")]
    pub sunset: Vec<Dated>,
}

impl Settings {
    /// Returns the dates on which versions are deprecated and go out of use.
    #[must_use]
    pub fn lifecycle(&self) -> Lifecycle {
        Lifecycle::new(&self.deprecation, &self.sunset)
    }
}

/// The state that all calls share.
pub struct Gate {
    /// The store with tokens, accounts and the data that the gate serves.
    pub store: Store,
    /// The rate limits, with the recent calls of each account.
    limits: RateLimits,
    /// The dates on which versions are deprecated and go out of use.
    pub lifecycle: Lifecycle,
    /// The format of answers whose client does not ask for one.
    pub format: GateFormat,
}

/// A call as it came: each part, or the error that it is refused with.
pub struct ParsedCall {
    /// Whether the body can be taken.
    pub body: Result<(), GateError>,
    /// The operation asked for.
    pub target: Result<Target, GateError>,
    /// The API version to answer in.
    pub version: Result<ApiVersion, GateError>,
    /// The client's address.
    pub address: IpAddr,
    /// The client's name.
    pub client: ClientName,
}

/// A call that passed all checks.
#[derive(Debug, Clone)]
pub struct Admitted {
    /// The access token behind the call.
    pub caller: Caller,
    /// The operation asked for.
    pub target: Target,
    /// The API version to answer in.
    pub version: ApiVersion,
}

impl Gate {
    /// Returns a gate to this store.
    #[must_use]
    pub fn new(store: Store, settings: &Settings) -> Self {
        let limits = RateLimits::of(&store, |group| match group {
            RateGroup::Default => settings.calls_per_hour,
            RateGroup::ReportExport => settings.exports_per_day,
        });
        Self { store, limits, lifecycle: settings.lifecycle(), format: settings.gate_format }
    }

    /// Returns the caller, if the credentials are right and may be used from that address. Without them no request gets
    /// further, not even to learn which paths exist. If a token has the Account SID, the refused call is counted.
    ///
    /// # Errors
    /// Those that answer 401, and [`GateError::Store`].
    pub async fn identify(&self, headers: &HeaderMap, address: IpAddr) -> Result<Caller, GateError> {
        let (sid, secret) = match credentials::read(headers) {
            Ok(read) => read,
            Err(error) => return Err(self.refuse_malformed(headers, address, error).await),
        };
        let caller = self.store.gate().authenticate_from(sid, &secret, address).await?;
        let caller = caller.ok_or(GateError::WrongCredentials)?;
        if !caller.expired {
            return Ok(caller);
        }
        let expired = GateError::Expired { ended_at: caller.ends_at };
        Origin::new(&caller, address).refused(&self.store, &expired);
        Err(expired)
    }

    /// Counts the call with credentials that can't be read, if they name a token. Returns their error.
    async fn refuse_malformed(&self, headers: &HeaderMap, address: IpAddr, error: GateError) -> GateError {
        let sid =
            matches!(error, GateError::WrongCredentials | GateError::LineBreak).then(|| credentials::sid(headers));
        if let Some(sid) = sid.flatten() {
            // On the heap: a caller with readable credentials has no room for it.
            let counted = Box::pin(self.store.gate().refuse_malformed(&sid, address)).await;
            if let Err(error) = counted {
                tracing::warn!(%error, "a refused call was not counted");
            }
        }
        error
    }

    /// Returns the request's head, its caller or the error of [`Gate::identify`], and its body. An unknown client's body
    /// is discarded as it arrives, so that it takes no memory. It is read all the same: a client that is still sending
    /// would not see the answer, and one that is too large is answered so (413).
    pub async fn receive(&self, request: Request) -> (Parts, Result<Caller, GateError>, Result<Vec<u8>, BodyError>) {
        let (head, body) = request.into_parts();
        let address = address(&head);
        let caller = self.identify(&head.headers, address).await;
        if caller.is_err() {
            let body = request_body::discard(body).await.map(|()| Vec::new());
            return (head, caller, body);
        }
        if body.is_end_stream() {
            return (head, caller, Ok(Vec::new()));
        }
        let body = request_body::content(body).await;
        // The token may have been reset while the body arrived.
        let caller = self.identify(&head.headers, address).await;
        (head, caller, body)
    }

    /// Carries out the call, if the caller may make it, and records the outcome. Every answer to a known caller says
    /// how many calls are left, unless they can't be counted: the answer is 503 then, as a call too many might pass.
    pub async fn answer<F: Future<Output = Result<Response, GateError>>>(
        &self,
        caller: Caller,
        asked: ParsedCall,
        carry_out: impl FnOnce(Admitted) -> F,
        refuse: impl FnOnce(GateError) -> Response,
    ) -> Response {
        let (version, from) = (asked.version.as_ref().ok().copied(), (asked.address, asked.client));
        let begin = |scope| Recording::begin(&self.store, &caller, scope, version, from);
        let recording = asked.target.as_ref().ok().and_then(|target| target.scope).map(begin);
        let origin = Origin::new(&caller, asked.address);
        let (account, usable, end) = (caller.account, caller.is_usable(), caller.ends_at);
        let admitted = admit(caller, asked);
        let scope = admitted.as_ref().ok().and_then(|admitted| admitted.target.scope);
        let group = scope.map_or(RateGroup::Default, Scope::rate_group);
        let (left, admitted) = match self.count(account, usable, group).await {
            Ok(left) if left.exceeded => (Some(left), Err(GateError::TooManyCalls)),
            Ok(left) => (Some(left), admitted),
            Err(error) => (None, Err(error.into())),
        };
        let answer = match admitted {
            Ok(admitted) => carry_out(admitted).await,
            Err(error) => {
                origin.refused(&self.store, &error);
                Err(error)
            }
        };
        let mut response = answer.unwrap_or_else(refuse);
        if let Some(left) = left {
            left.announce(response.headers_mut());
        }
        if let Some(end) = end {
            announce_end(end, response.headers_mut());
        }
        if let Some(recording) = recording {
            recording.end(response.status());
        }
        response
    }

    /// Returns how many calls are left to the account in each group. Counts nothing.
    ///
    /// # Errors
    /// [`GateError::Store`].
    pub async fn left(&self, account: AccountId) -> Result<[(RateGroup, Left); RateGroup::ALL.len()], GateError> {
        let of = async |group| Ok::<_, GateError>((group, self.limits.left(account, group).await?));
        let [first, second] = RateGroup::ALL;
        Ok([of(first).await?, of(second).await?])
    }

    /// Counts the call, unless it is one too many, and returns how many more the account may make.
    ///
    /// Every call counts, even if it fails; as an export it counts only if it is admitted. A token that can't be used
    /// (disabled, without API access, from an address that is not allowed) costs its account nothing, however often it
    /// is used.
    ///
    /// # Errors
    /// Those of the store, which counts for all nodes.
    async fn count(&self, account: AccountId, usable: bool, group: RateGroup) -> Result<Left, store::Error> {
        if usable { self.limits.take(account, group).await } else { self.limits.left(account, group).await }
    }
}

/// Returns the client's address, as its connection determined it.
#[must_use]
pub fn address(request: &Parts) -> IpAddr {
    request.extensions.get().map_or(UNKNOWN, |ClientAddress(address)| *address)
}

/// Returns the call if it may go on. The checks, each with its status: body (413, 408, 415), target (404, 405), version
/// (400), permission of the token (403).
fn admit(caller: Caller, ParsedCall { body, target, version, .. }: ParsedCall) -> Result<Admitted, GateError> {
    body?;
    let (target, version) = (target?, version?);
    match target.scope {
        Some(scope) => caller.require(&target.sid, scope)?,
        None => caller.require_sid(&target.sid)?,
    }
    Ok(Admitted { caller, target, version })
}
