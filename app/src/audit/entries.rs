//! Entries of the audit trail: time, user, action, subject, and expandable details.

use crate::i18n::{t_string, use_i18n};
use crate::routes;
use crate::ui::reactive::t_signal;
use crate::ui::time::Time;
use crate::words::{self, Words};
use domain::audit::action::Action;
use domain::audit::trail::{Change, Entry};
use domain::members::role::Role;
use leptos::prelude::*;

/// The list of entries. With `of_one_token`, entries do not name their token.
#[component]
pub fn AuditEntries(entries: Vec<Entry>, #[prop(optional)] of_one_token: bool) -> impl IntoView {
    let i18n = use_i18n();
    let entries: Vec<AnyView> = entries.into_iter().map(|entry| view_of(i18n, entry, of_one_token)).collect();
    view! { <ol class="audit-entries" aria-label=t_signal!(i18n, audit.list)>{entries}</ol> }.into_any()
}

fn view_of(i18n: Words, entry: Entry, of_one_token: bool) -> AnyView {
    let Entry { at, user, integration, address, action, subject, token, changes, .. } = entry;
    let known = action.parse::<Action>().ok();
    let what = move || known.map_or_else(|| action.clone(), |known| words::action(i18n, known).to_owned());
    let subject = subject.filter(|_| !of_one_token).map(|subject| match token {
        Some(token) => view! { <a href=routes::token(token) dir="auto" translate="no">{subject}</a> }.into_any(),
        None => view! { <span dir="auto" translate="no">{subject}</span> }.into_any(),
    });
    let who = match (user, integration) {
        (Some(user), _) => {
            view! { <span dir="auto" translate="no">{user.name}</span> <span class="hint">{user.email}</span> }
                .into_any()
        }
        (None, Some(sid)) => {
            view! { <span>{t_signal!(i18n, audit.integration)}</span> <code translate="no">{sid}</code> }.into_any()
        }
        (None, None) => view! { <span>{t_signal!(i18n, audit.command_line)}</span> }.into_any(),
    };
    let address = address.map(|address| view! { <span class="hint">{address}</span> });
    let details = (!changes.is_empty()).then(|| {
        let changes: Vec<AnyView> = changes.into_iter().map(|change| change_view(i18n, change)).collect();
        view! {
            <details>
                <summary>{t_signal!(i18n, audit.details)}</summary>
                <dl>{changes}</dl>
            </details>
        }
        .into_any()
    });
    view! {
        <li>
            <p class="audit-when"><Time at exact=true/></p>
            <div class="audit-what">
                <p><strong>{what}</strong> {subject}</p>
                <p class="audit-who">{who} {address}</p>
                {details}
            </div>
        </li>
    }
    .into_any()
}

/// Returns the view of one change, with the values before and after.
fn change_view(i18n: Words, Change { field, before, after }: Change) -> AnyView {
    let value = move |field: &str, value: Option<String>| {
        let role = value.as_deref().filter(|_| field == "role").and_then(|role| role.parse::<Role>().ok());
        let scopes = field == "scopes";
        move || match (&value, role) {
            (_, Some(role)) => words::role(i18n, role).to_owned(),
            (Some(value), _) if scopes => words::scopes(i18n, value),
            (Some(value), _) => value.clone(),
            (None, _) => t_string!(i18n, audit.empty).to_owned(),
        }
    };
    let before = before.map(|before| {
        let before = value(&field, Some(before));
        view! {
            <span class="visually-hidden">{t_signal!(i18n, audit.before)} ": "</span>
            <span class="audit-before" dir="auto" translate="no">{before}</span>
            <span aria-hidden="true">" → "</span>
            <span class="visually-hidden">" " {t_signal!(i18n, audit.after)} ": "</span>
        }
        .into_any()
    });
    let after = value(&field, after);
    view! {
        <dt>{move || words::detail(i18n, &field)}</dt>
        <dd>{before} <span dir="auto" translate="no">{after}</span></dd>
    }
    .into_any()
}
