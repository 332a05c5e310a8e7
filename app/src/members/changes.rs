//! The changes that administrators make to the account's users: question, step-up, request and message.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::members::api::users::{change_role, deactivate, reinstate, withdraw_invitation};
use crate::routes;
use crate::sign_in::allowed::use_current_user;
use crate::sign_in::api::proof::Proof;
use crate::sign_in::step_up::StepUp;
use crate::ui::confirm_dialog::Question;
use crate::ui::toasts::{ToastRack, use_toasts};
use crate::words::{self, Words};
use domain::members::membership::{Change, Invitation, Member};
use domain::members::role::Role;
use domain::members::user::UserId;
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};

/// The changes made on this page, one at a time.
#[derive(Clone, Copy)]
pub struct UserChanges {
    i18n: Words,
    toasts: ToastRack,
    pub me: UserId,
    pub asked: RwSignal<Option<(Change, Member)>>,
    /// The user for whom the creation of a link to set a new password is to be confirmed.
    pub resetting: RwSignal<Option<Member>>,
    pub pending: RwSignal<bool>,
    pub loads: RwSignal<u32>,
    pub step_up: StepUp,
}

impl UserChanges {
    pub fn new() -> Self {
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

    pub fn load_again(self) {
        // The page may have been left meanwhile.
        self.loads.try_update(|loads| *loads += 1);
    }

    pub fn ask(self, change: Change, member: Member) {
        if !self.pending.get_untracked() {
            self.asked.set(Some((change, member)));
        }
    }

    /// Asks for confirmation of the role together with a step-up, which the server requires each time.
    pub fn ask_role(self, role: Role, member: Member) {
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

    pub fn confirm(self) {
        if let Some((change, member)) = self.asked.get_untracked() {
            self.carry_out(change, member);
        }
    }

    pub fn cancel(self) {
        // A request under way can't be cancelled; its dialog closes when it is done.
        if !self.pending.get_untracked() {
            self.asked.set(None);
        }
    }

    /// Carries the change out, unless a request is under way: a second click does nothing.
    pub fn carry_out(self, change: Change, member: Member) {
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
            if let Err(AppError::StepUpNeeded) = result {
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

    pub fn withdraw(self, invitation: Invitation) {
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
pub fn question(i18n: Words, change: Change, member: &Member, me: UserId) -> Question {
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
