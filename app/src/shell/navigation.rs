//! The navigation: the pages that the user's role may see.

use crate::i18n::use_i18n;
use crate::routes;
use crate::sign_in::allowed::{use_current_user, use_second_factor_missing};
use crate::ui::icon::Icon;
use crate::ui::reactive::{settled, t_signal};
use domain::members::role::Permission;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// Links to the pages. The current one is the page that is open, or the nearest one above it.
#[component]
pub fn Navigation() -> impl IntoView {
    let i18n = use_i18n();
    let role = use_current_user().role;
    // Until a second factor is set up, everything else leads back to the profile.
    let setting_up = use_second_factor_missing();
    let may = |permission| !setting_up && role.may(permission);
    let entries: Vec<_> = [
        Some((routes::OVERVIEW, Icon::Overview, t_signal!(i18n, overview.title))),
        may(Permission::SeeTokens).then(|| (routes::TOKENS, Icon::Key, t_signal!(i18n, tokens.list))),
        may(Permission::SeeAuditTrail)
            .then(|| (routes::AUDIT_TRAIL, Icon::Shield, t_signal!(i18n, settings.audit_trail))),
        may(Permission::ManageUsers).then(|| (routes::ACCOUNT_USERS, Icon::People, t_signal!(i18n, users.title))),
        may(Permission::ManageSecurityPolicy)
            .then(|| (routes::SECURITY_POLICY, Icon::Lock, t_signal!(i18n, policy.title))),
        Some((routes::SETTINGS, Icon::Settings, t_signal!(i18n, settings.title))),
    ]
    .into_iter()
    .flatten()
    .collect();
    let pages: Vec<_> = entries.iter().map(|(page, ..)| *page).collect();
    let path = use_location().pathname;
    let current = settled(move || path.with(|path| routes::nearest(path, &pages)));
    let entry = move |(page, icon, text): (&'static str, Icon, Signal<&'static str>)| {
        view! {
            <a href=page aria-current=move || (current.get() == Some(page)).then_some("page")>
                {icon.view()}
                <span>{text}</span>
            </a>
        }
    };
    view! {
        <nav aria-label=t_signal!(i18n, menu)>
            <p class="rail-title" aria-hidden="true">{t_signal!(i18n, menu)}</p>
            {entries.into_iter().map(entry).collect_view()}
        </nav>
    }
}
