//! The building blocks of pages. They take plain values and callbacks.

pub mod action_form;
#[cfg(debug_assertions)]
pub mod chart;
pub mod choices;
pub mod combobox;
pub mod confirm_dialog;
pub mod content_changes;
pub mod copy_button;
pub mod dialog;
pub mod empty;
pub mod error_note;
pub mod field;
pub mod filter_history;
pub mod focus;
pub mod history_entry;
pub mod hydrated;
pub mod icon;
pub mod intl;
pub mod language_switch;
pub mod menu;
pub mod message;
pub mod more_menu;
pub mod not_refreshed;
pub mod once;
pub mod page_changes;
pub mod page_title;
pub mod pager;
#[cfg(debug_assertions)]
pub mod parts;
pub mod password;
pub mod raw_text;
pub mod reactive;
pub mod save_bar;
pub mod search_box;
pub mod theme;
pub mod theme_switch;
pub mod time;
pub mod toasts;
pub mod typed;
pub mod unsaved;
pub mod visibility;
pub mod window_event;
