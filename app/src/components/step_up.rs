//! Asks for the password again, where the server wants it before it does something, and then goes on with that.

use super::dialog::Dialog;
use super::error_note::ErrorNote;
use super::reactive::say;
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

    /// Asks for the password, then does this.
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
        if let Some(input) = password.get_untracked() {
            input.set_value("");
        }
    };
    let close = move |()| {
        step_up.0.set(None);
        error.set(None);
        empty();
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(given) = password.get_untracked().map(|input| input.value()) else { return };
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        spawn_local(async move {
            let answer = give_password_again(given).await;
            pending.try_set(false);
            match answer {
                Ok(()) => {
                    let go_on = step_up.0.try_get_untracked().flatten();
                    close(());
                    if let Some(go_on) = go_on {
                        go_on.run(());
                    }
                }
                Err(reason) => {
                    error.try_set(Some(reason));
                    empty();
                    if let Some(input) = password.get_untracked() {
                        _ = input.focus();
                    }
                }
            }
        });
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
