//! The changes that are tried out: the calls that they would have refused, and what to do.

use crate::account::api::security_policy::{drop_address_trial, enforce_address_trial};
use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::request::protocol::again;
use crate::routes;
use crate::sign_in::guarded::Guarded;
use crate::sign_in::step_up::{StepUp, StepUpDialog};
use crate::tokens::changes::{TokenChanges, use_token_changes};
use crate::tokens::trial_api::{GetTrials, begin_trial, drop_trial, enforce_trial};
use crate::ui::check_box::CheckBox;
use crate::ui::error_note::ErrorNote;
use crate::ui::pager::number;
use crate::ui::reactive::t_signal;
use crate::ui::time::{Time, now};
use crate::ui::toasts::{ToastRack, use_toasts};
use crate::words::{self, Words};
use domain::tokens::recent_call::{RECENT_MAX, RecentCall};
use domain::tokens::scope::{Scope, Scopes};
use domain::tokens::token::TokenId;
use domain::tokens::trial::{ListedCall, Trial, Tried};
use domain::tokens::usage::Client;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The trials that a page shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Of {
    /// All of the account.
    #[default]
    All,
    /// That of a token.
    Token(TokenId),
    /// That of the account's addresses.
    Account,
}

impl Of {
    fn token(self) -> Option<TokenId> {
        match self {
            Self::Token(id) => Some(id),
            Self::All | Self::Account => None,
        }
    }

    fn has(self, trial: &Trial) -> bool {
        match self {
            Self::All => true,
            Self::Token(id) => trial.token() == Some(id),
            Self::Account => trial.token().is_none(),
        }
    }
}

/// The state that the buttons of a trial act on.
#[derive(Clone, Copy)]
struct Actions {
    i18n: Words,
    toasts: ToastRack,
    changes: TokenChanges,
    guarded: Guarded,
    on_enforced: Option<Callback<()>>,
}

impl Actions {
    /// Makes the change of the token, or else that of the account's addresses.
    fn enforce(self, token: Option<TokenId>) {
        let request = move || async move {
            match token {
                Some(id) => enforce_trial(id).await.map(|token| Some(token.settings.name)),
                None => enforce_address_trial().await.map(|()| None),
            }
        };
        self.guarded.run(request, move |answer| self.enforced(answer));
    }

    /// Says that the change was made: that of the token of this name, or else that of the addresses.
    fn enforced(self, answer: Result<Option<String>, AppError>) {
        let i18n = self.i18n;
        match answer {
            Ok(name) => {
                self.toasts.say(match name {
                    Some(name) => t_string!(i18n, trial.enforced, name = name.as_str()).to_string(),
                    None => t_string!(i18n, policy.saved).to_owned(),
                });
                if let Some(on_enforced) = self.on_enforced {
                    on_enforced.try_run(());
                }
            }
            Err(error) => self.toasts.complain(error.text(i18n)),
        }
        self.changes.announce();
    }

    fn give_up(self, token: Option<TokenId>) {
        let request = move || async move {
            match token {
                Some(id) => drop_trial(id).await,
                None => drop_address_trial().await,
            }
        };
        self.guarded.run(request, move |answer: Result<(), AppError>| {
            let i18n = self.i18n;
            match answer {
                Ok(()) => self.toasts.say(t_string!(i18n, trial.dropped).to_owned()),
                Err(error) => self.toasts.complain(error.text(i18n)),
            }
            self.changes.announce();
        });
    }
}

/// The trials; nothing if there are none. `on_enforced` is called after a change was made. A page with a step-up of its own
/// passes it on.
#[component]
pub fn OpenTrials(of: Of, on_enforced: Option<Callback<()>>, step_up: Option<StepUp>) -> impl IntoView {
    let i18n = use_i18n();
    let changes = use_token_changes();
    let own_dialog = of == Of::All && step_up.is_none();
    let step_up = step_up.unwrap_or_else(StepUp::new);
    let actions = Actions { i18n, toasts: use_toasts(), changes, guarded: Guarded::new(step_up), on_enforced };
    let loaded = RwSignal::new(None::<Result<Vec<Trial>, AppError>>);
    Effect::new(move |_| {
        let asked = changes.count();
        spawn_local(async move {
            let trials = again(GetTrials { token: of.token() }).await;
            // An outdated answer is dropped: a later change has started another request.
            if !loaded.is_disposed() && untrack(|| changes.count()) == asked {
                loaded.set(Some(trials));
            }
        });
    });
    let shown = move |trials: Result<Vec<Trial>, AppError>| match trials {
        Ok(trials) => {
            let trials = trials.into_iter().filter(|trial| of.has(trial));
            let rows: Vec<_> = trials.map(|trial| row(actions, of == Of::All, trial)).collect();
            (!rows.is_empty()).then(|| {
                view! {
                    <section class="panel trials" aria-labelledby="trials">
                        <h2 id="trials">{t_signal!(i18n, trial.title)}</h2>
                        <ul class="rows">{rows}</ul>
                    </section>
                }
                .into_any()
            })
        }
        Err(error) => Some(view! { <ErrorNote error=Some(error)/> }.into_any()),
    };
    view! {
        {move || loaded.get().and_then(shown)}
        {own_dialog.then(|| view! { <StepUpDialog step_up/> })}
    }
    .into_any()
}

