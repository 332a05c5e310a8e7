//! The calls of the last days that a change would have refused, in the question before it.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::request::protocol::again;
use crate::routes;
use crate::tokens::rehearsal_api::{Rehearse, RehearseAll};
use crate::ui::error_note::ErrorNote;
use crate::ui::pager::number;
use crate::ui::reactive::t_signal;
use crate::ui::time::{Time, now};
use crate::words::{self, Words};
use domain::gate::api_version::ApiVersion;
use domain::tokens::rehearsal::{AccountChange, DAYS, LastRefused, Rehearsal, TokenChange, TokenShare, VersionUse};
use domain::tokens::scope::Scope;
use domain::tokens::token::TokenId;
use domain::tokens::usage::Client;
use domain::tokens::usage_view::UsageView;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The most operations that are listed, those with the most calls first.
const LISTED: usize = 10;

/// The change that is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A change of a token.
    Token(TokenId, TokenChange),
    /// A change of the account.
    Account(AccountChange),
}

impl Asked {
    async fn rehearse(self) -> Result<Rehearsal, AppError> {
        match self {
            Self::Token(id, change) => again(Rehearse { id, change }).await,
            Self::Account(change) => again(RehearseAll { change }).await,
        }
    }
}

/// The calls that the change would have refused, with links to them.
#[component]
pub fn RefusedCalls(asked: Asked) -> impl IntoView {
    let i18n = use_i18n();
    let found = RwSignal::new(None::<Result<Rehearsal, AppError>>);
    let token = match &asked {
        Asked::Token(id, _) => Some(*id),
        Asked::Account(_) => None,
    };
    let upgrades = matches!(&asked, Asked::Token(_, TokenChange::UpgradeVersion));
    Effect::new(move |_| {
        let asked = asked.clone();
        spawn_local(async move {
            let answer = asked.rehearse().await;
            // The question may have been closed meanwhile.
            found.try_set(Some(answer));
        });
    });
    let shown = move |answer: Option<Result<Rehearsal, AppError>>| match answer {
        None => view! { <p class="hint">{t_signal!(i18n, rehearsal.looking)}</p> }.into_any(),
        Some(Ok(rehearsal)) => answered(i18n, token, upgrades, rehearsal),
        Some(Err(error)) => view! { <ErrorNote error=Some(error)/> }.into_any(),
    };
    view! {
        <div class="rehearsed" role="status">
            {move || shown(found.get())}
        </div>
    }
}

fn answered(i18n: Words, token: Option<TokenId>, upgrades: bool, rehearsal: Rehearsal) -> AnyView {
    let Rehearsal { calls, last, operations, tokens, unknown, versions, known_days, .. } = rehearsal.clone();
    let refused = (!upgrades || calls > 0).then(|| view! { <p>{move || refused_text(i18n, token, &rehearsal)}</p> });
    let unknown = (unknown > 0).then(|| {
        view! { <p>{move || t_string!(i18n, rehearsal.unknown, count = number(unknown)).to_string()}</p> }
    });
    let known = known_days.map(|days| {
        view! { <p class="hint">{move || t_string!(i18n, rehearsal.known_days, count = days).to_string()}</p> }
    });
    let all = match token {
        Some(id) if calls > 0 => of_token(i18n, id, operations),
        Some(_) => Vec::new(),
        None => {
            let link = |of: TokenShare| calls_link(Signal::stored(of.name), of.calls, usage(of.token, None));
            tokens.into_iter().map(link).collect()
        }
    };
    let list = (!all.is_empty()).then(|| view! { <ul class="rehearsed-calls">{all}</ul> });
    view! {
        {refused}
        {last.map(|last| last_call(i18n, last))}
        {unknown}
        {(upgrades || !versions.is_empty()).then(|| by_version(i18n, token, versions))}
        {known}
        {list}
    }
    .into_any()
}

/// Returns how many calls the change would have refused, or how long there was none.
fn refused_text(i18n: Words, token: Option<TokenId>, rehearsal: &Rehearsal) -> String {
    if rehearsal.calls > 0 {
        let calls = calls_text(i18n, rehearsal.calls);
        let networks = networks_text(i18n, rehearsal);
        return t_string!(i18n, rehearsal.refused, calls = calls, networks = networks).to_string();
    }
    match rehearsal.last_used_at.map(|at| (now() - at).num_days()) {
        Some(days) if days >= i64::from(DAYS) => t_string!(i18n, rehearsal.silent, count = days).to_string(),
        None if token.is_some() => t_string!(i18n, rehearsal.never).to_owned(),
        Some(_) | None => t_string!(i18n, rehearsal.none).to_owned(),
    }
}

