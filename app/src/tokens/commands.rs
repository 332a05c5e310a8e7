//! Carries out token commands: asks for confirmation if something may break, sends the command, reports the
//! result.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::routes;
use crate::sign_in::guarded::{Guarded, GuardedDialog};
use crate::sign_in::step_up::{StepUp, StepUpDialog};
use crate::tokens::api::{CommandResult, Issued, enable, reset, send, undo_delete};
use crate::tokens::changes::{TokenChanges, use_token_changes};
use crate::tokens::command_words::{item, words};
use crate::tokens::overlap_choice::{OverlapChoice, OverlapField};
use crate::tokens::rehearsals::Rehearsed;
use crate::tokens::rehearsed::Asked;
use crate::tokens::secret_dialog::SecretDialog;
use crate::ui::check_box::CheckBox;
use crate::ui::confirm_dialog::Question;
use crate::ui::reactive::t_signal;
use crate::ui::toasts::{ToastRack, use_toasts};
use crate::words::Words;
use domain::tokens::command::{CommandEffect, Confirmation, TokenCommand};
use domain::tokens::overlap::Handover;
use domain::tokens::rehearsal::TokenChange;
use domain::tokens::token::{Token, TokenId, UNDO_OFFERED};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_location;

/// The commands that are given on one page, carried out one at a time.
#[derive(Clone, Copy)]
pub struct TokenActions {
    i18n: Words,
    toasts: ToastRack,
    changes: TokenChanges,
    picked: RwSignal<Option<(TokenCommand, Token)>>,
    guarded: Guarded<(TokenCommand, Token)>,
    issued: RwSignal<Option<(TokenCommand, Issued)>>,
    step_up: StepUp,
    /// The query of the page's link.
    query: Memo<String>,
    on_done: Callback<(TokenCommand, Result<Token, AppError>)>,
}

impl TokenActions {
    /// Returns the actions of a page. `on_done` gets each command carried out, with the token after it or the error.
    pub fn new(on_done: Callback<(TokenCommand, Result<Token, AppError>)>) -> Self {
        let step_up = StepUp::new();
        Self {
            i18n: use_i18n(),
            toasts: use_toasts(),
            changes: use_token_changes(),
            picked: RwSignal::new(None),
            guarded: Guarded::new(step_up),
            issued: RwSignal::new(None),
            step_up,
            query: use_location().search,
            on_done,
        }
    }

    /// Picks the command for this token. [`TokenActionDialogs`] does the rest.
    pub fn pick(self, command: TokenCommand, token: Token) {
        if !self.guarded.is_pending() {
            self.picked.set(Some((command, token)));
        }
    }

    /// Returns whether a command is being carried out.
    pub fn is_pending(self) -> bool {
        self.guarded.is_pending()
    }

    /// Asks for confirmation first, or carries the command out at once if nothing can break.
    fn begin(self, command: TokenCommand, token: Token) {
        match command.rules().confirmation {
            Confirmation::NotNeeded => self.carry_out(command, token, Handover::default()),
            Confirmation::Offers | Confirmation::MayBreak | Confirmation::Breaks => {
                self.guarded.ask((command, token));
            }
        }
    }

    /// Carries the command out. A reset lets the old Auth Token pass as the handover says.
    fn carry_out(self, command: TokenCommand, token: Token, handover: Handover) {
        let request = move || {
            let token = token.clone();
            async move { send(command, &token, handover).await }
        };
        self.guarded.run(request, move |result| self.follow_up(command, result));
    }

    /// Resets the token, and enables it once its old Auth Token no longer passes.
    fn enable_with_reset(self, token: Token) {
        type Both = (Issued, Result<Token, AppError>);

        let request = move || {
            let token = token.clone();
            async move {
                let issued = reset(token.id, token.revision, Handover::default()).await?;
                let enabled = enable(token.id).await;
                Ok((issued, enabled))
            }
        };
        self.guarded.run(request, move |result: Result<Both, AppError>| match result {
            Ok((issued, Ok(enabled))) => {
                self.on_done.try_run((TokenCommand::Reset, Ok(issued.token.clone())));
                let issued = Issued { token: enabled.clone(), ..issued };
                self.follow_up(TokenCommand::Reset, Ok(CommandResult::Issued(Box::new(issued))));
                self.say(TokenCommand::Enable, &enabled);
            }
            // The new Auth Token is shown all the same: this is the only time.
            Ok((issued, Err(error))) => {
                self.follow_up(TokenCommand::Reset, Ok(CommandResult::Issued(Box::new(issued))));
                self.follow_up(TokenCommand::Enable, Err(error));
            }
            Err(error) => self.follow_up(TokenCommand::Enable, Err(error)),
        });
    }

    fn follow_up(self, command: TokenCommand, result: Result<CommandResult, AppError>) {
        match result {
            Ok(CommandResult::Issued(issued)) => {
                let token = issued.token.clone();
                self.on_done.try_run((command, Ok(token.clone())));
                if self.issued.try_set(Some((command, *issued))).is_some() {
                    // The page is gone, so the secret can't be shown.
                    self.say(command, &token);
                }
            }
            Ok(CommandResult::Changed(token)) => {
                self.say(command, &token);
                self.on_done.try_run((command, Ok(*token)));
            }
            Err(error) => {
                self.toasts.complain(error.text(self.i18n));
                self.on_done.try_run((command, Err(error)));
            }
        }
        // Also after an error, which means that the token is not as the list shows it.
        self.changes.announce();
    }

