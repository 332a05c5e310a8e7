//! The page to accept an invitation, which the invitation's link leads to.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::members::api::users::{AcceptInvitation as AcceptCall, invitation};
use crate::members::fields::{MemberErrors, MemberLabelled, described_by, id, invalid, show};
use crate::routes;
use crate::sign_in::frame::SignedOutPage;
use crate::sign_in::plain_http::PlainHttpNote;
use crate::tokens::fields::read;
use crate::ui::action_form::ActionForm;
use crate::ui::error_note::ErrorNote;
use crate::ui::hydrated::use_hydrated;
use crate::ui::reactive::t_signal;
use crate::words;
use domain::Refusal;
use domain::members::membership::{MemberField, Welcome};
use domain::members::user::PASSWORD_MIN;
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The page, for anyone who has the link.
#[component]
pub fn AcceptInvitation() -> impl IntoView {
    view! { <InvitationPage/> }
}

#[component]
fn InvitationPage() -> impl IntoView {
    let i18n = use_i18n();
    let params = use_params_map();
    let token = Memo::new(move |_| params.with(|params| params.get("token").unwrap_or_default()));
    let loaded = Resource::new(
        move || token.get(),
        |token| async move {
            let welcome = invitation(token.clone()).await;
            (token, welcome)
        },
    );
    let page = move |(token, welcome): (String, Result<Welcome, AppError>)| match welcome {
        Ok(welcome) => view! { <Join token welcome/> }.into_any(),
        Err(error) => view! { <Over error/> }.into_any(),
    };
    view! {
        <SignedOutPage title=Signal::derive(move || t_string!(i18n, invitation.page_title).to_owned())>
            <Transition>{move || loaded.get().map(page)}</Transition>
        </SignedOutPage>
    }
}

/// Asks for a name and a new password, or an existing user for their password. Works without our wasm.
#[component]
fn Join(token: String, welcome: Welcome) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let accept = ServerAction::<AcceptCall>::new();
    let pending = accept.pending();
    // A browser without our wasm returns with the errors.
    let errors: MemberErrors = RwSignal::new(match accept.value().get_untracked() {
        Some(Err(AppError::InvalidMember(found))) => found,
        _ => Vec::new(),
    });
    let form = NodeRef::<html::Div>::new();
    let Welcome { account_name, email, role, known } = welcome.clone();

    let on_submit = move |event: ev::SubmitEvent| {
        let Some(call) = read::<AcceptCall>(form) else { return };
        let found = call.form.validate(&welcome).err().unwrap_or_default();
        if !found.is_empty() || pending.get_untracked() {
            event.prevent_default();
            event.stop_propagation();
        }
        show(errors, found);
    };
    // A full page load, so that the next page has the signed-in user from the start.
    Effect::new(move |_| match accept.value().get() {
        Some(Ok(next)) => _ = window().location().assign(&next),
        Some(Err(AppError::InvalidMember(found))) => show(errors, found),
        _ => {}
    });
    let error = move || accept.value().get().and_then(Result::err);
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
            <MemberLabelled field=MemberField::Name hint=t_signal!(i18n, invitation.name_hint) errors>
                <input
                    type="text"
                    id=id(MemberField::Name)
                    name="form[name]"
                    required
                    autocomplete="name"
                    dir="auto"
                    aria-describedby=described_by(MemberField::Name)
                    aria-invalid=invalid(errors, MemberField::Name)
                />
            </MemberLabelled>
        }
    };
    let password_hint = if known { Signal::stored("") } else { t_signal!(i18n, invitation.password_hint) };
    view! {
        <h1 dir="auto">{title}</h1>
        <p class="lead">{lead}</p>
        <PlainHttpNote/>
        <ErrorNote error=Signal::derive(error)/>
        <div node_ref=form>
            <ActionForm action=accept on:submit:capture=on_submit attr:novalidate=hydrated>
                <input type="hidden" name="token" value=token/>
                <label class="field">
                    <span class="label">{t_signal!(i18n, users.email)}</span>
                    <input type="email" value=email readonly autocomplete="username"/>
                </label>
                {(!known).then(name)}
                <MemberLabelled field=MemberField::Password hint=password_hint errors>
                    <input
                        type="password"
                        id=id(MemberField::Password)
                        name="form[password]"
                        required
                        minlength=(!known).then_some(PASSWORD_MIN)
                        autocomplete=if known { "current-password" } else { "new-password" }
                        aria-describedby=described_by(MemberField::Password)
                        aria-invalid=invalid(errors, MemberField::Password)
                    />
                </MemberLabelled>
                <button type="submit" class="button primary" disabled=pending>
                    {move || {
                        if pending.get() { t_string!(i18n, invitation.joining) } else { t_string!(i18n, invitation.join) }
                    }}
                </button>
            </ActionForm>
        </div>
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
