//! The page to set a new password, which the link for it leads to.

use crate::error::AppError;
use crate::i18n::use_i18n;
use crate::routes;
use crate::sign_in::api::password_reset::{ResetPassword as ResetCall, password_reset};
use crate::sign_in::frame::link_page;
use crate::ui::action_form::{ActionForm, Submit, failure, load_after};
use crate::ui::error_note::ErrorNote;
use crate::ui::field::{Control, FormField, LabelAround};
use crate::ui::password::Password;
use crate::ui::reactive::t_signal;
use domain::members::user::PASSWORD_MIN;
use leptos::prelude::*;

/// The page, for anyone who has the link. Works without our wasm.
#[component]
pub fn NewPassword() -> impl IntoView {
    let i18n = use_i18n();
    link_page(t_signal!(i18n, new_password.title), password_reset, |token, email| match email {
        Ok(email) => view! { <PasswordForm token email/> }.into_any(),
        Err(error) => view! { <Over error/> }.into_any(),
    })
}

#[component]
fn PasswordForm(token: String, email: String) -> impl IntoView {
    let i18n = use_i18n();
    let reset = ServerAction::<ResetCall>::new();
    let password = Control::new("new-password");
    load_after(reset, |next| next);
    view! {
        <h1>{t_signal!(i18n, new_password.title)}</h1>
        <p class="lead">{t_signal!(i18n, new_password.lead)}</p>
        <ActionForm action=reset>
            <input type="hidden" name="token" value=token/>
            <LabelAround label=t_signal!(i18n, sign_in.email)>
                <input type="email" value=email readonly autocomplete="username"/>
            </LabelAround>
            <FormField
                control=password.clone()
                label=t_signal!(i18n, profile.new)
                hint=t_signal!(i18n, invitation.password_hint)
            >
                <Password>
                    <input
                        type="password"
                        name="form[password]"
                        required
                        minlength=PASSWORD_MIN
                        autocomplete="new-password"
                        {..password.attributes()}
                    />
                </Password>
            </FormField>
            <Submit
                pending=reset.pending()
                label=t_signal!(i18n, new_password.save)
                busy=t_signal!(i18n, new_password.saving)
            />
        </ActionForm>
        <ErrorNote error=failure(reset)/>
    }
}

/// Explains why the link does not work, and what to do.
#[component]
fn Over(error: AppError) -> impl IntoView {
    let i18n = use_i18n();
    #[cfg(feature = "ssr")]
    crate::request::context::set_status(&error);
    view! {
        <h1>{t_signal!(i18n, new_password.over_title)}</h1>
        <p class="lead">{move || error.text(i18n)}</p>
        <a class="button" href=routes::SIGN_IN>{t_signal!(i18n, sign_in.title)}</a>
    }
}
