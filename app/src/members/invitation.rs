//! The page to accept an invitation, which the invitation's link leads to.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::members::api::users::{AcceptInvitation as AcceptCall, invitation};
use crate::members::fields::member_control;
use crate::routes;
use crate::sign_in::frame::link_page;
use crate::sign_in::plain_http::PlainHttpNote;
use crate::ui::action_form::{ActionForm, Submit, failure, load_after, read, stop};
use crate::ui::error_note::ErrorNote;
use crate::ui::field::{FormField, LabelAround, Problems};
use crate::ui::hydrated::use_hydrated;
use crate::ui::password::Password;
use crate::ui::reactive::t_signal;
use crate::words;
use domain::Refusal;
use domain::members::membership::{MemberField, Welcome};
use domain::members::user::PASSWORD_MIN;
use leptos::ev;
use leptos::html;
use leptos::prelude::*;

/// The page, for anyone who has the link.
#[component]
pub fn AcceptInvitation() -> impl IntoView {
    let i18n = use_i18n();
    link_page(t_signal!(i18n, invitation.page_title), invitation, |token, welcome| match welcome {
        Ok(welcome) => view! { <Join token welcome/> }.into_any(),
        Err(error) => view! { <Over error/> }.into_any(),
    })
}

/// Asks for a name and a new password, or an existing user for their password. Works without our wasm.
#[component]
fn Join(token: String, welcome: Welcome) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let accept = ServerAction::<AcceptCall>::new();
    let pending = accept.pending();
    let problems = Problems::of(accept);
    let [name, password] = [MemberField::Name, MemberField::Password].map(|field| member_control(problems, field));
    let form = NodeRef::<html::Div>::new();
    let Welcome { account_name, email, role, known } = welcome.clone();

    let on_submit = move |event: ev::SubmitEvent| {
        let Some(call) = read::<AcceptCall>(form) else { return };
        let found = call.form.validate(&welcome).err().unwrap_or_default();
        if !found.is_empty() || pending.get_untracked() {
            stop(&event);
        }
        problems.show(found);
    };
    load_after(accept, |next| next);
    let title = move || t_string!(i18n, invitation.title, account = account_name.as_str()).to_string();
    let lead = move || {
        let role = words::role(i18n, role);
        if known {
            t_string!(i18n, invitation.lead_known, role = role).to_string()
        } else {
            t_string!(i18n, invitation.lead_new, role = role).to_string()
        }
    };
    let name = move || {
        view! {
            <FormField
                control=name.clone()
                label=t_signal!(i18n, users.name)
                hint=t_signal!(i18n, invitation.name_hint)
            >
                <input type="text" name="form[name]" required autocomplete="name" dir="auto" {..name.attributes()}/>
            </FormField>
        }
    };
    let password_hint = if known { Signal::stored("") } else { t_signal!(i18n, invitation.password_hint) };
    view! {
        <h1 dir="auto">{title}</h1>
        <p class="lead">{lead}</p>
        <PlainHttpNote/>
        <div node_ref=form>
            <ActionForm action=accept on:submit:capture=on_submit attr:novalidate=hydrated>
                <input type="hidden" name="token" value=token/>
                <LabelAround label=t_signal!(i18n, users.email)>
                    <input type="email" value=email readonly autocomplete="username"/>
                </LabelAround>
                {(!known).then(name)}
                <FormField control=password.clone() label=t_signal!(i18n, sign_in.password) hint=password_hint>
                    <Password>
                        <input
                            type="password"
                            name="form[password]"
                            required
                            minlength=(!known).then_some(PASSWORD_MIN)
                            autocomplete=if known { "current-password" } else { "new-password" }
                            {..password.attributes()}
                        />
                    </Password>
                </FormField>
                <Submit pending label=t_signal!(i18n, invitation.join) busy=t_signal!(i18n, invitation.joining)/>
            </ActionForm>
        </div>
        <ErrorNote error=problems.or(failure(accept))/>
    }
}

/// Explains why the link does not work, and what to do.
#[component]
fn Over(error: AppError) -> impl IntoView {
    let i18n = use_i18n();
    #[cfg(feature = "ssr")]
    crate::request::context::set_status(&error);
    let over = error == AppError::Refused(Refusal::InvitationOver);
    let text = move || if over { t_string!(i18n, invitation.over_text).to_owned() } else { error.text(i18n) };
    view! {
        <h1>{t_signal!(i18n, invitation.over_title)}</h1>
        <p class="lead">{text}</p>
        <p class="lead">{t_signal!(i18n, invitation.over_sign_in)}</p>
        <a class="button" href=routes::SIGN_IN>{t_signal!(i18n, sign_in.title)}</a>
    }
}
