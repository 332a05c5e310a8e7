//! Account users, invitations, and a member's own profile.

pub mod api;
pub(crate) mod fields;
pub(crate) mod invitation;
pub(crate) mod invite_dialog;
pub(crate) mod list;
pub(crate) mod preferences_form;
pub(crate) mod profile;
pub(crate) mod reset_link;
