//! Two-step sign-in on the profile: setting up an authenticator app and switching it off, passkeys, recovery codes.

use crate::i18n::{t_string, use_i18n};
use crate::sign_in::api::second_factor::{
    ShownAuthenticator, begin_authenticator, confirm_authenticator, renew_recovery_codes, switch_second_factor_off,
};
use crate::sign_in::passkeys::Passkeys;
use crate::sign_in::second_factor_state::SecondFactorState;
use crate::sign_in::step_up::StepUp;
use crate::tokens::secret_dialog::download;
use crate::ui::confirm_dialog::{ConfirmDialog, Question};
use crate::ui::copy_button::CopyButton;
use crate::ui::dialog::Dialog;
use crate::ui::error_note::ErrorNote;
use crate::ui::icon::Icon;
use crate::ui::reactive::t_signal;
use crate::ui::time::Time;
use crate::ui::toasts::use_toasts;
use domain::sign_in::second_factor::SecondFactors;
use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;

/// Shows the state of the user's two-step sign-in. Calls `on_changed` when it has changed.
#[component]
pub fn SecondFactorPanel(factors: SecondFactors, step_up: StepUp, on_changed: Callback<()>) -> impl IntoView {
    let state = SecondFactorState::new(step_up);
    let SecondFactors { authenticator_since, recovery_codes, required, .. } = factors;
    let passkeys = !factors.passkeys.is_empty();
    let authenticator = match authenticator_since {
        Some(since) => view! { <Active since passkeys required state on_changed/> }.into_any(),
        None => view! { <NotSetUp required=required && !passkeys state/> }.into_any(),
    };
    let codes = authenticator_since.is_some() || passkeys;
    let on_done = Callback::new(move |()| {
        state.codes.set(None);
        on_changed.run(());
    });
    view! {
        {authenticator}
        <ErrorNote error=state.error/>
        <Passkeys factors state on_changed/>
        {codes.then(|| view! { <Codes left=recovery_codes state/> })}
        <CodesDialog codes=state.codes first=!codes on_done/>
    }
}

/// The panel while no authenticator is set up, or one is being set up.
#[component]
fn NotSetUp(required: bool, state: SecondFactorState) -> impl IntoView {
    let i18n = use_i18n();
    let begin = move |_| state.run(begin_authenticator, move |new| _ = state.authenticator.try_set(Some(new)));
    let button = move || {
        view! {
            <button type="button" class="button primary" data-waits="" disabled=state.busy on:click=begin>
                {t_signal!(i18n, second_factor.set_up)}
            </button>
        }
    };
    view! {
        <p>{t_signal!(i18n, second_factor.lead)}</p>
        {required
            .then(|| {
                view! {
                    <div class="note warning">{Icon::Alert.view()} <p>{t_signal!(i18n, second_factor.required)}</p></div>
                }
            })}
        {move || match state.authenticator.get() {
            Some(new) => view! { <SetUp new state/> }.into_any(),
            None => button().into_any(),
        }}
    }
}

/// The two steps to set up an authenticator: transfer the secret to the app, then enter its first code.
#[component]
fn SetUp(new: ShownAuthenticator, state: SecondFactorState) -> impl IntoView {
    let i18n = use_i18n();
    let code = NodeRef::<html::Input>::new();
    let ShownAuthenticator { secret, url, picture } = new;
    let copied = secret.replace(' ', "");
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(given) = code.get_untracked().map(|input| input.value()) else { return };
        state.run(
            move || confirm_authenticator(given.clone()),
            move |codes| {
                state.authenticator.try_set(None);
                state.codes.try_set(Some(codes));
            },
        );
    };
    view! {
        <ol class="set-up">
            <li>
                <p>{t_signal!(i18n, second_factor.scan)}</p>
                <svg
                    class="qr-code"
                    role="img"
                    aria-label=move || t_string!(i18n, second_factor.qr_code)
                    viewBox=format!("0 0 {0} {0}", picture.size)
                    shape-rendering="crispEdges"
                >
                    <path d=picture.path/>
                </svg>
                <p><a class="button" href=url>{t_signal!(i18n, second_factor.open_app)}</a></p>
                <p>{t_signal!(i18n, second_factor.type_secret)}</p>
                <p class="qr-secret">
                    <code translate="no" class="secret">{secret}</code>
                    <CopyButton
                        text=copied
                        label=Signal::derive(move || t_string!(i18n, second_factor.copy_secret).to_owned())
                    />
                </p>
            </li>
            <li>
                <form on:submit=submit>
                    <div class="field">
                        <label for="first-code" class="label">{t_signal!(i18n, second_factor.first_code)}</label>
                        <input
                            type="text"
                            id="first-code"
                            class="code-input"
                            required
                            inputmode="numeric"
                            autocomplete="one-time-code"
                            node_ref=code
                        />
                    </div>
                    <div class="row">
                        <button type="button" class="button" on:click=move |_| state.authenticator.set(None)>
                            {t_signal!(i18n, cancel)}
                        </button>
                        <button type="submit" class="button primary" disabled=state.pending>
                            {t_signal!(i18n, second_factor.confirm)}
                        </button>
                    </div>
                </form>
            </li>
        </ol>
    }
}

