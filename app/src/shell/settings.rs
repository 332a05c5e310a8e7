//! The settings that the user's role may change, by column and group.

use crate::i18n::{t_string, use_i18n};
use crate::routes;
use crate::sign_in::allowed::use_current_user;
use crate::ui::icon::Icon;
use crate::ui::page_title::PageTitle;
use crate::ui::reactive::t_signal;
use crate::words;
use domain::members::role::Permission;
use leptos::prelude::*;

/// The page, with the column Account and its groups General and Technical.
#[component]
pub fn Settings() -> impl IntoView {
    let i18n = use_i18n();
    let asker = use_current_user();
    let may = |permission| asker.role.may(permission);
    let general = [
        may(Permission::ManageCompanyInformation).then(|| {
            let about = t_signal!(i18n, settings.company_information_about);
            settings_link(
                Icon::Company,
                routes::COMPANY_INFORMATION,
                t_signal!(i18n, settings.company_information),
                about,
            )
        }),
        may(Permission::ManageUsers).then(|| {
            settings_link(
                Icon::People,
                routes::ACCOUNT_USERS,
                t_signal!(i18n, users.title),
                t_signal!(i18n, users.about),
            )
        }),
        may(Permission::ManageSecurityPolicy).then(|| {
            let about = t_signal!(i18n, policy.about);
            settings_link(Icon::Lock, routes::SECURITY_POLICY, t_signal!(i18n, policy.title), about)
        }),
        may(Permission::SeeAuditTrail).then(|| {
            let about = t_signal!(i18n, settings.audit_trail_about);
            settings_link(Icon::Shield, routes::AUDIT_TRAIL, t_signal!(i18n, settings.audit_trail), about)
        }),
    ];
    let technical = [may(Permission::SeeTokens).then(|| {
        let about = t_signal!(i18n, settings.platform_rest_about);
        settings_link(Icon::Key, routes::TOKENS, t_signal!(i18n, settings.platform_rest), about)
    })];
    let groups = [
        group(t_signal!(i18n, settings.general), general.into_iter().flatten().collect()),
        group(t_signal!(i18n, settings.technical), technical.into_iter().flatten().collect()),
    ];
    let content = if groups.iter().any(Option::is_some) {
        view! {
            <section class="settings-column" aria-labelledby="settings-account">
                <h2 id="settings-account">{t_signal!(i18n, settings.account)}</h2>
                {groups.into_iter().collect_view()}
            </section>
        }
        .into_any()
    } else {
        let text = move || {
            let role = words::role(i18n, asker.role);
            t_string!(i18n, settings.nothing_text, role = role, account = asker.account_name.as_str()).to_string()
        };
        view! {
            <section class="empty">
                {Icon::Shield.view()}
                <h2>{t_signal!(i18n, settings.nothing)}</h2>
                <p>{text}</p>
            </section>
        }
        .into_any()
    };
    view! {
        <PageTitle text=Signal::derive(move || t_string!(i18n, settings.title).to_owned())/>
        <div class="page-head">
            <h1>{t_signal!(i18n, settings.title)}</h1>
        </div>
        {content}
    }
}

/// Returns a group of links, or `None` if it has no links.
fn group(title: Signal<&'static str>, links: Vec<AnyView>) -> Option<AnyView> {
    (!links.is_empty()).then(|| {
        view! {
            <h3>{title}</h3>
            {links}
        }
        .into_any()
    })
}

/// Returns a link to a page, with its subject.
pub fn settings_link(
    icon: Icon,
    href: &'static str,
    title: Signal<&'static str>,
    about: Signal<&'static str>,
) -> AnyView {
    view! {
        <a class="link-row settings-link" href=href>
            {icon.view()}
            <span>
                <strong>{title}</strong>
                <span>{about}</span>
            </span>
            {Icon::ChevronRight.view()}
        </a>
    }
    .into_any()
}
