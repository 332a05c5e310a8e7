//! The program: its commands, files, faults and nodes.

pub mod command_line;
pub mod disk;
pub mod faults;
pub mod nodes;
pub mod process;
