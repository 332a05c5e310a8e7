//! The sign-in page.

use crate::i18n::use_i18n;
use crate::sign_in::api::session::SignIn as SignInCall;
use crate::sign_in::forgotten_link::ForgottenLink;
use crate::sign_in::frame::SignedOutPage;
use crate::sign_in::identity_provider::IdentityProviderLink;
use crate::sign_in::page_session::use_page_session;
use crate::sign_in::passkey::{Entry, PasskeyEntry};
use crate::sign_in::plain_http::PlainHttpNote;
use crate::ui::action_form::{ActionForm, Submit, failure, load_after};
use crate::ui::error_note::ErrorNote;
use crate::ui::field::LabelAround;
use crate::ui::password::Password;
use crate::ui::reactive::t_signal;
use crate::ui::saved_note::saved_note;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Asks for e-mail address and password. Works without our wasm.
#[component]
pub fn SignIn() -> impl IntoView {
    let i18n = use_i18n();
    let sign_in = ServerAction::<SignInCall>::new();
    let next = use_query_map().with_untracked(|query| query.get("next"));
    let (passkey_then, provider_then) = (next.clone(), next.clone());
    let session = use_page_session();
    let (passkeys, provider) = (session.passkeys_taken, session.identity_provider.is_some());
    load_after(sign_in, |next| next);
    view! {
        <SignedOutPage title=t_signal!(i18n, sign_in.title)>
            <h1>{t_signal!(i18n, sign_in.title)}</h1>
            <p class="lead">{t_signal!(i18n, sign_in.lead)}</p>
            {saved_note(t_signal!(i18n, new_password.done))}
            <PlainHttpNote/>
            <ActionForm action=sign_in>
                <LabelAround label=t_signal!(i18n, sign_in.email)>
                    <input type="email" name="email" required autocomplete="username webauthn" autofocus/>
                </LabelAround>
                <div class="field">
                    <label class="label" for="password">{t_signal!(i18n, sign_in.password)}</label>
                    <Password>
                        <input type="password" id="password" name="password" required autocomplete="current-password"/>
                    </Password>
                </div>
                {next.map(|next| view! { <input type="hidden" name="next" value=next/> })}
                <Submit
                    pending=sign_in.pending()
                    label=t_signal!(i18n, sign_in.submit)
                    busy=t_signal!(i18n, sign_in.pending)
                />
            </ActionForm>
            // Below the fields and the button, which stay where they are when it appears.
            <ErrorNote error=failure(sign_in)/>
            <ForgottenLink/>
            {(passkeys || provider)
                .then(|| view! { <p class="sign-in-or" class:needs-script=!provider>{t_signal!(i18n, sign_in.or)}</p> })}
            {passkeys.then(|| view! { <PasskeyEntry entry=Entry::SignIn next=passkey_then/> })}
            <IdentityProviderLink next=provider_then/>
        </SignedOutPage>
    }
}
