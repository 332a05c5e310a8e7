//! The table of an account's users: their roles and states, and a menu for each of them.

use crate::i18n::use_i18n;
use crate::members::api::users::AccountUsers as Loaded;
use crate::members::changes::UserChanges;
use crate::members::menu::UserMenu;
use crate::ui::more_menu::LastMenu;
use crate::ui::reactive::t_signal;
use crate::ui::time::Time;
use crate::words;
use domain::members::membership::{Member, MembershipState, is_last_administrator};
use domain::members::user::UserId;
use leptos::prelude::*;

/// The table of users; on narrow screens each row is a card.
#[component]
pub fn Users(list: Memo<Loaded>, changes: UserChanges) -> impl IntoView {
    let i18n = use_i18n();
    let menu = LastMenu::new(None);
    let ids = move || list.with(|list| list.members.iter().map(|member| member.person.id).collect::<Vec<_>>());
    let row = move |id: UserId| {
        // A row that is about to be removed keeps its last content.
        let member = Memo::new(move |last: Option<&Member>| {
            let member = list.with(|list| list.members.iter().find(|member| member.person.id == id).cloned());
            member.or_else(|| last.cloned()).expect("a row is made for a user of the list")
        });
        let is_last = Memo::new(move |_| list.with(|list| is_last_administrator(&list.members, id)));
        view! { <UserRow member last=is_last menu changes/> }
    };
    let heading = |text: Signal<&'static str>| view! { <th role="columnheader" scope="col">{text}</th> };
    let actions = t_signal!(i18n, users.actions);
    view! {
        <div class="users-box">
            // Shown as cards it is still a table, which some browsers report only with the roles.
            <table class="users" role="table" aria-label=t_signal!(i18n, users.list)>
                <thead role="rowgroup">
                    <tr role="row">
                        {heading(t_signal!(i18n, users.name))} {heading(t_signal!(i18n, users.email))}
                        {heading(t_signal!(i18n, users.role))} {heading(t_signal!(i18n, users.state))}
                        {heading(t_signal!(i18n, users.last_seen))}
                        <th role="columnheader" scope="col"><span class="visually-hidden">{actions}</span></th>
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
fn UserRow(member: Memo<Member>, last: Memo<bool>, menu: LastMenu, changes: UserChanges) -> impl IntoView {
    let i18n = use_i18n();
    let id = member.read_untracked().person.id;
    let active = Memo::new(move |_| member.with(|member| member.state == MembershipState::Active));
    let seen = Memo::new(move |_| member.with(|member| member.last_seen_at));
    let hint = format!("last-{}", id.0);
    let kept = {
        let hint = hint.clone();
        Signal::derive(move || last.get().then(|| hint.clone()))
    };
    let you = (id == changes.me).then(|| view! { <span class="users-you">{t_signal!(i18n, users.you)}</span> });
    view! {
        <tr role="row" class:deactivated=move || !active.get()>
            <th role="rowheader" scope="row">
                <span dir="auto" translate="no">{move || member.with(|member| member.person.name.clone())}</span>
                {you}
            </th>
            <td role="cell" data-label=t_signal!(i18n, users.email)>
                <span>{move || member.with(|member| member.person.email.clone())}</span>
            </td>
            <td role="cell" data-label=t_signal!(i18n, users.role)>
                <div>
                    {move || words::role(i18n, member.with(|member| member.role))}
                    <Show when=move || last.get()>
                        <p class="hint" id=hint.clone()>{t_signal!(i18n, users.last_hint)}</p>
                    </Show>
                </div>
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
                <UserMenu member kept last=menu changes/>
            </td>
        </tr>
    }
}
