//! The page of the account's rules for its access tokens.

use crate::account::api::security_policy::{
    PolicyInForce, UpdateSecurityPolicy as Save, policy_consequences, security_policy,
};
use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::routes::{self, Notice};
use crate::sign_in::allowed::Allowed;
use crate::sign_in::api::second_factor::require_second_factor;
use crate::sign_in::step_up::{StepUp, StepUpDialog};
use crate::tokens::fields::{focus_id, read};
use crate::ui::action_form::ActionForm;
use crate::ui::confirm_dialog::{ConfirmDialog, Question};
use crate::ui::error_note::ErrorNote;
use crate::ui::hydrated::use_hydrated;
use crate::ui::icon::Icon;
use crate::ui::message::Failed;
use crate::ui::page_title::PageTitle;
use crate::ui::raw_text::TextArea;
use crate::ui::reactive::t_signal;
use crate::ui::toasts::{ToastRack, use_toasts};
use crate::words::Words;
use domain::Refusal;
use domain::account::security_policy::{Consequences, PolicyProblem, RANGES_MAX, SecurityPolicyForm};
use domain::members::role::Permission;
use domain::tokens::expiry::Lifetime;
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};
use leptos_router::hooks::use_query_map;

/// The page, for users whose role has the permission.
#[component]
pub fn SecurityPolicy() -> impl IntoView {
    view! {
        <Allowed permission=Permission::ManageSecurityPolicy>
            <SecurityPolicyPage/>
        </Allowed>
    }
}

#[component]
fn SecurityPolicyPage() -> impl IntoView {
    let i18n = use_i18n();
    let step_up = StepUp::new();
    let loads = RwSignal::new(0_u32);
    let loaded = Resource::new(move || loads.get(), |load| async move { (load, security_policy().await) });
    let reload = Callback::new(move |()| loads.update(|loads| *loads += 1));
    let page = move |(_, loaded): (_, Result<PolicyInForce, AppError>)| match loaded {
        Ok(in_force) => {
            let required = in_force.second_factor_required;
            view! {
                <Editor in_force step_up reload/>
                <SecondFactor required step_up reload/>
            }
            .into_any()
        }
        Err(error) => view! { <Failed error whole=true/> }.into_any(),
    };
    let notice = use_query_map().with_untracked(|query| query.get(Notice::PARAMETER).is_some());
    view! {
        <PageTitle text=Signal::derive(move || t_string!(i18n, policy.title).to_owned())/>
        <div class="page-head narrow">
            <a class="back" href=routes::SETTINGS>{Icon::ChevronLeft.view()} {t_signal!(i18n, settings.title)}</a>
            <h1>{t_signal!(i18n, policy.title)}</h1>
            <p class="lead">{t_signal!(i18n, policy.lead)}</p>
        </div>
        <div class="narrow">
            {notice.then(|| view! { <p class="note" role="status">{t_signal!(i18n, policy.saved)}</p> })}
            <Transition>
                // Recreated after each load: otherwise a field would keep what was typed into it.
                <For each=move || loaded.get() key=|(load, _)| *load children=page/>
            </Transition>
        </div>
        <StepUpDialog step_up/>
    }
}

/// The form's current problems.
type Problems = RwSignal<Vec<PolicyProblem>>;

