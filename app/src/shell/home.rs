//! The site's root path, which leads to the settings.

use crate::routes;
use leptos::prelude::*;
use leptos_router::components::Redirect;

/// Redirects to the settings.
#[component]
pub fn Home() -> impl IntoView {
    view! { <Redirect path=routes::SETTINGS/> }
}
