//! The second step of sign-in: a passkey, the code of an authenticator, or a recovery code.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::routes;
use crate::sign_in::api::session::{SecondStep as SecondStepCall, second_step_awaited};
use crate::sign_in::frame::SignedOutPage;
use crate::sign_in::passkey::{Entry, PasskeyEntry, use_passkeys};
use crate::ui::action_form::{ActionForm, Submit, failure, load_after};
use crate::ui::error_note::ErrorNote;
use crate::ui::field::{Control, FormField};
use crate::ui::hydrated::use_hydrated;
use crate::ui::reactive::t_signal;
use domain::Refusal;
use domain::sign_in::second_factor::SecondStepBy;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Asks for a factor that the user has. Codes work without our wasm.
#[component]
pub fn SecondStep() -> impl IntoView {
    let i18n = use_i18n();
    let take = ServerAction::<SecondStepCall>::new();
    let next = use_query_map().with_untracked(|query| query.get("next"));
    let awaited = Resource::new(|| (), |()| second_step_awaited());
    load_after(take, |next| next);
    let over = move || matches!(take.value().get(), Some(Err(AppError::Refused(Refusal::SignInOver))));
    let again = StoredValue::new(next.as_deref().map_or_else(|| routes::SIGN_IN.to_owned(), routes::sign_in_then));
    let form = move |by| view! { <CodeForm by take next=next.clone()/> }.into_any();
    let page = move |awaited: Result<SecondStepBy, AppError>| match awaited {
        Ok(by) if !over() => form(by),
        Ok(_) => view! { <Over error=AppError::Refused(Refusal::SignInOver)/> }.into_any(),
        Err(error) => view! { <Over error/> }.into_any(),
    };
    view! {
        <SignedOutPage title=t_signal!(i18n, second_step.title)>
            <h1>{t_signal!(i18n, second_step.title)}</h1>
            <Transition>{move || awaited.get().map(&page)}</Transition>
            <p><a href=again.get_value() rel="external">{t_signal!(i18n, second_step.again)}</a></p>
        </SignedOutPage>
    }
}

#[component]
fn CodeForm(by: SecondStepBy, take: ServerAction<SecondStepCall>, next: Option<String>) -> impl IntoView {
    let i18n = use_i18n();
    let code = Control::new("code");
    let passkey = by.passkey && use_passkeys();
    let hydrated = use_hydrated();
    let lead = move || {
        if passkey && hydrated.get() {
            t_string!(i18n, second_step.lead_passkey)
        } else {
            t_string!(i18n, second_step.lead)
        }
    };
    let hint =
        if by.authenticator { t_signal!(i18n, second_step.hint) } else { t_signal!(i18n, second_step.hint_recovery) };
    let then = next.clone();
    view! {
        <p class="lead">{lead}</p>
        {passkey
            .then(|| {
                view! {
                    <PasskeyEntry entry=Entry::SecondStep next=then/>
                    <p class="sign-in-or needs-script">{t_signal!(i18n, sign_in.or)}</p>
                }
            })}
        <ActionForm action=take>
            <FormField control=code.clone() label=t_signal!(i18n, second_step.code) hint>
                <input
                    type="text"
                    name="code"
                    required
                    autofocus=!passkey
                    autocomplete="one-time-code"
                    autocapitalize="none"
                    spellcheck="false"
                    {..code.attributes()}
                />
            </FormField>
            {next.map(|next| view! { <input type="hidden" name="next" value=next/> })}
            <Submit
                pending=take.pending()
                label=t_signal!(i18n, sign_in.submit)
                busy=t_signal!(i18n, sign_in.pending)
                class=if passkey { "button" } else { "button primary" }
            />
        </ActionForm>
        <ErrorNote error=failure(take)/>
    }
}

/// Explains why sign-in can't continue.
#[component]
fn Over(error: AppError) -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::request::context::set_status(&error);
    view! { <ErrorNote error=Some(error)/> }
}
