//! The commands of the program.

pub mod account;
pub mod advertisers;
pub mod audit;
pub mod calls;
pub mod cli;
pub mod databases;
pub mod demo;
pub mod keys;
pub mod serve;
pub mod users;
