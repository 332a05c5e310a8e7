//! The server's key and the keys that seal secrets.

pub mod check;
pub mod resealing;
pub mod sealing;
pub mod sealing_keys;
pub mod server_key;
