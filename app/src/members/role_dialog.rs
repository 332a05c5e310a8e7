//! The dialog in which an administrator chooses another role for a user.

use crate::i18n::{t_string, use_i18n};
use crate::members::changes::UserChanges;
use crate::ui::action_form::Submit;
use crate::ui::choices::Choices;
use crate::ui::dialog::Dialog;
use crate::ui::reactive::t_signal;
use crate::words;
use domain::members::membership::Member;
use domain::members::role::Role;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};

/// Asks for the role of the user that it is chosen for, then for the confirmation of the change.
#[component]
pub fn RoleDialog(changes: UserChanges) -> impl IntoView {
    let i18n = use_i18n();
    let member = changes.choosing;
    // The title stays while the dialog closes.
    let name = Memo::new(move |last: Option<&String>| {
        let name = member.with(|member| member.as_ref().map(|member| member.person.name.clone()));
        name.or_else(|| last.cloned()).unwrap_or_default()
    });
    let title = move || name.with(|name| t_string!(i18n, users.role_of, name = name.as_str()).to_string());
    let on_cancel = Callback::new(move |()| _ = member.try_set(None));
    let on_choose = move |(role, member): (Role, Member)| {
        changes.choosing.set(None);
        spawn_local(async move {
            // One dialog closes before the other opens, so that the focus returns correctly.
            tick().await;
            changes.ask_role(role, member);
        });
    };
    let on_choose = Callback::new(on_choose);
    let form = move || member.get().map(|member| view! { <RoleForm member on_choose on_cancel/> });
    view! {
        <Dialog
            id="choose-role"
            open=Signal::derive(move || member.with(Option::is_some))
            title=Signal::derive(title)
            on_close=on_cancel
        >
            {form}
        </Dialog>
    }
}

#[component]
fn RoleForm(member: Member, on_choose: Callback<(Role, Member)>, on_cancel: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let now = member.role;
    let chosen = RwSignal::new(now);
    let option = |role: Role| (role.as_str(), Signal::derive(move || words::role(i18n, role)));
    let choose = move |role: &'static str| {
        if let Ok(role) = role.parse() {
            chosen.set(role);
        }
    };
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        on_choose.run((chosen.get_untracked(), member.clone()));
    };
    view! {
        <form on:submit=on_submit>
            <Choices
                name="role"
                legend=t_signal!(i18n, users.role)
                options=Role::ALL.map(option).to_vec()
                chosen=Signal::derive(move || chosen.get().as_str())
                on_choose=choose
            />
            <div class="dialog-actions">
                <button type="button" class="button" on:click=move |_| on_cancel.run(())>
                    {t_signal!(i18n, cancel)}
                </button>
                <Submit pending=false label=t_signal!(i18n, next) blocked=Signal::derive(move || chosen.get() == now)/>
            </div>
        </form>
    }
}
