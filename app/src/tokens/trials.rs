//! The changes of scopes that are tried out: the calls that they would have refused, and what to do. Loaded once the page
//! runs.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::request::protocol::again;
use crate::routes;
use crate::tokens::commands::{TokenChanges, use_token_changes};
use crate::tokens::trial_api::{GetTrials, begin_trial, drop_trial, enforce_trial};
use crate::ui::error_note::ErrorNote;
use crate::ui::hydrated::use_hydrated;
use crate::ui::pager::number;
use crate::ui::reactive::t_signal;
use crate::ui::time::{Time, now};
use crate::ui::toasts::{ToastRack, use_toasts};
use crate::words::{self, Words};
use domain::tokens::recent_call::{RECENT_MAX, RecentCall};
use domain::tokens::scope::{Scope, Scopes};
use domain::tokens::token::{Token, TokenId};
use domain::tokens::trial::Trial;
use domain::tokens::usage::Client;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The trials of the account, or of one token; nothing if there are none. `on_enforced` gets the token after its change.
#[component]
pub fn Trials(
    #[prop(optional)] of: Option<TokenId>,
    #[prop(optional)] on_enforced: Option<Callback<Token>>,
) -> impl IntoView {
    let hydrated = use_hydrated();
    view! { <Suspense>{move || hydrated.get().then(|| Suspend::new(token_trials(of, on_enforced)))}</Suspense> }
        .into_any()
}

#[lazy]
fn token_trials(of: Option<TokenId>, on_enforced: Option<Callback<Token>>) -> AnyView {
    view! { <Loaded of on_enforced/> }.into_any()
}

/// What the buttons of a trial need.
#[derive(Clone, Copy)]
struct Actions {
    i18n: Words,
    toasts: ToastRack,
    changes: TokenChanges,
    pending: RwSignal<bool>,
    on_enforced: Option<Callback<Token>>,
}

impl Actions {
    fn enforce(self, id: TokenId) {
        self.run(async move { enforce_trial(id).await.map(Some) });
    }

    fn give_up(self, id: TokenId) {
        self.run(async move { drop_trial(id).await.map(|()| None) });
    }

    fn run(self, request: impl Future<Output = Result<Option<Token>, AppError>> + 'static) {
        if self.pending.get_untracked() {
            return;
        }
        self.pending.set(true);
        spawn_local(async move {
            match request.await {
                Ok(Some(token)) => {
                    let text = untrack(|| {
                        t_string!(self.i18n, trial.enforced, name = token.settings.name.as_str()).to_string()
                    });
                    self.toasts.say(text);
                    if let Some(on_enforced) = self.on_enforced {
                        on_enforced.try_run(token);
                    }
                }
                Ok(None) => self.toasts.say(untrack(|| t_string!(self.i18n, trial.dropped).to_owned())),
                Err(error) => self.toasts.complain(untrack(|| error.text(self.i18n))),
            }
            // The page may have been left meanwhile.
            self.pending.try_set(false);
            self.changes.announce();
        });
    }
}

