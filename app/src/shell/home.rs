//! The site's root path, which leads to the overview.

use crate::routes;
use leptos::prelude::*;
use leptos_router::components::Redirect;

/// Redirects to the overview.
#[component]
pub fn Home() -> impl IntoView {
    view! { <Redirect path=routes::OVERVIEW/> }
}
