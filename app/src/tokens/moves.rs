//! The addresses that use a token while an overlap is open, and which of them have moved to the new Auth Token. The browser
//! loads them once the page runs.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::request::protocol::again;
use crate::tokens::api::GetMoves;
use crate::tokens::changes::use_token_changes;
use crate::ui::error_note::ErrorNote;
use crate::ui::reactive::t_signal;
use crate::ui::time::Time;
use crate::words::Words;
use chrono::{DateTime, Utc};
use domain::tokens::overlap::UsedFrom;
use domain::tokens::token::TokenId;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The addresses, in the section with the token's credentials; reloaded after each change made from this page.
#[component]
pub fn Moves(id: TokenId) -> impl IntoView {
    let i18n = use_i18n();
    let changes = use_token_changes();
    let loaded = RwSignal::new(None::<Result<Vec<UsedFrom>, AppError>>);
    Effect::new(move |_| {
        let asked = changes.count();
        spawn_local(async move {
            let moves = again(GetMoves { id }).await;
            // An outdated answer is dropped: a later change has started another request.
            if !loaded.is_disposed() && untrack(|| changes.count()) == asked {
                loaded.set(Some(moves));
            }
        });
    });
    let shown = move |moves: Result<Vec<UsedFrom>, AppError>| match moves {
        Ok(used) if used.is_empty() => view! { <p class="hint">{t_signal!(i18n, overlap.no_calls)}</p> }.into_any(),
        Ok(used) => view! { <Table used/> }.into_any(),
        Err(error) => view! { <ErrorNote error=Some(error)/> }.into_any(),
    };
    view! { {move || loaded.get().map(shown)} }.into_any()
}

#[component]
fn Table(used: Vec<UsedFrom>) -> impl IntoView {
    let i18n = use_i18n();
    let (all, moved) = (used.len(), used.iter().filter(|from| from.has_moved()).count());
    let row = move |UsedFrom { address, uses }: UsedFrom| {
        let name = match address {
            Some(address) => view! { <code translate="no">{address}</code> }.into_any(),
            None => t_signal!(i18n, overlap.other_addresses).into_any(),
        };
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td>{last_use(i18n, uses.old)}</td>
                <td>{last_use(i18n, uses.new)}</td>
            </tr>
        }
        .into_any()
    };
    view! {
        <table class="moves">
            <caption>{move || t_string!(i18n, overlap.moves, moved = moved, all = all).to_string()}</caption>
            <thead>
                <tr>
                    <th scope="col">{t_signal!(i18n, overlap.address)}</th>
                    <th scope="col">{t_signal!(i18n, overlap.old_used)}</th>
                    <th scope="col">{t_signal!(i18n, overlap.new_used)}</th>
                </tr>
            </thead>
            <tbody>{used.into_iter().map(row).collect::<Vec<_>>()}</tbody>
        </table>
    }
    .into_any()
}

/// Returns the time of the last use, or that there was none.
fn last_use(i18n: Words, at: Option<DateTime<Utc>>) -> AnyView {
    match at {
        Some(at) => view! { <Time at=at relative=true/> }.into_any(),
        None => t_signal!(i18n, card.never).into_any(),
    }
}
