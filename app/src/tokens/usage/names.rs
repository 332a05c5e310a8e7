//! The names of a call's values in the page's language.

use crate::i18n::t_string;
use crate::ui::pager::number;
use crate::words::{self, Words};
use domain::tokens::overlap::TokenValue;
use domain::tokens::scope::Scope;
use domain::tokens::usage::{Client, RefusedFor};
use leptos::prelude::*;
use std::net::IpAddr;

/// Returns the operation's name; one that is no longer in the catalogue keeps its id.
pub fn operation(i18n: Words, id: String) -> Signal<String> {
    Signal::derive(move || match Scope::find(&id) {
        Some(scope) => words::name(i18n, scope.operation().name).to_owned(),
        None => id.clone(),
    })
}

/// Returns the API version, of which 0 is an unknown one.
pub fn version(i18n: Words, number: u16) -> Signal<String> {
    Signal::derive(move || match number {
        0 => t_string!(i18n, usage.unknown).to_owned(),
        known => known.to_string(),
    })
}

/// Returns the address, of which `None` are those that are counted together.
pub fn address(i18n: Words, address: Option<IpAddr>) -> Signal<String> {
    Signal::derive(move || match address {
        Some(address) => address.to_string(),
        None => t_string!(i18n, usage.other_addresses).to_owned(),
    })
}

/// Returns the name of the client.
pub fn client(i18n: Words, client: Client) -> Signal<String> {
    Signal::derive(move || match &client {
        Client::Unnamed => t_string!(i18n, usage.no_client).to_owned(),
        Client::Others => t_string!(i18n, usage.other_clients).to_owned(),
        Client::Named(name) => name.clone(),
    })
}

/// Returns which of the two Auth Tokens of an overlap it is.
pub fn auth_token(i18n: Words, value: TokenValue) -> Signal<String> {
    Signal::derive(move || match value {
        TokenValue::Current => t_string!(i18n, usage.new_token).to_owned(),
        TokenValue::Old => t_string!(i18n, overlap.old_token).to_owned(),
    })
}

/// Returns why calls were refused.
pub fn reason(i18n: Words, reason: RefusedFor) -> Signal<&'static str> {
    Signal::derive(move || match reason {
        RefusedFor::WrongAuthToken => t_string!(i18n, usage.wrong_auth_token),
        RefusedFor::Expired => t_string!(i18n, usage.expired),
        RefusedFor::ApiAccessOff => t_string!(i18n, usage.api_access_off),
        RefusedFor::Disabled => t_string!(i18n, usage.disabled),
        RefusedFor::AddressNotAllowed => t_string!(i18n, usage.address_not_allowed),
        RefusedFor::ScopeMissing => t_string!(i18n, usage.scope_missing),
        RefusedFor::RateLimited => t_string!(i18n, usage.rate_limited),
    })
}

/// Returns the time in milliseconds, with one decimal below ten.
pub fn latency(i18n: Words, micros: u32) -> Signal<String> {
    Signal::derive(move || t_string!(i18n, usage.milliseconds, ms = milliseconds(micros)).to_string())
}

fn milliseconds(micros: u32) -> String {
    if micros < 10_000 {
        format!("{}.{}", micros / 1_000, micros % 1_000 / 100)
    } else {
        number(u64::from(micros / 1_000))
    }
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    #[test]
    fn short_times_have_a_decimal() {
        let times = [0, 450, 9_999, 10_000, 1_234_567].map(milliseconds);
        assert_eq!(times, ["0.0", "0.4", "9.9", "10", "1,234"]);
    }
}
