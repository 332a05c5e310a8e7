//! The page that explains why sign-in with the identity provider failed, and what to do about it.

use crate::i18n::{t_string, use_i18n};
use crate::routes::{self, SignInFailure};
use crate::sign_in::frame::SignedOutPage;
use crate::ui::reactive::t_signal;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The page. An unknown reason counts as [`SignInFailure::Rejected`].
#[component]
pub fn SignInFailed() -> impl IntoView {
    let i18n = use_i18n();
    let reason = use_query_map().with_untracked(|query| query.get(SignInFailure::PARAMETER));
    let reason = reason.and_then(|name| SignInFailure::from_name(&name)).unwrap_or(SignInFailure::Rejected);
    #[cfg(feature = "ssr")]
    crate::request::context::set_status_code(reason.status());
    let text = move || match reason {
        SignInFailure::NotInvited => t_string!(i18n, sign_in_failed.not_invited),
        SignInFailure::Unverified => t_string!(i18n, sign_in_failed.unverified),
        SignInFailure::Unvouched => t_string!(i18n, sign_in_failed.unvouched),
        SignInFailure::LinkedOtherwise => t_string!(i18n, sign_in_failed.linked_otherwise),
        SignInFailure::Cancelled => t_string!(i18n, sign_in_failed.cancelled),
        SignInFailure::Over => t_string!(i18n, sign_in_failed.over),
        SignInFailure::Unreachable => t_string!(i18n, sign_in_failed.unreachable),
        SignInFailure::Misconfigured => t_string!(i18n, sign_in_failed.misconfigured),
        SignInFailure::Rejected => t_string!(i18n, sign_in_failed.rejected),
        SignInFailure::Fault => t_string!(i18n, sign_in_failed.fault),
    };
    view! {
        <SignedOutPage title=t_signal!(i18n, sign_in_failed.title)>
            <h1>{t_signal!(i18n, sign_in_failed.title)}</h1>
            <p class="lead">{text}</p>
            <a class="button" href=routes::SIGN_IN>{t_signal!(i18n, sign_in_failed.again)}</a>
        </SignedOutPage>
    }
}
