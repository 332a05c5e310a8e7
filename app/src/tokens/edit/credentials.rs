//! The section with a token's credentials.

use crate::i18n::{t_string, use_i18n};
use crate::tokens::commands::TokenActions;
use crate::tokens::moves::Moves;
use crate::tokens::overlap::OpenOverlap;
use crate::ui::copy_button::CopyButton;
use crate::ui::hydrated::use_hydrated;
use crate::ui::icon::Icon;
use crate::ui::reactive::t_signal;
use domain::tokens::command::TokenCommand;
use domain::tokens::token::Token;
use leptos::prelude::*;

/// Account SID and Auth Token; the latter is masked.
#[component]
pub fn Credentials(known: RwSignal<Token>, actions: TokenActions, gone: Memo<bool>) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let sid = known.read_untracked().sid.to_string();
    let id = known.read_untracked().id;
    let is_open = Memo::new(move |_| known.with(|token| token.values.old.is_some()));
    let ending = move || known.with(|token| token.values.ending.clone());
    let viewable = move || known.with(|token| token.viewable);
    view! {
        <dl class="credentials">
            <dt>{t_signal!(i18n, card.account_sid)}</dt>
            <dd>
                <code translate="no">{sid.clone()}</code>
                <CopyButton text=sid label=Signal::derive(move || t_string!(i18n, secret.copy_sid).to_owned())/>
            </dd>
            <dt>{t_signal!(i18n, form.auth_token)}</dt>
            <dd>
                <code translate="no" aria-hidden=move || ending().is_none().then_some("true")>
                    {move || masked(ending())}
                </code>
                <Show when=viewable>
                    <button
                        type="button"
                        class="button small"
                        data-waits=""
                        disabled=move || !hydrated.get() || gone.get()
                        on:click=move |_| actions.pick(TokenCommand::View, known.get_untracked())
                    >
                        {Icon::Eye.view()}
                        {t_signal!(i18n, item.view)}
                    </button>
                </Show>
                <button
                    type="button"
                    class="button small"
                    data-waits=""
                    disabled=move || !hydrated.get() || gone.get()
                    on:click=move |_| actions.pick(TokenCommand::Reset, known.get_untracked())
                >
                    {Icon::Reset.view()}
                    {t_signal!(i18n, form.reset_token)}
                </button>
            </dd>
            {move || is_open.get().then(|| view! { <OldAuthToken known actions gone/> }.into_any())}
        </dl>
        <OpenOverlap token=known/>
        {move || is_open.get().then(|| view! { <Moves id/> })}
        <p class="hint">
            {move || {
                if viewable() { t_string!(i18n, form.auth_token_kept) } else { t_string!(i18n, form.auth_token_hidden) }
            }}
        </p>
    }
}

/// Returns an Auth Token of which only the last characters are shown, if they are known.
fn masked(ending: Option<String>) -> String {
    format!("kgt_••••••••••••{}", ending.unwrap_or_else(|| "••••".to_owned()))
}

/// The old Auth Token while an overlap is open, and the button that stops it.
#[component]
fn OldAuthToken(known: RwSignal<Token>, actions: TokenActions, gone: Memo<bool>) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let old = move || known.with(|token| token.values.old.clone());
    let closes_itself = move || old().is_some_and(|old| old.close_when_moved);
    view! {
        <dt>{t_signal!(i18n, overlap.old_token)}</dt>
        <dd>
            <code translate="no">{move || masked(old().and_then(|old| old.ending))}</code>
            <button
                type="button"
                class="button small"
                data-waits=""
                disabled=move || !hydrated.get() || gone.get()
                on:click=move |_| actions.pick(TokenCommand::StopOldValue, known.get_untracked())
            >
                {Icon::Disable.view()}
                {t_signal!(i18n, item.stop_old_value)}
            </button>
            {move || closes_itself().then(|| view! { <p class="hint">{t_signal!(i18n, overlap.closes_itself)}</p> })}
        </dd>
    }
}
