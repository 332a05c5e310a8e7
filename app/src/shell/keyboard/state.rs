//! The actions that are given on a page, and by whom.

use crate::shell::keyboard::actions::{Action, SHORTCUTS};
use crate::sign_in::allowed::use_second_factor_missing;
use crate::sign_in::api::session::SignOut;
use domain::members::role::Role;
use leptos::prelude::*;

/// The actions given by keys, the palette and its button. `dialogs.rs` carries them out.
#[derive(Clone, Copy)]
pub struct Keyboard {
    /// The action that was given last.
    pub given: RwSignal<Option<Action>>,
    /// The user's role. `None` while they have to set up a second factor before anything else.
    pub role: Option<Role>,
    /// Signs the user out.
    pub sign_out: ServerAction<SignOut>,
}

impl Keyboard {
    /// Returns the keyboard of a user with this role.
    pub fn new(role: Role, sign_out: ServerAction<SignOut>) -> Self {
        let role = (!use_second_factor_missing()).then_some(role);
        Self { given: RwSignal::new(None), role, sign_out }
    }

    /// Returns whether the action is offered on the page that is open.
    pub fn offers(self, action: Action) -> bool {
        let path = window().location().pathname().unwrap_or_default();
        SHORTCUTS.iter().any(|shortcut| shortcut.action == action && shortcut.condition.holds(self.role, &path))
    }
}
