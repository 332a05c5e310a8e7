//! `DELETE /AccessTokens/{TokenId}`.

use domain::{gate::access::Caller, tokens::token::TokenId};
use store::Store;

use super::token::uri;
use crate::gate::{
    answer::{Answer, Done},
    call::Path,
    error::GateError,
    openapi::documentation::Documentation,
};

pub const ID: &str = "deleteAccessToken";

pub async fn handle(store: &Store, caller: &Caller, Path(id): Path<TokenId>) -> Result<Answer, GateError> {
    let token = store.tokens().get(caller.account, id).await?;
    store.tokens().delete(caller, token.id).await?;
    Answer::done(&uri(caller, &token))
}

pub fn document(operation: Documentation) -> Documentation {
    operation.returns::<Done>()
}
