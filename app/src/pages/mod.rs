//! The pages. They compose components, and load what those show.

pub mod frame;
pub mod home;
pub mod message;
pub mod settings;
pub mod sign_in;
pub mod tips;
pub mod token_edit;
pub mod token_new;
pub mod tokens;
