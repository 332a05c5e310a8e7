//! The actions of a token's menu: ask for confirmation if something may break, carry the action out, report the result.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::request::request_id::new_request_id;
use crate::sign_in::step_up::{StepUp, StepUpDialog};
use crate::tokens::api::{self, Issued};
use crate::tokens::menu::MenuItem;
use crate::tokens::secret_dialog::SecretDialog;
use crate::ui::confirm_dialog::{ConfirmDialog, Question};
use crate::ui::toasts::{ToastRack, use_toasts};
use crate::words::Words;
use domain::Refusal;
use domain::gate::api_version::ApiVersion;
use domain::tokens::token::{Token, TokenId, UNDO_OFFERED};
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};

/// The number of changes made to tokens from this page, so that lists reload.
#[derive(Clone, Copy)]
pub struct TokenChanges(RwSignal<u64>);

/// Provides the counter. Called once, by the app.
pub fn provide_token_changes() {
    provide_context(TokenChanges(RwSignal::new(0)));
}

/// Returns the counter of changes made to tokens from this page.
pub fn use_token_changes() -> TokenChanges {
    expect_context()
}

impl TokenChanges {
    /// Returns the number of changes.
    pub fn count(self) -> u64 {
        self.0.get()
    }

    /// Adds one change.
    pub fn announce(self) {
        self.0.update(|count| *count += 1);
    }
}

/// The result of a menu item.
enum Outcome {
    /// A token with a new secret.
    Issued(Box<Issued>),
    /// The token after the change, or as it was before its deletion.
    Changed(Box<Token>),
}

/// The menu items of one page, carried out one at a time.
#[derive(Clone, Copy)]
pub struct TokenActions {
    i18n: Words,
    toasts: ToastRack,
    changes: TokenChanges,
    picked: RwSignal<Option<(MenuItem, Token)>>,
    asked: RwSignal<Option<(MenuItem, Token)>>,
    pending: RwSignal<bool>,
    issued: RwSignal<Option<(MenuItem, Issued)>>,
    step_up: StepUp,
    on_done: Callback<(MenuItem, Result<Token, AppError>)>,
}

impl TokenActions {
    /// Returns the actions of a page. `on_done` gets each item carried out, with the token after it or the error.
    pub fn new(on_done: Callback<(MenuItem, Result<Token, AppError>)>) -> Self {
        Self {
            i18n: use_i18n(),
            toasts: use_toasts(),
            changes: use_token_changes(),
            picked: RwSignal::new(None),
            asked: RwSignal::new(None),
            pending: RwSignal::new(false),
            issued: RwSignal::new(None),
            step_up: StepUp::new(),
            on_done,
        }
    }

    /// Picks the item for this token. [`TokenActionDialogs`] does the rest.
    pub fn pick(self, item: MenuItem, token: Token) {
        if !self.pending.get_untracked() {
            self.picked.set(Some((item, token)));
        }
    }

    /// Returns whether an item is being carried out.
    pub fn is_pending(self) -> bool {
        self.pending.try_get_untracked().unwrap_or_default()
    }

    /// Asks for confirmation first, or carries the item out at once if nothing can break.
    fn begin(self, item: MenuItem, token: Token) {
        match item {
            MenuItem::Duplicate | MenuItem::Enable | MenuItem::View => self.carry_out(item, token),
            _ => self.asked.set(Some((item, token))),
        }
    }

    fn confirm(self) {
        if let Some((item, token)) = self.asked.get_untracked() {
            self.carry_out(item, token);
        }
    }

    /// Carries the item out, unless a request is under way: a second click does nothing.
    fn carry_out(self, item: MenuItem, token: Token) {
        if self.pending.get_untracked() {
            return;
        }
        self.pending.set(true);
        spawn_local(async move {
            let result = send(item, &token).await;
            // The page may have been left meanwhile; the result is still reported.
            self.pending.try_set(false);
            self.asked.try_set(None);
            // Close the dialog before anything leads to another page, where it would no longer exist.
            tick().await;
            match result {
                Ok(Outcome::Issued(issued)) => {
                    let token = issued.token.clone();
                    self.on_done.try_run((item, Ok(token.clone())));
                    if self.issued.try_set(Some((item, *issued))).is_some() {
                        // The page is gone, so the secret can't be shown.
                        self.say(item, &token);
                    }
                }
                Ok(Outcome::Changed(token)) => {
                    self.say(item, &token);
                    self.on_done.try_run((item, Ok(*token)));
                }
                Err(AppError::Refused(Refusal::StepUpNeeded)) => {
                    self.step_up.then(move || self.carry_out(item, token.clone()));
                    return;
                }
                Err(error) => {
                    self.toasts.complain(error.text(self.i18n));
                    self.on_done.try_run((item, Err(error)));
                }
            }
            // Also after an error, which means that the token is not as the list shows it.
            self.changes.announce();
        });
    }

    fn cancel(self) {
        // A request under way can't be cancelled; its dialog closes when it is done.
        if !self.pending.get_untracked() {
            self.asked.set(None);
        }
    }

    fn close_secret(self) {
        if let Some((item, issued)) = self.issued.get_untracked() {
            self.issued.set(None);
            self.say(item, &issued.token);
        }
    }

