//! The account's users, with their roles and states, and its open invitations.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::members::api::users::{
    AccountUsers as Loaded, account_users, change_role, deactivate, reinstate, withdraw_invitation,
};
use crate::members::invite_dialog::InviteDialogs;
use crate::members::reset_link::ResetLinkDialogs;
use crate::routes;
use crate::sign_in::allowed::{Allowed, use_current_user};
use crate::sign_in::api::proof::Proof;
use crate::sign_in::step_up::{StepUp, StepUpDialog};
use crate::ui::confirm_dialog::{ConfirmDialog, Question};
use crate::ui::hydrated::use_hydrated;
use crate::ui::icon::Icon;
use crate::ui::message::Failed;
use crate::ui::page_title::PageTitle;
use crate::ui::reactive::{settled, t_signal};
use crate::ui::time::Time;
use crate::ui::toasts::{ToastRack, use_toasts};
use crate::words::{self, Words};
use domain::Refusal;
use domain::members::membership::{Change, Invitation, Member, MembershipState, is_last_administrator};
use domain::members::role::{Permission, Role};
use domain::members::user::UserId;
use leptos::html;
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};

/// The page, for users whose role has the permission.
#[component]
pub fn AccountUsers() -> impl IntoView {
    view! {
        <Allowed permission=Permission::ManageUsers>
            <UsersPage/>
        </Allowed>
    }
}

#[component]
fn UsersPage() -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let account = use_current_user().account_name;
    let changes = UserChanges::new();
    let inviting = RwSignal::new(false);
    let loaded = Resource::new(move || changes.loads.get(), |_| account_users());
    let lead = move || t_string!(i18n, users.lead, account = account.as_str()).to_string();
    let question = move || changes.asked.get().map(|(change, member)| question(i18n, change, &member, changes.me));
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
                let shown = settled(move || loaded.get().map(|loaded| loaded.map(drop)));
                move || {
                    shown
                        .get()
                        .map(|shown| match shown {
                            Ok(()) => view! { <Lists loaded changes/> }.into_any(),
                            Err(error) => view! { <Failed error/> }.into_any(),
                        })
                }
            }
        </Transition>
        <ConfirmDialog
            id="confirm"
            question=Signal::derive(question)
            pending=changes.pending
            on_confirm=Callback::new(move |()| changes.confirm())
            on_cancel=Callback::new(move |()| changes.cancel())
        />
        <InviteDialogs open=inviting step_up=changes.step_up on_invited=Callback::new(move |()| changes.load_again())/>
        <ResetLinkDialogs asked=changes.resetting step_up=changes.step_up/>
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
        <Invitations list changes/>
    }
}

