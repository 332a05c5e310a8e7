//! The account's users, with their roles and states, and its open invitations.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::members::api::users::{AccountUsers as Loaded, account_users};
use crate::members::changes::UserChanges;
use crate::members::invite_dialog::InviteDialogs;
use crate::members::open_invitations::OpenInvitations;
use crate::members::reset_link::ResetLinkDialogs;
use crate::members::role_dialog::RoleDialog;
use crate::members::table::Users;
use crate::routes;
use crate::shell::failed::Failed;
use crate::sign_in::allowed::use_current_user;
use crate::sign_in::guarded::GuardedDialog;
use crate::sign_in::step_up::StepUpDialog;
use crate::ui::hydrated::use_hydrated;
use crate::ui::icon::Icon;
use crate::ui::not_refreshed::{NotRefreshed, kept};
use crate::ui::page_title::PageTitle;
use crate::ui::reactive::t_signal;
use leptos::prelude::*;

/// The page, for users whose role has the permission.
#[component]
pub fn AccountUsers() -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let account = use_current_user().account_name;
    let changes = UserChanges::new();
    let inviting = RwSignal::new(false);
    let loaded = Resource::new(move || changes.loads.get(), |_| account_users());
    let lead = move || t_string!(i18n, users.lead, account = account.as_str()).to_string();
    view! {
        <PageTitle text=Signal::derive(move || t_string!(i18n, users.title).to_owned())/>
        <div class="page-head">
            <a class="back" href=routes::SETTINGS>{Icon::ChevronLeft.view()} {t_signal!(i18n, settings.title)}</a>
            <h1>{t_signal!(i18n, users.title)}</h1>
            <p class="lead">{lead}</p>
            <div class="page-action">
                <button
                    type="button"
                    class="button primary"
                    data-waits=""
                    disabled=move || !hydrated.get()
                    on:click=move |_| inviting.set(true)
                >
                    {Icon::Plus.view()}
                    {t_signal!(i18n, users.invite)}
                </button>
            </div>
        </div>
        <Transition fallback=move || view! { <p role="status">{t_signal!(i18n, users.loading)}</p> }>
            {
                let (shown, failed) = kept(move || loaded.get().map(|loaded| loaded.map(drop)));
                let content = move || {
                    shown
                        .get()
                        .map(|shown| match shown {
                            Ok(()) => view! { <Lists loaded changes/> }.into_any(),
                            Err(error) => view! { <Failed error/> }.into_any(),
                        })
                };
                view! {
                    <NotRefreshed failed on_retry=Callback::new(move |()| changes.load_again())/>
                    {content}
                }
            }
        </Transition>
        <GuardedDialog
            id="confirm"
            guarded=changes.guarded
            question=move |member| changes.deactivation_question(&member)
            on_confirm=move |member| changes.deactivate(member)
        />
        <RoleDialog changes/>
        <InviteDialogs open=inviting step_up=changes.step_up on_invited=Callback::new(move |()| changes.load_again())/>
        <ResetLinkDialogs guarded=changes.resetting/>
        <StepUpDialog step_up=changes.step_up/>
    }
}

/// Users and open invitations. Rows stay in place while their content changes.
#[component]
fn Lists(loaded: Resource<Result<Loaded, AppError>>, changes: UserChanges) -> impl IntoView {
    let list = Memo::new(move |last: Option<&Loaded>| {
        let list = loaded.get().and_then(Result::ok);
        list.or_else(|| last.cloned()).unwrap_or_else(|| Loaded { members: Vec::new(), invitations: Vec::new() })
    });
    view! {
        <Users list changes/>
        <OpenInvitations list changes/>
    }
}
