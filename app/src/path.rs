//! The addresses of the pages. What a person would want to keep in a link is in them.

use domain::audit::trail::TrailFilter;
use domain::tokens::filter::TokenFilter;
use domain::tokens::token::TokenId;

/// Signing in.
pub const SIGN_IN: &str = "/sign-in";
/// Asking for a link to set a new password.
pub const FORGOTTEN: &str = "/sign-in/forgotten";
/// The second step of signing in.
pub const SECOND_STEP: &str = "/sign-in/second-step";
/// Signing in at the identity provider, where the server has one.
pub const IDENTITY_PROVIDER: &str = "/sign-in/oidc";
/// Where the identity provider sends people back to.
pub const IDENTITY_PROVIDER_CALLBACK: &str = "/sign-in/oidc/callback";
/// Why signing in there led nowhere.
pub const SIGN_IN_FAILED: &str = "/sign-in/failed";
/// Settings.
pub const SETTINGS: &str = "/settings";
/// The agency's company profile.
pub const COMPANY_INFORMATION: &str = "/settings/company-information";
/// Oneself: name, password, sessions.
pub const PROFILE: &str = "/settings/profile";
/// The account's users.
pub const ACCOUNT_USERS: &str = "/settings/account-users";
/// Who did what in the account.
pub const AUDIT_TRAIL: &str = "/settings/audit-trail";
/// The same as a file for spreadsheets.
pub const AUDIT_TRAIL_CSV: &str = "/settings/audit-trail/export.csv";
/// The same as a file for programs.
pub const AUDIT_TRAIL_JSON_LINES: &str = "/settings/audit-trail/export.jsonl";
/// What the account demands of its access tokens.
pub const SECURITY_POLICY: &str = "/settings/security-policy";
/// The access tokens.
pub const TOKENS: &str = "/settings/platform-rest";
/// Server-sent events of what changes among them.
pub const LIVE: &str = "/settings/platform-rest/live";
/// The query of a server function that nobody has asked for: see `api::protocol::again`.
pub const AGAIN: &str = "again";
/// Creating a token.
pub const NEW_TOKEN: &str = "/settings/platform-rest/new";
/// What the addresses of single tokens begin with.
pub const TOKEN: &str = "/settings/platform-rest/tokens/";
/// How to keep tokens secure.
pub const TIPS: &str = "/settings/platform-rest/tips";

/// What a page tells a browser without our wasm after a form was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// It was created.
    Created,
    /// It was updated.
    Updated,
}

impl Notice {
    /// The query parameter that carries it.
    pub const PARAMETER: &str = "notice";

    const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
        }
    }

    /// The notice of that name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Created, Self::Updated].into_iter().find(|notice| notice.as_str() == name)
    }
}

/// Why nobody was signed in at the identity provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInFailure {
    /// No active user has the person's e-mail address.
    NotInvited,
    /// The provider says that the e-mail address may be another's.
    Unverified,
    /// The provider does not say whose the e-mail address is, or says none.
    Unvouched,
    /// The user of the e-mail address is another person to the provider.
    LinkedOtherwise,
    /// The person, or the provider, said no.
    Cancelled,
    /// It took too long, was done already, or began elsewhere.
    Over,
    /// The provider does not answer.
    Unreachable,
    /// The provider is another one than this server was set up for, or none at all.
    Misconfigured,
    /// What the provider answered is not to be believed or not to be understood.
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

    /// The query parameter that carries it.
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

    /// The reason of that name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }

    /// The HTTP status of the page that says so.
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

/// The page that says why nobody was signed in.
#[must_use]
pub fn sign_in_failed(reason: SignInFailure) -> String {
    with_query(SIGN_IN_FAILED, [(SignInFailure::PARAMETER, reason.as_str().to_owned())])
}

/// Signing in at the identity provider, and then going on to `next`.
#[must_use]
pub fn identity_provider_then(next: Option<String>) -> String {
    with_query(IDENTITY_PROVIDER, next.map(|next| ("next", next)))
}

/// One token, to edit.
#[must_use]
pub fn token(id: TokenId) -> String {
    format!("{TOKEN}{}", id.0)
}

/// One token, with a notice above it.
#[must_use]
pub fn token_with_notice(id: TokenId, notice: Notice) -> String {
    format!("{}?{}={}", token(id), Notice::PARAMETER, notice.as_str())
}

/// The company profile, with a notice above it.
#[must_use]
pub fn company_information_with_notice(notice: Notice) -> String {
    format!("{COMPANY_INFORMATION}?{}={}", Notice::PARAMETER, notice.as_str())
}

/// The security policy, with a notice above it.
#[must_use]
pub fn security_policy_with_notice(notice: Notice) -> String {
    format!("{SECURITY_POLICY}?{}={}", Notice::PARAMETER, notice.as_str())
}

/// Asking for a new password, once that is done.
#[must_use]
pub fn forgotten_with_notice() -> String {
    format!("{FORGOTTEN}?{}={}", Notice::PARAMETER, Notice::Created.as_str())
}

/// Signing in, once a new password is set.
#[must_use]
pub fn sign_in_with_notice() -> String {
    format!("{SIGN_IN}?{}={}", Notice::PARAMETER, Notice::Updated.as_str())
}

/// Where a person sets a new password, by the token of the link.
#[must_use]
pub fn new_password(token: &str) -> String {
    format!("/new-password/{token}")
}

/// Where an invited person accepts, by the token of the invitation.
#[must_use]
pub fn invitation(token: &str) -> String {
    format!("/invitations/{token}")
}

/// The list with these filters, order and page.
#[must_use]
pub fn tokens(filter: &TokenFilter) -> String {
    with_query(TOKENS, filter.to_query())
}

/// The filters, order and page that a link's query (without `?`) asks for.
///
/// Read here and not by the router, which decodes each value twice: a search for `100%25` would find another name.
#[must_use]
pub fn filter(query: &str) -> TokenFilter {
    TokenFilter::from_query(|name| value(query, name))
}

/// The audit trail with these filters and page, at one of its addresses.
#[must_use]
pub fn audit_trail(path: &str, filter: &TrailFilter) -> String {
    with_query(path, filter.to_query())
}

/// The filters and page of the audit trail that a link's query (without `?`) asks for.
#[must_use]
pub fn trail_filter(query: &str) -> TrailFilter {
    TrailFilter::from_query(|name| value(query, name))
}

fn value(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// Signing in, and then going on to `next`.
#[must_use]
pub fn sign_in_then(next: &str) -> String {
    with_query(SIGN_IN, [("next", next.to_owned())])
}

/// The second step of signing in, and then going on to `next`.
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
    use domain::paging::Place;

    #[test]
    fn a_link_to_the_list_brings_back_its_filters() {
        for name in ["", "100%25", "a&b=c", "鍵 束", "%", "+"] {
            let wanted = TokenFilter { name: name.to_owned(), place: Place::Last, ..TokenFilter::default() };
            let link = tokens(&wanted);
            assert_eq!(filter(link.split_once('?').unwrap_or_default().1), wanted, "{link}");
        }
        assert_eq!(tokens(&TokenFilter::default()), TOKENS);
    }

    #[test]
    fn the_way_back_survives_signing_in() {
        assert_eq!(sign_in_then("/settings?a=b&c"), "/sign-in?next=%2Fsettings%3Fa%3Db%26c");
    }
}
