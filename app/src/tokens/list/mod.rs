//! The page of the account's access tokens: enabling API access, the filters, the list.

mod access;
mod browser;
mod carried;
mod results;
mod table;
mod view_switch;

use crate::account::api::account::{DisableApiAccess, EnableApiAccess, GetAccount};
use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::request::protocol::again;
use crate::routes;
use crate::shell::failed::Failed;
use crate::shell::frame::LeavingPage;
use crate::sign_in::allowed::{allowed, use_current_user};
use crate::tokens::api::{List, list};
use crate::tokens::changes::use_token_changes;
use crate::tokens::list_view::ChosenView;
use crate::tokens::live::{LatestChanges, use_live_changes, who};
use crate::ui::hydrated::use_hydrated;
use crate::ui::not_refreshed::kept;
use crate::ui::page_title::PageTitle;
use crate::ui::reactive::t_signal;
use crate::ui::toasts::use_toasts;
use access::AccessOff;
use browser::TokenBrowser;
use carried::Carried;
use domain::audit::action::Action;
use domain::audit::live::LiveChange;
use domain::members::role::Permission;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_location;
use leptos_router::{LazyRoute, lazy_route};
use results::Listed;
use std::time::Duration;

/// The page, for users whose role has the permission.
pub struct Tokens;

#[lazy_route]
impl LazyRoute for Tokens {
    fn data() -> Self {
        Self
    }

    fn view(Tokens: Self) -> AnyView {
        allowed(Permission::SeeTokens, || TokensPage().into_any())
    }
}

/// The content of the page, which depends on whether API access is on.
#[component]
fn TokensPage() -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let enable = ServerAction::<EnableApiAccess>::new();
    let disable = ServerAction::<DisableApiAccess>::new();
    let switched = RwSignal::new(0_u32);
    let account = Resource::new(
        move || (enable.version().get(), disable.version().get(), switched.get()),
        |_| again(GetAccount {}),
    );
    // Reported once, and not again when the language changes.
    let tell = move |outcome: Option<Result<(), AppError>>, done: Signal<&'static str>| {
        untrack(|| match outcome {
            Some(Ok(())) => toasts.say(done.get().to_owned()),
            Some(Err(error)) => toasts.complain(error.text(i18n)),
            None => {}
        });
    };
    // A failure is shown in the page instead, without our wasm too.
    Effect::new(move |_| tell(enable.value().get().filter(Result::is_ok), t_signal!(i18n, access.enabled)));
    Effect::new(move |_| tell(disable.value().get(), t_signal!(i18n, access.switched_off)));
    let query = use_location().search;
    let filter = Memo::new(move |_| query.with(|query| routes::filter(query)));
    let chosen = ChosenView::of(query);
    let changes = use_token_changes();
    // Loaded beside the account and not below it: the server creates the content of a suspended view several times, and
    // the browser would confuse the resources.
    let hydrated = use_hydrated().get_untracked();
    // The page arrived with a list, which the user requested by loading the page.
    let asked = StoredValue::new((!hydrated).then(|| filter.get_untracked()));
    let tokens = Resource::new(
        move || (filter.get(), changes.count()),
        move |(filter, _)| async move {
            // A reload of the same list is no use of the session: the user's own change already was.
            let same = asked.try_update_value(|asked| asked.replace(filter.clone()).as_ref() == Some(&filter));
            let list = match same {
                Some(true) => again(List { filter: filter.clone() }).await,
                _ => list(filter.clone()).await,
            };
            (filter, list.map(Carried))
        },
    );
    let touched = LatestChanges::new();
    follow(tokens, touched, switched);
    view! {
        <PageTitle text=Signal::derive(move || t_string!(i18n, tokens.title).to_owned())/>
        <Transition>
            {
                // The content below is recreated only when API access changes.
                let (access, _) = kept(move || account.get().map(|account| account.map(|account| account.api_access)));
                move || {
                    access
                        .get()
                        .map(|access| match access {
                            Ok(true) => view! { <TokenBrowser query filter chosen tokens touched disable/> }.into_any(),
                            Ok(false) => view! { <AccessOff enable/> }.into_any(),
                            Err(error) => view! { <Failed error whole=true/> }.into_any(),
                        })
                }
            }
        </Transition>
    }
}

/// Shows changes by others as they happen. `switched` counts how often API access is switched on or off.
fn follow(tokens: Resource<Listed>, touched: LatestChanges, switched: RwSignal<u32>) {
    let (i18n, toasts, changes, asker) = (use_i18n(), use_toasts(), use_token_changes(), use_current_user());
    let (me, here) = (asker.user.id, asker.account);
    let leaving = use_context::<LeavingPage>();
    // The first list says where to start; later lists are as new as the reported changes.
    let from = Memo::new(move |last: Option<&Option<i64>>| {
        let first = || tokens.with(|tokens| tokens.as_ref()?.1.as_ref().ok().map(|Carried(list)| list.as_of));
        last.copied().flatten().or_else(first)
    });
    let due = StoredValue::new(false);
    let read_anew = move || {
        due.try_set_value(false);
        changes.announce();
    };
    let on_change = move |change: LiveChange| {
        if !due.get_value() {
            due.set_value(true);
            set_timeout(read_anew, GATHERED_FOR);
        }
        if matches!(change.action, Action::ApiAccessEnabled | Action::ApiAccessDisabled) {
            switched.update(|switched| *switched += 1);
        }
        let by_others = change.user.as_ref().is_none_or(|user| user.id != me);
        if by_others && change.action == Action::TokenDeleted {
            let (by, name) = (who(i18n, &change), change.name.clone().unwrap_or_default());
            toasts.say(untrack(|| t_string!(i18n, live.deleted, by = by, name = name).to_string()));
        } else if by_others {
            touched.note(change);
        }
    };
    // If a step-up has renewed the session, everything continues. Otherwise the page is reloaded and the server says
    // why not, unless the user is leaving anyway.
    let on_end = move |()| {
        spawn_local(async move {
            let goes_on = match again(GetAccount {}).await {
                Ok(account) => account.id == here,
                Err(error) => !matches!(error.status(), 401 | 403),
            };
            let leaves = leaving.and_then(|LeavingPage(leaving)| leaving.try_get_untracked());
            if !goes_on && leaves != Some(true) {
                _ = window().location().reload();
            }
        });
    };
    use_live_changes(from, Callback::new(on_change), Callback::new(on_end));
}

/// The time for which changes are collected before the list is reloaded: a user may change many tokens at once.
const GATHERED_FOR: Duration = Duration::from_millis(150);
