//! The steps that every call passes before anything is done: who calls, what for, may they, how often.

use std::{num::NonZeroU32, sync::Arc};

use clap::Args;
use domain::{access::Caller, api_version::ApiVersion, scope::RateGroup};
use http::HeaderMap;
use store::Store;

use super::{
    credentials,
    envelope::GateError,
    query::Query,
    rate_limit::{Left, RateLimits},
    target::Target,
    version::{self, Dated, Lifecycle},
};

/// The agency's own settings of the gate.
#[derive(Debug, Clone, Default, Args)]
pub struct Settings {
    /// How many calls an account may make in an hour [default: 1000].
    #[arg(long, value_name = "CALLS", env = "KAGITABA_CALLS_PER_HOUR")]
    pub calls_per_hour: Option<NonZeroU32>,
    /// How many reports an account may export in a day [default: 100].
    #[arg(long, value_name = "EXPORTS", env = "KAGITABA_EXPORTS_PER_DAY")]
    pub exports_per_day: Option<NonZeroU32>,
    /// Since when an API version is deprecated: tell its clients so.
    #[arg(long, value_name = "VERSION=DATE")]
    pub deprecation: Vec<Dated>,
    /// When an API version will go out of use: tell its clients so.
    #[arg(long, value_name = "VERSION=DATE")]
    pub sunset: Vec<Dated>,
}

/// What all calls share. A clone is the same gate.
#[derive(Clone)]
pub struct Gate {
    /// Tokens, accounts and what the gate serves.
    pub store: Store,
    /// The calls of late.
    limits: Arc<RateLimits>,
    /// When versions go out of use.
    pub lifecycle: Arc<Lifecycle>,
    /// Whether a proxy on this machine tells where calls come from.
    pub behind_proxy: bool,
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
    /// How many calls are left.
    pub left: Left,
}

impl Gate {
    /// A gate before this store.
    #[must_use]
    pub fn new(store: Store, settings: &Settings, behind_proxy: bool) -> Self {
        let limits = RateLimits::new(|group| match group {
            RateGroup::Default => settings.calls_per_hour,
            RateGroup::ReportExport => settings.exports_per_day,
        });
        let lifecycle = Lifecycle::new(&settings.deprecation, &settings.sunset);
        Self { store, limits: Arc::new(limits), lifecycle: Arc::new(lifecycle), behind_proxy }
    }

    /// Who calls. Nobody gets further without credentials that are right, not even to learn which paths there are.
    ///
    /// # Errors
    /// Those that answer 401, and [`GateError::Store`].
    pub async fn identify(&self, headers: &HeaderMap) -> Result<Caller, GateError> {
        let (sid, secret) = credentials::read(headers)?;
        self.store.authenticate(&sid, &secret).await?.ok_or(GateError::WrongCredentials)
    }

    /// Lets a caller on to what they ask for, if they may. The steps, each with its status: version (400), what the token
    /// may do (403), how often (429).
    ///
    /// # Errors
    /// The first that applies.
    pub fn admit(
        &self,
        caller: Caller,
        target: Target,
        query: &Query,
        headers: &HeaderMap,
    ) -> Result<Admitted, GateError> {
        let version = version::requested(headers, query, caller.api_version)?;
        caller.require(&target.sid, target.scope)?;
        let left = self.limits.take(caller.account, target.scope.rate_group()).map_err(GateError::TooManyCalls)?;
        Ok(Admitted { caller, target, version, left })
    }
}
