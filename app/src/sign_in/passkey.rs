//! The browser's own passkey dialog, and the button that opens it at sign-in.

use crate::error::AppError;
use crate::i18n::use_i18n;
use crate::sign_in::api::passkeys::{
    GivenPasskey, PasskeyChallenge, ask_for_passkey, second_step_with_passkey, sign_in_with_passkey,
};
use crate::sign_in::credential_json::credential_json;
use crate::sign_in::page_session::use_page_session;
use crate::ui::error_note::ErrorNote;
use crate::ui::hydrated::use_hydrated;
use crate::ui::reactive::t_signal;
use js_sys::{Function, JSON, Promise, Reflect};
use leptos::ev;
use leptos::leptos_dom::helpers::{WindowListenerHandle, window_event_listener};
use leptos::prelude::*;
use leptos::task::spawn_local;
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, AbortSignal, CredentialCreationOptions, CredentialRequestOptions};

/// Returns whether the server accepts passkeys.
pub fn use_passkeys() -> bool {
    use_page_session().passkeys_taken
}

/// The purpose of the browser's dialog.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ceremony {
    /// To create a new passkey.
    Create,
    /// To use an existing one.
    Get,
    /// To use an existing one that the user picks from the autofill of a field, without a dialog.
    Autofill,
}

/// The open request for a passkey, by a dialog or in the autofill. It is aborted when the component that made it is
/// removed, since its answer is no longer used, and before another one.
pub type PasskeyRequest = StoredValue<Option<SendWrapper<AbortController>>>;

/// Returns the handle for the component that makes the request.
pub fn use_passkey_request() -> PasskeyRequest {
    let leaving = PasskeyRequest::new(None);
    on_cleanup(move || {
        if let Some(window) = leaving.try_get_value().flatten() {
            window.abort();
        }
    });
    leaving
}

/// Opens the browser's dialog, which may take minutes, and returns the answer to send to the server.
///
/// # Errors
/// [`AppError::PasskeyNotGiven`], [`AppError::PasskeysUnsupported`]; [`AppError::PasskeyKnown`] if a new one is
/// requested and the authenticator already has one of this user.
pub async fn passkey(
    ceremony: Ceremony,
    challenge: PasskeyChallenge,
    leaving: PasskeyRequest,
) -> Result<GivenPasskey, AppError> {
    if let Some(earlier) = leaving.try_get_value().flatten() {
        earlier.abort();
    }
    let controller = AbortController::new().map_err(|_| AppError::PasskeysUnsupported)?;
    let asking = ask(ceremony, &challenge.options, &controller.signal());
    let asking = asking.map_err(|_| AppError::PasskeysUnsupported)?;
    leaving.try_set_value(Some(SendWrapper::new(controller)));
    let credential = JsFuture::from(asking).await.map_err(|error| {
        let name = Reflect::get(&error, &"name".into()).ok().and_then(|name| name.as_string());
        match name.as_deref() {
            Some("InvalidStateError") => AppError::PasskeyKnown,
            Some("NotSupportedError" | "SecurityError") => AppError::PasskeysUnsupported,
            _ => AppError::PasskeyNotGiven,
        }
    })?;
    let answer = call(&credential, "toJSON", &JsValue::UNDEFINED).or_else(|_| credential_json(&credential));
    let answer = answer.and_then(|json| JSON::stringify(&json)).map_err(|_| AppError::PasskeysUnsupported)?.into();
    Ok(GivenPasskey { token: challenge.token, answer })
}

/// Opens the dialog. The browser converts all values with bytes from JSON and to it (Web Authentication Level 3, 5.1.8
/// to 5.1.10); `web_sys` knows these methods as unstable only.
fn ask(ceremony: Ceremony, options: &str, signal: &AbortSignal) -> Result<Promise, JsValue> {
    let class = Reflect::get(&window(), &"PublicKeyCredential".into())?;
    let (options, credentials) = (JSON::parse(options)?, window().navigator().credentials());
    match ceremony {
        Ceremony::Create => {
            let request = CredentialCreationOptions::new();
            request.set_public_key(call(&class, "parseCreationOptionsFromJSON", &options)?.unchecked_ref());
            request.set_signal(signal);
            credentials.create_with_options(&request)
        }
        Ceremony::Get | Ceremony::Autofill => {
            let request = CredentialRequestOptions::new();
            request.set_public_key(call(&class, "parseRequestOptionsFromJSON", &options)?.unchecked_ref());
            request.set_signal(signal);
            if ceremony == Ceremony::Autofill {
                Reflect::set(&request, &"mediation".into(), &"conditional".into())?;
            }
            credentials.get_with_options(&request)
        }
    }
}