/// The authenticator that is set up: since when, and a button to switch it off. The question says what remains then.
#[component]
fn Active(
    since: chrono::DateTime<chrono::Utc>,
    passkeys: bool,
    required: bool,
    state: SecondFactorState,
    on_changed: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let question = RwSignal::new(None::<Question>);
    let ask = move |_| {
        let (title, text) = if passkeys {
            (t_string!(i18n, second_factor.off_title_passkeys), t_string!(i18n, second_factor.off_text_passkeys))
        } else if required {
            (t_string!(i18n, second_factor.off_title), t_string!(i18n, second_factor.off_text_required))
        } else {
            (t_string!(i18n, second_factor.off_title), t_string!(i18n, second_factor.off_text))
        };
        question.set(Some(Question {
            title: title.to_owned(),
            text: text.to_owned(),
            confirm: t_string!(i18n, second_factor.off).to_owned(),
            destructive: true,
        }));
    };
    let switch_off = move |()| {
        question.set(None);
        state.run(switch_second_factor_off, move |()| {
            toasts.say(if passkeys {
                t_string!(i18n, second_factor.off_done_passkeys).to_owned()
            } else {
                t_string!(i18n, second_factor.off_done).to_owned()
            });
            on_changed.try_run(());
        });
    };
    view! {
        <ul class="rows">
            <li>
                <div>
                    <strong>{t_signal!(i18n, second_factor.authenticator)}</strong>
                    <p class="hint">{t_signal!(i18n, second_factor.since)} " " <Time at=since relative=true/></p>
                </div>
                <button type="button" class="button danger-text" data-waits="" disabled=state.busy on:click=ask>
                    {t_signal!(i18n, second_factor.off)}
                </button>
            </li>
        </ul>
        <ConfirmDialog
            id="second-factor-off"
            question
            pending=state.pending
            on_confirm=Callback::new(switch_off)
            on_cancel=Callback::new(move |()| question.set(None))
        />
    }
}

/// The number of recovery codes left, and a button to create new ones.
#[component]
fn Codes(left: u32, state: SecondFactorState) -> impl IntoView {
    let i18n = use_i18n();
    let renew = move |_| state.run(renew_recovery_codes, move |codes| _ = state.codes.try_set(Some(codes)));
    let few = left < 3;
    view! {
        <h3>{t_signal!(i18n, second_factor.codes)}</h3>
        <ul class="rows">
            <li>
                <div>
                    <strong>{move || t_string!(i18n, second_factor.codes_left, count = left).to_string()}</strong>
                    {few.then(|| view! { <p class="hint">{t_signal!(i18n, second_factor.codes_few)}</p> })}
                </div>
                <button type="button" class="button" data-waits="" disabled=state.busy on:click=renew>
                    {t_signal!(i18n, second_factor.renew)}
                </button>
            </li>
        </ul>
    }
}

/// Shows recovery codes while there are any: the user's `first`, or those that replace earlier ones. Escape doesn't
/// close this dialog, because they can't be shown again.
#[component]
fn CodesDialog(codes: RwSignal<Option<Vec<String>>>, first: bool, on_done: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let warning = if first {
        t_signal!(i18n, second_factor.codes_warning_first)
    } else {
        t_signal!(i18n, second_factor.codes_warning)
    };
    let content = move |codes: Vec<String>| {
        let text = codes.join("\n") + "\n";
        let file = text.clone();
        view! {
            <p>{t_signal!(i18n, second_factor.codes_text)}</p>
            <div class="note warning">{Icon::Alert.view()} <p>{warning}</p></div>
            <ol class="recovery-codes">
                {codes.into_iter().map(|code| view! { <li><code translate="no">{code}</code></li> }).collect_view()}
            </ol>
            <div class="recovery-keep">
                <CopyButton text label=Signal::derive(move || t_string!(i18n, second_factor.copy_codes).to_owned())/>
                <button
                    type="button"
                    class="button small"
                    on:click=move |_| _ = download("kagitaba-recovery-codes.txt", &file)
                >
                    {Icon::Download.view()}
                    {t_signal!(i18n, second_factor.download)}
                </button>
            </div>
            <div class="dialog-actions">
                <button type="button" class="button primary" on:click=move |_| on_done.run(())>
                    {t_signal!(i18n, second_factor.done)}
                </button>
            </div>
        }
    };
    view! {
        <Dialog
            id="recovery-codes"
            open=Signal::derive(move || codes.with(Option::is_some))
            title=Signal::derive(move || t_string!(i18n, second_factor.codes).to_owned())
            on_close=on_done
            keep_open=true
        >
            {move || codes.get().map(content)}
        </Dialog>
    }
}
