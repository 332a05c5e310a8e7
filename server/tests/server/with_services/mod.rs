//! Tests that need nginx, `PostgreSQL` or strace, or minutes. `make check` leaves them out by the name of this module.

pub mod disk;
pub mod faults;
pub mod nginx;
pub mod nodes;
pub mod process;
