//! The keyboard: shortcuts, and the list of them.

pub mod actions;
pub mod browser;
pub mod dialogs;
pub mod keys_dialog;
pub mod labels;
pub mod listener;
pub mod rows;
pub mod search;
pub mod state;
