//! The parts that pages are made of. They take plain values and callbacks; only [`token_actions`], [`token_history`] and
//! [`try_it`] talk to the server.

pub mod allowed;
pub mod audit_entries;
pub mod card_menu;
pub mod company_fields;
pub mod confirm_dialog;
pub mod copy_button;
pub mod dialog;
pub mod error_note;
pub mod filter_sidebar;
pub mod hydrated;
pub mod icon;
pub mod invite_dialog;
pub mod language_switch;
pub mod member_fields;
pub mod page_title;
pub mod pager;
pub mod reactive;
pub mod scope_picker;
pub mod search_box;
pub mod secret_dialog;
pub mod step_up;
pub mod theme_switch;
pub mod time;
pub mod toasts;
pub mod token_actions;
pub mod token_card;
pub mod token_fields;
pub mod token_history;
pub mod try_it;