#[component]
fn Loaded(of: Option<TokenId>, on_enforced: Option<Callback<Token>>) -> impl IntoView {
    let i18n = use_i18n();
    let changes = use_token_changes();
    let actions = Actions { i18n, toasts: use_toasts(), changes, pending: RwSignal::new(false), on_enforced };
    let loaded = RwSignal::new(None::<Result<Vec<Trial>, AppError>>);
    Effect::new(move |_| {
        let asked = changes.count();
        spawn_local(async move {
            let trials = again(GetTrials {}).await;
            // An outdated answer is dropped: a later change has started another request.
            if !loaded.is_disposed() && untrack(|| changes.count()) == asked {
                loaded.set(Some(trials));
            }
        });
    });
    let shown = move |trials: Result<Vec<Trial>, AppError>| match trials {
        Ok(trials) => {
            let trials = trials.into_iter().filter(|trial| of.is_none_or(|of| of == trial.token));
            let rows: Vec<_> = trials.map(|trial| row(actions, of.is_none(), trial)).collect();
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
    view! { {move || loaded.get().and_then(shown)} }.into_any()
}

/// Returns a trial with its calls and its buttons; with the token's name if it is `named`.
fn row(actions: Actions, named: bool, trial: Trial) -> AnyView {
    let i18n = actions.i18n;
    let (id, lost, ends_at, by_itself) = (trial.token, trial.lost, trial.ends_at(), trial.enforce_when_silent);
    let name = named.then(|| {
        view! { <p><a href=routes::token(id) dir="auto">{trial.name.clone()}</a></p> }
    });
    let state = move || match (now() < ends_at, by_itself) {
        (true, true) => t_string!(i18n, trial.until_silent),
        (true, false) => t_string!(i18n, trial.until),
        (false, _) => t_string!(i18n, trial.over),
    };
    let refused = trial.refused.calls;
    let count = refused.len();
    let text = move || match count {
        0 => t_string!(i18n, trial.no_calls).to_owned(),
        1 => t_string!(i18n, trial.one_call).to_owned(),
        RECENT_MAX.. => t_string!(i18n, trial.many_calls, count = RECENT_MAX).to_string(),
        more => t_string!(i18n, trial.some_calls, count = number(more as u64)).to_string(),
    };
    let calls = (count > 0).then(|| {
        let calls: Vec<_> = refused.into_iter().map(|call| line(i18n, call)).collect();
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
                {name}
                <p>{move || t_string!(i18n, trial.without, scopes = scopes_text(i18n, lost)).to_string()}</p>
                <p class="hint">{state} " " <Time at=ends_at/></p>
                <p>{text}</p>
                {calls}
            </div>
            <div class="dialog-actions">
                <button type="button" class="button" disabled=actions.pending on:click=move |_| actions.give_up(id)>
                    {t_signal!(i18n, trial.give_up)}
                </button>
                <button
                    type="button"
                    class="button primary"
                    disabled=actions.pending
                    on:click=move |_| actions.enforce(id)
                >
                    {t_signal!(i18n, trial.enforce)}
                </button>
            </div>
        </li>
    }
    .into_any()
}

fn operation(i18n: Words, scope: Scope) -> &'static str {
    words::name(i18n, scope.operation().name)
}

fn scopes_text(i18n: Words, scopes: Scopes) -> String {
    scopes.iter().map(|scope| operation(i18n, scope)).collect::<Vec<_>>().join(t_string!(i18n, separator))
}

/// Returns a call that would have been refused.
fn line(i18n: Words, RecentCall { at, scope, address, client, .. }: RecentCall) -> AnyView {
    let name = move || Scope::find(&scope).map_or_else(|| scope.clone(), |found| operation(i18n, found).to_owned());
    let client = move || match &client {
        Client::Unnamed => t_string!(i18n, usage.no_client).to_owned(),
        Client::Others => t_string!(i18n, usage.other_clients).to_owned(),
        Client::Named(name) => name.clone(),
    };
    view! {
        <li>
            <span><Time at=at exact=true/> " " {name}</span>
            <span><bdi translate="no">{client}</bdi> " " <code translate="no">{address.to_string()}</code></span>
        </li>
    }
    .into_any()
}

/// The offer, in the question before an update that takes scopes away, to try it out first. `on_begun` is called once that
/// has begun.
#[component]
pub fn TrialOffer(id: TokenId, revision: i64, scopes: Scopes, on_begun: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let (toasts, changes) = (use_toasts(), use_token_changes());
    let (by_itself, pending) = (RwSignal::new(false), RwSignal::new(false));
    let begin = move |_| {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        let enforce_when_silent = by_itself.get_untracked();
        spawn_local(async move {
            match begin_trial(id, scopes, enforce_when_silent, revision).await {
                Ok(()) => {
                    toasts.say(untrack(|| t_string!(i18n, trial.begun).to_owned()));
                    on_begun.try_run(());
                }
                Err(error) => toasts.complain(untrack(|| error.text(i18n))),
            }
            // The question may have been closed meanwhile.
            pending.try_set(false);
            changes.announce();
        });
    };
    view! {
        <div class="trial-offer">
            <p class="hint">{t_signal!(i18n, trial.offer)}</p>
            <label class="choice">
                <input
                    type="checkbox"
                    id="enforce-when-silent"
                    prop:checked=move || by_itself.get()
                    on:change=move |event| by_itself.set(event_target_checked(&event))
                />
                <span>{t_signal!(i18n, trial.by_itself)}</span>
            </label>
            <button type="button" class="button" disabled=pending on:click=begin>
                {t_signal!(i18n, trial.begin)}
            </button>
        </div>
    }
    .into_any()
}
