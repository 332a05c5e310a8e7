//! `GET /Agencies/{AccountSID}`: the caller, its scopes, its expiry and the calls left. It needs no scope, because
//! clients ask for it to check whether credentials are an agency's.

use domain::{
    gate::access::Caller,
    tokens::{
        scope::{RateGroup, Scope},
        secret::AccountSid,
    },
};
use serde::Serialize;
use store::Store;
use utoipa::{
    ToSchema,
    openapi::{Object, Schema},
};
use uuid::Uuid;

use super::{
    admission::Gate,
    answer::Answer,
    call::uri,
    error::GateError,
    openapi::{documentation::Documentation, schemas},
    rate_limit::Left,
    records::date_or_empty,
};

pub const ID: &str = "getAgency";

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
struct Agency<'a> {
    #[schema(schema_with = schemas::account_sid)]
    account_sid: &'a AccountSid,
    company_name: String,
    access_token_id: Uuid,
    access_token_name: String,
    #[schema(schema_with = schemas::version)]
    api_version: String,
    #[schema(schema_with = schemas::scope_ids)]
    scopes: Vec<&'static str>,
    #[schema(schema_with = expiry)]
    date_expires: String,
    #[schema(inline, min_items = 2, max_items = 2)]
    rate_limits: Vec<RateLimit>,
    uri: String,
}

fn expiry() -> Schema {
    schemas::date_or_empty("When the Auth Token expires. Empty if never.")
}

// The calls left, with the numbers of the rate limit's headers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
struct RateLimit {
    #[schema(schema_with = group)]
    group: &'static str,
    #[schema(schema_with = schemas::number)]
    limit: u32,
    #[schema(schema_with = schemas::number)]
    remaining: u32,
    #[schema(schema_with = schemas::number)]
    reset: u64,
}

impl RateLimit {
    fn new((group, left): (RateGroup, Left)) -> Self {
        let (limit, remaining, reset) = left.numbers();
        Self { group: group_name(group), limit, remaining, reset }
    }
}

fn group() -> Object {
    schemas::one_of(RateGroup::ALL.map(group_name))
}

fn group_name(group: RateGroup) -> &'static str {
    match group {
        RateGroup::Default => "Default",
        RateGroup::ReportExport => "ReportExport",
    }
}

pub async fn handle(gate: &Gate, store: &Store, caller: &Caller) -> Result<Answer, GateError> {
    let left = gate.left(caller.account).await?;
    let token = store.tokens().get(caller.account, caller.token).await?;
    let company = store.gate().company_information(caller.account).await?;
    let agency = Agency {
        account_sid: &caller.sid,
        company_name: company.company_name.clone(),
        access_token_id: caller.token.0,
        access_token_name: token.settings.name,
        api_version: caller.api_version.to_string(),
        scopes: caller.scopes.iter().map(Scope::id).collect(),
        date_expires: date_or_empty(caller.ends_at),
        rate_limits: left.map(RateLimit::new).into(),
        uri: uri(caller, ""),
    };
    Answer::one("Agency", &agency)
}

pub fn document(operation: Documentation) -> Documentation {
    operation.returns::<Agency>()
}