fn call(on: &JsValue, method: &str, argument: &JsValue) -> Result<JsValue, JsValue> {
    Reflect::get(on, &method.into())?.dyn_into::<Function>()?.call1(on, argument)
}

/// Returns whether the browser can offer passkeys in the autofill of a field. Never at an IP address, which can have no
/// passkeys.
async fn offers_in_autofill() -> bool {
    let host = window().location().hostname().unwrap_or_default();
    if host.contains(':') || host.ends_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let asked = || -> Result<Promise, JsValue> {
        let class = Reflect::get(&window(), &"PublicKeyCredential".into())?;
        call(&class, "isConditionalMediationAvailable", &JsValue::UNDEFINED)?.dyn_into()
    };
    match asked() {
        Ok(answer) => JsFuture::from(answer).await.is_ok_and(|answer| answer.is_truthy()),
        Err(_) => false,
    }
}

/// Calls `begin` once, when the page is first used, so that no challenge is asked for that no user would answer.
fn on_first_use(begin: impl Fn() + Clone + 'static) {
    let used = StoredValue::new(false);
    let on_use = move || {
        if used.try_get_value() == Some(false) {
            used.set_value(true);
            begin();
        }
    };
    let on_key = on_use.clone();
    let listeners = [
        window_event_listener(ev::pointerover, move |_| on_use()),
        window_event_listener(ev::keydown, move |_| on_key()),
    ];
    on_cleanup(move || listeners.into_iter().for_each(WindowListenerHandle::remove));
}

/// The use of a passkey before sign-in is complete.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// The whole sign-in.
    SignIn,
    /// The second step.
    SecondStep,
}

/// Signs in with a passkey, and then goes on to `next`. Needs our wasm. At sign-in, passkeys are also offered in the
/// autofill of the field with `autocomplete="webauthn"`.
#[component]
pub fn PasskeyEntry(entry: Entry, next: Option<String>) -> impl IntoView {
    let i18n = use_i18n();
    let error = RwSignal::new(None::<AppError>);
    let pending = RwSignal::new(false);
    let hydrated = use_hydrated();
    let leaving = use_passkey_request();
    let sign_in = async move |next| {
        let given = passkey(Ceremony::Get, ask_for_passkey().await?, leaving).await?;
        match entry {
            Entry::SignIn => sign_in_with_passkey(given, next).await,
            Entry::SecondStep => second_step_with_passkey(given, next).await,
        }
    };
    let answered = move |answer: Result<String, AppError>| match answer {
        // A full page load, so that the next page has the signed-in user from the start.
        Ok(next) => _ = window().location().assign(&next),
        Err(reason) => {
            error.try_set(Some(reason));
            pending.try_set(false);
        }
    };
    let offer = async move |next| {
        if !offers_in_autofill().await {
            return;
        }
        let Ok(challenge) = ask_for_passkey().await else { return };
        // The button may have been pressed in between, or the page been left.
        if pending.try_get_untracked() != Some(false) {
            return;
        }
        // Without a passkey, the user signs in otherwise.
        if let Ok(given) = passkey(Ceremony::Autofill, challenge, leaving).await {
            pending.try_set(true);
            answered(sign_in_with_passkey(given, next).await);
        }
    };
    if entry == Entry::SignIn {
        let next = next.clone();
        Effect::new(move |_| {
            let next = next.clone();
            on_first_use(move || {
                let next = next.clone();
                spawn_local(async move { offer(next).await });
            });
        });
    }
    let click = move |_| {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        error.set(None);
        let next = next.clone();
        spawn_local(async move { answered(sign_in(next).await) });
    };
    view! {
        <button type="button" class="button needs-script" data-waits="" class:primary=entry == Entry::SecondStep disabled=move || pending.get() || !hydrated.get() on:click=click>
            {match entry {
                Entry::SignIn => t_signal!(i18n, passkey.sign_in).into_any(),
                Entry::SecondStep => t_signal!(i18n, passkey.go_on).into_any(),
            }}
        </button>
        <ErrorNote error/>
    }
}
