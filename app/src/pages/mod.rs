//! The pages. They compose components, and load what those show.

pub mod account_users;
pub mod audit_trail;
pub mod company_information;
pub mod frame;
pub mod home;
pub mod invitation;
pub mod message;
pub mod profile;
pub mod settings;
pub mod settings_pages;
pub mod sign_in;
pub mod tips;
pub mod token_edit;
pub mod token_new;
pub mod tokens;