fn calls_text(i18n: Words, calls: u64) -> String {
    match calls {
        1 => t_string!(i18n, rehearsal.calls_one).to_owned(),
        more => t_string!(i18n, rehearsal.calls, count = number(more)).to_string(),
    }
}

fn networks_text(i18n: Words, rehearsal: &Rehearsal) -> String {
    match (rehearsal.networks, rehearsal.more_networks) {
        (1, false) => t_string!(i18n, rehearsal.networks_one).to_owned(),
        (count, false) => t_string!(i18n, rehearsal.networks, count = number(count)).to_string(),
        (count, true) => t_string!(i18n, rehearsal.networks_more, count = number(count)).to_string(),
    }
}

/// Returns when, by which client and from where the last call came.
fn last_call(i18n: Words, LastRefused { at, address, client }: LastRefused) -> AnyView {
    let client = client.map(|client| {
        let name = move || match &client {
            Client::Unnamed => t_string!(i18n, usage.no_client).to_owned(),
            Client::Others => t_string!(i18n, usage.other_clients).to_owned(),
            Client::Named(name) => name.clone(),
        };
        view! { {t_signal!(i18n, rehearsal.comma)} <bdi translate="no">{name}</bdi> }
    });
    let address = address.map(|address| {
        view! { {t_signal!(i18n, rehearsal.comma)} <code translate="no">{address.to_string()}</code> }
    });
    view! {
        <p>{t_signal!(i18n, rehearsal.last)} <Time at=at relative=true/> {client} {address}</p>
    }
    .into_any()
}

/// Returns the link to a token's calls of the operation, or to all.
fn usage(id: TokenId, operation: Option<Scope>) -> String {
    let view = UsageView { operation, ..UsageView::default() };
    format!("{}#usage", routes::usage(&routes::token(id), &view))
}

/// Returns the links to the token's calls: to those of each operation.
fn of_token(i18n: Words, id: TokenId, operations: Vec<(String, u64)>) -> Vec<AnyView> {
    let link = |(operation, calls): (String, u64)| {
        let href = usage(id, Scope::find(&operation));
        calls_link(operation_name(i18n, operation), calls, href)
    };
    operations.into_iter().take(LISTED).map(link).collect()
}

/// Returns a link that opens in another tab, so that the question stays.
fn calls_link(name: Signal<String>, calls: u64, href: String) -> AnyView {
    view! {
        <li>
            <a href=href target="_blank" rel="noopener" dir="auto">{name}</a>
            <span class="count">{number(calls)}</span>
        </li>
    }
    .into_any()
}

/// Returns the operation's name; one that is no longer in the catalogue keeps its id.
fn operation_name(i18n: Words, id: String) -> Signal<String> {
    Signal::derive(move || match Scope::find(&id) {
        Some(scope) => words::name(i18n, scope.operation().name).to_owned(),
        None => id.clone(),
    })
}

/// Returns how many calls of each operation already ask for the newest API version.
fn by_version(i18n: Words, token: Option<TokenId>, versions: Vec<VersionUse>) -> AnyView {
    if versions.is_empty() {
        return view! { <p>{t_signal!(i18n, rehearsal.none_at_all)}</p> }.into_any();
    }
    let (calls, newest) = versions
        .iter()
        .fold((0_u64, 0_u64), |(calls, newest), of| (calls.saturating_add(of.calls), newest.saturating_add(of.newest)));
    let text = move || {
        let (calls, newest) = (number(calls), number(newest));
        t_string!(i18n, rehearsal.versions, newest = newest, calls = calls, number = ApiVersion::NEWEST).to_string()
    };
    let row = |VersionUse { operation, calls, newest }: VersionUse| {
        let href = token.map(|id| usage(id, Scope::find(&operation)));
        let name = operation_name(i18n, operation);
        view! {
            <li>
                <a href=href target="_blank" rel="noopener">{name}</a>
                <span class="count">
                    {move || {
                        let (newest, calls) = (number(newest), number(calls));
                        t_string!(i18n, rehearsal.newest_of, newest = newest, calls = calls).to_string()
                    }}
                </span>
            </li>
        }
        .into_any()
    };
    let rows: Vec<_> = versions.into_iter().take(LISTED).map(row).collect();
    view! {
        <p>{text}</p>
        <ul class="rehearsed-calls">{rows}</ul>
    }
    .into_any()
}
