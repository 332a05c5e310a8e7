//! The frame around the pages, the pages that are loaded together, the keyboard, and the script that looks after a page
//! without wasm.

#[cfg(feature = "hydrate")]
pub mod ahead;
pub mod bootstrap;
pub mod failed;
pub mod frame;
pub mod home;
pub mod keyboard;
pub mod navigation;
pub mod settings;
pub mod settings_pages;
