//! The keyboard: shortcuts, the list of them, and a command palette over access tokens, pages and actions.

pub mod actions;
pub mod browser;
pub mod dialogs;
pub mod keys_dialog;
pub mod labels;
pub mod listener;
pub mod palette;
pub mod palette_dialog;
pub mod rows;
pub mod search;
pub mod state;