/// The form. Saving asks for confirmation if Auth Tokens would be lost; without our wasm it does not.
#[component]
fn Editor(in_force: PolicyInForce, step_up: StepUp, reload: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let toasts = use_toasts();
    let PolicyInForce { policy, revision, own_address, .. } = in_force;
    let first = SecurityPolicyForm::from(&policy);
    let save = ServerAction::<Save>::new();
    let pending = save.pending();
    let problems: Problems = RwSignal::new(match save.value().get_untracked() {
        Some(Err(AppError::InvalidPolicy(found))) => found,
        _ => Vec::new(),
    });
    let error = RwSignal::new(save.value().get_untracked().and_then(Result::err));
    let asked = RwSignal::new(None::<(SecurityPolicyForm, Consequences)>);
    let around = NodeRef::<html::Div>::new();
    let sent = StoredValue::new(None::<SecurityPolicyForm>);

    let show = move |found: Vec<PolicyProblem>| {
        if let Some(problem) = found.first() {
            focus_id(if *problem == PolicyProblem::Lifetime { LIFETIME } else { ADDRESSES });
        }
        problems.set(found);
    };
    let send = move |form: SecurityPolicyForm| {
        sent.set_value(Some(form.clone()));
        save.dispatch(Save { form, revision });
    };
    let on_submit = move |event: ev::SubmitEvent| {
        let Some(Save { form, .. }) = read::<Save>(around) else { return };
        event.prevent_default();
        event.stop_propagation();
        let found = form.validate().err().unwrap_or_default();
        let wrong = !found.is_empty();
        show(found);
        if wrong || pending.get_untracked() {
            return;
        }
        spawn_local(async move {
            match policy_consequences(form.clone()).await {
                Ok(consequences) if consequences.any() => _ = asked.try_set(Some((form, consequences))),
                Ok(_) => send(form),
                Err(reason) => _ = error.try_set(Some(reason)),
            }
        });
    };
    let on_confirm = move |()| {
        if let Some((form, _)) = asked.get_untracked() {
            asked.set(None);
            send(form);
        }
    };
    let follow = move |answer: Option<Result<(), AppError>>| match answer {
        Some(Ok(())) => {
            toasts.say(t_string!(i18n, policy.saved).to_owned());
            reload.run(());
        }
        Some(Err(AppError::InvalidPolicy(found))) => show(found),
        Some(Err(AppError::Refused(Refusal::StepUpNeeded))) if sent.with_value(Option::is_some) => {
            step_up.then(move || {
                if let Some(form) = sent.get_value() {
                    send(form);
                }
            })
        }
        Some(Err(reason)) => {
            error.set(Some(reason));
            focus_id(NOTES);
        }
        None => {}
    };
    Effect::new(move |_| {
        let answer = save.value().get();
        // Handled once, and not again when the language changes.
        untrack(|| follow(answer));
    });
    let question = move || asked.get().map(|(_, consequences)| question(i18n, consequences));
    let in_conflict = move || error.with(|error| *error == Some(AppError::PolicyConflict));
    view! {
        <div id=NOTES tabindex="-1">
            <ErrorNote error/>
            <Show when=in_conflict>
                <p class="form-actions">
                    <button type="button" class="button small" on:click=move |_| reload.run(())>
                        {t_signal!(i18n, form.load_theirs)}
                    </button>
                </p>
            </Show>
        </div>
        <div node_ref=around>
            <ActionForm action=save on:submit:capture=on_submit attr:novalidate=hydrated>
                <input type="hidden" name="revision" value=revision/>
                <section class="panel form-section" aria-labelledby="section-tokens">
                    <h2 id="section-tokens">{t_signal!(i18n, policy.tokens)}</h2>
                    <LifetimeField value=first.token_lifetime problems/>
                    <ViewableField checked=first.tokens_viewable/>
                </section>
                <section class="panel form-section" aria-labelledby="section-calls">
                    <h2 id="section-calls">{t_signal!(i18n, policy.calls)}</h2>
                    <AddressesField value=first.allowed_addresses own_address problems/>
                </section>
                <div class="form-actions">
                    <a class="button quiet" href=routes::SETTINGS>{t_signal!(i18n, cancel)}</a>
                    <span class="spacer"></span>
                    <button type="submit" class="button primary" disabled=pending>
                        {move || if pending.get() { t_string!(i18n, policy.saving) } else { t_string!(i18n, policy.save) }}
                    </button>
                </div>
            </ActionForm>
        </div>
        <ConfirmDialog
            id="confirm-policy"
            question=Signal::derive(question)
            pending
            on_confirm=Callback::new(on_confirm)
            on_cancel=Callback::new(move |()| asked.set(None))
        />
    }
}

