//! The server's key and the keys that seal secrets.

pub mod check;
pub mod resealing;
pub mod sealing;
pub mod sealing_keys;
pub mod server_key;

use crate::core::Core;

/// The keys that seal what the server must be able to read again.
#[derive(Debug, Clone, Copy)]
pub struct Keys<'s> {
    pub(crate) core: &'s Core,
}
