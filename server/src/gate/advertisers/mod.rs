//! Advertisers: the brands that the agency manages, as imported with `kagitaba advertiser import`.

mod advertiser;
pub mod get;
pub mod list;
