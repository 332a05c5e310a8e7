//! Asks for the password again, or for a passkey in its place, where the server wants it before it does something, and then goes on with that.

use super::dialog::Dialog;
use super::error_note::ErrorNote;
use super::passkey::{Ceremony, passkey, use_leaving, use_passkeys};
use super::reactive::say;
use crate::api::passkeys::{PasskeyChallenge, ask_for_own_passkey, give_passkey_again};
use crate::api::profile::give_password_again;
use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// What waits for the password, once on a page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct StepUp(RwSignal<Option<Callback<()>>>);

impl StepUp {
    /// Nothing waits yet.
    pub fn new() -> Self {
        Self(RwSignal::new(None))
    }

    /// Asks for password or passkey, then does this.
    pub fn then(self, go_on: impl Fn() + Send + Sync + 'static) {
        self.0.try_set(Some(Callback::new(move |()| go_on())));
    }
}

/// The window that asks.
#[component]
pub fn StepUpDialog(step_up: StepUp) -> impl IntoView {
    let i18n = use_i18n();
    let password = NodeRef::<html::Input>::new();
    let error = RwSignal::new(None::<AppError>);
    let pending = RwSignal::new(false);
    let empty = move || {
        if let Some(input) = password.try_get_untracked().flatten() {
            input.set_value("");
        }
    };
    let close = move |()| {
        step_up.0.try_set(None);
        error.try_set(None);
        empty();
    };
    let answered = move |answer: Result<(), AppError>| {
        pending.try_set(false);
        match answer {
            Ok(()) => {
                let go_on = step_up.0.try_get_untracked().flatten();
                close(());
                if let Some(go_on) = go_on {
                    go_on.try_run(());
                }
            }
            Err(reason) => {
                error.try_set(Some(reason));
                empty();
                if let Some(input) = password.try_get_untracked().flatten() {
                    _ = input.focus();
                }
            }
        }
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(given) = password.get_untracked().map(|input| input.value()) else { return };
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        spawn_local(async move { answered(give_password_again(given).await) });
    };
    view! {
        <Dialog
            id="step-up"
            open=Signal::derive(move || step_up.0.with(Option::is_some))
            title=say!(i18n, step_up.title)
            on_close=Callback::new(close)
        >
            <form on:submit=submit>
                <p>{say!(i18n, step_up.text)}</p>
                <ErrorNote error/>
                <label class="field">
                    <span class="label">{say!(i18n, sign_in.password)}</span>
                    <input type="password" required autocomplete="current-password" node_ref=password/>
                </label>
                <PasskeyInstead step_up pending on_answer=Callback::new(answered)/>
                <div class="dialog-actions">
                    <button type="button" class="button" on:click=move |_| close(())>{say!(i18n, cancel)}</button>
                    <button type="submit" class="button primary" disabled=pending>
                        {move || {
                            if pending.get() { t_string!(i18n, step_up.pending) } else { t_string!(i18n, step_up.submit) }
                        }}
                    </button>
                </div>
            </form>
        </Dialog>
    }
}

/// The button for who has a passkey.
#[component]
fn PasskeyInstead(
    step_up: StepUp,
    pending: RwSignal<bool>,
    on_answer: Callback<Result<(), AppError>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (passkeys, leaving) = (use_passkeys(), use_leaving());
    // Asked for as the window opens, so that the browser's own opens at the click; each challenge counts once.
    let challenge = RwSignal::new(None::<PasskeyChallenge>);
    let prepare = move || {
        spawn_local(async move { _ = challenge.try_set(ask_for_own_passkey().await.ok().flatten()) });
    };
    Effect::new(move |_| {
        challenge.set(None);
        if passkeys && step_up.0.with(Option::is_some) {
            prepare();
        }
    });
    let give = move |_| {
        let Some(asked) = challenge.get_untracked().filter(|_| !pending.get_untracked()) else { return };
        pending.set(true);
        spawn_local(async move {
            let given = passkey(Ceremony::Get, asked, leaving).await;
            let answer = async { give_passkey_again(given?).await }.await;
            if answer.is_err() {
                prepare();
            }
            on_answer.try_run(answer);
        });
    };
    move || {
        challenge.with(Option::is_some).then(|| {
            view! {
                <button type="button" class="button" disabled=pending on:click=give>
                    {say!(i18n, passkey.instead)}
                </button>
            }
        })
    }
}
