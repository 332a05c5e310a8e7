//! Follows changes of the token by others while its page is open.

use crate::error::AppError;
use crate::request::protocol::again;
use crate::sign_in::allowed::use_current_user;
use crate::tokens::api::GetEditable;
use crate::tokens::commands::TokenActions;
use crate::tokens::edit::notes::News;
use crate::tokens::edit::page::Page;
use crate::tokens::live::use_live_changes;
use domain::Refusal;
use domain::audit::action::Action;
use domain::audit::live::LiveChange;
use domain::members::user::UserId;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;

/// The time for which changes are collected before the token is reloaded.
const GATHERED_FOR: Duration = Duration::from_millis(150);

/// Handles the reported changes of one token.
#[derive(Clone, Copy)]
struct Listener {
    page: Page,
    actions: TokenActions,
    me: UserId,
    /// The number of the last reported change.
    last: StoredValue<i64>,
    /// The last reported change by another user.
    by_others: StoredValue<Option<LiveChange>>,
}

/// Follows changes of the token as they happen, from the entry `as_of` of the audit trail on.
pub fn follow(page: Page, actions: TokenActions, as_of: i64) {
    let (me, id) = (use_current_user().user.id, page.known.read_untracked().id);
    let listener = Listener { page, actions, me, last: StoredValue::new(as_of), by_others: StoredValue::new(None) };
    let on_change = move |change: LiveChange| {
        if change.token == Some(id) {
            listener.hear(change);
        }
    };
    // A user whose session has ended can go on typing, and sees it when they save: nothing they typed is lost.
    use_live_changes(Memo::new(move |_| Some(as_of)), Callback::new(on_change), Callback::new(|()| {}));
}

impl Listener {
    fn hear(self, change: LiveChange) {
        self.last.set_value(change.sequence);
        if change.user.as_ref().is_none_or(|user| user.id != self.me) {
            self.by_others.set_value(Some(change.clone()));
        }
        self.take_up_soon(change);
    }

    fn take_up_soon(self, change: LiveChange) {
        set_timeout(move || self.take_up(change), GATHERED_FOR);
    }

    /// Returns whether the change is the last reported one; false once the page is left.
    fn is_last(self, change: &LiveChange) -> bool {
        self.last.try_get_value() == Some(change.sequence)
    }

    fn take_up(self, change: LiveChange) {
        if !self.is_last(&change) {
            return; // only the last change is handled, together with all before it
        }
        if self.page.pending.get_untracked() || self.actions.is_pending() {
            return self.take_up_soon(change); // later, after this page's own request
        }
        let known = self.page.known.with_untracked(|token| token.revision);
        if change.revision.is_some_and(|revision| revision <= known) {
            return; // already known here
        }
        self.page.changes.announce();
        if change.action == Action::TokenDeleted {
            // Answers to earlier requests are outdated.
            self.page.known.update(|known| known.revision = change.revision.unwrap_or(known.revision));
            self.page.news.set(Some(News::Gone(change)));
        } else {
            spawn_local(self.take_note(change));
        }
    }

    /// Shows the changed token, or only reports the change if the form is in use.
    async fn take_note(self, change: LiveChange) {
        let page = self.page;
        let Some(id) = change.token else { return };
        let answer = again(GetEditable { id }).await;
        if !self.is_last(&change) {
            return;
        }
        let before = page.known.get_untracked();
        // Others are named only for a change that is not shown yet: the last one may be the user's own.
        let unseen = |it: &LiveChange| it.revision.is_some_and(|revision| revision > before.revision);
        let by_others = self.by_others.get_value().filter(|it| it.sequence == change.sequence || unseen(it));
        let newest = match answer {
            Ok(newest) => newest,
            Err(AppError::Refused(Refusal::NotFound)) => return, // its deletion is reported separately
            Err(_) => {
                page.news.set(Some(News::Waiting(by_others.unwrap_or(change), Vec::new())));
                return;
            }
        };
        let revision = newest.token.revision;
        if revision <= before.revision || change.revision.is_some_and(|heard| heard < revision) {
            return; // already known here; or changed again, which is reported separately
        }
        let fields = before.settings.differences(&newest.token.settings);
        if fields.is_empty() {
            page.known.set(newest.token);
        } else if page.in_use() {
            page.news.set(Some(News::Waiting(by_others.unwrap_or(change), fields)));
            return;
        } else {
            page.show(newest).await;
        }
        page.news.try_set(by_others.map(News::Shown));
    }
}
