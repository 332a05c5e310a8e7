//! The latest entries of the audit trail about one token. The browser loads them once the page runs: they are the least
//! important part of the page, and their code is a wasm chunk of its own.

use crate::audit::api::GetHistory;
use crate::audit::entries::AuditEntries;
use crate::error::AppError;
use crate::i18n::use_i18n;
use crate::request::protocol::again;
use crate::routes;
use crate::sign_in::allowed::use_current_user;
use crate::tokens::changes::use_token_changes;
use crate::ui::error_note::ErrorNote;
use crate::ui::hydrated::use_hydrated;
use crate::ui::not_refreshed::{NotRefreshed, kept};
use crate::ui::reactive::t_signal;
use domain::audit::trail::{Entry, TrailFilter};
use domain::members::role::Permission;
use domain::tokens::token::TokenId;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The section with the history, and a link to all entries for users who may see the audit trail.
#[component]
pub fn TokenHistory(id: TokenId) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    view! {
        <section class="panel" aria-labelledby="history">
            <h2 id="history">{t_signal!(i18n, audit.history)}</h2>
            <Suspense>{move || hydrated.get().then(|| Suspend::new(entries(id)))}</Suspense>
        </section>
    }
    .into_any()
}

/// Loads the code of the history before it is needed.
#[cfg(feature = "hydrate")]
pub async fn preload() {
    __preload_entries().await;
}

#[lazy]
fn entries(id: TokenId) -> AnyView {
    view! { <Entries id/> }.into_any()
}

/// The entries; reloaded after each change made from this page.
#[component]
fn Entries(id: TokenId) -> impl IntoView {
    let i18n = use_i18n();
    let changes = use_token_changes();
    let loaded = RwSignal::new(None::<Result<Vec<Entry>, AppError>>);
    Effect::new(move |_| {
        let asked = changes.count();
        spawn_local(async move {
            let history = again(GetHistory { id }).await;
            // An outdated answer is dropped: a later change has started another request.
            if !loaded.is_disposed() && untrack(|| changes.count()) == asked {
                loaded.set(Some(history));
            }
        });
    });
    let (history, failed) = kept(move || loaded.get());
    let shown = move |history: Result<Vec<Entry>, AppError>| match history {
        Ok(entries) if entries.is_empty() => view! { <p>{t_signal!(i18n, audit.history_none)}</p> }.into_any(),
        Ok(entries) => view! { <AuditEntries entries of_one_token=true/> }.into_any(),
        Err(error) => view! { <ErrorNote error=Some(error)/> }.into_any(),
    };
    let all = use_current_user().role.may(Permission::SeeAuditTrail).then(|| {
        let filter = TrailFilter { token: Some(id), ..TrailFilter::default() };
        view! { <a href=routes::audit_trail(routes::AUDIT_TRAIL, &filter)>{t_signal!(i18n, audit.history_all)}</a> }
    });
    view! {
        <p class="hint history-lead">{t_signal!(i18n, audit.history_lead)} " " {all}</p>
        <NotRefreshed failed on_retry=Callback::new(move |()| changes.announce())/>
        {move || history.get().map(shown)}
    }
    .into_any()
}
