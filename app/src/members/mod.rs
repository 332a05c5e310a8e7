//! Account users, invitations, and a member's own profile.

pub mod api;
pub(crate) mod changes;
pub(crate) mod fields;
pub(crate) mod invitation;
pub(crate) mod invite_dialog;
pub(crate) mod list;
pub(crate) mod menu;
pub(crate) mod open_invitations;
pub(crate) mod preferences_form;
pub(crate) mod profile;
pub(crate) mod reset_link;
pub(crate) mod role_dialog;
pub(crate) mod table;
