//! Who is signed in, and what their role lets them see.

use crate::api::session::{asker_unknown, preferences, second_factor_missing, signed_in};
use crate::pages::message::NotAllowed;
use domain::members::role::Permission;
use domain::members::user::{Asker, Preferences};
use leptos::prelude::*;

/// Who is signed in; it stays so until the browser loads another page, which signing in and out makes it do.
#[derive(Clone)]
struct Session {
    asker: Option<Asker>,
    unknown: bool,
    second_factor_missing: bool,
    preferences: Preferences,
}

/// Called once, by the app.
pub fn provide_session() {
    let session = || (signed_in(), asker_unknown(), second_factor_missing(), preferences());
    let (asker, unknown, second_factor_missing, preferences) = SharedValue::new(session).into_inner();
    provide_context(Session { asker, unknown, second_factor_missing, preferences });
}

/// Who is signed in, if anybody is.
pub fn use_session() -> Option<Asker> {
    expect_context::<Session>().asker
}

/// Whether it can't be told who is signed in: the page says so, and is of no use until it is loaded anew.
pub fn use_asker_unknown() -> bool {
    expect_context::<Session>().unknown
}

/// Whether who is signed in has to set up a second factor before anything else: only their profile is open to them.
pub fn use_second_factor_missing() -> bool {
    expect_context::<Session>().second_factor_missing
}

/// What they want pages to be like; where nobody is signed in, all follows the browser.
pub fn use_preferences() -> Preferences {
    expect_context::<Session>().preferences
}

/// Who is signed in. Only below the frame, which sends everybody else to sign in.
pub fn use_asker() -> Asker {
    use_session().expect("the frame shows its pages only to those who are signed in")
}

/// Shows its children to those whose role allows it, and a page that says so to the others.
#[component]
pub fn Allowed(permission: Permission, children: Children) -> impl IntoView {
    if use_asker().role.may(permission) { children().into_any() } else { view! { <NotAllowed/> }.into_any() }
}
