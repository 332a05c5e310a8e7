//! `GET /AccessTokens`: the account's tokens, oldest first, by `Name` and `State` if asked. `Name` finds what the console's
//! search finds.

use domain::{
    gate::access::Caller,
    tokens::{filter::TokenFilter, token::TokenState},
};
use store::Store;

use super::token::{AccessToken, PATH};
use crate::gate::{
    answer::{
        Answer,
        list::{List, Paging},
    },
    call::{Argument, Call},
    error::GateError,
    openapi::documentation::Documentation,
    parameters::Parameter,
};

pub const ID: &str = "listAccessTokens";
const NAME: &str = "AccessTokens";

/// The filter of the list.
pub struct Filter(TokenFilter);

impl Argument<'_> for Filter {
    const PARAMETERS: &'static [Parameter] = &[
        Parameter::Text(
            "Name",
            "Part of the name, of the primary contact's name or e-mail address, or the Account SID.",
        ),
        Parameter::OneOf("State", &["ENABLED", "DISABLED"]),
    ];

    fn of(call: &Call<'_>) -> Result<Self, GateError> {
        let state = match call.query.get("State") {
            None => None,
            Some("ENABLED") => Some(TokenState::Enabled),
            Some("DISABLED") => Some(TokenState::Disabled),
            Some(_) => return Err(GateError::invalid("State", "ask for ENABLED or DISABLED")),
        };
        let name = call.query.get("Name").unwrap_or_default().to_owned();
        Ok(Self(TokenFilter { name, state, ..TokenFilter::default() }))
    }
}

pub async fn handle(
    store: &Store,
    caller: &Caller,
    paging: Paging,
    Filter(filter): Filter,
    list: List<'_>,
) -> Result<Answer, GateError> {
    let page = u32::try_from(paging.page).unwrap_or(u32::MAX);
    let (tokens, total) = store.tokens().oldest_first_page(caller.account, &filter, page, paging.size).await?;
    list.page((NAME, PATH), paging, total, tokens.iter().map(|token| AccessToken::new(caller, token)))
}

pub fn document(operation: Documentation) -> Documentation {
    operation.lists::<AccessToken>(NAME)
}
