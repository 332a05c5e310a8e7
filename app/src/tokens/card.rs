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
    let last_used = Signal::derive(move || token.with(|token| token.last_used_at));
    let copy_label = Signal::derive(move || t_string!(i18n, card.copy_sid, name = name.get()).to_string());
    let heading = format!("token-{}", id.0);
    let heading_id = heading.clone();
    view! {
        <article class="card" class:disabled=move || token.with(|token| token.state == TokenState::Disabled) aria-labelledby=heading>
            <header class="card-head">
                <h3 id=heading_id dir="auto" translate="no">
                    <a href=routes::token(id) class="card-link">{name}</a>
                </h3>
                <StateBadge state=Signal::derive(move || token.with(|token| token.state))/>
                <CardMenu token on_pick/>
            </header>
            {move || touched.get().map(|text| view! { <p class="card-touched" dir="auto">{text}</p> })}
            <p class="card-description" class:none=move || description.with(String::is_empty) dir="auto">
                {move || {
                    let text = description.get();
                    if text.is_empty() { t_string!(i18n, card.no_description).to_owned() } else { text }
                }}
            </p>
            <div class="card-sid">
                <code translate="no" title=t_signal!(i18n, card.account_sid)>{sid.clone()}</code>
                <CopyButton text=sid label=copy_label/>
            </div>
            <dl class="card-facts">
                <div>
                    <dt>{t_signal!(i18n, card.api_version)}</dt>
                    <dd><Version version=Signal::derive(move || token.with(|token| token.settings.api_version))/></dd>
                </div>
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

/// The API version, with a hint if there is a newer one.
#[component]
fn Version(version: Signal<ApiVersion>) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        {move || version.get().to_string()}
        <Show when=move || { !version.get().is_newest() }>
            <span
                class="upgrade-hint"
                title=move || t_string!(i18n, card.upgrade_hint, number = ApiVersion::NEWEST).to_string()
            >
                {Icon::Upgrade.view()}
                <span>{move || t_string!(i18n, card.upgrade_hint, number = ApiVersion::NEWEST).to_string()}</span>
            </span>
        </Show>
    }
}
