//! `/Agencies/{AccountSID}`: the caller, its scopes, its expiry and the calls left. It needs no scope, because clients
//! ask for it to check whether credentials are an agency's.

use domain::tokens::scope::{RateGroup, Scope};
use serde_json::{Value, json};

use super::{
    super::{answer::Answer, error::GateError, parameters, rate_limit::Left, records::date_or_empty},
    Call,
};

/// `GET`: the agency and the access token of the call.
pub async fn get(call: &Call, left: [(RateGroup, Left); RateGroup::ALL.len()]) -> Result<Answer, GateError> {
    parameters::check(&call.query, &[])?;
    let caller = call.caller();
    let token = call.store.token(caller.account, caller.token).await?;
    let company = call.store.company_information(caller.account).await?;
    let agency = json!({
        "AccountSid": caller.sid,
        "CompanyName": company.company_name,
        "AccessTokenId": caller.token,
        "AccessTokenName": token.settings.name,
        "ApiVersion": caller.api_version.to_string(),
        "Scopes": caller.scopes.iter().map(Scope::id).collect::<Vec<_>>(),
        "DateExpires": date_or_empty(caller.ends_at),
        "RateLimits": left.map(|(group, left)| limit(group, left)),
        "Uri": call.uri(""),
    });
    Answer::one("Agency", &agency)
}

/// Returns the calls left, with the numbers of the rate limit's headers.
fn limit(group: RateGroup, left: Left) -> Value {
    let name = match group {
        RateGroup::Default => "Default",
        RateGroup::ReportExport => "ReportExport",
    };
    let (limit, remaining, reset) = left.numbers();
    json!({ "Group": name, "Limit": limit, "Remaining": remaining, "Reset": reset })
}
