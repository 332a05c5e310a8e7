//! Pages and server functions.

pub mod audit;
pub mod calls;
pub mod hostile_text;
pub mod hung_up;
pub mod isolation;
pub mod list_calls;
pub mod list_view;
pub mod live;
pub mod overview;
pub mod own_days;
pub mod pages;
pub mod protocol;
pub mod security_policy;
pub mod usage_section;
pub mod weight;
