//! The user's profile: preferences, how they sign in, and the browsers with a session.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::members::api::profile::{ChangePassword, SignOutElsewhere, end_session, own_sessions};
use crate::members::preferences_form::PreferencesForm;
use crate::routes;
use crate::shell::failed::Failed;
use crate::sign_in::allowed::{use_current_user, use_second_factor_missing};
use crate::sign_in::api::second_factor::second_factors;
use crate::sign_in::second_factor::SecondFactorPanel;
use crate::sign_in::step_up::{StepUp, StepUpDialog};
use crate::ui::action_form::{ActionForm, Submit, failure};
use crate::ui::error_note::ErrorNote;
use crate::ui::hydrated::use_hydrated;
use crate::ui::not_refreshed::{NotRefreshed, kept};
use crate::ui::page_title::PageTitle;
use crate::ui::password::Password;
use crate::ui::reactive::t_signal;
use crate::ui::saved_note::saved_note;
use crate::ui::time::Time;
use crate::ui::toasts::use_toasts;
use domain::sign_in::session::{OwnSession, browser_version};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The page, for all signed-in users.
#[component]
pub fn Profile() -> impl IntoView {
    let i18n = use_i18n();
    let asker = use_current_user();
    let changed = RwSignal::new(0_u32);
    let sessions = Resource::new(move || changed.get(), |_| own_sessions());
    let factors_changed = RwSignal::new(0_u32);
    let factors = Resource::new(move || factors_changed.get(), |_| second_factors());
    // A user who has to set up a second factor first sees nothing else until that is done.
    let setting_up = use_second_factor_missing();
    let on_changed = Callback::new(move |()| {
        if setting_up {
            _ = window().location().assign(routes::OVERVIEW);
        } else {
            factors_changed.update(|count| *count += 1);
        }
    });
    let step_up = StepUp::new();
    let second_factor = view! {
        <Transition>
            {move || {
                factors
                    .get()
                    .map(|factors| match factors {
                        Ok(factors) => view! { <SecondFactorPanel factors step_up on_changed/> }.into_any(),
                        Err(error) => view! { <Failed error/> }.into_any(),
                    })
            }}
        </Transition>
        <StepUpDialog step_up/>
    };
    if setting_up {
        return view! {
            <PageTitle text=Signal::derive(move || t_string!(i18n, second_factor.title).to_owned())/>
            <div class="page-head">
                <h1>{t_signal!(i18n, profile.title)}</h1>
            </div>
            <div class="narrow">
                <section class="panel second-factor" id="second-factor" aria-labelledby="section-second-factor">
                    <h2 id="section-second-factor">{t_signal!(i18n, second_factor.title)}</h2>
                    {second_factor}
                </section>
            </div>
        }
        .into_any();
    }
    view! {
        <PageTitle text=Signal::derive(move || t_string!(i18n, profile.title).to_owned())/>
        <div class="page-head">
            <h1>{t_signal!(i18n, profile.title)}</h1>
            <p class="lead">{t_signal!(i18n, profile.lead)}</p>
        </div>
        <div class="narrow">
            {saved_note(t_signal!(i18n, profile.saved))}
            <section class="panel" aria-labelledby="section-preferences">
                <h2 id="section-preferences">{t_signal!(i18n, profile.preferences)}</h2>
                <PreferencesForm name=asker.user.name/>
            </section>
            <section class="panel signing-in" aria-labelledby="section-signing-in">
                <h2 id="section-signing-in">{t_signal!(i18n, profile.signing_in)}</h2>
                <PasswordSection email=asker.user.email changed/>
                <section class="second-factor" id="second-factor" aria-labelledby="section-second-factor">
                    <h3 id="section-second-factor">{t_signal!(i18n, second_factor.title)}</h3>
                    {second_factor}
                </section>
            </section>
            <section class="panel" aria-labelledby="section-sessions">
                <h2 id="section-sessions">{t_signal!(i18n, profile.sessions)}</h2>
                <Transition>
                    {
                        let (shown, failed) = kept(move || sessions.get());
                        let list = move |sessions: Result<Vec<OwnSession>, AppError>| match sessions {
                            Ok(sessions) => view! { <Sessions sessions changed/> }.into_any(),
                            Err(error) => view! { <Failed error/> }.into_any(),
                        };
                        view! {
                            <NotRefreshed failed on_retry=Callback::new(move |()| changed.update(|count| *count += 1))/>
                            {move || shown.get().map(list)}
                        }
                    }
                </Transition>
            </section>
        </div>
    }
    .into_any()
}