    /// Says what was done.
    fn say(self, item: MenuItem, token: &Token) {
        let i18n = self.i18n;
        let name = token.settings.name.as_str();
        let text = match item {
            MenuItem::Duplicate => t_string!(i18n, done.duplicated, name = name).to_string(),
            MenuItem::Reset => t_string!(i18n, done.reset, name = name).to_string(),
            MenuItem::UpgradeVersion => {
                t_string!(i18n, done.upgraded, name = name, number = token.settings.api_version).to_string()
            }
            MenuItem::Disable => t_string!(i18n, done.disabled, name = name).to_string(),
            MenuItem::Enable => t_string!(i18n, done.enabled, name = name).to_string(),
            MenuItem::Delete => t_string!(i18n, done.deleted, name = name).to_string(),
            // No toast: the user has just seen the secret.
            MenuItem::View => return,
        };
        if item == MenuItem::Delete {
            let (toasts, changes, id) = (self.toasts, self.changes, token.id);
            let undo = move || undo_delete(i18n, toasts, changes, id);
            toasts.offer_undo(text, UNDO_OFFERED.to_std().unwrap_or_default(), undo);
        } else {
            self.toasts.say(text);
        }
    }
}

async fn send(item: MenuItem, token: &Token) -> Result<Outcome, AppError> {
    let issued = |issued| Outcome::Issued(Box::new(issued));
    let changed = |token| Outcome::Changed(Box::new(token));
    match item {
        MenuItem::Duplicate => api::duplicate(token.id, new_request_id()).await.map(issued),
        MenuItem::Reset => api::reset(token.id, token.revision).await.map(issued),
        MenuItem::UpgradeVersion => api::upgrade_version(token.id).await.map(changed),
        MenuItem::Disable => api::disable(token.id).await.map(changed),
        MenuItem::Enable => api::enable(token.id).await.map(changed),
        MenuItem::Delete => api::delete(token.id).await.map(changed),
        MenuItem::View => api::view(token.id).await.map(issued),
    }
}

/// Restores a deleted token. It outlives the page: the offer to undo stays when another page is opened.
fn undo_delete(i18n: Words, toasts: ToastRack, changes: TokenChanges, id: TokenId) {
    spawn_local(async move {
        match api::undo_delete(id).await {
            Ok(token) => toasts.say(t_string!(i18n, done.restored, name = token.settings.name.as_str()).to_string()),
            Err(error) => toasts.complain(error.text(i18n)),
        }
        changes.announce();
    });
}

/// Returns the question to confirm before the item is carried out.
fn question(i18n: Words, item: MenuItem, token: &Token) -> Question {
    let name = token.settings.name.as_str();
    let (title, text) = match item {
        MenuItem::Reset => {
            (t_string!(i18n, ask.reset_title, name = name).to_string(), t_string!(i18n, ask.reset_text).to_owned())
        }
        MenuItem::UpgradeVersion => {
            let (number, old) = (ApiVersion::NEWEST, token.settings.api_version);
            (
                t_string!(i18n, ask.upgrade_title, name = name, number = number).to_string(),
                t_string!(i18n, ask.upgrade_text, number = number, old = old).to_string(),
            )
        }
        MenuItem::Disable => {
            (t_string!(i18n, ask.disable_title, name = name).to_string(), t_string!(i18n, ask.disable_text).to_owned())
        }
        MenuItem::Delete => {
            (t_string!(i18n, ask.delete_title, name = name).to_string(), t_string!(i18n, ask.delete_text).to_owned())
        }
        MenuItem::Duplicate | MenuItem::Enable | MenuItem::View => Default::default(),
    };
    Question { title, text, confirm: item.label(i18n).to_owned(), destructive: item != MenuItem::UpgradeVersion }
}

/// The code that carries out actions, with its dialogs, once on a page. Loaded when an item is first picked.
#[component]
pub fn TokenActionDialogs(actions: TokenActions) -> impl IntoView {
    let used = Memo::new(move |_| actions.picked.with(Option::is_some));
    move || used.get().then(|| Suspend::new(dialogs(actions)))
}

/// Loads the code that carries out actions before it is needed.
#[cfg(feature = "hydrate")]
pub async fn preload() {
    __preload_dialogs().await;
}

#[lazy]
fn dialogs(actions: TokenActions) -> AnyView {
    view! { <Dialogs actions/> }.into_any()
}

#[component]
fn Dialogs(actions: TokenActions) -> impl IntoView {
    let i18n = use_i18n();
    Effect::new(move |_| {
        if let Some((item, token)) = actions.picked.get() {
            untrack(|| actions.begin(item, token));
        }
    });
    let question = move || actions.asked.get().map(|(item, token)| question(i18n, item, &token));
    let issued = move || actions.issued.get().map(|(_, issued)| issued);
    let title = move || match actions.issued.get() {
        Some((MenuItem::Reset, _)) => t_string!(i18n, secret.reset_title).to_owned(),
        Some((MenuItem::View, _)) => t_string!(i18n, form.auth_token).to_owned(),
        _ => t_string!(i18n, secret.created_title).to_owned(),
    };
    view! {
        <ConfirmDialog
            id="confirm"
            question=Signal::derive(question)
            pending=actions.pending
            on_confirm=Callback::new(move |()| actions.confirm())
            on_cancel=Callback::new(move |()| actions.cancel())
        />
        <SecretDialog
            issued=Signal::derive(issued)
            title=Signal::derive(title)
            on_done=Callback::new(move |()| actions.close_secret())
        />
        <StepUpDialog step_up=actions.step_up/>
    }
}
