//! The content security policy: what the browser lets a page load, run and send. On the server only.

use crate::account::api::account::EnableApiAccess;
use crate::account::api::company_information::UpdateCompanyInformation;
use crate::account::api::security_policy::UpdateSecurityPolicy;
use crate::members::api::profile::{ChangePassword, SignOutElsewhere, SwitchAccount, UpdateProfile};
use crate::members::api::users::AcceptInvitation;
use crate::request::context::answer_header;
use crate::routes::{self, before_parameter};
use crate::sign_in::api::password_reset::{Forgotten, ResetPassword};
use crate::sign_in::api::session::{SecondStep, SignIn, SignOut};
use crate::tokens::api::{Create, Update};
use http::{header, request::Parts};
use leptos::context::use_context;
use leptos::nonce::use_nonce;
use leptos::server_fn::ServerFn;

/// Sends the policy of this page: it may load and run our own files, and inline scripts with this answer's nonce. The
/// policy also limits where it may send forms.
pub fn answer() {
    let nonce = use_nonce().map(|nonce| format!(" 'nonce-{nonce}'")).unwrap_or_default();
    let forms = form_action(use_context::<Parts>().as_ref().map_or("", |parts| parts.uri.path()));
    let policy = format!(
        "default-src 'none'; script-src 'self'{nonce} 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; {forms}"
    );
    answer_header(header::CONTENT_SECURITY_POLICY, &policy);
}

/// Returns the directive `form-action` for the page of this path. A form injected into the page reaches only the
/// targets of the page's own forms.
///
/// A source with a path has to name a host, and this server does not know the names by which it is reached. So there
/// are two policies, and the browser enforces both: this site, whatever its name, and these paths, on any site.
fn form_action(path: &str) -> String {
    let forms: String = forms(path.trim_end_matches('/')).iter().map(|form| format!(" *:*{form}")).collect();
    if forms.is_empty() { "form-action 'none'".to_owned() } else { format!("form-action 'self', form-action{forms}") }
}

/// Returns the actions of a page's plain forms, without the requests that only our wasm sends.
fn forms(path: &str) -> Vec<&'static str> {
    let own: &[&str] = match path {
        routes::SIGN_IN => &[SignIn::PATH],
        routes::FORGOTTEN => &[Forgotten::PATH],
        routes::SECOND_STEP => &[SecondStep::PATH],
        routes::PROFILE => &[UpdateProfile::PATH, ChangePassword::PATH, SignOutElsewhere::PATH],
        routes::TOKENS => &[routes::TOKENS, EnableApiAccess::PATH],
        routes::NEW_TOKEN => &[Create::PATH],
        routes::COMPANY_INFORMATION => &[UpdateCompanyInformation::PATH],
        routes::SECURITY_POLICY => &[UpdateSecurityPolicy::PATH],
        routes::AUDIT_TRAIL => &[routes::AUDIT_TRAIL],
        other if other.starts_with(before_parameter(routes::NEW_PASSWORD)) => &[ResetPassword::PATH],
        other if other.starts_with(before_parameter(routes::INVITATION)) => &[AcceptInvitation::PATH],
        other if other.starts_with(before_parameter(routes::TOKEN)) => &[Update::PATH],
        _ => &[],
    };
    let frame: &[&str] = if routes::has_frame(path) { &[SignOut::PATH, SwitchAccount::PATH] } else { &[] };
    [own, frame].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_without_forms_may_send_none() {
        for path in ["", routes::HOME, "/no-such-page", routes::SIGN_IN_FAILED] {
            assert_eq!(form_action(path), "form-action 'none'", "{path}");
        }
    }

    #[test]
    fn page_may_send_its_own_forms_only() {
        let sign_in = "form-action 'self', form-action *:*/api/session/sign_in";
        assert_eq!(form_action("/sign-in"), sign_in);
        assert_eq!(form_action("/sign-in/"), sign_in);
        let token = form_action("/settings/platform-rest/tokens/0199");
        let actions = "*:*/api/tokens/update *:*/api/session/sign_out *:*/api/profile/switch_account";
        assert_eq!(token, format!("form-action 'self', form-action {actions}"));
    }
}
