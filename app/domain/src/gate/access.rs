//! The access decision that the gate makes on every call.

use crate::account::AccountId;
use crate::gate::api_version::ApiVersion;
use crate::tokens::overlap::TokenValue;
use crate::tokens::scope::{Scope, Scopes};
use crate::tokens::secret::AccountSid;
use crate::tokens::token::{TokenId, TokenState};
use chrono::{DateTime, Utc};

/// A client that presented the right Account SID and Auth Token. That alone grants no access: see [`Caller::require`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The token that the client called with.
    pub token: TokenId,
    /// The token's public half.
    pub sid: AccountSid,
    /// The account that the token belongs to.
    pub account: AccountId,
    /// Whether the account has API access at all.
    pub api_access: bool,
    /// Whether the token may be used.
    pub state: TokenState,
    /// The version of the Agency API that the token is pinned to.
    pub api_version: ApiVersion,
    /// The scopes that the token has.
    pub scopes: Scopes,
    /// Which of the token's Auth Tokens the client called with.
    pub value: TokenValue,
    /// When that Auth Token expires, if ever; an old one, when its overlap ends.
    pub ends_at: Option<DateTime<Utc>>,
    /// Whether the Auth Token has expired.
    pub expired: bool,
    /// Whether the account allows calls from this call's network address.
    pub address_allowed: bool,
}

/// The reason why a call with the right credentials is refused. Each is answered with 403.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The account's API access is switched off.
    #[error("API access is turned off for this account; ask an Account Administrator to enable it in the settings")]
    ApiAccessOff,
    /// The token is disabled.
    #[error("this access token is disabled; enable it in the settings, or use another token")]
    TokenDisabled,
    /// The call comes from a network address that the account does not allow.
    #[error(
        "the account doesn't allow calls from this network address; call from an allowed address, or ask an Account \
             Administrator to add this one to the security policy"
    )]
    AddressNotAllowed,
    /// The path names a token other than the one in the credentials.
    #[error("the Account SID in the path differs from the one in the credentials; use the same in both")]
    OtherAccountSid,
    /// The token lacks the operation's scope.
    #[error("this access token doesn't have the API scope `{0:?}`; add it to the token in the settings")]
    ScopeMissing(Scope),
    /// The caller would give a token scopes that its own token lacks.
    #[error("this access token can't grant or manage scopes it doesn't have itself: {0}; use a token that has them")]
    BeyondOwnScopes(Scopes),
}

impl Caller {
    /// Returns whether any call with this token, at this time and from this address, can be allowed.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.api_access && self.state == TokenState::Enabled && !self.expired && self.address_allowed
    }

    /// Checks whether the caller may use the operation `scope` below `/Agencies/{path_sid}`.
    ///
    /// # Errors
    /// The first [`Refusal`] that applies, in the order in which they are listed there.
    pub fn require(&self, path_sid: &str, scope: Scope) -> Result<(), Refusal> {
        self.require_sid(path_sid)?;
        if self.scopes.allow(scope) { Ok(()) } else { Err(Refusal::ScopeMissing(scope)) }
    }

    /// Checks whether the caller may read `/Agencies/{path_sid}` itself, which describes the caller and needs no scope.
    ///
    /// # Errors
    /// As [`Caller::require`], except for the scope.
    pub fn require_sid(&self, path_sid: &str) -> Result<(), Refusal> {
        if !self.api_access {
            Err(Refusal::ApiAccessOff)
        } else if self.state == TokenState::Disabled {
            Err(Refusal::TokenDisabled)
        } else if !self.address_allowed {
            Err(Refusal::AddressNotAllowed)
        } else if self.sid.as_str() != path_sid {
            Err(Refusal::OtherAccountSid)
        } else {
            Ok(())
        }
    }

    /// Checks whether the caller may obtain the Auth Token of a token with these scopes, or give them to one: a caller
    /// can give only scopes that it has itself.
    ///
    /// # Errors
    /// [`Refusal::BeyondOwnScopes`].
    pub fn require_own(&self, scopes: Scopes) -> Result<(), Refusal> {
        let beyond = scopes.beyond(self.scopes);
        if beyond.is_empty() { Ok(()) } else { Err(Refusal::BeyondOwnScopes(beyond)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const SID: &str = "IR0123456789abcdefghijklmnopqrstuvw";
    const SCOPE: Scope = Scope::GET_COMPANY_INFORMATION;

    fn caller() -> Caller {
        Caller {
            token: TokenId(Uuid::nil()),
            sid: AccountSid::try_from(SID.to_owned()).unwrap(),
            account: AccountId(Uuid::nil()),
            api_access: true,
            state: TokenState::Enabled,
            api_version: ApiVersion::NEWEST,
            scopes: Scopes::from_iter([SCOPE]),
            value: TokenValue::Current,
            ends_at: None,
            expired: false,
            address_allowed: true,
        }
    }

    #[test]
    fn enabled_token_allows_its_scopes_below_its_own_sid() {
        assert_eq!(caller().require(SID, SCOPE), Ok(()));
    }

    #[test]
    fn caller_cannot_give_scopes_that_it_lacks() {
        let other = Scope::find("getJob").unwrap();
        assert_eq!(caller().require_own(Scopes::from_iter([SCOPE])), Ok(()));
        let beyond = Refusal::BeyondOwnScopes(Scopes::from_iter([other]));
        assert_eq!(caller().require_own(Scopes::from_iter([SCOPE, other])), Err(beyond));
    }

    #[test]
    fn caller_is_refused_for_each_missing_requirement() {
        let other = Scope::find("getJob").unwrap();
        assert_eq!(caller().require(SID, other), Err(Refusal::ScopeMissing(other)));
        let without = Caller { scopes: Scopes::default(), ..caller() };
        assert_eq!((without.require_sid(SID), without.require_sid("IR1")), (Ok(()), Err(Refusal::OtherAccountSid)));
        assert_eq!(caller().require(&SID.replace('0', "1"), SCOPE), Err(Refusal::OtherAccountSid));
        let elsewhere = Caller { address_allowed: false, ..caller() };
        assert_eq!(elsewhere.require(SID, other), Err(Refusal::AddressNotAllowed));
        let disabled = Caller { state: TokenState::Disabled, ..elsewhere };
        assert_eq!(disabled.require(SID, SCOPE), Err(Refusal::TokenDisabled));
        let off = Caller { api_access: false, ..disabled };
        assert_eq!(off.require(SID, SCOPE), Err(Refusal::ApiAccessOff));
    }

    #[test]
    fn token_is_usable_unless_all_its_calls_are_refused() {
        assert!(caller().is_usable());
        for unusable in [
            Caller { api_access: false, ..caller() },
            Caller { state: TokenState::Disabled, ..caller() },
            Caller { expired: true, ..caller() },
            Caller { address_allowed: false, ..caller() },
        ] {
            assert!(!unusable.is_usable(), "{unusable:?}");
        }
    }
}
