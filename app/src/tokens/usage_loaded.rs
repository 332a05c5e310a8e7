//! Loads the use of a token, in the view that the page's link names. The server draws the section, too, so that it needs no
//! wasm.

use crate::error::AppError;
use crate::i18n::use_i18n;
use crate::request::protocol::again;
use crate::routes;
use crate::tokens::changes::use_token_changes;
use crate::tokens::usage::{Files, Usage, UsageSection};
use crate::tokens::usage_api::{GetRecentCalls, GetUsage, GetUsageByHour};
use crate::ui::error_note::ErrorNote;
use crate::ui::hydrated::use_hydrated;
use crate::ui::not_refreshed::{NotRefreshed, kept};
use crate::ui::reactive::{settled, t_signal};
use domain::Refusal;
use domain::chart::buckets::BucketSize;
use domain::tokens::token::TokenId;
use domain::tokens::usage_view::UsageView;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The view, and the use of the token in it.
type Answer = (UsageView, Result<Usage, AppError>);

/// The key of a token's sums: the token, the days, and the changes before.
type Asked = (TokenId, u16, u64);

/// The use of the page's token.
#[derive(Clone, Copy)]
pub struct LoadedUsage(Resource<Answer>);

impl LoadedUsage {
    /// Loads it; reloaded after each change of a token. Called beside what loads the token, and not below it: the server
    /// creates the content of a suspended view several times, and the browser would confuse the resources.
    pub fn of(id: Memo<Option<TokenId>>) -> Self {
        let query = use_location().search;
        let view = Memo::new(move |_| query.with(|query| routes::usage_view(query)));
        let changes = use_token_changes();
        // Another filter of the calls changes nothing about the sums.
        let last = StoredValue::new(None::<(Asked, Usage)>);
        let answer = move |(id, view, changes): (Option<TokenId>, UsageView, u64)| async move {
            let usage = match id {
                Some(id) => load(id, &view, changes, last).await,
                None => Err(AppError::Refused(Refusal::NotFound)),
            };
            (view, usage)
        };
        Self(Resource::new(move || (id.get(), view.get(), changes.count()), answer))
    }
}

async fn load(
    id: TokenId,
    view: &UsageView,
    changes: u64,
    last: StoredValue<Option<(Asked, Usage)>>,
) -> Result<Usage, AppError> {
    let asked = (id, view.days(), changes);
    let known = last.try_get_value().flatten().filter(|(of, _)| *of == asked).map(|(_, usage)| usage);
    let mut usage = match known {
        Some(known) => known,
        None => Usage { summary: again(GetUsage { id, days: view.days() }).await?, ..Usage::default() },
    };
    if view.by == BucketSize::Hour && usage.hours.is_empty() {
        usage.hours = again(GetUsageByHour { id }).await?;
    }
    usage.recent = again(GetRecentCalls { id, filter: view.calls() }).await?;
    last.try_set_value(Some((asked, usage.clone())));
    Ok(usage)
}

/// The section, once the use of the token is loaded.
#[component]
pub fn TokenUsage(id: TokenId, usage: LoadedUsage) -> impl IntoView {
    let i18n = use_i18n();
    let loading = move || {
        view! {
            <section class="panel" aria-label=t_signal!(i18n, usage.title)>
                <h2>{t_signal!(i18n, usage.title)}</h2>
                <p role="status">{t_signal!(i18n, usage.loading)}</p>
            </section>
        }
    };
    view! {
        <div id=PLACE class="token-usage">
            <Transition fallback=loading><LoadedSection id usage/></Transition>
        </div>
    }
    .into_any()
}

/// The id of the section, to which its links lead back without our wasm.
const PLACE: &str = "usage";

/// The section or the error; it stays while another view of it is loading.
#[component]
fn LoadedSection(id: TokenId, usage: LoadedUsage) -> impl IntoView {
    let changes = use_token_changes();
    let (loaded, failed) = kept(move || usage.0.get().map(|(view, usage)| usage.map(|usage| (view, usage))));
    let hydrated = use_hydrated();
    let link = move |view: UsageView| {
        let to = routes::usage(&routes::token(id), &view);
        // The router would scroll to the beginning of the section. Without it, the page would be shown from its top.
        Signal::derive(move || if hydrated.get() { to.clone() } else { format!("{to}#{PLACE}") })
    };
    let link = Callback::new(link);
    let shown = settled(move || loaded.get().and_then(Result::ok).unwrap_or_default());
    let files = move || {
        let calls = shown.with(|(view, _)| view.calls());
        let file = |path: &str| routes::calls(path, id, &calls);
        Files { csv: file(routes::CALLS_CSV), json_lines: file(routes::CALLS_JSON_LINES) }
    };
    let files = Signal::derive(files);
    // The section is not drawn anew when only its values change.
    let error = settled(move || loaded.with(|loaded| loaded.as_ref().map(|loaded| loaded.as_ref().err().cloned())));
    let content = move |error: Option<AppError>| match error {
        None => view! { <UsageSection shown link files/> }.into_any(),
        Some(_) => view! { <ErrorNote error/> }.into_any(),
    };
    view! {
        <NotRefreshed failed on_retry=Callback::new(move |()| changes.announce())/>
        {move || error.get().map(content)}
    }
}
