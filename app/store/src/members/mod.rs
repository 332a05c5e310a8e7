//! Account users: who they are, invitations, and what the operator does about them.

pub mod invitations;
pub mod operator;
pub mod profile;
pub mod rows;
pub mod users;