    fn close_secret(self) {
        if let Some((command, issued)) = self.issued.get_untracked() {
            self.issued.set(None);
            self.say(command, &issued.token);
        }
    }

    /// Returns whether the page shows by itself what the command has done: in the badge, or by the version that is gone.
    /// It does not if it was left, nor if its filter takes the token away.
    fn is_seen(self, command: TokenCommand) -> bool {
        use TokenCommand::{Disable, Enable, GoBackVersion, UpgradeVersion};
        let filtered = || self.query.try_with_untracked(|query| routes::filter(query).state.is_some());
        matches!(command, UpgradeVersion | GoBackVersion | Disable | Enable)
            && !self.picked.is_disposed()
            && filtered() == Some(false)
    }

    /// Says what was done, and offers to undo a deletion.
    fn say(self, command: TokenCommand, token: &Token) {
        let Some(text) = words(command).done.map(|done| done(self.i18n, token)) else { return };
        if command.rules().effect == CommandEffect::Removes {
            let id = token.id;
            let shown_for = UNDO_OFFERED.to_std().unwrap_or_default();
            self.toasts.offer_undo(text, shown_for, move || undo(self.i18n, self.toasts, self.changes, id));
        } else if self.is_seen(command) {
            self.toasts.announce(text);
        } else {
            self.toasts.say(text);
        }
    }
}

/// Restores a deleted token. It outlives the page: the offer to undo stays when another page is opened.
fn undo(i18n: Words, toasts: ToastRack, changes: TokenChanges, id: TokenId) {
    spawn_local(async move {
        match undo_delete(id).await {
            Ok(token) => {
                changes.restored().set(Some(id));
                toasts.say(t_string!(i18n, done.restored, name = token.settings.name.as_str()).to_string());
            }
            Err(error) => toasts.complain(error.text(i18n)),
        }
        changes.announce();
    });
}

/// Returns the question to confirm before the command is sent. A reset with an overlap stops no integration.
fn question(i18n: Words, command: TokenCommand, token: &Token, choice: OverlapChoice) -> Question {
    let (title, text) = words(command).question.map(|question| question(i18n, token)).unwrap_or_default();
    let (text, destructive) = if command == TokenCommand::Reset && choice.is_open() {
        (t_string!(i18n, ask.reset_overlap_text).to_owned(), false)
    } else {
        (text, command.rules().confirmation == Confirmation::Breaks)
    };
    Question { title, text, confirm: (item(command).label)(i18n).to_owned(), destructive }
}

/// Returns the title of the dialog with the secret that the command has shown.
fn secret_title(i18n: Words, command: Option<TokenCommand>) -> &'static str {
    match command.map(|command| command.rules().effect) {
        Some(CommandEffect::Reads) => t_string!(i18n, form.auth_token),
        Some(CommandEffect::Changes(_)) => t_string!(i18n, secret.reset_title),
        Some(CommandEffect::Adds | CommandEffect::Removes) | None => t_string!(i18n, secret.created_title),
    }
}

/// The code that carries out actions, with its dialogs, once on a page. Loaded when a command is first picked.
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
    let choice = OverlapChoice::new();
    let with_reset = RwSignal::new(false);
    Effect::new(move |_| {
        if let Some((command, token)) = actions.picked.get() {
            choice.clear();
            with_reset.set(false);
            untrack(|| actions.begin(command, token));
        }
    });
    let more = move || {
        let (command, token) = actions.guarded.asked()?;
        let rehearsed = TokenChange::of(command).map(|change| {
            let asked = Asked::Token(token.id, change);
            // With an overlap nothing is refused at once.
            view! { <div hidden=move || choice.is_open()><Rehearsed asked/></div> }
        });
        let overlap = (command == TokenCommand::Reset).then(|| view! { <OverlapField choice token/> });
        let reset = (command == TokenCommand::Enable).then(|| reset_too(i18n, with_reset));
        Some(view! { {rehearsed} {overlap} {reset} }.into_any())
    };
    let confirm = move |(command, token): (TokenCommand, Token)| {
        if command == TokenCommand::Enable && with_reset.get_untracked() {
            return actions.enable_with_reset(token);
        }
        let handover = if command == TokenCommand::Reset { choice.read(&token) } else { Some(Handover::default()) };
        if let Some(handover) = handover {
            actions.carry_out(command, token, handover);
        }
    };
    let issued = move || actions.issued.get().map(|(_, issued)| issued);
    let command = move || actions.issued.with(|issued| issued.as_ref().map(|(command, _)| *command));
    let title = move || secret_title(i18n, command()).to_owned();
    view! {
        <GuardedDialog
            id="confirm"
            guarded=actions.guarded
            question=move |(command, token)| question(i18n, command, &token, choice)
            on_confirm=confirm
            more
        />
        <SecretDialog
            issued=Signal::derive(issued)
            title=Signal::derive(title)
            on_done=Callback::new(move |()| actions.close_secret())
        />
        <StepUpDialog step_up=actions.step_up/>
    }
}

/// Returns the check box whether a token is reset when it is enabled.
fn reset_too(i18n: Words, chosen: RwSignal<bool>) -> AnyView {
    let (text, hint) = (t_signal!(i18n, ask.reset_too), t_signal!(i18n, ask.reset_too_hint));
    view! { <div class="field"><CheckBox id="reset-too" text hint chosen/></div> }.into_any()
}
