//! The site's own address, which leads to the settings.

use crate::path;
use leptos::prelude::*;
use leptos_router::components::Redirect;

/// Leads on.
#[component]
pub fn Home() -> impl IntoView {
    view! { <Redirect path=path::SETTINGS/> }
}
