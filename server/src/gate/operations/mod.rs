//! The operations that Kagitaba serves, each category in a file of its own.

mod access_tokens;
mod advertisers;
mod agency;
mod company_information;
mod jobs;
mod read_only;
mod reports;

use domain::{
    gate::{access::Caller, api_version::ApiVersion},
    tokens::scope::{Category, Scope},
};
use store::Store;

pub use self::agency::get as agency;
use super::{
    admission::Admitted, answer::Answer, envelope::GateError, input::Input, parameters, query::Query, target::Suffix,
};

/// A call that was admitted, with all that an operation may ask of it.
pub struct Call {
    /// The store, asked from where the call comes from.
    pub store: Store,
    /// Who calls, what for, in which version.
    pub admitted: Admitted,
    /// The query.
    pub query: Query,
    /// The body.
    pub input: Input,
}

impl Call {
    /// Who calls.
    pub fn caller(&self) -> &Caller {
        &self.admitted.caller
    }

    /// What stands for the parameter of the operation's path.
    pub fn parameter(&self) -> Option<&str> {
        self.admitted.target.parameter.as_deref()
    }

    /// The version to answer in.
    pub fn version(&self) -> ApiVersion {
        self.admitted.version
    }

    /// A resource's own path: `/Agencies/{AccountSID}` and this below it.
    pub fn uri(&self, below: &str) -> String {
        format!("/Agencies/{}{below}", self.admitted.caller.sid)
    }

    /// A list's own path, with the end that names its form, if the call's has one.
    pub fn list_uri(&self, below: &str) -> String {
        self.uri(below) + self.admitted.target.suffix.map_or("", Suffix::as_str)
    }
}

/// Does what the call asks for.
///
/// # Errors
/// What the operation says; [`GateError::AnsweredElsewhere`] for those whose data is not Kagitaba's.
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
