//! Inviting a user: a dialog with the form, and one that says that the link was mailed, or shows it once.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::members::api::users::{Invite, Invited};
use crate::members::fields::{MemberErrors, MemberLabelled, described_by, id, invalid, show};
use crate::routes;
use crate::sign_in::step_up::StepUp;
use crate::tokens::fields::read;
use crate::ui::action_form::ActionForm;
use crate::ui::dialog::Dialog;
use crate::ui::error_note::ErrorNote;
use crate::ui::once::LinkShownOnce;
use crate::ui::reactive::t_signal;
use crate::words;
use domain::Refusal;
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
    let invite = ServerAction::<Invite>::new();
    let pending = invite.pending();
    let invited = RwSignal::new(None::<Invited>);
    // A request under way can't be cancelled, and its link is shown only once.
    let close = move |()| {
        if !pending.get_untracked() {
            open.set(false);
        }
    };
    Effect::new(move |_| {
        if let Some(Ok(new)) = invite.value().get() {
            open.set(false);
            on_invited.run(());
            spawn_local(async move {
                // One dialog closes before the other opens, so that the focus returns correctly.
                tick().await;
                invited.try_set(Some(new));
            });
        }
    });
    let form = move || open.get().then(|| view! { <InviteForm invite step_up on_cancel=Callback::new(close)/> });
    view! {
        <Dialog
            id="invite"
            open
            title=Signal::derive(move || t_string!(i18n, invitation.dialog_title).to_owned())
            on_close=Callback::new(close)
        >
            <p>{t_signal!(i18n, invitation.dialog_text)}</p>
            {form}
        </Dialog>
        <InvitedDialog invited/>
    }
}

#[component]
fn InviteForm(invite: ServerAction<Invite>, step_up: StepUp, on_cancel: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let pending = invite.pending();
    let errors: MemberErrors = RwSignal::new(Vec::new());
    let form = NodeRef::<html::Div>::new();
    let sent = StoredValue::new(None::<Invite>);
    // Discard the result of an earlier invitation.
    invite.clear();
    let on_submit = move |event: ev::SubmitEvent| {
        let Some(call) = read::<Invite>(form) else { return };
        let found = call.form.validate().err().unwrap_or_default();
        if !found.is_empty() || pending.get_untracked() {
            event.prevent_default();
            event.stop_propagation();
        } else {
            sent.set_value(Some(call));
        }
        show(errors, found);
    };
    Effect::new(move |_| match invite.value().get() {
        Some(Err(AppError::InvalidMember(found))) => show(errors, found),
        Some(Err(AppError::Refused(Refusal::StepUpNeeded))) => {
            if let Some(call) = sent.get_value() {
                step_up.then(move || _ = invite.dispatch(call.clone()));
            }
        }
        _ => {}
    });
    let error = move || {
        invite.value().get().and_then(Result::err).filter(|error| *error != AppError::Refused(Refusal::StepUpNeeded))
    };
    let option = move |role: Role| view! { <option value=role.as_str()>{move || words::role(i18n, role)}</option> };
    view! {
        <div node_ref=form>
            <ErrorNote error=Signal::derive(error)/>
            <ActionForm action=invite on:submit:capture=on_submit attr:novalidate=true>
                <MemberLabelled field=MemberField::Email errors>
                    <input
                        type="email"
                        id=id(MemberField::Email)
                        name="form[email]"
                        required
                        autocomplete="off"
                        aria-describedby=described_by(MemberField::Email)
                        aria-invalid=invalid(errors, MemberField::Email)
                    />
                </MemberLabelled>
                <MemberLabelled field=MemberField::Role errors>
                    <select
                        id=id(MemberField::Role)
                        name="form[role]"
                        required
                        aria-describedby=described_by(MemberField::Role)
                        aria-invalid=invalid(errors, MemberField::Role)
                    >
                        <option value="">{t_signal!(i18n, users.choose_role)}</option>
                        {Role::ALL.map(option).collect_view()}
                    </select>
                </MemberLabelled>
                <div class="dialog-actions">
                    <button type="button" class="button" on:click=move |_| on_cancel.run(())>
                        {t_signal!(i18n, cancel)}
                    </button>
                    <button type="submit" class="button primary" disabled=pending>
                        {move || {
                            if pending.get() {
                                t_string!(i18n, invitation.creating)
                            } else {
                                t_string!(i18n, invitation.create)
                            }
                        }}
                    </button>
                </div>
            </ActionForm>
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