/// The switch that requires a second factor of every user.
#[derive(Clone, Copy)]
struct Switching {
    i18n: Words,
    toasts: ToastRack,
    required: bool,
    asked: RwSignal<bool>,
    pending: RwSignal<bool>,
    error: RwSignal<Option<AppError>>,
    step_up: StepUp,
    reload: Callback<()>,
}

impl Switching {
    /// Sends the change, after a step-up if the server requires it.
    fn run(self) {
        if self.pending.get_untracked() {
            return;
        }
        self.pending.set(true);
        spawn_local(async move {
            let answer = require_second_factor(!self.required).await;
            self.pending.try_set(false);
            self.asked.try_set(false);
            // The dialog closes before the page is recreated.
            tick().await;
            match answer {
                Ok(()) => {
                    self.toasts.say(untrack(|| t_string!(self.i18n, policy.saved)).to_owned());
                    self.reload.try_run(());
                }
                Err(AppError::Refused(Refusal::StepUpNeeded)) => self.step_up.then(move || self.run()),
                Err(reason) => _ = self.error.try_set(Some(reason)),
            }
        });
    }

    fn question(self) -> Option<Question> {
        let i18n = self.i18n;
        let (title, text, confirm) = if self.required {
            (
                t_string!(i18n, policy.second_factor_off_title),
                t_string!(i18n, policy.second_factor_off_text),
                t_string!(i18n, policy.second_factor_off),
            )
        } else {
            (
                t_string!(i18n, policy.second_factor_on_title),
                t_string!(i18n, policy.second_factor_on_text),
                t_string!(i18n, policy.second_factor_on),
            )
        };
        let [title, text, confirm] = [title, text, confirm].map(str::to_owned);
        self.asked.get().then_some(Question { title, text, confirm, destructive: self.required })
    }
}

/// The section that shows whether every user needs a second factor. Switched apart from the form, and at once.
#[component]
fn SecondFactor(required: bool, step_up: StepUp, reload: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let switching = Switching {
        i18n,
        toasts: use_toasts(),
        required,
        asked: RwSignal::new(false),
        pending: RwSignal::new(false),
        error: RwSignal::new(None),
        step_up,
        reload,
    };
    let state = if required { t_signal!(i18n, policy.required) } else { t_signal!(i18n, policy.not_required) };
    let label =
        if required { t_signal!(i18n, policy.second_factor_off) } else { t_signal!(i18n, policy.second_factor_on) };
    view! {
        <section class="panel" aria-labelledby="section-sign-in">
            <h2 id="section-sign-in">{t_signal!(i18n, policy.sign_in)}</h2>
            <ErrorNote error=switching.error/>
            <ul class="rows">
                <li>
                    <div>
                        <strong>{t_signal!(i18n, policy.second_factor)}</strong>
                        <p class="hint">{t_signal!(i18n, policy.second_factor_hint)}</p>
                    </div>
                    <span class="badge" class:ok=required>{state}</span>
                    <button
                        type="button"
                        class="button"
                        disabled=move || !hydrated.get() || switching.pending.get()
                        on:click=move |_| switching.asked.set(true)
                    >
                        {label}
                    </button>
                </li>
            </ul>
        </section>
        <ConfirmDialog
            id="confirm-second-factor"
            question=Signal::derive(move || switching.question())
            pending=switching.pending
            on_confirm=Callback::new(move |()| switching.run())
            on_cancel=Callback::new(move |()| switching.asked.set(false))
        />
    }
}

/// The id of the element with the notes about the whole form.
const NOTES: &str = "policy-notes";
/// The id of the field for the longest lifetime.
const LIFETIME: &str = "policy-lifetime";
/// The id of the field for the address ranges.
const ADDRESSES: &str = "policy-addresses";

