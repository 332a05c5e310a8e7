//! The settings that differ between providers.

use clap::ValueEnum;

/// The settings that differ between providers.
#[derive(Debug, Clone)]
pub struct Customs {
    /// The way it takes the client secret; `None` for the one in its metadata.
    pub client_auth: Option<ClientAuth>,
    /// The claim that has a person's e-mail address.
    pub email_claim: String,
    /// The claim that says that the address is the person's own.
    pub verified_claim: String,
    /// Whether an address counts as the person's own if that claim is missing.
    pub trust_email: bool,
}

/// How the client secret is sent to the provider (`OpenID` Connect Core 1.0, section 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ClientAuth {
    /// In the head, by HTTP Basic authentication.
    Basic,
    /// In the body.
    Post,
}
