//! The URL paths of the pages. They contain what a user would want to keep in a link.

use domain::audit::trail::TrailFilter;
use domain::tokens::filter::TokenFilter;
use domain::tokens::token::TokenId;

/// The sign-in page.
pub const SIGN_IN: &str = "/sign-in";
/// The page to request a link to set a new password.
pub const FORGOTTEN: &str = "/sign-in/forgotten";
/// The second step of sign-in.
pub const SECOND_STEP: &str = "/sign-in/second-step";
/// The start of sign-in with the identity provider, if the server has one.
pub const IDENTITY_PROVIDER: &str = "/sign-in/oidc";
/// The redirect URI of the identity provider.
pub const IDENTITY_PROVIDER_CALLBACK: &str = "/sign-in/oidc/callback";
/// The page that explains why sign-in with the identity provider failed.
pub const SIGN_IN_FAILED: &str = "/sign-in/failed";
/// The settings.
pub const SETTINGS: &str = "/settings";
/// The agency's company profile.
pub const COMPANY_INFORMATION: &str = "/settings/company-information";
/// The user's own profile: name, password, sessions.
pub const PROFILE: &str = "/settings/profile";
/// The account's users.
pub const ACCOUNT_USERS: &str = "/settings/account-users";
/// The account's audit trail.
pub const AUDIT_TRAIL: &str = "/settings/audit-trail";
/// The audit trail as a CSV file.
pub const AUDIT_TRAIL_CSV: &str = "/settings/audit-trail/export.csv";
/// The audit trail as a JSON Lines file.
pub const AUDIT_TRAIL_JSON_LINES: &str = "/settings/audit-trail/export.jsonl";
/// The account's rules for its access tokens.
pub const SECURITY_POLICY: &str = "/settings/security-policy";
/// The access tokens.
pub const TOKENS: &str = "/settings/platform-rest";
/// Server-sent events about changes of the tokens.
pub const LIVE: &str = "/settings/platform-rest/live";
/// The query of a server function call that no user action caused: see `api::protocol::again`.
pub const AGAIN: &str = "again";
/// The page to create a token.
pub const NEW_TOKEN: &str = "/settings/platform-rest/new";
/// The prefix of the paths of single tokens.
pub const TOKEN: &str = "/settings/platform-rest/tokens/";
/// Tips for keeping tokens secure.
pub const TIPS: &str = "/settings/platform-rest/tips";

/// A notice that a page shows to a browser without our wasm after a form was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// The item was created.
    Created,
    /// The item was updated.
    Updated,
}

impl Notice {
    /// The query parameter that carries the notice.
    pub const PARAMETER: &str = "notice";

    const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
        }
    }

    /// Returns the notice of that name, or `None` if there is none.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Created, Self::Updated].into_iter().find(|notice| notice.as_str() == name)
    }
}

/// The reason why sign-in with the identity provider failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInFailure {
    /// No active user has the person's e-mail address.
    NotInvited,
    /// The provider reports the e-mail address as unverified: it may be another person's.
    Unverified,
    /// The provider does not report whether the e-mail address is verified, or reports no address.
    Unvouched,
    /// The user with the e-mail address is linked to another identity of the provider.
    LinkedOtherwise,
    /// The person or the provider cancelled.
    Cancelled,
    /// The attempt expired, was already completed, or began in another browser.
    Over,
    /// The provider does not answer.
    Unreachable,
    /// The provider is not the one that this server was set up for, or the server has none.
    Misconfigured,
    /// The provider's answer is malformed or can't be verified.
    Rejected,
    /// This server could not do it: a fault of its own, or its database does not answer.
    Fault,
}

impl SignInFailure {
    /// Every reason.
    pub const ALL: [Self; 10] = [
        Self::NotInvited,
        Self::Unverified,
        Self::Unvouched,
        Self::LinkedOtherwise,
        Self::Cancelled,
        Self::Over,
        Self::Unreachable,
        Self::Misconfigured,
        Self::Rejected,
        Self::Fault,
    ];

    /// The query parameter that carries the reason.
    pub const PARAMETER: &str = "reason";

    const fn as_str(self) -> &'static str {
        match self {
            Self::NotInvited => "not-invited",
            Self::Unverified => "unverified",
            Self::Unvouched => "unvouched",
            Self::LinkedOtherwise => "linked-otherwise",
            Self::Cancelled => "cancelled",
            Self::Over => "over",
            Self::Unreachable => "unreachable",
            Self::Misconfigured => "misconfigured",
            Self::Rejected => "rejected",
            Self::Fault => "fault",
        }
    }

    /// Returns the reason of that name, or `None` if there is none.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }

    /// Returns the HTTP status of the page that shows the reason.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::NotInvited | Self::Unverified | Self::Unvouched | Self::LinkedOtherwise | Self::Cancelled => 403,
            Self::Over => 400,
            Self::Unreachable | Self::Fault => 503,
            Self::Misconfigured | Self::Rejected => 502,
        }
    }
}

