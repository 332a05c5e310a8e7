//! One access token in the list.

use crate::i18n::{t_string, use_i18n};
use crate::routes;
use crate::tokens::expiry::Expiry;
use crate::tokens::menu::{CardMenu, LastMenu};
use crate::ui::copy_button::CopyButton;
use crate::ui::icon::Icon;
use crate::ui::reactive::t_signal;
use crate::ui::time::Time;
use crate::words::{self, Words};
use domain::gate::api_version::ApiVersion;
use domain::tokens::command::TokenCommand;
use domain::tokens::token::{Token, TokenId, TokenState};
use leptos::prelude::*;

/// A name of at most so many bytes is never cut off, even on the narrowest screen: 20 Latin letters or 6 characters of
/// Japanese. Its tooltip would say nothing new.
const NEVER_CUT: usize = 20;

/// Shows the token, and in `touched` who else has just changed it. Selecting the card opens it for editing. Of the
/// cards that share `menu`, the one whose menu was opened last has it.
#[component]
pub fn TokenCard(
    #[prop(into)] token: Signal<Token>,
    touched: Signal<Option<String>>,
    menu: LastMenu,
    on_pick: Callback<TokenCommand>,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = token.read_untracked().id;
    let sid = token.read_untracked().sid.to_string();
    let name = Signal::derive(move || token.with(|token| token.settings.name.clone()));
    let title = Signal::derive(move || Some(name.get()).filter(|name| name.len() > NEVER_CUT));
    let description = Signal::derive(move || token.with(|token| token.settings.description.clone()));
    let copy_label = Signal::derive(move || t_string!(i18n, card.copy_sid, name = name.get()).to_string());
    let heading = heading_id(id);
    let heading_of = heading.clone();
    view! {
        <article
            class="card"
            class:disabled=move || token.with(|token| token.state == TokenState::Disabled)
            aria-labelledby=heading_of
        >
            <header class="card-head">
                <h3 id=heading dir="auto" translate="no">
                    <a href=routes::token(id) class="card-link clamped" title=title>{name}</a>
                </h3>
                <StateBadge state=Signal::derive(move || token.with(|token| token.state))/>
                <CardMenu token last=menu on_pick/>
            </header>
            {move || touched.get().map(|text| view! { <p class="card-touched" dir="auto">{text}</p> })}
            {move || {
                let text = Some(description.get()).filter(|text| !text.is_empty());
                text.map(|text| view! { <p class="card-description clamped" dir="auto">{text}</p> })
            }}
            <div class="card-sid">
                <code translate="no" title=t_signal!(i18n, card.account_sid)>{sid.clone()}</code>
                <CopyButton text=sid label=copy_label/>
            </div>
            <dl class="card-facts">{move || facts(i18n, token)}</dl>
            <Expiry ends_at=Signal::derive(move || token.with(|token| token.ends_at))/>
            <ul class="chips" aria-label=t_signal!(i18n, card.scopes)>
                {move || {
                    let scopes = token.with(|token| token.settings.scopes.by_category());
                    let chip = |of| view! { <li>{words::allowed_of(i18n, of)}</li> };
                    scopes.into_iter().map(chip).collect_view()
                }}
            </ul>
        </article>
    }
}

/// Returns the id of the heading of the token's card. The last 48 bits of a token's id are random, so that they are
/// enough to tell the cards of a page apart.
pub fn heading_id(id: TokenId) -> String {
    format!("token-{:012x}", id.0.as_u128() & 0xffff_ffff_ffff)
}

/// Returns the list of the token's facts as they are now. They follow the token as one: a token seldom changes, while
/// each part that follows it by itself takes its time when a page starts.
fn facts(i18n: Words, token: Signal<Token>) -> impl IntoView {
    let (version, contact, created_at, last_used_at) = token.with(|token| {
        let contact = token.primary_contact.name.clone();
        (token.settings.api_version, contact, token.created_at, token.last_used_at)
    });
    let last_used = match last_used_at {
        Some(at) => view! { <Time at=at relative=true/> }.into_any(),
        None => t_string!(i18n, card.never).into_any(),
    };
    view! {
        {(!version.is_newest()).then(|| view! { <OldVersion version/> })}
        <div>
            <dt>{t_string!(i18n, card.contact)}</dt>
            <dd dir="auto" translate="no">{contact}</dd>
        </div>
        <div>
            <dt>{t_string!(i18n, card.created)}</dt>
            <dd><Time at=created_at/></dd>
        </div>
        <div>
            <dt>{t_string!(i18n, card.last_used)}</dt>
            <dd>{last_used}</dd>
        </div>
    }
}

/// The token's state in words and colour.
#[component]
pub fn StateBadge(#[prop(into)] state: Signal<TokenState>) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <span class="badge" class:ok=move || state.get() == TokenState::Enabled>
            {move || words::state(i18n, state.get())}
        </span>
    }
}

/// An API version that is not the newest, and that there is a newer one. The newest needs no word on the card.
#[component]
fn OldVersion(version: ApiVersion) -> impl IntoView {
    let i18n = use_i18n();
    let hint = move || t_string!(i18n, card.upgrade_hint, number = ApiVersion::NEWEST).to_string();
    view! {
        <div>
            <dt>{t_signal!(i18n, card.api_version)}</dt>
            <dd>
                {version.to_string()}
                <span class="upgrade-hint" title=hint>
                    {Icon::Upgrade.view()}
                    <span>{hint}</span>
                </span>
            </dd>
        </div>
    }
}
