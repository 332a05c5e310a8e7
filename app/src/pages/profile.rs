//! Oneself: name, password, the browsers that one is signed in with, the accounts that one belongs to.

use crate::api::profile::{
    ChangePassword, Rename, SignOutElsewhere, SwitchAccount, end_session, own_accounts, own_sessions,
};
use crate::components::allowed::use_asker;
use crate::components::error_note::ErrorNote;
use crate::components::icon::Icon;
use crate::components::page_title::PageTitle;
use crate::components::reactive::say;
use crate::components::theme_switch::ThemeSwitch;
use crate::components::time::Time;
use crate::components::toasts::use_toasts;
use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::pages::message::Failed;
use crate::path;
use crate::words;
use domain::account::AccountId;
use domain::session::{OwnAccount, OwnSession, browser};
use leptos::form::ActionForm;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The page, for everybody who is signed in.
#[component]
pub fn Profile() -> impl IntoView {
    view! { <ProfilePage/> }
}

#[component]
fn ProfilePage() -> impl IntoView {
    let i18n = use_i18n();
    let asker = use_asker();
    let changed = RwSignal::new(0_u32);
    let sessions = Resource::new(move || changed.get(), |_| own_sessions());
    let accounts = Resource::new(|| (), |()| own_accounts());
    let here = asker.account;
    view! {
        <PageTitle text=Signal::derive(move || t_string!(i18n, profile.title).to_owned())/>
        <div class="page-head">
            <h1>{say!(i18n, profile.title)}</h1>
            <p class="lead">{say!(i18n, profile.lead)}</p>
        </div>
        <div class="narrow">
            <NamePanel name=asker.user.name/>
            <section class="panel" aria-labelledby="section-theme">
                <h2 id="section-theme">{say!(i18n, profile.theme)}</h2>
                <ThemeSwitch/>
            </section>
            <PasswordPanel email=asker.user.email changed/>
            <section class="panel" aria-labelledby="section-sessions">
                <h2 id="section-sessions">{say!(i18n, profile.sessions)}</h2>
                <Transition>
                    {move || {
                        sessions
                            .get()
                            .map(|sessions| match sessions {
                                Ok(sessions) => view! { <Sessions sessions changed/> }.into_any(),
                                Err(error) => view! { <Failed error/> }.into_any(),
                            })
                    }}
                </Transition>
            </section>
            <Transition>
                {move || {
                    accounts
                        .get()
                        .and_then(Result::ok)
                        .filter(|accounts| accounts.len() > 1)
                        .map(|accounts| view! { <Accounts accounts here/> })
                }}
            </Transition>
        </div>
    }
}

#[component]
fn NamePanel(name: String) -> impl IntoView {
    let i18n = use_i18n();
    let rename = ServerAction::<Rename>::new();
    // The name stands in the frame, too: the page begins anew with it.
    Effect::new(move |_| {
        if let Some(Ok(())) = rename.value().get() {
            _ = window().location().assign(path::PROFILE);
        }
    });
    view! {
        <section class="panel" aria-labelledby="section-name">
            <h2 id="section-name">{say!(i18n, profile.name)}</h2>
            <ErrorNote error=Signal::derive(move || rename.value().get().and_then(Result::err))/>
            <ActionForm action=rename>
                <div class="field">
                    <label for="own-name" class="label">{say!(i18n, profile.name)}</label>
                    <p class="hint" id="own-name-hint">{say!(i18n, profile.name_hint)}</p>
                    <input
                        type="text"
                        id="own-name"
                        name="name"
                        value=name
                        required
                        autocomplete="name"
                        dir="auto"
                        aria-describedby="own-name-hint"
                    />
                </div>
                <button type="submit" class="button" disabled=rename.pending()>{say!(i18n, profile.save)}</button>
            </ActionForm>
        </section>
    }
}

