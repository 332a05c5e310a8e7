//! The commands that stop integrations, at the end of the token's page.

use crate::i18n::{t_string, use_i18n};
use crate::sign_in::allowed::use_current_user;
use crate::tokens::command_words::{CommandItem, item};
use crate::ui::hydrated::use_hydrated;
use crate::ui::reactive::t_signal;
use crate::words::Words;
use domain::tokens::command::{CommandEffect, TokenCommand};
use domain::tokens::token::Token;
use leptos::prelude::*;

/// The section with the commands, each with its effect in a sentence. They ask as those of the menu do.
#[component]
pub fn DangerZone(known: RwSignal<Token>, gone: Memo<bool>, on_pick: Callback<TokenCommand>) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let role = use_current_user().role;
    let offered = Memo::new(move |_| known.with(|token| TokenCommand::danger_zone(role, token)));
    let row = move |command: TokenCommand| {
        let CommandItem { icon, label } = item(command);
        view! {
            <li>
                <p>{move || about(i18n, command)}</p>
                <button
                    type="button"
                    class="button"
                    class:danger-text=command.rules().effect == CommandEffect::Removes
                    data-waits=""
                    disabled=move || !hydrated.get() || gone.get()
                    on:click=move |_| on_pick.run(command)
                >
                    {icon.view()}
                    {move || label(i18n)}
                </button>
            </li>
        }
        .into_any()
    };
    view! {
        <section class="panel token-danger needs-script" aria-labelledby="danger-zone">
            <h2 id="danger-zone">{t_signal!(i18n, access.danger_zone)}</h2>
            <ul class="rows">{move || offered.get().into_iter().map(row).collect::<Vec<_>>()}</ul>
        </section>
    }
    .into_any()
}

/// Returns the effect of a command of the danger zone in one sentence.
fn about(i18n: Words, command: TokenCommand) -> &'static str {
    match command {
        TokenCommand::Reset => t_string!(i18n, form.danger_reset),
        TokenCommand::StopOldValue => t_string!(i18n, form.danger_stop_old),
        TokenCommand::Disable => t_string!(i18n, form.danger_disable),
        TokenCommand::Enable => t_string!(i18n, form.danger_enable),
        TokenCommand::Delete => t_string!(i18n, form.danger_delete),
        // They stop no integration.
        TokenCommand::Duplicate | TokenCommand::UpgradeVersion | TokenCommand::GoBackVersion | TokenCommand::View => "",
    }
}
