//! Has cargo build the crate again when a migration changes: `sqlx_macros::migrate!` puts them into the binary.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
