//! HTTP as all of the server speaks it: connections, limits, headers, and the checks before any route.

pub mod connections;
pub mod headers;
pub mod public_url;
pub mod readiness;
pub mod request_body;
pub mod request_head;
pub mod same_origin;