/// The table of users; on narrow screens each row is a card.
#[component]
fn Users(list: Memo<Loaded>, changes: UserChanges) -> impl IntoView {
    let i18n = use_i18n();
    let ids = move || list.with(|list| list.members.iter().map(|member| member.person.id).collect::<Vec<_>>());
    let row = move |id: UserId| {
        // A row that is about to be removed keeps its last content.
        let member = Memo::new(move |last: Option<&Member>| {
            let member = list.with(|list| list.members.iter().find(|member| member.person.id == id).cloned());
            member.or_else(|| last.cloned()).expect("a row is made for a user of the list")
        });
        let last = Memo::new(move |_| list.with(|list| is_last_administrator(&list.members, id)));
        view! { <UserRow member last changes/> }
    };
    let heading = |text: Signal<&'static str>| view! { <th role="columnheader" scope="col">{text}</th> };
    view! {
        <div class="users-box">
            // Shown as cards it is still a table, which some browsers report only with the roles.
            <table class="users" role="table" aria-label=t_signal!(i18n, users.list)>
                <thead role="rowgroup">
                    <tr role="row">
                        {heading(t_signal!(i18n, users.name))} {heading(t_signal!(i18n, users.email))}
                        {heading(t_signal!(i18n, users.role))} {heading(t_signal!(i18n, users.state))}
                        {heading(t_signal!(i18n, users.last_seen))} {heading(t_signal!(i18n, users.actions))}
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    <For each=ids key=|id| *id children=row/>
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn UserRow(member: Memo<Member>, last: Memo<bool>, changes: UserChanges) -> impl IntoView {
    let i18n = use_i18n();
    let id = member.read_untracked().person.id;
    let active = Memo::new(move |_| member.with(|member| member.state == MembershipState::Active));
    let seen = Memo::new(move |_| member.with(|member| member.last_seen_at));
    let hint = format!("last-{}", id.0);
    let described_by = {
        let hint = hint.clone();
        move || last.get().then(|| hint.clone())
    };
    let you = (id == changes.me).then(|| view! { <span class="users-you">{t_signal!(i18n, users.you)}</span> });
    view! {
        <tr role="row" class:deactivated=move || !active.get()>
            <th role="rowheader" scope="row">
                <span dir="auto">{move || member.with(|member| member.person.name.clone())}</span>
                {you}
            </th>
            <td role="cell" data-label=t_signal!(i18n, users.email)>
                <span>{move || member.with(|member| member.person.email.clone())}</span>
            </td>
            <td role="cell" data-label=t_signal!(i18n, users.role)>
                <RoleField member last changes described_by=Signal::derive(described_by.clone())/>
            </td>
            <td role="cell" data-label=t_signal!(i18n, users.state)>
                <span class="badge" class:ok=active>
                    {move || words::membership(i18n, member.with(|member| member.state))}
                </span>
            </td>
            <td role="cell" data-label=t_signal!(i18n, users.last_seen)>
                <span>
                    {move || match seen.get() {
                        Some(at) => view! { <Time at relative=true/> }.into_any(),
                        None => t_signal!(i18n, users.never).into_any(),
                    }}
                </span>
            </td>
            <td role="cell" class="users-actions">
                <ResetButton member active changes/>
                <SwitchButton member active last changes described_by=Signal::derive(described_by)/>
                <Show when=move || last.get()>
                    <p class="hint" id=hint.clone()>{t_signal!(i18n, users.last_hint)}</p>
                </Show>
            </td>
        </tr>
    }
}

/// The user's role, as a select. A change asks for confirmation and a step-up.
#[component]
fn RoleField(
    member: Memo<Member>,
    last: Memo<bool>,
    changes: UserChanges,
    described_by: Signal<Option<String>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let select = NodeRef::<html::Select>::new();
    let role = Memo::new(move |_| member.with(|member| member.role));
    let on_change = move |event| {
        let chosen = Role::from_name(&event_target_value(&event));
        // Keep showing the current role until it is changed.
        if let Some(select) = select.get_untracked() {
            select.set_value(role.get_untracked().as_str());
        }
        if let Some(chosen) = chosen {
            changes.ask_role(chosen, member.get_untracked());
        }
    };
    let option = move |offered: Role| {
        view! {
            <option value=offered.as_str() selected=move || role.get() == offered>
                {move || words::role(i18n, offered)}
            </option>
        }
    };
    let label = move || member.with(|it| t_string!(i18n, users.role_of, name = it.person.name.as_str()).to_string());
    view! {
        <select
            node_ref=select
            aria-label=label
            aria-describedby=described_by
            disabled=move || !hydrated.get() || last.get()
            prop:value=move || role.get().as_str()
            on:change=on_change
        >
            {Role::ALL.map(option).collect_view()}
        </select>
    }
}

/// Deactivates the user after confirmation, or reinstates them.
#[component]
fn SwitchButton(
    member: Memo<Member>,
    active: Memo<bool>,
    last: Memo<bool>,
    changes: UserChanges,
    described_by: Signal<Option<String>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let label = move || {
        member.with(|member| {
            let name = member.person.name.as_str();
            if active.get() {
                t_string!(i18n, users.deactivate_name, name = name).to_string()
            } else {
                t_string!(i18n, users.reinstate_name, name = name).to_string()
            }
        })
    };
    let on_click = move |_| {
        let member = member.get_untracked();
        if active.get_untracked() {
            changes.ask(Change::Deactivate, member);
        } else {
            changes.carry_out(Change::Reinstate, member);
        }
    };
    view! {
        <button
            type="button"
            class="button small"
            class:danger-text=active
            aria-label=label
            aria-describedby=described_by
            disabled=move || !hydrated.get() || last.get()
            on:click=on_click
        >
            {move || if active.get() { t_string!(i18n, users.deactivate) } else { t_string!(i18n, users.reinstate) }}
        </button>
    }
}

/// Creates a link with which the user sets a new password. Not for deactivated users, and not for oneself: one's own
/// password is changed on the profile.
#[component]
fn ResetButton(member: Memo<Member>, active: Memo<bool>, changes: UserChanges) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let own = member.read_untracked().person.id == changes.me;
    let label =
        move || member.with(|it| t_string!(i18n, reset_link.button_name, name = it.person.name.as_str()).to_string());
    view! {
        <Show when=move || active.get() && !own>
            <button
                type="button"
                class="button small"
                aria-label=label
                disabled=move || !hydrated.get()
                on:click=move |_| changes.resetting.set(Some(member.get_untracked()))
            >
                {t_signal!(i18n, reset_link.button)}
            </button>
        </Show>
    }
}

/// The invitations not accepted yet, if there are any.
#[component]
fn Invitations(list: Memo<Loaded>, changes: UserChanges) -> impl IntoView {
    let i18n = use_i18n();
    let open = move || list.with(|list| list.invitations.clone());
    view! {
        <Show when=move || list.with(|list| !list.invitations.is_empty())>
            <section class="panel" aria-labelledby="open-invitations">
                <h2 id="open-invitations">{t_signal!(i18n, invitation.open)}</h2>
                <ul class="invitations">
                    <For each=open key=|invitation| invitation.id let(invitation)>
                        <OpenInvitation invitation changes/>
                    </For>
                </ul>
            </section>
        </Show>
    }
}

#[component]
fn OpenInvitation(invitation: Invitation, changes: UserChanges) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let Invitation { email, role, invited_by, expires_at, .. } = invitation.clone();
    let by = move || t_string!(i18n, invitation.invited_by, name = invited_by.as_str()).to_string();
    let label = {
        let email = email.clone();
        move || t_string!(i18n, invitation.withdraw_email, email = email.as_str()).to_string()
    };
    view! {
        <li>
            <div>
                <p><strong>{email}</strong></p>
                <p class="hint">
                    <span>{move || words::role(i18n, role)}</span>
                    <span>{by}</span>
                    <span>{t_signal!(i18n, invitation.valid_until)} " " <Time at=expires_at/></span>
                </p>
            </div>
            <button
                type="button"
                class="button small"
                aria-label=label
                disabled=move || !hydrated.get()
                on:click=move |_| changes.withdraw(invitation.clone())
            >
                {t_signal!(i18n, invitation.withdraw)}
            </button>
        </li>
    }
}

