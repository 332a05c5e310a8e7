//! The operations that Kagitaba serves, each category in a file of its own.

mod access_tokens;
mod advertisers;
mod agency;
mod company_information;
mod jobs;
mod reports;

use domain::{
    gate::{access::Caller, api_version::ApiVersion},
    tokens::scope::{Category, Scope},
};
use store::Store;

pub use self::agency::get as agency;
use super::{
    admission::Admitted,
    answer::{Answer, format::Suffix},
    error::GateError,
    input::Input,
    parameters,
    query::Query,
};

/// An admitted call, with everything that an operation may need.
pub struct Call {
    /// The store, which records the call's address.
    pub store: Store,
    /// The caller, the target and the version.
    pub admitted: Admitted,
    /// The query.
    pub query: Query,
    /// The body.
    pub input: Input,
}

impl Call {
    /// Returns the caller.
    pub fn caller(&self) -> &Caller {
        &self.admitted.caller
    }

    /// Returns the value of the parameter in the operation's path.
    pub fn parameter(&self) -> Option<&str> {
        self.admitted.target.parameter.as_deref()
    }

    /// Returns the version to answer in.
    pub fn version(&self) -> ApiVersion {
        self.admitted.version
    }

    /// Returns a resource's own path: `/Agencies/{AccountSID}` followed by `below`.
    pub fn uri(&self, below: &str) -> String {
        format!("/Agencies/{}{below}", self.admitted.caller.sid)
    }

    /// Returns a list's own path, with the suffix of its format, if the call's path has one.
    pub fn list_uri(&self, below: &str) -> String {
        self.uri(below) + self.admitted.target.suffix.map_or("", Suffix::as_str)
    }
}

/// Carries out the call.
///
/// # Errors
/// Those of the operation, and [`GateError::AnsweredElsewhere`] if its data is not Kagitaba's.
pub async fn carry_out(call: &Call, scope: Scope) -> Result<Answer, GateError> {
    if scope.category() == Category::ComplianceContent {
        return Err(GateError::AnsweredElsewhere);
    }
    parameters::check(&call.query, parameters::of(scope))?;
    match scope.id() {
        "listAdvertisers" => advertisers::list(call).await,
        "getAdvertiser" => advertisers::get(call).await,
        "listAccessTokens" => access_tokens::list(call).await,
        "getAccessToken" => access_tokens::get(call).await,
        "createAccessToken" => access_tokens::create(call).await,
        "updateAccessToken" => access_tokens::update(call).await,
        "deleteAccessToken" => access_tokens::delete(call).await,
        "resetAccessToken" => access_tokens::reset(call).await,
        "enableAccessToken" => access_tokens::enable(call).await,
        "disableAccessToken" => access_tokens::disable(call).await,
        "listJobs" => jobs::list(call).await,
        "getJob" => jobs::get(call).await,
        "downloadJobResult" => jobs::download(call).await,
        "replayJob" => jobs::replay(call).await,
        "listAllReports" => reports::list(call),
        "getReportMetadata" => reports::metadata(call),
        "runReport" => reports::run(call).await,
        "exportReport" => reports::export(call).await,
        "getCompanyInformation" => company_information::get(call).await,
        "updateCompanyInformation" => company_information::update(call).await,
        _ => Err(GateError::AnsweredElsewhere),
    }
}
