//! The account's invitations that are not accepted yet, each with a button to withdraw it.

use crate::i18n::{t_string, use_i18n};
use crate::members::api::users::AccountUsers as Loaded;
use crate::members::changes::UserChanges;
use crate::ui::hydrated::use_hydrated;
use crate::ui::reactive::t_signal;
use crate::ui::time::Time;
use crate::words;
use domain::members::membership::Invitation;
use leptos::prelude::*;

/// The invitations not accepted yet, if there are any.
#[component]
pub fn OpenInvitations(list: Memo<Loaded>, changes: UserChanges) -> impl IntoView {
    let i18n = use_i18n();
    let open = move || list.with(|list| list.invitations.clone());
    view! {
        <Show when=move || list.with(|list| !list.invitations.is_empty())>
            <section class="panel" aria-labelledby="open-invitations">
                <h2 id="open-invitations">{t_signal!(i18n, invitation.open)}</h2>
                <ul class="invitations">
                    <For each=open key=|invitation| invitation.id let(invitation)>
                        <OpenInvitation invitation changes/>
                    </For>
                </ul>
            </section>
        </Show>
    }
}

#[component]
fn OpenInvitation(invitation: Invitation, changes: UserChanges) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let Invitation { email, role, invited_by, expires_at, .. } = invitation.clone();
    let by = move || t_string!(i18n, invitation.invited_by, name = invited_by.as_str()).to_string();
    let label = {
        let email = email.clone();
        move || t_string!(i18n, invitation.withdraw_email, email = email.as_str()).to_string()
    };
    view! {
        <li>
            <div>
                <p><strong>{email}</strong></p>
                <p class="hint">
                    <span>{move || words::role(i18n, role)}</span>
                    <span>{by}</span>
                    <span>{t_signal!(i18n, invitation.valid_until)} " " <Time at=expires_at/></span>
                </p>
            </div>
            <button
                type="button"
                class="button small"
                aria-label=label
                data-waits=""
                disabled=move || !hydrated.get()
                on:click=move |_| changes.withdraw(invitation.clone())
            >
                {t_signal!(i18n, invitation.withdraw)}
            </button>
        </li>
    }
}
