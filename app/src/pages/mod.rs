//! The pages. They compose components and load their data.

pub mod account_users;
pub mod audit_trail;
pub mod company_information;
pub mod forgotten;
pub mod frame;
pub mod home;
pub mod invitation;
pub mod message;
pub mod new_password;
pub mod profile;
pub mod second_step;
pub mod security_policy;
pub mod settings;
pub mod settings_pages;
pub mod sign_in;
pub mod sign_in_failed;
pub mod tips;
pub mod token_edit;
pub mod token_new;
pub mod tokens;
