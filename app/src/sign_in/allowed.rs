//! The signed-in user, and what their role lets them see.

use crate::sign_in::page_session::use_page_session;
use crate::ui::message::NotAllowed;
use domain::members::role::Permission;
use domain::members::user::{CurrentUser, Preferences};
use leptos::prelude::*;

/// Returns the signed-in user, or `None` if no user is signed in.
pub fn use_session() -> Option<CurrentUser> {
    use_page_session().current_user.clone()
}

/// Returns whether it is unknown who is signed in: the page says so, and is of no use until it is reloaded.
pub fn use_asker_unknown() -> bool {
    use_page_session().user_unknown
}

/// Returns whether the signed-in user has to set up a second factor before anything else: only their profile is open to
/// them.
pub fn use_second_factor_missing() -> bool {
    use_page_session().second_factor_missing
}

/// Returns the user's preferences for pages. If no user is signed in, they all follow the browser.
pub fn use_preferences() -> Preferences {
    use_page_session().preferences.clone()
}

/// Returns the signed-in user. Only below the frame, which redirects everyone else to sign-in.
pub fn use_current_user() -> CurrentUser {
    use_session().expect("the frame shows its pages only to those who are signed in")
}

/// Returns the page for users whose role has the permission, and for others one that says why not.
pub fn allowed(permission: Permission, page: impl FnOnce() -> AnyView) -> AnyView {
    let asker = use_current_user();
    if asker.role.may(permission) {
        return page();
    }
    view! { <NotAllowed role=asker.role account=asker.account_name/> }.into_any()
}
