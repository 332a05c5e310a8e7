//! Charts of calls as SVG: drawn by the server too, so that they need no wasm. Their arithmetic is in `domain::chart`.

pub mod bars;
pub mod short;
pub mod sparkline;
