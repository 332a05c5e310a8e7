//! The site's paths, each once: for the router, for links and for tests. They contain what a user would want to keep in
//! a link.

use domain::audit::trail::TrailFilter;
use domain::tokens::filter::TokenFilter;
use domain::tokens::list_view::ListView;
use domain::tokens::recent_call::CallFilter;
use domain::tokens::token::TokenId;
use domain::tokens::usage_view::UsageView;
use std::fmt::Display;

/// Makes a constant of each path, and `route!`, which gives the router a page's path. The paths of settings pages are
/// below `$settings`.
macro_rules! paths {
    (
        pages { $($(#[$of_page:meta])* $page:ident = $path:tt,)* }
        $(#[$of_settings:meta])* $settings:ident = $root:tt { $($(#[$of_below:meta])* $below:ident = $under:tt,)* }
        others { $($(#[$of_other:meta])* $other:ident = $elsewhere:tt,)* }
    ) => {
        $($(#[$of_page])* pub const $page: &str = $path;)*
        $(#[$of_settings])* pub const $settings: &str = $root;
        $($(#[$of_below])* pub const $below: &str = concat!($root, $under);)*
        $($(#[$of_other])* pub const $other: &str = $elsewhere;)*

        /// The paths of all pages.
        pub const PAGES: &[&str] = &[$($page,)* $settings, $($below,)*];

        #[cfg(test)]
        const OTHERS: &[&str] = &[$($other,)*];

        macro_rules! route {
            $(($page) => { leptos_router::path!($path) };)*
            ($settings) => { leptos_router::path!($root) };
            $(($below) => { leptos_router::path!($root $under) };)*
        }
        pub(crate) use route;
    };
}

paths! {
    pages {
        /// The site's root, which leads to the overview.
        HOME = "/",
        /// The sign-in page.
        SIGN_IN = "/sign-in",
        /// The second step of sign-in.
        SECOND_STEP = "/sign-in/second-step",
        /// The page that explains why sign-in with the identity provider failed.
        SIGN_IN_FAILED = "/sign-in/failed",
        /// The page to request a link to set a new password.
        FORGOTTEN = "/sign-in/forgotten",
        /// The page to set a new password, by the token of the link: see [`new_password`].
        NEW_PASSWORD = "/new-password/:token",
        /// The page to accept an invitation, by the invitation's token: see [`invitation`].
        INVITATION = "/invitations/:token",
        /// The overview of the account, the first page after sign-in.
        OVERVIEW = "/overview",
    }
    /// The settings.
    SETTINGS = "/settings" {
        /// The account's audit trail.
        AUDIT_TRAIL = "/audit-trail",
        /// The agency's company profile.
        COMPANY_INFORMATION = "/company-information",
        /// The account's users.
        ACCOUNT_USERS = "/account-users",
        /// The account's rules for its access tokens.
        SECURITY_POLICY = "/security-policy",
        /// The user's own profile: name, password, sessions.
        PROFILE = "/profile",
        /// The access tokens.
        TOKENS = "/platform-rest",
        /// The page to create a token.
        NEW_TOKEN = "/platform-rest/new",
        /// Tips for keeping tokens secure.
        TIPS = "/platform-rest/tips",
        /// The page of one token: see [`token`].
        TOKEN = "/platform-rest/tokens/:id",
    }
    others {
        /// The start of sign-in with the identity provider, if the server has one.
        IDENTITY_PROVIDER = "/sign-in/oidc",
        /// The redirect URI of the identity provider.
        IDENTITY_PROVIDER_CALLBACK = "/sign-in/oidc/callback",
        /// The audit trail as a CSV file.
        AUDIT_TRAIL_CSV = "/settings/audit-trail/export.csv",
        /// The audit trail as a JSON Lines file.
        AUDIT_TRAIL_JSON_LINES = "/settings/audit-trail/export.jsonl",
        /// The last calls of a token as a CSV file: see [`calls`].
        CALLS_CSV = "/settings/platform-rest/calls.csv",
        /// The last calls of a token as a JSON Lines file.
        CALLS_JSON_LINES = "/settings/platform-rest/calls.jsonl",
        /// Server-sent events about changes of the tokens.
        LIVE = "/settings/platform-rest/live",
    }
}

/// The page of all UI parts, which only debug builds have. No route leads there: see [`crate::App`].
#[cfg(debug_assertions)]
pub(crate) const PARTS: &str = "/parts";

/// The query of a server function call that no user action caused: see [`crate::request::protocol::again`].
pub const AGAIN: &str = "again";

/// The query parameter of the list of tokens that names its view.
pub const LIST_VIEW: &str = "view";

/// Returns the beginning that all paths of a page have in common.
#[must_use]
pub fn before_parameter(path: &'static str) -> &'static str {
    path.split(':').next().unwrap_or(path)
}

/// Returns whether the path is that of the page, or lies below it.
#[must_use]
pub fn is_within(path: &str, page: &str) -> bool {
    path.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Returns the page among these that the path is of, or lies below: the nearest one.
#[must_use]
pub fn nearest(path: &str, pages: &[&'static str]) -> Option<&'static str> {
    pages.iter().copied().filter(|page| is_within(path, page)).max_by_key(|page| page.len())
}

/// Returns whether the page of this path is for signed-in users, with their account and the navigation around it.
#[must_use]
pub fn has_frame(path: &str) -> bool {
    nearest(path, &[OVERVIEW, SETTINGS]).is_some()
}

fn with_parameter(path: &'static str, value: impl Display) -> String {
    format!("{}{value}", before_parameter(path))
}

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
    with_parameter(TOKEN, id.0)
}

/// Returns the path of the page to set a new password, by the token of the link.
#[must_use]
pub fn new_password(token: &str) -> String {
    with_parameter(NEW_PASSWORD, token)
}

/// Returns the path of the page to accept an invitation, by the invitation's token.
#[must_use]
pub fn invitation(token: &str) -> String {
    with_parameter(INVITATION, token)
}

/// Returns the path with a notice for its page to show.
#[must_use]
pub fn with_notice(path: &str, notice: Notice) -> String {
    with_query(path, [(Notice::PARAMETER, notice.as_str().to_owned())])
}

/// Returns the path of the list of tokens with these filters, order and page.
#[must_use]
pub fn tokens(filter: &TokenFilter) -> String {
    tokens_in(None, filter)
}

/// Returns the path of the list of tokens with these filters, order and page, in this view if one is given.
#[must_use]
pub fn tokens_in(view: Option<ListView>, filter: &TokenFilter) -> String {
    let view = view.map(|view| (LIST_VIEW, view.as_str().to_owned()));
    with_query(TOKENS, filter.to_query().into_iter().chain(view))
}

/// Returns the view of the list of tokens that a link's query (without `?`) asks for, if it does.
#[must_use]
pub fn list_view(query: &str) -> Option<ListView> {
    value(query, LIST_VIEW)?.parse().ok()
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

/// Returns the address `path` of the last calls of the token that match the filter.
#[must_use]
pub fn calls(path: &str, token: TokenId, filter: &CallFilter) -> String {
    with_query(path, [("token", token.0.to_string())].into_iter().chain(filter.to_query()))
}

/// Returns the token, if there is one, and the filter of its calls that a link's query (without `?`) asks for.
#[must_use]
pub fn calls_asked_for(query: &str) -> (Option<TokenId>, CallFilter) {
    let token = value(query, "token").and_then(|id| id.parse().ok()).map(TokenId);
    (token, CallFilter::from_query(|name| value(query, name)))
}

/// Returns the address `path` of a token's usage, or of a file of it, in this view.
#[must_use]
pub fn usage(path: &str, view: &UsageView) -> String {
    with_query(path, view.to_query())
}

/// Returns the view of a token's usage that a link's query (without `?`) asks for.
#[must_use]
pub fn usage_view(query: &str) -> UsageView {
    UsageView::from_query(|name| value(query, name))
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
    use crate::sources::sources;
    use domain::paging::PagePosition;
    use std::fs;
    use std::path::Path;

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
    fn list_link_names_the_view_beside_the_filters() {
        let wanted = TokenFilter { name: "view=cards".to_owned(), ..TokenFilter::default() };
        for view in [None, Some(ListView::Cards), Some(ListView::Table)] {
            let link = tokens_in(view, &wanted);
            let query = link.split_once('?').unwrap_or_default().1;
            assert_eq!((list_view(query), filter(query)), (view, wanted.clone()), "{link}");
        }
        assert_eq!(tokens_in(Some(ListView::Table), &TokenFilter::default()), format!("{TOKENS}?view=table"));
        assert_eq!(list_view("view=rows"), None);
    }

    #[test]
    fn usage_link_restores_its_view() {
        for client in [None, Some(String::new()), Some("a&b=c 100%25 鍵".to_owned())] {
            let wanted = UsageView { status: Some(403), client, ..UsageView::default() };
            let link = usage(TIPS, &wanted);
            assert_eq!(usage_view(link.split_once('?').unwrap_or_default().1), wanted, "{link}");
        }
        assert_eq!(usage(TIPS, &UsageView::default()), TIPS);
    }

    #[test]
    fn nearest_page_is_the_one_itself_or_above() {
        let pages = [SETTINGS, TOKENS, OVERVIEW];
        for (path, nearest_page) in [
            ("/settings/platform-rest/tokens/0199", Some(TOKENS)),
            ("/settings/platform-rest", Some(TOKENS)),
            ("/settings/platform-restless", Some(SETTINGS)),
            ("/settings/", Some(SETTINGS)),
            ("/overview", Some(OVERVIEW)),
            ("/overviews", None),
            ("/", None),
        ] {
            assert_eq!(nearest(path, &pages), nearest_page, "{path}");
        }
        assert!(has_frame(PROFILE) && has_frame(OVERVIEW) && !has_frame(SIGN_IN) && !has_frame(HOME));
    }

    #[test]
    fn sign_in_link_keeps_next_path() {
        assert_eq!(sign_in_then("/settings?a=b&c"), "/sign-in?next=%2Fsettings%3Fa%3Db%26c");
    }

    /// Links to these paths have been mailed, bookmarked and configured at identity providers.
    #[test]
    fn paths_stay_as_they_were_published() {
        let published = "
            /
            /sign-in
            /sign-in/second-step
            /sign-in/failed
            /sign-in/forgotten
            /new-password/:token
            /invitations/:token
            /overview
            /settings
            /settings/audit-trail
            /settings/company-information
            /settings/account-users
            /settings/security-policy
            /settings/profile
            /settings/platform-rest
            /settings/platform-rest/new
            /settings/platform-rest/tips
            /settings/platform-rest/tokens/:id
            /sign-in/oidc
            /sign-in/oidc/callback
            /settings/audit-trail/export.csv
            /settings/audit-trail/export.jsonl
            /settings/platform-rest/calls.csv
            /settings/platform-rest/calls.jsonl
            /settings/platform-rest/live";
        assert_eq!([PAGES, OTHERS].concat(), published.split_whitespace().collect::<Vec<_>>());
        let built = [
            new_password("a"),
            invitation("b"),
            token(TokenId(uuid::Uuid::nil())),
            with_notice(SIGN_IN, Notice::Updated),
            sign_in_failed(SignInFailure::Over),
            identity_provider_then(None),
            second_step_then(SETTINGS),
        ];
        let published = "
            /new-password/a
            /invitations/b
            /settings/platform-rest/tokens/00000000-0000-0000-0000-000000000000
            /sign-in?notice=updated
            /sign-in/failed?reason=over
            /sign-in/oidc
            /sign-in/second-step?next=%2Fsettings";
        assert_eq!(built.to_vec(), published.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn paths_are_written_in_one_place_only() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let files = ["src", "../server/src"].into_iter().flat_map(|folder| sources(&root.join(folder)));
        for file in files.filter(|file| *file != root.join("src/routes.rs")) {
            let text = fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            for begin in ["\"/sign-in", "\"/new-password", "\"/invitations", "\"/overview", "\"/settings"] {
                assert!(!code.contains(begin), "{}: {begin}…\": use `routes`", file.display());
            }
        }
    }
}