#[component]
fn PasswordSection(email: String, changed: RwSignal<u32>) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let change = ServerAction::<ChangePassword>::new();
    let form = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        if let Some(Ok(())) = change.value().get() {
            untrack(|| toasts.say(t_string!(i18n, profile.changed).to_owned()));
            changed.update(|count| *count += 1);
            // Clear the passwords from the form.
            if let Some(Ok(Some(form))) = form.get_untracked().map(|around| around.query_selector("form")) {
                web_sys::HtmlFormElement::from(wasm_bindgen::JsValue::from(form)).reset();
            }
        }
    });
    let field = move |id: &'static str, name: &'static str, complete: &'static str, label: AnyView| {
        view! {
            <label for=id class="label">{label}</label>
            <Password>
                <input type="password" id=id name=name required autocomplete=complete/>
            </Password>
        }
    };
    view! {
        <section aria-labelledby="section-password">
            <h3 id="section-password">{t_signal!(i18n, profile.password)}</h3>
            <div node_ref=form>
                <ActionForm action=change>
                    // For password managers, which store the password under it.
                    <input type="text" value=email autocomplete="username" hidden readonly/>
                    <div class="field">
                        {field("old-password", "old", "current-password", t_signal!(i18n, profile.old).into_any())}
                    </div>
                    <div class="field">
                        {field("new-password", "new", "new-password", t_signal!(i18n, profile.new).into_any())}
                        <p class="hint">{t_signal!(i18n, profile.new_hint)}</p>
                    </div>
                    <ErrorNote error=failure(change)/>
                    <Submit pending=change.pending() label=t_signal!(i18n, profile.change) class="button"/>
                </ActionForm>
            </div>
        </section>
    }
}

/// The list of sessions, this browser's first.
#[component]
fn Sessions(sessions: Vec<OwnSession>, changed: RwSignal<u32>) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let toasts = use_toasts();
    let elsewhere = ServerAction::<SignOutElsewhere>::new();
    let tell = move |answer: Result<(), AppError>, done: &'static str| {
        match answer {
            Ok(()) => toasts.say(done.to_owned()),
            Err(error) => toasts.complain(error.text(i18n)),
        }
        changed.try_update(|count| *count += 1);
    };
    Effect::new(move |_| {
        if let Some(answer) = elsewhere.value().get() {
            untrack(|| tell(answer.map(|_| ()), t_string!(i18n, profile.ended_all)));
        }
    });
    let others = sessions.len() > 1;
    let mut sessions = sessions;
    sessions.sort_by_key(|session| !session.current);
    let row = move |session: OwnSession| {
        let OwnSession { id, current, created_at, last_seen_at, address, user_agent } = session;
        // A program that is no known browser is told apart by what it calls itself.
        let name = browser_version(&user_agent).or_else(|| Some(user_agent).filter(|agent| !agent.is_empty()));
        let name = move || name.clone().unwrap_or_else(|| t_string!(i18n, profile.unknown_browser).to_owned());
        let which = format!("session-{}", id.0);
        let end = move |_| {
            spawn_local(async move {
                let answer = end_session(id).await;
                tell(answer, untrack(|| t_string!(i18n, profile.ended)));
            });
        };
        let action = if current {
            view! { <span class="badge ok">{t_signal!(i18n, profile.current)}</span> }.into_any()
        } else {
            view! {
                <button
                    type="button"
                    class="button quiet"
                    aria-describedby=which.clone()
                    data-waits=""
                    disabled=move || !hydrated.get()
                    on:click=end
                >
                    {t_signal!(i18n, profile.end)}
                </button>
            }
            .into_any()
        };
        view! {
            <li>
                <div id=which>
                    <strong>{name}</strong>
                    <p class="hint"><code translate="no">{address}</code></p>
                    <p class="hint">
                        {t_signal!(i18n, profile.since)} " " <Time at=created_at exact=true/> " · "
                        {t_signal!(i18n, profile.seen)} " " <Time at=last_seen_at relative=true/>
                    </p>
                </div>
                {action}
            </li>
        }
    };
    view! {
        <ul class="rows">{sessions.into_iter().map(row).collect_view()}</ul>
        {others
            .then(|| {
                view! {
                    <ActionForm action=elsewhere>
                        <Submit
                            pending=elsewhere.pending()
                            label=t_signal!(i18n, profile.everywhere)
                            class="button danger-text"
                        />
                    </ActionForm>
                }
            })}
    }
}
