//! Settings: what the person's role may set, by column and group.

use crate::components::allowed::use_asker;
use crate::components::icon::Icon;
use crate::components::page_title::PageTitle;
use crate::components::reactive::say;
use crate::i18n::{t_string, use_i18n};
use crate::path;
use crate::words;
use domain::role::Permission;
use leptos::prelude::*;

/// The column Account with its group Technical.
#[component]
pub fn Settings() -> impl IntoView {
    let i18n = use_i18n();
    let asker = use_asker();
    let content = if asker.role.may(Permission::SeeTokens) {
        view! {
            <section class="settings-column" aria-labelledby="settings-account">
                <h2 id="settings-account">{say!(i18n, settings.account)}</h2>
                <h3>{say!(i18n, settings.technical)}</h3>
                <a class="settings-link" href=path::TOKENS>
                    {Icon::Key.view()}
                    <span>
                        <strong>{say!(i18n, settings.platform_rest)}</strong>
                        <span>{say!(i18n, settings.platform_rest_about)}</span>
                    </span>
                    {Icon::ChevronRight.view()}
                </a>
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
                <h2>{say!(i18n, settings.nothing)}</h2>
                <p>{text}</p>
            </section>
        }
        .into_any()
    };
    view! {
        <PageTitle text=Signal::derive(move || t_string!(i18n, settings.title).to_owned())/>
        <div class="page-head">
            <h1>{say!(i18n, settings.title)}</h1>
        </div>
        {content}
    }
}
