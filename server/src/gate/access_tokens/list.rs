//! `GET /AccessTokens`: the account's tokens, oldest first, by `Name`, `State` and `Condition` if asked. `Name` finds what
//! the console's search finds.

use domain::{
    gate::access::Caller,
    tokens::{condition::Condition, filter::TokenFilter, token::TokenState},
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

/// The names of conditions, in the order of [`Condition::ALL`].
const CONDITIONS: [&str; Condition::ALL.len()] =
    ["WORKING", "EXPIRED_IN_USE", "EXPIRING", "CONTACT_DEACTIVATED", "OLD_VERSION", "UNUSED", "NEVER_USED"];

const DESCRIPTION: &str = "A condition of enabled tokens. `WORKING`: not expired. `EXPIRED_IN_USE`: expired, and called \
    in the 30 days before. `EXPIRING`: expires within 30 days. `CONTACT_DEACTIVATED`: its primary contact is deactivated. \
    `OLD_VERSION`: pinned to an older API version. `UNUSED`: last called 90 days ago or earlier. `NEVER_USED`: created \
    30 days ago or earlier, and never called.";

/// The filter of the list.
pub struct Filter(TokenFilter);

impl Argument<'_> for Filter {
    const PARAMETERS: &'static [Parameter] = &[
        Parameter::Text(
            "Name",
            "Part of the name, of the primary contact's name or e-mail address, or the Account SID.",
        ),
        Parameter::OneOf("State", &["ENABLED", "DISABLED"], "Whether the token may be used."),
        Parameter::OneOf("Condition", &CONDITIONS, DESCRIPTION),
    ];

    fn of(call: &Call<'_>) -> Result<Self, GateError> {
        let state = match call.query.get("State") {
            None => None,
            Some("ENABLED") => Some(TokenState::Enabled),
            Some("DISABLED") => Some(TokenState::Disabled),
            Some(_) => return Err(GateError::invalid("State", "ask for ENABLED or DISABLED")),
        };
        let condition = call.query.get("Condition").map(condition).transpose()?;
        let name = call.query.get("Name").unwrap_or_default().to_owned();
        Ok(Self(TokenFilter { name, state, condition, ..TokenFilter::default() }))
    }
}

/// Returns the condition of that name.
fn condition(name: &str) -> Result<Condition, GateError> {
    let named = CONDITIONS.into_iter().zip(Condition::ALL).find(|(known, _)| *known == name);
    let invalid = || GateError::invalid("Condition", format!("ask for one of {}", CONDITIONS.join(", ")));
    named.map(|(_, condition)| condition).ok_or_else(invalid)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_named_as_in_links() {
        for (name, condition) in CONDITIONS.into_iter().zip(Condition::ALL) {
            assert_eq!(name.to_ascii_lowercase().replace('_', "-"), condition.as_str());
        }
    }
}
