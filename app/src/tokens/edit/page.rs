//! The state of a token's page, and the answers to its updates.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::tokens::api::{Editable, Update as UpdateCall, Updated, editable};
use crate::tokens::changes::{TokenChanges, use_token_changes};
use crate::tokens::edit::notes::{Conflict, News};
use crate::tokens::fields::{EXPIRES, Errors, VERSION, field_of, focus};
use crate::ui::action_form::{failure, read};
use crate::ui::dom::is_dialog_open;
use crate::ui::toasts::{ToastRack, use_toasts};
use crate::ui::typed::TypedContent;
use crate::words::Words;
use chrono::{DateTime, Utc};
use domain::Refusal;
use domain::text::Field;
use domain::tokens::token::{Token, TokenForm};
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};

/// The state of the page.
#[derive(Clone, Copy)]
pub struct Page {
    /// The token as this page knows it: typed values are compared with it, and changes name its revision.
    pub known: RwSignal<Token>,
    /// The data that the form starts with; `None` while the form is recreated.
    pub begun: RwSignal<Option<Editable>>,
    /// The expiry that its field starts with. Changes by others do not update it: that would discard the user's choice.
    pub expires_at: RwSignal<Option<DateTime<Utc>>>,
    /// The content of the form.
    pub content: TypedContent,
    /// The number of its changes that are not saved.
    pub unsaved: RwSignal<usize>,
    pub update: ServerAction<UpdateCall>,
    pub pending: Memo<bool>,
    pub errors: Errors,
    pub conflict: Conflict,
    pub news: RwSignal<Option<News>>,
    toasts: ToastRack,
    /// The history reloads on these changes.
    pub changes: TokenChanges,
    i18n: Words,
}

impl Page {
    pub fn new(editable: Editable) -> Self {
        let update = ServerAction::new();
        Self {
            known: RwSignal::new(editable.token.clone()),
            expires_at: RwSignal::new(editable.token.settings.expires_at),
            begun: RwSignal::new(Some(editable)),
            content: TypedContent::with_fields(NodeRef::new(), field_of),
            unsaved: RwSignal::new(0),
            update,
            pending: update.pending(),
            errors: Errors::new(),
            conflict: RwSignal::new(None),
            news: RwSignal::new(None),
            toasts: use_toasts(),
            changes: use_token_changes(),
            i18n: use_i18n(),
        }
    }

    /// Updates the page to the token that its own change has returned.
    pub fn changed(self, token: Token) {
        let expires_at = token.settings.expires_at;
        self.expires_at.try_maybe_update(|begun| (std::mem::replace(begun, expires_at) != expires_at, ()));
        self.known.try_set(token);
    }

    /// Replaces what was typed with the current token, if the page is still open.
    pub async fn show(self, newest: Editable) {
        self.changed(newest.token.clone());
        self.errors.clear();
        self.conflict.try_set(None);
        self.update.clear();
        // Recreate the form: otherwise a field would keep what was typed into it.
        self.begun.try_set(None);
        tick().await;
        self.begun.try_set(Some(newest));
        self.content.mark_saved();
    }

    /// Shows the token as this page knows it instead of what was typed.
    pub fn discard(self) {
        let Some(begun) = self.begun.get_untracked() else { return };
        let (toasts, i18n) = (self.toasts, self.i18n);
        let newest = Editable { token: self.known.get_untracked(), ..begun };
        spawn_local(async move {
            self.show(newest).await;
            toasts.announce(t_string!(i18n, form.discarded).to_owned());
        });
    }

    /// Returns whether an answer is outdated: the page knows a later revision, or has been left.
    pub fn is_past(self, token: &Token) -> bool {
        self.known.try_with_untracked(|known| known.revision <= token.revision) != Some(true)
    }

    /// Reloads the token at the user's request, and discards what was typed.
    pub fn reload(self) {
        let Some(id) = self.known.try_with_untracked(|token| token.id) else { return };
        spawn_local(async move {
            match editable(id).await {
                Ok(newest) if self.is_past(&newest.token) => {}
                Ok(newest) => {
                    self.show(newest).await;
                    self.news.try_set(None);
                    self.changes.announce();
                    // The button that was pressed no longer exists.
                    focus(Field::Name);
                }
                Err(error) => self.toasts.complain(error.text(self.i18n)),
            }
        });
    }