/// Returns the question to confirm before Auth Tokens are lost.
fn question(i18n: Words, Consequences { expiring, forgotten }: Consequences) -> Question {
    let expiring = (expiring > 0).then(|| t_string!(i18n, policy.ask_expiring, count = expiring).to_string());
    let forgotten = (forgotten > 0).then(|| t_string!(i18n, policy.ask_forgotten, count = forgotten).to_string());
    Question {
        title: t_string!(i18n, policy.ask_title).to_owned(),
        text: [expiring, forgotten].into_iter().flatten().collect::<Vec<_>>().join(" "),
        confirm: t_string!(i18n, policy.save).to_owned(),
        destructive: true,
    }
}

#[component]
fn LifetimeField(value: String, problems: Problems) -> impl IntoView {
    let i18n = use_i18n();
    let wrong = move || problems.with(|problems| problems.contains(&PolicyProblem::Lifetime));
    let problem = move || wrong().then(|| t_string!(i18n, policy.lifetime_problem, max = Lifetime::MAX).to_string());
    view! {
        <div class="field">
            <label for=LIFETIME>
                <span class="label">{t_signal!(i18n, policy.lifetime)}</span>
                <span class="optional">{t_signal!(i18n, optional)}</span>
            </label>
            <p class="hint" id="policy-lifetime-hint">{t_signal!(i18n, policy.lifetime_hint)}</p>
            <input
                type="text"
                inputmode="numeric"
                class="short"
                id=LIFETIME
                name="form[token_lifetime]"
                value=value
                autocomplete="off"
                aria-describedby="policy-lifetime-hint policy-lifetime-error"
                aria-invalid=move || wrong().to_string()
            />
            <p class="problem" id="policy-lifetime-error">{problem}</p>
        </div>
    }
}

#[component]
fn ViewableField(checked: bool) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div class="field">
            <label class="choice">
                <input
                    type="checkbox"
                    name="form[tokens_viewable]"
                    value="true"
                    checked=checked
                    aria-describedby="policy-viewable-hint"
                />
                <span class="label">{t_signal!(i18n, policy.viewable)}</span>
            </label>
            <p class="hint" id="policy-viewable-hint">{t_signal!(i18n, policy.viewable_hint)}</p>
        </div>
    }
}

/// The field for the address ranges, with the problem of each line.
#[component]
fn AddressesField(value: String, own_address: String, problems: Problems) -> impl IntoView {
    let i18n = use_i18n();
    let found = move || {
        let of_lines = |problem: &PolicyProblem| match problem {
            PolicyProblem::Range { line, input } => {
                Some(t_string!(i18n, policy.range_problem, line = *line, input = input.as_str()).to_string())
            }
            PolicyProblem::TooManyRanges => Some(t_string!(i18n, problem.too_many, max = RANGES_MAX).to_string()),
            PolicyProblem::Lifetime => None,
        };
        problems.with(|problems| problems.iter().filter_map(of_lines).collect::<Vec<_>>())
    };
    let own = move || t_string!(i18n, policy.own_address, address = own_address.as_str()).to_string();
    view! {
        <div class="field">
            <label for=ADDRESSES>
                <span class="label">{t_signal!(i18n, policy.addresses)}</span>
                <span class="optional">{t_signal!(i18n, optional)}</span>
            </label>
            <p class="hint" id="policy-addresses-hint">{t_signal!(i18n, policy.addresses_hint)} " " {own}</p>
            <TextArea
                id=ADDRESSES
                name="form[allowed_addresses]"
                value
                rows="6"
                described_by="policy-addresses-hint policy-addresses-error"
                invalid=Signal::derive(move || !found().is_empty())
            />
            <ul class="problems" id="policy-addresses-error">
                {move || found().into_iter().map(|text| view! { <li class="problem">{text}</li> }).collect_view()}
            </ul>
        </div>
    }
}
