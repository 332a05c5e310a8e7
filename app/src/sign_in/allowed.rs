//! The signed-in user, and what their role lets them see.

use crate::sign_in::api::session::{asker_unknown, preferences, second_factor_missing, signed_in};
use crate::ui::message::NotAllowed;
use domain::members::role::Permission;
use domain::members::user::{CurrentUser, Preferences};
use leptos::prelude::*;

/// The signed-in user. Constant until the browser loads another page, which sign-in and sign-out make it do.
#[derive(Clone)]
struct Session {
    asker: Option<CurrentUser>,
    unknown: bool,
    second_factor_missing: bool,
    preferences: Preferences,
}

/// Provides the session. Called once, by the app.
pub fn provide_session() {
    let session = || (signed_in(), asker_unknown(), second_factor_missing(), preferences());
    let (asker, unknown, second_factor_missing, preferences) = SharedValue::new(session).into_inner();
    provide_context(Session { asker, unknown, second_factor_missing, preferences });
}

/// Returns the signed-in user, or `None` if no user is signed in.
pub fn use_session() -> Option<CurrentUser> {
    expect_context::<Session>().asker
}

/// Returns whether it is unknown who is signed in: the page says so, and is of no use until it is reloaded.
pub fn use_asker_unknown() -> bool {
    expect_context::<Session>().unknown
}

/// Returns whether the signed-in user has to set up a second factor before anything else: only their profile is open to
/// them.
pub fn use_second_factor_missing() -> bool {
    expect_context::<Session>().second_factor_missing
}

/// Returns the user's preferences for pages. If no user is signed in, they all follow the browser.
pub fn use_preferences() -> Preferences {
    expect_context::<Session>().preferences
}

/// Returns the signed-in user. Only below the frame, which redirects everyone else to sign-in.
pub fn use_current_user() -> CurrentUser {
    use_session().expect("the frame shows its pages only to those who are signed in")
}

/// Shows its children to users whose role has the permission, and to others a page that says why not.
#[component]
pub fn Allowed(permission: Permission, children: Children) -> impl IntoView {
    let asker = use_current_user();
    if asker.role.may(permission) {
        return children().into_any();
    }
    view! { <NotAllowed role=asker.role account=asker.account_name/> }.into_any()
}
