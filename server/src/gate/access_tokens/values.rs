//! `GET /AccessTokens/{TokenId}/AuthTokens`: the token's Auth Tokens that may pass: the current one, and the old one
//! while an overlap is open. Neither is shown, only its last four characters.

use domain::{
    gate::access::Caller,
    tokens::token::{Token, TokenId},
};
use serde::Serialize;
use store::Store;
use utoipa::{ToSchema, openapi::Schema};

use super::token::PATH;
use crate::gate::{
    answer::{
        Answer,
        list::{List, Paging},
    },
    call::Path,
    error::GateError,
    openapi::{documentation::Documentation, schemas},
    records::date_or_empty,
};

pub const ID: &str = "listAuthTokens";
const NAME: &str = "AuthTokens";

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct AuthToken {
    #[schema(inline)]
    value: Value,
    #[schema(schema_with = ending)]
    ending: String,
    #[schema(schema_with = expiry)]
    date_expires: String,
    close_when_moved: bool,
}

#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Value {
    Current,
    Old,
}

fn ending() -> Schema {
    let mut ending = schemas::matching("^[0-9A-Za-z]{0,4}$");
    ending.description = Some("Its last four characters. Empty if it was issued before these were stored.".to_owned());
    ending.into()
}

fn expiry() -> Schema {
    schemas::date_or_empty("When it stops passing; the old one, when the overlap ends. Empty if never.")
}

pub async fn handle(
    store: &Store,
    caller: &Caller,
    Path(id): Path<TokenId>,
    paging: Paging,
    list: List<'_>,
) -> Result<Answer, GateError> {
    let token = store.tokens().get(caller.account, id).await?;
    let values = values(&token, store.clock().now());
    let (path, total) = (format!("{PATH}/{}/AuthTokens", id.0), values.len() as u64);
    list.page((NAME, &path), paging, total, paging.part(values))
}

/// Returns the token's Auth Tokens that may pass at this time, the current one first.
fn values(token: &Token, now: chrono::DateTime<chrono::Utc>) -> Vec<AuthToken> {
    let current = AuthToken {
        value: Value::Current,
        ending: token.values.ending.clone().unwrap_or_default(),
        date_expires: date_or_empty(token.ends_at),
        close_when_moved: false,
    };
    let old = token.values.open(now).map(|old| AuthToken {
        value: Value::Old,
        ending: old.ending.clone().unwrap_or_default(),
        date_expires: date_or_empty(Some(old.ends_at)),
        close_when_moved: old.close_when_moved,
    });
    [Some(current), old].into_iter().flatten().collect()
}

pub fn document(operation: Documentation) -> Documentation {
    operation.lists::<AuthToken>(NAME)
}
