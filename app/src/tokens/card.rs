//! One access token in the list, as a card.

use crate::i18n::{t_string, use_i18n};
use crate::routes;
use crate::tokens::expiry::Expiry;
use crate::tokens::menu::CardMenu;
use crate::tokens::overlap::OpenOverlap;
use crate::tokens::recent_use::RecentUse;
use crate::ui::copy_button::CopyButton;
use crate::ui::hydrated::use_hydrated;
use crate::ui::icon::Icon;
use crate::ui::more_menu::LastMenu;
use crate::ui::reactive::t_signal;
use crate::ui::time::Time;
use crate::words::{self, Words};
use chrono::{DateTime, Utc};
use domain::gate::api_version::ApiVersion;
use domain::tokens::command::TokenCommand;
use domain::tokens::token::{Token, TokenState};
use domain::tokens::usage::Sparkline;
use leptos::prelude::*;

/// A name of at most so many bytes is never cut off, even on the narrowest screen: 20 Latin letters or 6 characters of
/// Japanese. Its tooltip would say nothing new.
const NEVER_CUT: usize = 20;

/// Shows the token with its calls of the last days, and in `touched` who else has just changed it. Selecting the card opens it for editing. Of the
/// cards that share `menu`, the one whose menu was opened last has it.
#[component]
pub fn TokenCard(
    #[prop(into)] token: Signal<Token>,
    calls: Signal<Option<Sparkline>>,
    touched: Signal<Option<String>>,
    menu: LastMenu,
    on_pick: Callback<TokenCommand>,
) -> impl IntoView {
    let i18n = use_i18n();
    let description = move || token.with(|token| token.settings.description.clone());
    view! {
        <li>
            <article class="card" class:disabled=move || is_disabled(token)>
                <h3><TokenLink token/></h3>
                <StateBadge token/>
                <CardMenu token last=menu on_pick/>
                {touched_note(touched)}
                {move || {
                    let text = Some(description()).filter(|text| !text.is_empty());
                    text.map(|text| view! { <p class="card-description">{text}</p> })
                }}
                <Sid token/>
                <dl class="card-facts">{move || facts(i18n, token)}</dl>
                {move || token.with(Token::last_call_failed_at).map(|at| failed_call(i18n, at))}
                <RecentUse calls/>
                <Expiry ends_at=Signal::derive(move || token.with(|token| token.ends_at))/>
                <OpenOverlap token/>
            </article>
        </li>
    }
}

/// Returns the note that names the person whose change has just arrived, if one has.
pub fn touched_note(touched: Signal<Option<String>>) -> impl IntoView {
    move || touched.get().map(|text| view! { <p class="card-touched" dir="auto">{text}</p> })
}

/// Returns whether the token is disabled.
pub fn is_disabled(token: Signal<Token>) -> bool {
    token.with(|token| token.state == TokenState::Disabled)
}

/// The token's name, of which as much is shown as has room, as a link to its page. The whole name is the link's tooltip
/// once our wasm runs, as a list has many of them.
#[component]
pub fn TokenLink(#[prop(into)] token: Signal<Token>) -> impl IntoView {
    let hydrated = use_hydrated();
    let id = token.read_untracked().id;
    let name = Signal::derive(move || token.with(|token| token.settings.name.clone()));
    let title = move || hydrated.get().then(|| name.get()).filter(|name| name.len() > NEVER_CUT);
    view! { <a href=routes::token(id) class="card-link" translate="no" title=title>{name}</a> }
}

/// The Account SID with its Copy button, which comes once our wasm runs: nothing else could answer it.
#[component]
fn Sid(token: Signal<Token>) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let sid = token.read_untracked().sid.to_string();
    let label = Signal::derive(move || {
        token.with(|token| t_string!(i18n, card.copy_sid, name = token.settings.name.as_str()).to_string())
    });
    let title = move || hydrated.get().then(|| t_string!(i18n, card.account_sid));
    view! {
        <code title=title>{sid.clone()}</code>
        {move || hydrated.get().then(|| view! { <CopyButton text=sid.clone() label/> })}
    }
}

/// Returns the list of the token's facts as they are now. They follow the token as one: a token seldom changes, while
/// each part that follows it by itself takes its time when a page starts.
fn facts(i18n: Words, token: Signal<Token>) -> impl IntoView {
    let (version, contact, created_at, last_used_at, scopes) = token.with(|token| {
        let contact = token.primary_contact.name.clone();
        let scopes = words::allowed(i18n, token.settings.scopes);
        (token.settings.api_version, contact, token.created_at, token.last_used_at, scopes)
    });
    view! {
        {(!version.is_newest()).then(|| view! { <OldVersion version/> })}
        <dt>{t_string!(i18n, card.contact)}</dt>
        <dd translate="no">{contact}</dd>
        <dt>{t_string!(i18n, card.created)}</dt>
        <dd><Time at=created_at/></dd>
        <dt>{t_string!(i18n, card.last_used)}</dt>
        <dd>{last_used(i18n, last_used_at)}</dd>
        <dt>{t_string!(i18n, card.scopes)}</dt>
        <dd>{scopes}</dd>
    }
}

/// Returns the time of last use, or that there was none.
pub fn last_used(i18n: Words, at: Option<DateTime<Utc>>) -> AnyView {
    match at {
        Some(at) => view! { <Time at=at relative=true/> }.into_any(),
        None => t_string!(i18n, card.never).into_any(),
    }
}

/// Returns a line that says that the last call failed, and when.
pub fn failed_call(i18n: Words, at: DateTime<Utc>) -> AnyView {
    view! { <p class="failed-call">{t_string!(i18n, card.call_failed)}<Time at=at relative=true/></p> }.into_any()
}

/// The token's state in words and colour.
#[component]
pub fn StateBadge(#[prop(into)] token: Signal<Token>) -> impl IntoView {
    let i18n = use_i18n();
    let state = move || token.with(|token| token.state);
    view! {
        <span class="badge" class:ok=move || state() == TokenState::Enabled>
            {move || words::state(i18n, state())}
        </span>
    }
}

/// An API version that is not the newest, and that there is a newer one. The newest needs no word on the card.
#[component]
fn OldVersion(version: ApiVersion) -> impl IntoView {
    let i18n = use_i18n();
    let hint = move || t_string!(i18n, card.upgrade_hint, number = ApiVersion::NEWEST).to_string();
    view! {
        <dt>{t_signal!(i18n, card.api_version)}</dt>
        <dd>
            {version.to_string()}
            <span class="upgrade-hint" title=hint>
                {Icon::Upgrade.view()}
                <span>{hint}</span>
            </span>
        </dd>
    }
}
