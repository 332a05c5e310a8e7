//! One access token in the list.

use crate::i18n::{t_string, use_i18n};
use crate::routes;
use crate::tokens::expiry::Expiry;
use crate::tokens::menu::CardMenu;
use crate::ui::copy_button::CopyButton;
use crate::ui::icon::Icon;
use crate::ui::reactive::t_signal;
use crate::ui::time::Time;
use crate::words;
use domain::gate::api_version::ApiVersion;
use domain::tokens::command::TokenCommand;
use domain::tokens::token::{Token, TokenState};
use leptos::prelude::*;

/// Shows the token, and in `touched` who else has just changed it. Selecting the card opens it for editing.
#[component]
pub fn TokenCard(
    #[prop(into)] token: Signal<Token>,
    touched: Signal<Option<String>>,
    on_pick: Callback<TokenCommand>,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = token.read_untracked().id;
    let sid = token.read_untracked().sid.to_string();
    let name = Signal::derive(move || token.with(|token| token.settings.name.clone()));
    let description = Signal::derive(move || token.with(|token| token.settings.description.clone()));
    let scopes = Signal::derive(move || token.with(|token| token.settings.scopes.by_category()));
    let version = Signal::derive(move || token.with(|token| token.settings.api_version));
    let last_used = Signal::derive(move || token.with(|token| token.last_used_at));
    let copy_label = Signal::derive(move || t_string!(i18n, card.copy_sid, name = name.get()).to_string());
    let heading = format!("token-{}", id.0);
    let heading_id = heading.clone();
    view! {
        <article class="card" class:disabled=move || token.with(|token| token.state == TokenState::Disabled) aria-labelledby=heading>
            <header class="card-head">
                <h3 id=heading_id dir="auto" translate="no">
                    <a href=routes::token(id) class="card-link clamped" title=name>{name}</a>
                </h3>
                <StateBadge state=Signal::derive(move || token.with(|token| token.state))/>
                <CardMenu token on_pick/>
            </header>
            {move || touched.get().map(|text| view! { <p class="card-touched" dir="auto">{text}</p> })}
            {move || {
                let text = Some(description.get()).filter(|text| !text.is_empty());
                text.map(|text| view! { <p class="card-description" dir="auto">{text}</p> })
            }}
            <div class="card-sid">
                <code translate="no" title=t_signal!(i18n, card.account_sid)>{sid.clone()}</code>
                <CopyButton text=sid label=copy_label/>
            </div>
            <dl class="card-facts">
                {move || (!version.get().is_newest()).then(|| view! { <OldVersion version=version.get()/> })}
                <div>
                    <dt>{t_signal!(i18n, card.contact)}</dt>
                    <dd dir="auto" translate="no">{move || token.with(|token| token.primary_contact.name.clone())}</dd>
                </div>
                <div>
                    <dt>{t_signal!(i18n, card.created)}</dt>
                    <dd><Time at=Signal::derive(move || token.with(|token| token.created_at))/></dd>
                </div>
                <div>
                    <dt>{t_signal!(i18n, card.last_used)}</dt>
                    <dd>
                        {move || match last_used.get() {
                            Some(at) => view! { <Time at=at relative=true/> }.into_any(),
                            None => t_signal!(i18n, card.never).into_any(),
                        }}
                    </dd>
                </div>
            </dl>
            <Expiry ends_at=Signal::derive(move || token.with(|token| token.ends_at))/>
            <ul class="chips" aria-label=t_signal!(i18n, card.scopes)>
                {move || {
                    scopes
                        .get()
                        .into_iter()
                        .map(|(category, allowed, all)| {
                            view! {
                                <li>
                                    {words::name(i18n, category.name())} " "
                                    <span>{format!("{allowed}/{all}")}</span>
                                </li>
                            }
                        })
                        .collect_view()
                }}
            </ul>
        </article>
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
