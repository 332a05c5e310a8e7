//! Inviting a user: a dialog with the form, and one that says that the link was mailed, or shows it once.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::members::api::users::{Invite, Invited, invite};
use crate::members::fields::member_control;
use crate::routes;
use crate::sign_in::guarded::Guarded;
use crate::sign_in::step_up::StepUp;
use crate::ui::action_form::{Submit, read};
use crate::ui::dialog::Dialog;
use crate::ui::error_note::ErrorNote;
use crate::ui::field::{FormField, Problems};
use crate::ui::once::LinkShownOnce;
use crate::ui::reactive::t_signal;
use crate::words;
use domain::members::membership::MemberField;
use domain::members::role::Role;
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};

/// Shows the form while `open`, then what happened to the link. Calls `on_invited` when there is a new invitation.
#[component]
pub fn InviteDialogs(open: RwSignal<bool>, step_up: StepUp, on_invited: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let guarded = Guarded::new(step_up);
    let invited = RwSignal::new(None::<Invited>);
    // A request under way can't be cancelled, and its link is shown only once.
    let close = move |()| {
        if !guarded.is_pending() {
            open.set(false);
        }
    };
    let on_done = move |new: Invited| {
        open.try_set(false);
        on_invited.try_run(());
        spawn_local(async move {
            // One dialog closes before the other opens, so that the focus returns correctly.
            tick().await;
            invited.try_set(Some(new));
        });
    };
    let (on_done, on_cancel) = (Callback::new(on_done), Callback::new(close));
    let form = move || open.get().then(|| view! { <InviteForm guarded on_done on_cancel/> });
    view! {
        <Dialog
            id="invite"
            open
            title=Signal::derive(move || t_string!(i18n, invitation.dialog_title).to_owned())
            on_close=on_cancel
        >
            <p>{t_signal!(i18n, invitation.dialog_text)}</p>
            {form}
        </Dialog>
        <InvitedDialog invited/>
    }
}

#[component]
fn InviteForm(guarded: Guarded, on_done: Callback<Invited>, on_cancel: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let pending = guarded.pending();
    let problems = Problems::new();
    let [email, role] = [MemberField::Email, MemberField::Role].map(|field| member_control(problems, field));
    let error = RwSignal::new(None::<AppError>);
    let form = NodeRef::<html::Div>::new();
    let follow_up = move |answer: Result<Invited, AppError>| match answer {
        Ok(new) => _ = on_done.try_run(new),
        Err(reason) => {
            if let AppError::InvalidMember(found) = &reason {
                problems.show(found.clone());
            }
            error.try_set(Some(reason));
        }
    };
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(Invite { form }) = read(form) else { return };
        let found = form.validate().err().unwrap_or_default();
        if found.is_empty() && !guarded.is_pending() {
            error.set(None);
            guarded.run(move || invite(form.clone()), follow_up);
        }
        problems.show(found);
    };
    let option = move |role: Role| view! { <option value=role.as_str()>{move || words::role(i18n, role)}</option> };
    view! {
        <div node_ref=form>
            <form novalidate on:submit=on_submit>
                <FormField control=email.clone() label=t_signal!(i18n, users.email)>
                    <input type="email" name="form[email]" required autocomplete="off" {..email.attributes()}/>
                </FormField>
                <FormField control=role.clone() label=t_signal!(i18n, users.role)>
                    <select {..role.attributes()} name="form[role]" required>
                        <option value="">{t_signal!(i18n, users.choose_role)}</option>
                        {Role::ALL.map(option).collect_view()}
                    </select>
                </FormField>
                <ErrorNote error=problems.or(error.into())/>
                <div class="dialog-actions">
                    <button type="button" class="button" on:click=move |_| on_cancel.run(())>
                        {t_signal!(i18n, cancel)}
                    </button>
                    <Submit pending label=t_signal!(i18n, invitation.create) busy=t_signal!(i18n, invitation.creating)/>
                </div>
            </form>
        </div>
    }
}

/// Says that the link of an invitation was mailed, or shows it. Escape doesn't close a dialog with a link, because it
/// can't be shown again.
#[component]
fn InvitedDialog(invited: RwSignal<Option<Invited>>) -> impl IntoView {
    let i18n = use_i18n();
    // The title stays while the dialog closes.
    let email = Memo::new(move |last: Option<&String>| {
        let email = invited.with(|invited| invited.as_ref().map(|invited| invited.invitation.email.clone()));
        email.or_else(|| last.cloned()).unwrap_or_default()
    });
    let title = move || t_string!(i18n, invitation.link_title, email = email.get()).to_string();
    let mailed = move || view! { <p>{move || t_string!(i18n, invitation.mailed, email = email.get()).to_string()}</p> };
    let failed = move || t_string!(i18n, invitation.mail_failed, email = email.get()).to_string();
    let warning = move || t_string!(i18n, invitation.link_warning, email = email.get()).to_string();
    let link = move |token: &str, mail_failed: bool| {
        view! {
            <LinkShownOnce
                path=routes::invitation(token)
                warning=Signal::derive(warning)
                failed=mail_failed.then(|| Signal::derive(failed))
            />
        }
    };
    let content = move |invited: Invited| match invited.token {
        None => mailed().into_any(),
        Some(token) => link(&token, invited.mail_failed).into_any(),
    };
    let shows_link = move || invited.with(|invited| invited.as_ref().is_some_and(|invited| invited.token.is_some()));
    view! {
        <Dialog
            id="invitation-link"
            open=Signal::derive(move || invited.with(Option::is_some))
            title=Signal::derive(title)
            on_close=Callback::new(move |()| invited.set(None))
            keep_open=Signal::derive(shows_link)
            wide=true
        >
            {move || invited.get().map(content)}
            <div class="dialog-actions">
                <button type="button" class="button primary" on:click=move |_| invited.set(None)>
                    {t_signal!(i18n, secret.done)}
                </button>
            </div>
        </Dialog>
    }
}
