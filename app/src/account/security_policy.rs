//! The page of the account's rules for its access tokens and its users.

use crate::account::api::security_policy::{
    PolicyInForce, UpdateSecurityPolicy as Save, begin_address_trial, policy_consequences, security_policy,
    update_security_policy,
};
use crate::account::policy_fields::{AddressesField, LifetimeField, OverlapField, SecondFactorField, ViewableField};
use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::routes;
use crate::shell::failed::Failed;
use crate::sign_in::guarded::{Guarded, GuardedDialog};
use crate::sign_in::step_up::{StepUp, StepUpDialog};
use crate::tokens::rehearsals::{Rehearsed, Trials};
use crate::tokens::rehearsed::Asked;
use crate::tokens::trials::{Of, TrialOffer};
use crate::ui::action_form::{ActionForm, FormActions, Submit, read, stop};
use crate::ui::confirm_dialog::Question;
use crate::ui::field::Problems;
use crate::ui::hydrated::use_hydrated;
use crate::ui::icon::Icon;
use crate::ui::page_title::PageTitle;
use crate::ui::reactive::t_signal;
use crate::ui::saved_note::saved_note;
use crate::ui::toasts::use_toasts;
use crate::ui::typed::TypedContent;
use crate::ui::unsaved::AskBeforeLeaving;
use crate::words::Words;
use domain::account::security_policy::{Consequences, SecurityPolicy as Policy, SecurityPolicyForm};
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The page, for users whose role has the permission.
#[component]
pub fn SecurityPolicy() -> impl IntoView {
    let i18n = use_i18n();
    let step_up = StepUp::new();
    let loads = RwSignal::new(0_u32);
    let loaded = Resource::new(move || loads.get(), |load| async move { (load, security_policy().await) });
    let reload = Callback::new(move |()| loads.update(|loads| *loads += 1));
    let page = move |(_, loaded): (_, Result<PolicyInForce, AppError>)| match loaded {
        Ok(in_force) => view! { <Editor in_force step_up reload/> }.into_any(),
        Err(error) => view! { <Failed error whole=true/> }.into_any(),
    };
    view! {
        <PageTitle text=Signal::derive(move || t_string!(i18n, policy.title).to_owned())/>
        <div class="page-head narrow">
            <a class="back" href=routes::SETTINGS>{Icon::ChevronLeft.view()} {t_signal!(i18n, settings.title)}</a>
            <h1>{t_signal!(i18n, policy.title)}</h1>
            <p class="lead">{t_signal!(i18n, policy.lead)}</p>
        </div>
        <div class="narrow">
            {saved_note(t_signal!(i18n, policy.saved))}
            <Transition>
                // Recreated after each load: otherwise a field would keep what was typed into it.
                <For each=move || loaded.get() key=|(load, _)| *load children=page/>
            </Transition>
        </div>
        <StepUpDialog step_up/>
    }
}