/// Returns a trial with its calls and its buttons, and a link to what would change if that is to be `named`.
fn row(actions: Actions, named: bool, trial: Trial) -> AnyView {
    let i18n = actions.i18n;
    let (token, ends_at, by_itself, silent) = (trial.token(), trial.ends_at(), trial.enforce_when_silent, trial.silent);
    let pending = actions.guarded.pending();
    let state = move || match (now() < ends_at, by_itself) {
        (true, true) => t_string!(i18n, trial.until_silent),
        (true, false) => t_string!(i18n, trial.until),
        (false, _) => t_string!(i18n, trial.over),
    };
    let refused = trial.refused;
    let count = refused.len();
    let text = move || match count {
        0 if silent => t_string!(i18n, trial.no_calls).to_owned(),
        0 => t_string!(i18n, trial.none_listed).to_owned(),
        1 => t_string!(i18n, trial.one_call).to_owned(),
        RECENT_MAX.. => t_string!(i18n, trial.many_calls, count = RECENT_MAX).to_string(),
        more => t_string!(i18n, trial.some_calls, count = number(more as u64)).to_string(),
    };
    let calls = (count > 0).then(|| {
        let calls: Vec<_> = refused.into_iter().map(|call| line(i18n, token.is_none(), call)).collect();
        view! {
            <details>
                <summary>{t_signal!(i18n, trial.calls)}</summary>
                <ul class="rehearsed-calls">{calls}</ul>
            </details>
        }
    });
    view! {
        <li>
            <div class="trial">
                {change(i18n, named, trial.tried)}
                <p class="hint">{state} " " <Time at=ends_at/></p>
                <p>{text}</p>
                {calls}
            </div>
            <div class="dialog-actions">
                <button type="button" class="button" disabled=pending on:click=move |_| actions.give_up(token)>
                    {t_signal!(i18n, trial.give_up)}
                </button>
                <button
                    type="button"
                    class="button primary"
                    disabled=pending
                    on:click=move |_| actions.enforce(token)
                >
                    {t_signal!(i18n, trial.enforce)}
                </button>
            </div>
        </li>
    }
    .into_any()
}

/// Returns what would change.
fn change(i18n: Words, named: bool, tried: Tried) -> AnyView {
    match tried {
        Tried::Scopes { token, name, lost } => {
            let name = named.then(|| view! { <p><a href=routes::token(token) dir="auto">{name}</a></p> });
            view! {
                {name}
                <p>{move || t_string!(i18n, trial.without, scopes = scopes_text(i18n, lost)).to_string()}</p>
            }
            .into_any()
        }
        Tried::Addresses(ranges) => {
            let name =
                named.then(|| view! { <p><a href=routes::SECURITY_POLICY>{t_signal!(i18n, policy.title)}</a></p> });
            let ranges: Vec<_> = ranges.iter().map(ToString::to_string).collect();
            let text = move || {
                let ranges = ranges.join(t_string!(i18n, separator));
                t_string!(i18n, trial.only_from, ranges = ranges).to_string()
            };
            view! {
                {name}
                <p>{text}</p>
            }
            .into_any()
        }
    }
}

fn operation_name(i18n: Words, scope: Scope) -> &'static str {
    words::name(i18n, scope.operation().name)
}

fn scopes_text(i18n: Words, scopes: Scopes) -> String {
    scopes.iter().map(|scope| operation_name(i18n, scope)).collect::<Vec<_>>().join(t_string!(i18n, separator))
}

/// Returns a call that would have been refused, with a link to its token if that is to be `named`.
fn line(i18n: Words, named: bool, ListedCall { token, name, call }: ListedCall) -> AnyView {
    let RecentCall { at, scope, address, client, .. } = call;
    let of_token = named.then(|| view! { <a href=routes::token(token) dir="auto">{name}</a> " " });
    let operation =
        move || Scope::find(&scope).map_or_else(|| scope.clone(), |found| operation_name(i18n, found).to_owned());
    let client = move || match &client {
        Client::Unnamed => t_string!(i18n, usage.no_client).to_owned(),
        Client::Others => t_string!(i18n, usage.other_clients).to_owned(),
        Client::Named(name) => name.clone(),
    };
    view! {
        <li>
            <span>{of_token} <Time at=at exact=true/> " " {operation}</span>
            <span><bdi translate="no">{client}</bdi> " " <code translate="no">{address.to_string()}</code></span>
        </li>
    }
    .into_any()
}

/// The offer, in the question before an update that takes scopes away, to try it out first. `follow_up` is called once that
/// has begun.
#[component]
pub fn TokenTrialOffer(id: TokenId, revision: i64, scopes: Scopes, follow_up: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let (toasts, changes) = (use_toasts(), use_token_changes());
    let pending = RwSignal::new(false);
    let on_begin = Callback::new(move |enforce_when_silent: bool| {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        spawn_local(async move {
            match begin_trial(id, scopes, enforce_when_silent, revision).await {
                Ok(()) => {
                    toasts.say(untrack(|| t_string!(i18n, trial.begun).to_owned()));
                    follow_up.try_run(());
                }
                Err(error) => toasts.complain(untrack(|| error.text(i18n))),
            }
            // The question may have been closed meanwhile.
            pending.try_set(false);
            changes.announce();
        });
    });
    view! { <TrialOffer pending on_begin/> }
}

/// The offer, in the question before a change, to try it out first. `on_begin` gets whether the change is to be made by
/// itself if a week was silent.
#[component]
pub fn TrialOffer(#[prop(into)] pending: Signal<bool>, on_begin: Callback<bool>) -> impl IntoView {
    let i18n = use_i18n();
    let by_itself = RwSignal::new(false);
    view! {
        <div class="trial-offer">
            <p class="hint">{t_signal!(i18n, trial.offer)}</p>
            <CheckBox id="enforce-when-silent" text=t_signal!(i18n, trial.by_itself) chosen=by_itself/>
            <button
                type="button"
                class="button"
                disabled=pending
                on:click=move |_| on_begin.run(by_itself.get_untracked())
            >
                {t_signal!(i18n, trial.begin)}
            </button>
        </div>
    }
    .into_any()
}
