//! The menu behind the More icon of a user's row: the changes that administrators make to the user.

use crate::i18n::{t_string, use_i18n};
use crate::members::changes::UserChanges;
use crate::ui::icon::Icon;
use crate::ui::more_menu::{LastMenu, MenuItem, MoreMenu};
use crate::words::Words;
use domain::members::membership::{Member, MembershipState};
use leptos::prelude::*;
use std::sync::Arc;

/// The More button and, if it is the `last` one opened, its menu. `kept` is the id of the element that says why the
/// user has to stay an active administrator, if they have to.
#[component]
pub fn UserMenu(
    member: Memo<Member>,
    kept: Signal<Option<String>>,
    last: LastMenu,
    changes: UserChanges,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = member.read_untracked().person.id.0;
    let items = move || member.with(|member| items_for(member, kept.get().as_ref(), changes));
    let label = move || member.with(|it| t_string!(i18n, card.more_for, name = it.person.name.as_str()).to_string());
    view! {
        <MoreMenu id last label=Signal::derive(label) items=Signal::derive(items)/>
    }
}

/// Returns the items for the user. A link to set a new password is neither for deactivated users nor for oneself: one's
/// own password is changed on the profile.
fn items_for(member: &Member, kept: Option<&String>, changes: UserChanges) -> Vec<MenuItem> {
    let active = member.state == MembershipState::Active;
    let item = |icon: Icon, label: fn(Words) -> &'static str, pick: fn(UserChanges, Member)| {
        let member = member.clone();
        let pick = Arc::new(move || pick(changes, member.clone()));
        MenuItem { icon, label, danger: false, disabled: false, described_by: None, pick }
    };
    let unless_kept = |item: MenuItem| MenuItem { disabled: kept.is_some(), described_by: kept.cloned(), ..item };
    let role = item(Icon::Shield, |i18n| t_string!(i18n, users.change_role), UserChanges::choose_role);
    let reset = item(Icon::Key, |i18n| t_string!(i18n, reset_link.button), |changes, it| changes.resetting.ask(it));
    let state = if active {
        let off = item(Icon::Disable, |i18n| t_string!(i18n, users.deactivate), |changes, it| changes.guarded.ask(it));
        unless_kept(MenuItem { danger: true, ..off })
    } else {
        item(Icon::Enable, |i18n| t_string!(i18n, users.reinstate), UserChanges::reinstate)
    };
    let reset = (active && member.person.id != changes.me).then_some(reset);
    [Some(unless_kept(role)), reset, Some(state)].into_iter().flatten().collect()
}
