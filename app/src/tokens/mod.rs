//! Access tokens: the overview, the list, a token's page, the form for a new one, and the commands of the menu.

pub mod api;
pub(crate) mod card;
pub(crate) mod command_words;
pub(crate) mod commands;
pub(crate) mod create;
pub(crate) mod edit;
pub(crate) mod expiry;
pub(crate) mod fields;
pub(crate) mod filters;
pub(crate) mod history;
pub(crate) mod last_day;
pub(crate) mod list;
pub(crate) mod list_view;
pub(crate) mod live;
pub(crate) mod menu;
pub(crate) mod moves;
pub(crate) mod overlap;
pub(crate) mod overlap_choice;
pub(crate) mod overview;
pub mod rehearsal_api;
pub(crate) mod rehearsed;
pub(crate) mod scope_picker;
pub(crate) mod secret_dialog;
pub(crate) mod tips;
pub mod trial_api;
pub(crate) mod trials;
pub(crate) mod try_it;
#[cfg(debug_assertions)]
pub(crate) mod usage;
pub mod usage_api;