/// The changes made on this page, one at a time.
#[derive(Clone, Copy)]
struct UserChanges {
    i18n: Words,
    toasts: ToastRack,
    me: UserId,
    asked: RwSignal<Option<(Change, Member)>>,
    /// The user for whom the creation of a link to set a new password is to be confirmed.
    resetting: RwSignal<Option<Member>>,
    pending: RwSignal<bool>,
    loads: RwSignal<u32>,
    step_up: StepUp,
}

impl UserChanges {
    fn new() -> Self {
        Self {
            i18n: use_i18n(),
            toasts: use_toasts(),
            me: use_current_user().user.id,
            asked: RwSignal::new(None),
            resetting: RwSignal::new(None),
            pending: RwSignal::new(false),
            loads: RwSignal::new(0),
            step_up: StepUp::new(),
        }
    }

    fn load_again(self) {
        // The page may have been left meanwhile.
        self.loads.try_update(|loads| *loads += 1);
    }

    fn ask(self, change: Change, member: Member) {
        if !self.pending.get_untracked() {
            self.asked.set(Some((change, member)));
        }
    }

    /// Asks for confirmation of the role together with a step-up, which the server requires each time.
    fn ask_role(self, role: Role, member: Member) {
        if self.pending.get_untracked() {
            return;
        }
        let question = question(self.i18n, Change::Role(role), &member, self.me);
        let id = member.person.id;
        self.step_up.ask(question, move |proof| self.give_role(id, role, proof));
    }

