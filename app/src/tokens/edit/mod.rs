//! The page of one access token: its facts, then overview, credentials and scopes to edit and to try, its history, its
//! usage, and the commands that stop integrations.

mod credentials;
mod danger_zone;
mod form;
mod listener;
mod notes;
mod page;
mod summary;

use crate::error::AppError;
use crate::i18n::use_i18n;
use crate::routes::{self, Notice};
use crate::shell::failed::Failed;
use crate::sign_in::allowed::allowed;
use crate::tokens::api::{Editable, editable};
use crate::tokens::card::StateBadge;
use crate::tokens::commands::{TokenActionDialogs, TokenActions};
use crate::tokens::expiry::Expiry;
use crate::tokens::history::TokenHistory;
use crate::tokens::menu::CardMenu;
use crate::tokens::try_it::TryIt;
use crate::tokens::usage_loaded::{LoadedUsage, TokenUsage};
use crate::ui::icon::Icon;
use crate::ui::message::NoSuchToken;
use crate::ui::more_menu::LastMenu;
use crate::ui::page_title::PageTitle;
use crate::ui::reactive::t_signal;
use crate::ui::unsaved::AskBeforeLeaving;
use danger_zone::DangerZone;
use domain::Refusal;
use domain::members::role::Permission;
use domain::text::Field;
use domain::tokens::command::{CommandEffect, TokenCommand};
use domain::tokens::token::{Token, TokenId};
use form::EditForm;
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map, use_query_map};
use leptos_router::{LazyRoute, NavigateOptions, lazy_route};
use listener::follow;
use notes::{News, NewsNote};
use page::{Page, count_changes, find_out, follow_up};
use summary::Summary;

/// The page, for users whose role has the permission.
pub struct EditToken;

#[lazy_route]
impl LazyRoute for EditToken {
    fn data() -> Self {
        Self
    }

    fn view(EditToken: Self) -> AnyView {
        allowed(Permission::ManageTokens, || EditTokenPage().into_any())
    }
}

#[component]
fn EditTokenPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")?.parse().ok().map(TokenId)));
    let loaded = Resource::new(
        move || id.get(),
        |id| async move {
            let result = match id {
                Some(id) => editable(id).await,
                None => Err(AppError::Refused(Refusal::NotFound)),
            };
            (id, result)
        },
    );
    let usage = LoadedUsage::of(id);
    let page = move |(_, loaded): (_, Result<Editable, AppError>)| match loaded {
        Ok(editable) => view! { <Editor editable usage/> }.into_any(),
        Err(AppError::Refused(Refusal::NotFound)) => view! { <NoSuchToken/> }.into_any(),
        Err(error) => view! { <Failed error whole=true/> }.into_any(),
    };
    view! {
        <Transition>
            // Recreated for each token: otherwise a field would keep what was typed into it.
            <For each=move || loaded.get() key=|(id, _)| *id children=page/>
        </Transition>
    }
}

/// The token with its menu, its form and its usage.
#[component]
fn Editor(editable: Editable, usage: LoadedUsage) -> impl IntoView {
    let i18n = use_i18n();
    let as_of = editable.as_of;
    let page = Page::new(editable);
    let Page { known, begun, news, .. } = page;
    let navigate = use_navigate();
    let on_done = move |(command, outcome): (TokenCommand, Result<Token, AppError>)| {
        match (command.rules().effect, outcome) {
            (CommandEffect::Removes, Ok(_)) => navigate(routes::TOKENS, NavigateOptions::default()),
            (CommandEffect::Changes(_), Ok(token)) if page.is_past(&token) => {}
            (CommandEffect::Changes(own), Ok(token))
                if known.with_untracked(|known| is_work_of(own, known, &token)) =>
            {
                page.changed(token);
            }
            // Another user changed it in between, which the next update has to detect.
            (CommandEffect::Changes(_), Ok(token)) => known.update(|known| known.state = token.state),
            (_, Err(AppError::Refused(Refusal::Conflict))) => find_out(page),
            (CommandEffect::Reads | CommandEffect::Adds, Ok(_)) | (_, Err(_)) => {}
        }
    };
    let actions = TokenActions::new(Callback::new(on_done));
    follow_up(page);
    follow(page, actions, as_of);
    count_changes(page);
    let on_pick = Callback::new(move |item| actions.pick(item, known.get_untracked()));
    let (id, sid) = known.with_untracked(|token| (token.id, token.sid.to_string()));
    let gone = Memo::new(move |_| news.with(|news| matches!(news, Some(News::Gone(_)))));
    let reload = Callback::new(move |()| page.reload());
    view! {
        <Head known gone on_pick/>
        <div class="token-column">
            <NoScriptNotice/>
            <NewsNote news reload/>
        </div>
        <div class="token-page">
            <Summary known/>
            <div class="token-work">
                <div
                    node_ref=page.content.around
                    on:input=move |_| page.recount()
                    on:change=move |_| page.recount()
                    // A button may change what is chosen.
                    on:click=move |_| page.recount()
                >
                    {move || {
                        begun.get().map(|editable| view! { <EditForm page editable actions gone/> }.into_any())
                    }}
                </div>
                <section class="panel" aria-labelledby="try-it">
                    <h2 id="try-it">{t_signal!(i18n, try_it.title)}</h2>
                    <TryIt sid scopes=Signal::derive(move || known.with(|token| token.settings.scopes))/>
                </section>
            </div>
            <div class="token-history">
                <TokenHistory id/>
            </div>
            <TokenUsage id usage/>
            <DangerZone known gone on_pick/>
        </div>
        <TokenActionDialogs actions/>
        <AskBeforeLeaving id="leave" changed=Callback::new(move |()| page.is_changed())/>
    }
}

/// The token's name, expiry and state, and its menu unless it is `gone`.
#[component]
fn Head(known: RwSignal<Token>, gone: Memo<bool>, on_pick: Callback<TokenCommand>) -> impl IntoView {
    let i18n = use_i18n();
    let name = Memo::new(move |_| known.with(|token| token.settings.name.clone()));
    let menu = LastMenu::new(None);
    view! {
        <PageTitle text=name/>
        <div class="page-head token-column">
            <a class="back" href=routes::TOKENS>{Icon::ChevronLeft.view()} {t_signal!(i18n, tokens.title)}</a>
            <h1 class="clamped" dir="auto" translate="no" title=move || name.get()>{name}</h1>
            <div class="page-action">
                <Expiry ends_at=Signal::derive(move || known.with(|token| token.ends_at))/>
                <StateBadge token=known/>
                {move || (!gone.get()).then(|| view! { <CardMenu token=known last=menu on_pick/> }.into_any())}
            </div>
        </div>
    }
}

/// Says what was done, to a browser without our wasm.
#[component]
fn NoScriptNotice() -> impl IntoView {
    let i18n = use_i18n();
    let notice = use_query_map().with_untracked(|query| query.get(Notice::PARAMETER));
    notice.and_then(|name| Notice::from_name(&name)).map(|notice| {
        let text = match notice {
            Notice::Created => t_signal!(i18n, form.no_wasm_created),
            Notice::Updated => t_signal!(i18n, form.no_wasm_updated),
        };
        view! { <p class="note" role="status">{text}</p> }
    })
}

/// Returns whether a command that changes `own` settings alone turned `before` into `after`: with nothing left to do, it
/// returns the changes of others.
fn is_work_of(own: &[Field], before: &Token, after: &Token) -> bool {
    let differences = before.settings.differences(&after.settings);
    after.revision == before.revision + 1 && differences.iter().all(|field| own.contains(field))
}
