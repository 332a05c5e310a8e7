//! Who is signed in, and what their role lets them see.

use crate::pages::message::NotAllowed;
use domain::role::Permission;
use domain::user::Asker;
use leptos::prelude::*;

/// Who is signed in. Only below the frame, which knows.
pub fn use_asker() -> Asker {
    expect_context()
}

/// Shows its children to those whose role allows it, and a page that says so to the others.
#[component]
pub fn Allowed(permission: Permission, children: Children) -> impl IntoView {
    if use_asker().role.may(permission) { children().into_any() } else { view! { <NotAllowed/> }.into_any() }
}
