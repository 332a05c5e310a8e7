//! Account users: who they are, invitations, their own profiles, and what the operator does about them.

pub mod invitations;
pub mod operator;
pub mod profile;
pub mod rows;
pub mod users;

use crate::core::Core;

/// Account users: who they are, invitations, and what they do about themselves.
#[derive(Debug, Clone, Copy)]
pub struct Members<'s> {
    pub(crate) core: &'s Core,
}