    /// Returns the error of the last update. A conflict has a note of its own.
    pub fn failure(self) -> Signal<Option<AppError>> {
        let (error, conflict) = (failure(self.update), self.conflict);
        let noted =
            move |error: &AppError| *error == AppError::Refused(Refusal::Conflict) && conflict.with(Option::is_some);
        Signal::derive(move || error.get().filter(|error| !noted(error)))
    }

    /// Returns whether the form has changes that can still be saved.
    pub fn is_changed(self) -> bool {
        self.count() > 0
    }

    /// Returns the number of changes that can still be saved.
    fn count(self) -> usize {
        let gone = self.news.with_untracked(|news| matches!(news, Some(News::Gone(_))));
        let changes = if gone { 0 } else { self.content.changes() };
        // The form also changes by commands, and what was typed may have been stored in another spelling.
        if changes > 0 && self.differs() == Some(true) { changes } else { 0 }
    }

    /// Counts the changes that can still be saved, once the page shows them.
    pub fn recount(self) {
        request_animation_frame(move || {
            // `None` once the page is left.
            let Some(before) = self.unsaved.try_get_untracked() else { return };
            let count = self.count();
            if count != before {
                self.unsaved.set(count);
            }
        });
    }

    /// Takes a field as saved that the form begins again, because a command has changed it.
    fn begins_again(self, field: &'static str) {
        self.content.mark_saved_of(field);
        self.recount();
    }

    /// Returns whether the form has other values than the token; `None` while there is no form.
    fn differs(self) -> Option<bool> {
        let known = self.known.with_untracked(|token| TokenForm::from(&token.settings));
        Some(read::<UpdateCall>(self.content.around)?.form != known)
    }

    /// Returns whether the user has typed in the form, or is about to: it has the focus, or gets it back from a dialog.
    pub fn in_use(self) -> bool {
        let within = |form: web_sys::HtmlDivElement| form.contains(document().active_element().as_deref());
        self.differs() != Some(false) || is_dialog_open() || self.content.around.get_untracked().is_some_and(within)
    }
}

/// Counts the changes that are not saved when the token changes, or the form begins again. Typed content is counted where
/// it is typed.
pub fn count_changes(page: Page) {
    let version = Memo::new(move |_| page.known.with(|known| known.settings.api_version));
    Effect::new(move |before: Option<()>| {
        page.expires_at.track();
        if before.is_some() {
            page.begins_again(EXPIRES);
        }
    });
    Effect::new(move |before: Option<()>| {
        _ = version.get(); // a memo that is only tracked is never computed
        if before.is_some() {
            page.begins_again(VERSION);
        }
    });
    Effect::new(move |_| {
        page.known.track();
        page.begun.track();
        page.news.track();
        page.recount();
    });
}

/// Handles the answer to an update: done, invalid fields, or a conflict with another user's change.
pub fn follow_up(page: Page) {
    let Page { update, errors, conflict, news, toasts, changes, i18n, .. } = page;
    let follow = move |answer: Option<Result<Updated, AppError>>| match answer {
        Some(Ok(updated)) => {
            let done = t_string!(i18n, done.updated, name = updated.token.settings.name.as_str()).to_string();
            let remark = if updated.name_exists { t_string!(i18n, done.name_exists) } else { "" };
            toasts.say(format!("{done} {remark}").trim_end().to_owned());
            conflict.set(None);
            news.set(None);
            page.changed(updated.token);
            page.content.mark_saved();
            changes.announce();
        }
        Some(Err(AppError::Invalid(found))) => errors.show(found),
        Some(Err(AppError::Refused(Refusal::Conflict))) => find_out(page),
        Some(Err(_)) | None => {}
    };
    Effect::new(move |_| {
        let answer = update.value().get();
        // Handled once, and not again when the language changes.
        untrack(|| follow(answer));
    });
}

/// Finds out what another user changed. The next update is then based on their revision.
pub fn find_out(page: Page) {
    spawn_local(async move {
        let Some(before) = page.known.try_get_untracked() else { return };
        if let Ok(Editable { token: theirs, .. }) = editable(before.id).await
            && !page.is_past(&theirs)
        {
            page.conflict.try_set(Some(before.settings.differences(&theirs.settings)));
            page.news.try_set(None);
            page.known.try_set(theirs);
            page.changes.announce();
        }
    });
}
