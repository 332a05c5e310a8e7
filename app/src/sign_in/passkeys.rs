//! The passkeys on the user's profile: adding, listing and removing them.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::sign_in::api::passkeys::{PasskeyChallenge, add_passkey, begin_passkey, remove_passkey};
use crate::sign_in::passkey::{Ceremony, passkey, use_passkey_request, use_passkeys};
use crate::sign_in::second_factor_state::SecondFactorState;
use crate::ui::confirm_dialog::{ConfirmDialog, Question};
use crate::ui::reactive::t_signal;
use crate::ui::time::Time;
use crate::ui::toasts::use_toasts;
use domain::sign_in::second_factor::{OwnPasskey, PASSKEY_NAME_MAX, PasskeyId, SecondFactors, passkey_name};
use domain::sign_in::session::browser;
use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;

/// The list of passkeys, with a button to add one if the server accepts any.
#[component]
pub fn Passkeys(factors: SecondFactors, state: SecondFactorState, on_changed: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let taken = use_passkeys();
    let question = RwSignal::new(None::<(PasskeyId, Question)>);
    let last = factors.authenticator_since.is_none() && factors.passkeys.len() == 1;
    let ask = move |id: PasskeyId, name: &str| {
        let mut text = t_string!(i18n, passkey.remove_text, name = name).to_string();
        if last {
            text.push(' ');
            text += if factors.required {
                t_string!(i18n, second_factor.off_text_required)
            } else {
                t_string!(i18n, second_factor.off_text)
            };
        }
        let title = t_string!(i18n, passkey.remove_title).to_owned();
        let confirm = t_string!(i18n, passkey.remove).to_owned();
        question.set(Some((id, Question { title, text, confirm, destructive: true })));
    };
    let remove = move |()| {
        let Some((id, _)) = question.get_untracked() else { return };
        question.set(None);
        state.run(
            move || remove_passkey(id),
            move |()| {
                toasts.say(t_string!(i18n, passkey.removed).to_owned());
                on_changed.try_run(());
            },
        );
    };
    let row = move |OwnPasskey { id, name, created_at, last_used_at }: OwnPasskey| {
        let shown_name = name.clone();
        let label = name.clone();
        view! {
            <li>
                <div>
                    <strong dir="auto" translate="no">{shown_name}</strong>
                    <p class="hint">
                        {t_signal!(i18n, passkey.since)} " " <Time at=created_at relative=true/> " · "
                        {match last_used_at {
                            Some(at) => {
                                view! {
                                    {t_signal!(i18n, passkey.used)}
                                    " "
                                    <Time at relative=true/>
                                }
                                    .into_any()
                            }
                            None => t_signal!(i18n, passkey.never).into_any(),
                        }}
                    </p>
                </div>
                <button
                    type="button"
                    class="button danger-text"
                    aria-label=move || t_string!(i18n, passkey.remove_named, name = label.as_str()).to_string()
                    data-waits=""
                    disabled=state.busy
                    on:click=move |_| ask(id, &name)
                >
                    {t_signal!(i18n, passkey.remove)}
                </button>
            </li>
        }
    };
    let none = factors.passkeys.is_empty();
    (taken || !none).then(|| {
        view! {
            <h3>{t_signal!(i18n, passkey.title)}</h3>
            <p>{t_signal!(i18n, passkey.lead)}</p>
            {(!none).then(|| view! { <ul class="rows">{factors.passkeys.into_iter().map(row).collect_view()}</ul> })}
            {taken.then(|| view! { <Add state on_changed/> })}
            <ConfirmDialog
                id="passkey-remove"
                question=Signal::derive(move || question.get().map(|(_, question)| question))
                pending=state.pending
                on_confirm=Callback::new(remove)
                on_cancel=Callback::new(move |()| question.set(None))
            />
        }
    })
}

/// The button to add a passkey, and once it is pressed the form that asks for a name.
#[component]
fn Add(state: SecondFactorState, on_changed: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let naming = RwSignal::new(false);
    move || {
        if naming.get() {
            view! { <AddForm state naming on_changed/> }.into_any()
        } else {
            let open = move |_| naming.set(true);
            view! {
                <button
                    type="button"
                    class="button needs-script"
                    data-waits=""
                    disabled=state.busy
                    on:click=open
                >
                    {t_signal!(i18n, passkey.add)}
                </button>
            }
            .into_any()
        }
    }
}

#[component]
fn AddForm(state: SecondFactorState, naming: RwSignal<bool>, on_changed: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let leaving = use_passkey_request();
    let input = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            _ = input.focus();
            input.select();
        }
    });
    let added = move |codes: Option<Vec<String>>| {
        naming.try_set(false);
        toasts.say(t_string!(i18n, passkey.added).to_owned());
        match codes {
            Some(codes) => _ = state.codes.try_set(Some(codes)), // `on_changed` runs when their dialog closes
            None => _ = on_changed.try_run(()),
        }
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(name) = input.get_untracked().map(|input| input.value()) else { return };
        // Before the authenticator creates a passkey that the server would not accept.
        if let Err(problem) = passkey_name(&name) {
            state.error.set(Some(AppError::Unusable(problem)));
            return;
        }
        state.run(begin_passkey, move |challenge: PasskeyChallenge| {
            let name = name.clone();
            let create = move || {
                let (challenge, name) = (challenge.clone(), name.clone());
                async move { add_passkey(passkey(Ceremony::Create, challenge, leaving).await?, name).await }
            };
            state.run(create, added);
        });
    };
    let suggested = window().navigator().user_agent().ok().and_then(|agent| browser(&agent)).unwrap_or_default();
    view! {
        <form on:submit=submit>
            <div class="field">
                <label for="passkey-name" class="label">{t_signal!(i18n, passkey.name)}</label>
                <p class="hint" id="passkey-name-hint">{t_signal!(i18n, passkey.name_hint)}</p>
                <input
                    type="text"
                    id="passkey-name"
                    required
                    maxlength=PASSKEY_NAME_MAX
                    dir="auto"
                    autocomplete="off"
                    aria-describedby="passkey-name-hint"
                    value=suggested
                    node_ref=input
                />
            </div>
            <div class="row">
                <button type="button" class="button" on:click=move |_| naming.set(false)>{t_signal!(i18n, cancel)}</button>
                <button type="submit" class="button primary" disabled=state.pending>
                    {t_signal!(i18n, passkey.create)}
                </button>
            </div>
        </form>
    }
}
