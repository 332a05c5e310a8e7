//! The table of an account's users: their roles and states, and the buttons that change them.

use crate::i18n::{t_string, use_i18n};
use crate::members::api::users::AccountUsers as Loaded;
use crate::members::changes::UserChanges;
use crate::ui::hydrated::use_hydrated;
use crate::ui::reactive::t_signal;
use crate::ui::time::Time;
use crate::words;
use domain::members::membership::{Member, MembershipState, is_last_administrator};
use domain::members::role::Role;
use domain::members::user::UserId;
use leptos::html;
use leptos::prelude::*;

/// The table of users; on narrow screens each row is a card.
#[component]
pub fn Users(list: Memo<Loaded>, changes: UserChanges) -> impl IntoView {
    let i18n = use_i18n();
    let ids = move || list.with(|list| list.members.iter().map(|member| member.person.id).collect::<Vec<_>>());
    let row = move |id: UserId| {
        // A row that is about to be removed keeps its last content.
        let member = Memo::new(move |last: Option<&Member>| {
            let member = list.with(|list| list.members.iter().find(|member| member.person.id == id).cloned());
            member.or_else(|| last.cloned()).expect("a row is made for a user of the list")
        });
        let is_last = Memo::new(move |_| list.with(|list| is_last_administrator(&list.members, id)));
        view! { <UserRow member last=is_last changes/> }
    };
    let heading = |text: Signal<&'static str>| view! { <th role="columnheader" scope="col">{text}</th> };
    view! {
        <div class="users-box">
            // Shown as cards it is still a table, which some browsers report only with the roles.
            <table class="users" role="table" aria-label=t_signal!(i18n, users.list)>
                <thead role="rowgroup">
                    <tr role="row">
                        {heading(t_signal!(i18n, users.name))} {heading(t_signal!(i18n, users.email))}
                        {heading(t_signal!(i18n, users.role))} {heading(t_signal!(i18n, users.state))}
                        {heading(t_signal!(i18n, users.last_seen))} {heading(t_signal!(i18n, users.actions))}
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    <For each=ids key=|id| *id children=row/>
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn UserRow(member: Memo<Member>, last: Memo<bool>, changes: UserChanges) -> impl IntoView {
    let i18n = use_i18n();
    let id = member.read_untracked().person.id;
    let active = Memo::new(move |_| member.with(|member| member.state == MembershipState::Active));
    let seen = Memo::new(move |_| member.with(|member| member.last_seen_at));
    let hint = format!("last-{}", id.0);
    let described_by = {
        let hint = hint.clone();
        move || last.get().then(|| hint.clone())
    };
    let you = (id == changes.me).then(|| view! { <span class="users-you">{t_signal!(i18n, users.you)}</span> });
    view! {
        <tr role="row" class:deactivated=move || !active.get()>
            <th role="rowheader" scope="row">
                <span dir="auto" translate="no">{move || member.with(|member| member.person.name.clone())}</span>
                {you}
            </th>
            <td role="cell" data-label=t_signal!(i18n, users.email)>
                <span>{move || member.with(|member| member.person.email.clone())}</span>
            </td>
            <td role="cell" data-label=t_signal!(i18n, users.role)>
                <RoleField member last changes described_by=Signal::derive(described_by.clone())/>
            </td>
            <td role="cell" data-label=t_signal!(i18n, users.state)>
                <span class="badge" class:ok=active>
                    {move || words::membership(i18n, member.with(|member| member.state))}
                </span>
            </td>
            <td role="cell" data-label=t_signal!(i18n, users.last_seen)>
                <span>
                    {move || match seen.get() {
                        Some(at) => view! { <Time at relative=true/> }.into_any(),
                        None => t_signal!(i18n, users.never).into_any(),
                    }}
                </span>
            </td>
            <td role="cell" class="users-actions">
                <ResetButton member active changes/>
                <SwitchButton member active last changes described_by=Signal::derive(described_by)/>
                <Show when=move || last.get()>
                    <p class="hint" id=hint.clone()>{t_signal!(i18n, users.last_hint)}</p>
                </Show>
            </td>
        </tr>
    }
}

/// The user's role, as a select. A change asks for confirmation and a step-up.
#[component]
fn RoleField(
    member: Memo<Member>,
    last: Memo<bool>,
    changes: UserChanges,
    described_by: Signal<Option<String>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let select = NodeRef::<html::Select>::new();
    let role = Memo::new(move |_| member.with(|member| member.role));
    let on_change = move |event| {
        let chosen = event_target_value(&event).parse().ok();
        // Keep showing the current role until it is changed.
        if let Some(select) = select.get_untracked() {
            select.set_value(role.get_untracked().as_str());
        }
        if let Some(chosen) = chosen {
            changes.ask_role(chosen, member.get_untracked());
        }
    };
    let option = move |offered: Role| {
        view! {
            <option value=offered.as_str() selected=move || role.get() == offered>
                {move || words::role(i18n, offered)}
            </option>
        }
    };
    let label = move || member.with(|it| t_string!(i18n, users.role_of, name = it.person.name.as_str()).to_string());
    view! {
        <select
            node_ref=select
            aria-label=label
            aria-describedby=described_by
            data-waits=""
            disabled=move || !hydrated.get() || last.get()
            prop:value=move || role.get().as_str()
            on:change=on_change
        >
            {Role::ALL.map(option).collect_view()}
        </select>
    }
}

/// Deactivates the user after confirmation, or reinstates them.
#[component]
fn SwitchButton(
    member: Memo<Member>,
    active: Memo<bool>,
    last: Memo<bool>,
    changes: UserChanges,
    described_by: Signal<Option<String>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let label = move || {
        member.with(|member| {
            let name = member.person.name.as_str();
            if active.get() {
                t_string!(i18n, users.deactivate_name, name = name).to_string()
            } else {
                t_string!(i18n, users.reinstate_name, name = name).to_string()
            }
        })
    };
    let on_click = move |_| {
        let member = member.get_untracked();
        if active.get_untracked() {
            changes.guarded.ask(member);
        } else {
            changes.reinstate(member);
        }
    };
    view! {
        <button
            type="button"
            class="button small"
            class:danger-text=active
            aria-label=label
            aria-describedby=described_by
            data-waits=""
            disabled=move || !hydrated.get() || last.get()
            on:click=on_click
        >
            {move || if active.get() { t_string!(i18n, users.deactivate) } else { t_string!(i18n, users.reinstate) }}
        </button>
    }
}

/// Creates a link with which the user sets a new password. Not for deactivated users, and not for oneself: one's own
/// password is changed on the profile.
#[component]
fn ResetButton(member: Memo<Member>, active: Memo<bool>, changes: UserChanges) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let own = member.read_untracked().person.id == changes.me;
    let label =
        move || member.with(|it| t_string!(i18n, reset_link.button_name, name = it.person.name.as_str()).to_string());
    view! {
        <Show when=move || active.get() && !own>
            <button
                type="button"
                class="button small"
                aria-label=label
                data-waits=""
                disabled=move || !hydrated.get()
                on:click=move |_| changes.resetting.ask(member.get_untracked())
            >
                {t_signal!(i18n, reset_link.button)}
            </button>
        </Show>
    }
}
