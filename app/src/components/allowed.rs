//! Who is signed in, and what their role lets them see.

use crate::api::session::signed_in;
use crate::pages::message::NotAllowed;
use domain::role::Permission;
use domain::user::Asker;
use leptos::prelude::*;

/// Who is signed in; it stays so until the browser loads another page, which signing in and out makes it do.
#[derive(Clone)]
struct Session(Option<Asker>);

/// Called once, by the app.
pub fn provide_session() {
    provide_context(Session(SharedValue::new(signed_in).into_inner()));
}

/// Who is signed in, if anybody is.
pub fn use_session() -> Option<Asker> {
    expect_context::<Session>().0
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