#[component]
fn PasswordPanel(email: String, changed: RwSignal<u32>) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let change = ServerAction::<ChangePassword>::new();
    let form = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        if let Some(Ok(())) = change.value().get() {
            untrack(|| toasts.say(t_string!(i18n, profile.changed).to_owned()));
            changed.update(|count| *count += 1);
            // Passwords stay in no form.
            if let Some(Ok(Some(form))) = form.get_untracked().map(|around| around.query_selector("form")) {
                web_sys::HtmlFormElement::from(wasm_bindgen::JsValue::from(form)).reset();
            }
        }
    });
    let field = move |id: &'static str, name: &'static str, complete: &'static str, label: AnyView| {
        view! {
            <label for=id class="label">{label}</label>
            <input type="password" id=id name=name required autocomplete=complete/>
        }
    };
    view! {
        <section class="panel" aria-labelledby="section-password">
            <h2 id="section-password">{say!(i18n, profile.password)}</h2>
            <ErrorNote error=Signal::derive(move || change.value().get().and_then(Result::err))/>
            <div node_ref=form>
                <ActionForm action=change>
                    // For password managers, which keep the password under it.
                    <input type="text" value=email autocomplete="username" hidden readonly/>
                    <div class="field">
                        {field("old-password", "old", "current-password", say!(i18n, profile.old).into_any())}
                    </div>
                    <div class="field">
                        {field("new-password", "new", "new-password", say!(i18n, profile.new).into_any())}
                        <p class="hint">{say!(i18n, profile.new_hint)}</p>
                    </div>
                    <button type="submit" class="button" disabled=change.pending()>{say!(i18n, profile.change)}</button>
                </ActionForm>
            </div>
        </section>
    }
}

#[component]
fn Sessions(sessions: Vec<OwnSession>, changed: RwSignal<u32>) -> impl IntoView {
    let i18n = use_i18n();
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
    let row = move |session: OwnSession| {
        let OwnSession { id, current, created_at, last_seen_at, address, user_agent } = session;
        let name = move || browser(&user_agent).unwrap_or_else(|| t_string!(i18n, profile.unknown_browser).to_owned());
        let end = move |_| {
            spawn_local(async move {
                let answer = end_session(id).await;
                tell(answer, untrack(|| t_string!(i18n, profile.ended)));
            });
        };
        let action = if current {
            view! { <span class="badge ok">{say!(i18n, profile.current)}</span> }.into_any()
        } else {
            view! { <button type="button" class="button quiet" on:click=end>{say!(i18n, profile.end)}</button> }
                .into_any()
        };
        view! {
            <li>
                <div>
                    <strong>{name}</strong>
                    <p class="hint">
                        {address} " · " {say!(i18n, profile.since)} " " <Time at=created_at relative=true/> " · "
                        {say!(i18n, profile.seen)} " " <Time at=last_seen_at relative=true/>
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
                        <button type="submit" class="button danger-text" disabled=elsewhere.pending()>
                            {say!(i18n, profile.everywhere)}
                        </button>
                    </ActionForm>
                }
            })}
    }
}

/// The accounts, and the way from one to another.
#[component]
fn Accounts(accounts: Vec<OwnAccount>, here: AccountId) -> impl IntoView {
    let i18n = use_i18n();
    let switch = ServerAction::<SwitchAccount>::new();
    Effect::new(move |_| {
        if let Some(Ok(())) = switch.value().get() {
            _ = window().location().assign(path::SETTINGS);
        }
    });
    let row = move |account: OwnAccount| {
        let role = account.role;
        let action = if account.id == here {
            view! { <span class="badge ok">{say!(i18n, profile.here)}</span> }.into_any()
        } else {
            let name = account.name.clone();
            let label = move || t_string!(i18n, profile.switch_to, account = name.as_str()).to_string();
            view! {
                <ActionForm action=switch>
                    <input type="hidden" name="account" value=account.id.0.to_string()/>
                    <button type="submit" class="button" aria-label=label disabled=switch.pending()>
                        {say!(i18n, profile.switch)}
                    </button>
                </ActionForm>
            }
            .into_any()
        };
        view! {
            <li>
                <div>
                    <strong dir="auto">{account.name}</strong>
                    <p class="hint">{move || words::role(i18n, role)}</p>
                </div>
                {action}
            </li>
        }
    };
    view! {
        <section class="panel" id="accounts" aria-labelledby="section-accounts">
            <h2 id="section-accounts">{Icon::Settings.view()} {say!(i18n, profile.accounts)}</h2>
            <ErrorNote error=Signal::derive(move || switch.value().get().and_then(Result::err))/>
            <ul class="rows">{accounts.into_iter().map(row).collect_view()}</ul>
        </section>
    }
}
