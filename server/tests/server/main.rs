//! The server over real HTTP, and the program on its command line.

mod command_line;
mod console;
mod files;
mod gate;
mod house;
mod log;