/// Returns the path of the page that explains why sign-in failed.
#[must_use]
pub fn sign_in_failed(reason: SignInFailure) -> String {
    with_query(SIGN_IN_FAILED, [(SignInFailure::PARAMETER, reason.as_str().to_owned())])
}

/// Returns the path that starts sign-in with the identity provider, and then leads to `next`.
#[must_use]
pub fn identity_provider_then(next: Option<String>) -> String {
    with_query(IDENTITY_PROVIDER, next.map(|next| ("next", next)))
}

/// Returns the path of the page that edits a token.
#[must_use]
pub fn token(id: TokenId) -> String {
    format!("{TOKEN}{}", id.0)
}

/// Returns the path of a token's page with a notice.
#[must_use]
pub fn token_with_notice(id: TokenId, notice: Notice) -> String {
    format!("{}?{}={}", token(id), Notice::PARAMETER, notice.as_str())
}

/// Returns the path of the company profile with a notice.
#[must_use]
pub fn company_information_with_notice(notice: Notice) -> String {
    format!("{COMPANY_INFORMATION}?{}={}", Notice::PARAMETER, notice.as_str())
}

/// Returns the path of the security policy with a notice.
#[must_use]
pub fn security_policy_with_notice(notice: Notice) -> String {
    format!("{SECURITY_POLICY}?{}={}", Notice::PARAMETER, notice.as_str())
}

/// Returns the path of the page to request a new password, with the notice that this is done.
#[must_use]
pub fn forgotten_with_notice() -> String {
    format!("{FORGOTTEN}?{}={}", Notice::PARAMETER, Notice::Created.as_str())
}

/// Returns the path of the sign-in page, with the notice that a new password is set.
#[must_use]
pub fn sign_in_with_notice() -> String {
    format!("{SIGN_IN}?{}={}", Notice::PARAMETER, Notice::Updated.as_str())
}

/// Returns the path of the page to set a new password, by the token of the link.
#[must_use]
pub fn new_password(token: &str) -> String {
    format!("/new-password/{token}")
}

/// Returns the path of the page to accept an invitation, by the invitation's token.
#[must_use]
pub fn invitation(token: &str) -> String {
    format!("/invitations/{token}")
}

/// Returns the path of the list of tokens with these filters, order and page.
#[must_use]
pub fn tokens(filter: &TokenFilter) -> String {
    with_query(TOKENS, filter.to_query())
}

/// Returns the filters, order and page that a link's query (without `?`) asks for.
///
/// Parsed here and not by the router, which decodes each value twice: a search for `100%25` would find another name.
#[must_use]
pub fn filter(query: &str) -> TokenFilter {
    TokenFilter::from_query(|name| value(query, name))
}

/// Returns the audit trail's address `path` with these filters and page.
#[must_use]
pub fn audit_trail(path: &str, filter: &TrailFilter) -> String {
    with_query(path, filter.to_query())
}

/// Returns the filters and page of the audit trail that a link's query (without `?`) asks for.
#[must_use]
pub fn trail_filter(query: &str) -> TrailFilter {
    TrailFilter::from_query(|name| value(query, name))
}

fn value(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// Returns the path of the sign-in page, which then leads to `next`.
#[must_use]
pub fn sign_in_then(next: &str) -> String {
    with_query(SIGN_IN, [("next", next.to_owned())])
}

/// Returns the path of the second step of sign-in, which then leads to `next`.
#[must_use]
pub fn second_step_then(next: &str) -> String {
    with_query(SECOND_STEP, [("next", next.to_owned())])
}

fn with_query(path: &str, query: impl IntoIterator<Item = (&'static str, String)>) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::paging::PagePosition;

    #[test]
    fn list_link_restores_its_filters() {
        for name in ["", "100%25", "a&b=c", "鍵 束", "%", "+"] {
            let wanted = TokenFilter { name: name.to_owned(), place: PagePosition::Last, ..TokenFilter::default() };
            let link = tokens(&wanted);
            assert_eq!(filter(link.split_once('?').unwrap_or_default().1), wanted, "{link}");
        }
        assert_eq!(tokens(&TokenFilter::default()), TOKENS);
    }

    #[test]
    fn sign_in_link_keeps_next_path() {
        assert_eq!(sign_in_then("/settings?a=b&c"), "/sign-in?next=%2Fsettings%3Fa%3Db%26c");
    }
}