/// The form. Saving asks for confirmation if Auth Tokens would be lost, or if users would need a second factor or no
/// longer; without our wasm it does not.
#[component]
fn Editor(in_force: PolicyInForce, step_up: StepUp, reload: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let toasts = use_toasts();
    let PolicyInForce { policy, revision, own_address } = in_force;
    let first = SecurityPolicyForm::from(&policy);
    let save = ServerAction::<Save>::new();
    let guarded = Guarded::<(SecurityPolicyForm, Consequences)>::new(step_up);
    let pending = guarded.pending();
    let problems = Problems::of(save);
    let error = RwSignal::new(save.value().get_untracked().and_then(Result::err));
    let around = NodeRef::<html::Div>::new();
    let content = TypedContent::new(around);

    let follow_up = move |done: fn(Words) -> &'static str, answer: Result<(), AppError>| match answer {
        Ok(()) => {
            toasts.say(done(i18n).to_owned());
            content.mark_saved();
            reload.try_run(());
        }
        Err(AppError::InvalidPolicy(found)) => problems.show(found),
        Err(reason) => _ = error.try_set(Some(reason)),
    };
    let send = move |form: SecurityPolicyForm| {
        guarded.run(move || update_security_policy(form.clone(), revision), move |answer| follow_up(saved, answer));
    };
    let on_submit = move |event: ev::SubmitEvent| {
        let Some(Save { form, .. }) = read::<Save>(around) else { return };
        stop(&event);
        let found = form.validate().err().unwrap_or_default();
        let wrong = !found.is_empty();
        error.set(None);
        problems.show(found);
        if wrong || guarded.is_pending() {
            return;
        }
        spawn_local(async move {
            match policy_consequences(form.clone()).await {
                Ok(consequences) if consequences.any() => guarded.ask((form, consequences)),
                Ok(_) => send(form),
                Err(reason) => _ = error.try_set(Some(reason)),
            }
        });
    };
    let on_begin = Callback::new(move |(form, by_itself): (SecurityPolicyForm, bool)| {
        let request = move || begin_address_trial(form.clone(), by_itself, revision);
        guarded.run(request, move |answer| follow_up(begun, answer));
    });
    let on_enforced = Callback::new(move |()| {
        // The values that were typed stay until the user decides.
        if content.is_changed() { _ = error.try_set(Some(AppError::PolicyConflict)) } else { _ = reload.try_run(()) }
    });
    // A plain form's answer, which came with the page.
    Effect::new(move |_| {
        if let Some(answer) = save.value().get() {
            // Handled once, and not again when the language changes.
            untrack(|| follow_up(saved, answer));
        }
    });
    let in_conflict = move || error.with(|error| *error == Some(AppError::PolicyConflict));
    view! {
        <div node_ref=around>
            <ActionForm action=save on:submit:capture=on_submit attr:novalidate=hydrated>
                <input type="hidden" name="revision" value=revision/>
                <section class="panel form-section" aria-labelledby="section-tokens">
                    <h2 id="section-tokens">{t_signal!(i18n, policy.tokens)}</h2>
                    <LifetimeField value=first.token_lifetime problems/>
                    <OverlapField value=first.longest_overlap problems/>
                    <ViewableField checked=first.tokens_viewable/>
                </section>
                <section class="panel form-section" aria-labelledby="section-calls">
                    <h2 id="section-calls">{t_signal!(i18n, policy.calls)}</h2>
                    <AddressesField value=first.allowed_addresses own_address problems/>
                </section>
                <Trials of=Of::Account on_enforced step_up/>
                <section class="panel form-section" aria-labelledby="section-sign-in">
                    <h2 id="section-sign-in">{t_signal!(i18n, policy.sign_in)}</h2>
                    <SecondFactorField checked=first.second_factor_required/>
                </section>
                <FormActions error=problems.or(error.into())>
                    <a class="button quiet" href=routes::SETTINGS>{t_signal!(i18n, cancel)}</a>
                    <span class="spacer"></span>
                    <Show when=in_conflict>
                        <button type="button" class="button" on:click=move |_| reload.run(())>
                            {t_signal!(i18n, form.load_theirs)}
                        </button>
                    </Show>
                    <Submit pending label=t_signal!(i18n, policy.save) busy=t_signal!(i18n, policy.saving)/>
                </FormActions>
            </ActionForm>
        </div>
        <AskBeforeLeaving id="leave" changed=Callback::new(move |()| content.is_changed())/>
        <GuardedDialog
            id="confirm-policy"
            guarded
            question=move |(_, consequences)| question(i18n, consequences)
            on_confirm=move |(form, _)| {
                guarded.close();
                send(form);
            }
            more=move || rehearsed(guarded, &policy, on_begin)
        />
    }
}

fn saved(i18n: Words) -> &'static str {
    t_string!(i18n, policy.saved)
}

fn begun(i18n: Words) -> &'static str {
    t_string!(i18n, trial.begun)
}

/// Returns the calls that the change would have refused that is asked about, and the offer to try it out first if it is of
/// nothing but the allowed addresses. `on_begin` gets the form, and whether the change is to be made by itself.
fn rehearsed(
    guarded: Guarded<(SecurityPolicyForm, Consequences)>,
    in_force: &Policy,
    on_begin: Callback<(SecurityPolicyForm, bool)>,
) -> Option<AnyView> {
    let (form, _) = guarded.asked().filter(|(_, consequences)| consequences.refuses)?;
    let new = form.validate().ok()?;
    let asked = Asked::Account(new.change());
    let offer = in_force.differs_by_addresses_only(&new).then(|| {
        let on_begin = Callback::new(move |by_itself: bool| on_begin.run((form.clone(), by_itself)));
        view! { <TrialOffer pending=guarded.pending() on_begin/> }
    });
    Some(view! { <Rehearsed asked/> {offer} }.into_any())
}

/// Returns the question to confirm before the policy has these consequences.
fn question(i18n: Words, consequences: Consequences) -> Question {
    let Consequences { expiring, overlaps_cut, forgotten, second_factor, refuses } = consequences;
    let expiring = match expiring {
        0 => None,
        1 => Some(t_string!(i18n, policy.ask_expiring_one).to_owned()),
        count => Some(t_string!(i18n, policy.ask_expiring, count = count).to_string()),
    };
    let overlaps = match overlaps_cut {
        0 => None,
        1 => Some(t_string!(i18n, policy.ask_overlaps_one).to_owned()),
        count => Some(t_string!(i18n, policy.ask_overlaps, count = count).to_string()),
    };
    let forgotten = match forgotten {
        0 => None,
        1 => Some(t_string!(i18n, policy.ask_forgotten_one).to_owned()),
        count => Some(t_string!(i18n, policy.ask_forgotten, count = count).to_string()),
    };
    let required = second_factor.map(|required| {
        let text = if required {
            t_string!(i18n, policy.second_factor_on_text)
        } else {
            t_string!(i18n, policy.second_factor_off_text)
        };
        text.to_owned()
    });
    let refused = (refuses && expiring.is_none()).then(|| t_string!(i18n, policy.ask_addresses).to_owned());
    Question {
        destructive: expiring.is_some()
            || refused.is_some()
            || overlaps.is_some()
            || forgotten.is_some()
            || second_factor == Some(false),
        title: t_string!(i18n, policy.ask_title).to_owned(),
        text: [expiring, refused, overlaps, forgotten, required].into_iter().flatten().collect::<Vec<_>>().join(" "),
        confirm: t_string!(i18n, policy.save).to_owned(),
    }
}