    /// Changes the role. Returns an error that another proof may resolve, for the dialog to show.
    async fn give_role(self, id: UserId, role: Role, proof: Proof) -> Result<(), AppError> {
        let result = change_role(id, role, Some(proof)).await;
        if let Err(error) = &result
            && error.is_about_proof()
        {
            return Err(error.clone());
        }
        self.follow_up(Change::Role(role), id, result);
        Ok(())
    }

    fn confirm(self) {
        if let Some((change, member)) = self.asked.get_untracked() {
            self.carry_out(change, member);
        }
    }

    fn cancel(self) {
        // A request under way can't be cancelled; its dialog closes when it is done.
        if !self.pending.get_untracked() {
            self.asked.set(None);
        }
    }

    /// Carries the change out, unless a request is under way: a second click does nothing.
    fn carry_out(self, change: Change, member: Member) {
        if self.pending.get_untracked() {
            return;
        }
        self.pending.set(true);
        spawn_local(async move {
            let id = member.person.id;
            let result = match change {
                Change::Role(_) => return self.ended(), // done by `ask_role`
                Change::Deactivate => deactivate(id).await,
                Change::Reinstate => reinstate(id).await,
            };
            self.ended();
            tick().await;
            if let Err(AppError::Refused(Refusal::StepUpNeeded)) = result {
                self.step_up.then(move || self.carry_out(change, member.clone()));
            } else {
                self.follow_up(change, id, result);
            }
        });
    }

    fn ended(self) {
        self.pending.try_set(false);
        self.asked.try_set(None);
    }

    /// Reports the result of a change.
    fn follow_up(self, change: Change, id: UserId, result: Result<Member, AppError>) {
        match result {
            // A full page load: the surrounding frame holds their former role and state.
            Ok(_) if id == self.me => _ = window().location().assign(routes::SETTINGS),
            Ok(member) => self.toasts.say(done(self.i18n, change, &member)),
            Err(error) => self.toasts.complain(error.text(self.i18n)),
        }
        self.load_again();
    }

    fn withdraw(self, invitation: Invitation) {
        if self.pending.get_untracked() {
            return;
        }
        self.pending.set(true);
        spawn_local(async move {
            let result = withdraw_invitation(invitation.id).await;
            self.pending.try_set(false);
            let (i18n, email) = (self.i18n, invitation.email);
            match result {
                Ok(()) => self.toasts.say(t_string!(i18n, invitation.withdrawn, email = email).to_string()),
                Err(error) => self.toasts.complain(error.text(i18n)),
            }
            self.load_again();
        });
    }
}

/// Returns the question to confirm before the change is made.
fn question(i18n: Words, change: Change, member: &Member, me: UserId) -> Question {
    let (name, own) = (member.person.name.as_str(), member.person.id == me);
    match change {
        Change::Role(role) => {
            let (old, new) = (words::role(i18n, member.role), words::role(i18n, role));
            Question {
                title: t_string!(i18n, users.ask_role_title, name = name, role = new).to_string(),
                text: if own {
                    t_string!(i18n, users.ask_role_own, old = old, new = new).to_string()
                } else {
                    t_string!(i18n, users.ask_role_text, name = name, old = old, new = new).to_string()
                },
                confirm: t_string!(i18n, users.change_role).to_owned(),
                destructive: own,
            }
        }
        Change::Deactivate => Question {
            title: t_string!(i18n, users.ask_deactivate_title, name = name).to_string(),
            text: if own {
                t_string!(i18n, users.ask_deactivate_own).to_owned()
            } else {
                t_string!(i18n, users.ask_deactivate_text, name = name).to_string()
            },
            confirm: t_string!(i18n, users.deactivate).to_owned(),
            destructive: true,
        },
        Change::Reinstate => Question::default(),
    }
}

/// Returns the message once the change is made.
fn done(i18n: Words, change: Change, member: &Member) -> String {
    let name = member.person.name.as_str();
    match change {
        Change::Role(_) => {
            t_string!(i18n, users.role_changed, name = name, role = words::role(i18n, member.role)).to_string()
        }
        Change::Deactivate => t_string!(i18n, users.was_deactivated, name = name).to_string(),
        Change::Reinstate => t_string!(i18n, users.was_reinstated, name = name).to_string(),
    }
}
