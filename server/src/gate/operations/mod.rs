//! The operations that Kagitaba serves, each category in a file of its own.

mod access_tokens;
mod advertisers;
mod company_information;
mod jobs;
mod reports;

use domain::{access::Caller, api_version::ApiVersion};
use serde_json::Value;
use store::Store;

use super::{admission::Admitted, answer::Answer, envelope::GateError, query::Query};

/// A call that was admitted, with all that an operation may ask of it.
pub struct Call {
    /// The store, asked from where the call comes from.
    pub store: Store,
    /// Who calls, what for, in which version.
    pub admitted: Admitted,
    /// The query.
    pub query: Query,
    /// The body, whole.
    pub body: Vec<u8>,
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

    /// The body as JSON, `{}` where there is none.
    ///
    /// # Errors
    /// [`GateError::Invalid`] where it is something else.
    pub fn json(&self) -> Result<Value, GateError> {
        if self.body.is_empty() {
            return Ok(Value::Object(serde_json::Map::new()));
        }
        // The parser's own words name a place, and nothing of what was sent.
        serde_json::from_slice(&self.body).map_err(|error| {
            GateError::invalid("", format!("send JSON; line {}, column {} can't be read", error.line(), error.column()))
        })
    }
}

/// Does what the call asks for.
///
/// # Errors
/// What the operation says; [`GateError::AnsweredElsewhere`] for those whose data is not Kagitaba's.
pub async fn carry_out(call: Call) -> Result<Answer, GateError> {
    match call.admitted.target.scope.id() {
        "listAdvertisers" => advertisers::list(&call).await,
        "getAdvertiser" => advertisers::get(&call).await,
        "listAccessTokens" => access_tokens::list(&call).await,
        "getAccessToken" => access_tokens::get(&call).await,
        "createAccessToken" => access_tokens::create(&call).await,
        "updateAccessToken" => access_tokens::update(&call).await,
        "deleteAccessToken" => access_tokens::delete(&call).await,
        "resetAccessToken" => access_tokens::reset(&call).await,
        "enableAccessToken" => access_tokens::enable(&call).await,
        "disableAccessToken" => access_tokens::disable(&call).await,
        "listJobs" => jobs::list(&call).await,
        "getJob" => jobs::get(&call).await,
        "downloadJobResult" => jobs::download(&call).await,
        "replayJob" => jobs::replay(&call).await,
        "listAllReports" => Ok(reports::list(&call)),
        "getReportMetadata" => reports::metadata(&call),
        "runReport" => reports::run(&call).await,
        "exportReport" => reports::export(&call).await,
        "getCompanyInformation" => company_information::get(&call).await,
        "updateCompanyInformation" => company_information::update(&call).await,
        _ => Err(GateError::AnsweredElsewhere),
    }
}
