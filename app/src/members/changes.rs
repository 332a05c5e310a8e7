//! The changes that administrators make to the account's users: question, step-up, request and message.

use crate::error::AppError;
use crate::i18n::{t_string, use_i18n};
use crate::members::api::users::{change_role, deactivate, reinstate, withdraw_invitation};
use crate::routes;
use crate::sign_in::allowed::use_current_user;
use crate::sign_in::api::proof::Proof;
use crate::sign_in::guarded::Guarded;
use crate::sign_in::step_up::StepUp;
use crate::ui::confirm_dialog::Question;
use crate::ui::toasts::{ToastRack, use_toasts};
use crate::words::{self, Words};
use domain::members::membership::{Change, Invitation, Member};
use domain::members::role::Role;
use domain::members::user::UserId;
use leptos::prelude::*;

/// The changes made on one page, one at a time.
#[derive(Clone, Copy)]
pub struct UserChanges {
    i18n: Words,
    toasts: ToastRack,
    pub me: UserId,
    /// Carries out all changes but the next one, and asks before it deactivates a user.
    pub guarded: Guarded<Member>,
    /// The user for whom another role is being chosen.
    pub choosing: RwSignal<Option<Member>>,
    /// Asks before it creates a link with which the user sets a new password.
    pub resetting: Guarded<Member>,
    /// The number of times that the lists were to be loaded again.
    pub loads: RwSignal<u32>,
    pub step_up: StepUp,
}

impl UserChanges {
    /// Returns the changes of a page.
    pub fn new() -> Self {
        let step_up = StepUp::new();
        Self {
            i18n: use_i18n(),
            toasts: use_toasts(),
            me: use_current_user().user.id,
            guarded: Guarded::new(step_up),
            choosing: RwSignal::new(None),
            resetting: Guarded::new(step_up),
            loads: RwSignal::new(0),
            step_up,
        }
    }

    /// Loads the lists again.
    pub fn load_again(self) {
        // The page may have been left meanwhile.
        self.loads.try_update(|loads| *loads += 1);
    }

    /// Lets the administrator choose another role for the user, unless a change is under way.
    pub fn choose_role(self, member: Member) {
        if !self.guarded.is_pending() {
            self.choosing.set(Some(member));
        }
    }

    /// Asks for confirmation of the role together with a step-up, which the server requires each time.
    pub fn ask_role(self, role: Role, member: Member) {
        if self.guarded.is_pending() {
            return;
        }
        let id = member.person.id;
        self.step_up.ask(self.role_question(role, &member), move |proof| self.give_role(id, role, proof));
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

    /// Deactivates the user, who was asked about.
    pub fn deactivate(self, member: Member) {
        let id = member.person.id;
        self.guarded.run(move || deactivate(id), move |result| self.follow_up(Change::Deactivate, id, result));
    }

    /// Reinstates the user. Nothing can break, so there is no question.
    pub fn reinstate(self, member: Member) {
        let id = member.person.id;
        self.guarded.run(move || reinstate(id), move |result| self.follow_up(Change::Reinstate, id, result));
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

    /// Withdraws the invitation.
    pub fn withdraw(self, invitation: Invitation) {
        let (i18n, toasts, id) = (self.i18n, self.toasts, invitation.id);
        let follow_up = move |result: Result<(), AppError>| {
            match result {
                Ok(()) => {
                    let email = invitation.email.as_str();
                    toasts.say(t_string!(i18n, invitation.withdrawn, email = email).to_string());
                }
                Err(error) => toasts.complain(error.text(i18n)),
            }
            self.load_again();
        };
        self.guarded.run(move || withdraw_invitation(id), follow_up);
    }

    fn role_question(self, role: Role, member: &Member) -> Question {
        let (i18n, name, own) = (self.i18n, member.person.name.as_str(), member.person.id == self.me);
        let (old, new) = (words::role(i18n, member.role), words::role(i18n, role));
        Question {
            title: t_string!(i18n, users.ask_role_title, name = name, role = new).to_string(),
            text: if own {
                t_string!(i18n, users.ask_role_own, old = old).to_string()
            } else {
                t_string!(i18n, users.ask_role_text, name = name, old = old).to_string()
            },
            confirm: t_string!(i18n, users.change_role).to_owned(),
            destructive: own,
        }
    }

    /// Returns the question to confirm before the user is deactivated.
    pub fn deactivation_question(self, member: &Member) -> Question {
        let (i18n, name) = (self.i18n, member.person.name.as_str());
        Question {
            title: t_string!(i18n, users.ask_deactivate_title, name = name).to_string(),
            text: if member.person.id == self.me {
                t_string!(i18n, users.ask_deactivate_own).to_owned()
            } else {
                t_string!(i18n, users.ask_deactivate_text, name = name).to_string()
            },
            confirm: t_string!(i18n, users.deactivate).to_owned(),
            destructive: true,
        }
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
