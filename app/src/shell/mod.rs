//! The frame around the pages, and the pages that are loaded together.

pub mod failed;
pub mod frame;
pub mod home;
pub mod navigation;
pub mod settings;
pub mod settings_pages;
