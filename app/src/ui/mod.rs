//! The building blocks of pages. They take plain values and callbacks.

pub mod action_form;
pub mod choices;
pub mod confirm_dialog;
pub mod copy_button;
pub mod dialog;
pub mod error_note;
pub mod field;
pub mod hydrated;
pub mod icon;
pub mod language_switch;
pub mod menu;
pub mod message;
pub mod once;
pub mod page_title;
pub mod pager;
pub mod password;
pub mod raw_text;
pub mod reactive;
pub mod search_box;
pub mod theme_switch;
pub mod time;
pub mod toasts;
pub mod visibility;
