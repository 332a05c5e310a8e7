//! The section on a token's usage, with calls and without.

use crate::routes;
use crate::tokens::usage::{Files, Usage, UsageSection};
use chrono::{DateTime, Days, TimeDelta, Utc};
use domain::tokens::overlap::TokenValue;
use domain::tokens::recent_call::{RecentCall, RecentCalls};
use domain::tokens::usage::{
    AddressUse, Client, ClientUse, DayUse, HOURS, HourUse, RefusedFor, RefusedUse, Seen, Tally, UsageSummary,
};
use domain::tokens::usage_view::UsageView;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use std::net::IpAddr;

/// The section in the view that the link of this page names; and that of a token that has never been used in its place, as
/// a page has one section of the name.
pub fn usage() -> AnyView {
    let query = use_location().search;
    let used = RwSignal::new(true);
    let shown = Signal::derive(move || {
        let view = routes::usage_view(&query.get());
        let usage = if used.get() { calls(&view) } else { Usage::default() };
        (view, usage)
    });
    let link = Callback::new(|view: UsageView| Signal::stored(routes::usage(routes::PARTS, &view)));
    let files = Signal::stored(Files { csv: routes::PARTS.to_owned(), json_lines: routes::PARTS.to_owned() });
    view! {
        <button type="button" class="button" on:click=move |_| used.update(|used| *used = !*used)>
            "With or without calls"
        </button>
        <UsageSection shown link files/>
    }
    .into_any()
}

/// Returns the time of the last call.
fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_796_000_000, 0).unwrap_or_default()
}

/// Returns the calls of so many days or hours ago.
fn tally(back: u16) -> Tally {
    let calls = u64::from(back) * 37 % 23 * 61;
    Tally { calls, failures: if back % 5 == 2 { calls / 4 } else { 0 }, refused: u64::from(back == 3) * 120 }
}

/// Returns one of everything.
fn calls(view: &UsageView) -> Usage {
    let hour = |back: u16| HourUse { hour: now() - TimeDelta::hours(back.into()), tally: tally(back) };
    let day = |back: u16| DayUse { day: now().date_naive() - Days::new(back.into()), tally: tally(back) };
    let call = |(index, client): (u32, Client)| RecentCall {
        at: now() - TimeDelta::seconds((index * 61).into()),
        scope: if index == 2 { "removedOperation" } else { "listAdvertisers" }.to_owned(),
        version: if index == 2 { 0 } else { 3 },
        status: if index == 1 { 403 } else { 200 },
        address: IpAddr::from([203, 0, 113, 7]),
        client,
        value: TokenValue::Current.number(),
        used: [Some(TokenValue::Current), Some(TokenValue::Old)].get(index as usize).copied().flatten(),
        latency: 400 + 7_654_321 * index,
    };
    Usage {
        summary: UsageSummary { days: (0..view.days()).rev().map(day).collect(), ..sums() },
        hours: (0..HOURS).rev().map(hour).collect(),
        recent: RecentCalls { calls: (0..).zip(clients()).map(call).collect(), is_cut: true, in_overlap: true },
    }
}

fn clients() -> [Client; 3] {
    [Client::Named("nightly-export/2.0 (<b>&amp;)".to_owned()), Client::Unnamed, Client::Others]
}

/// Returns the sums but those of the days.
fn sums() -> UsageSummary {
    let seen =
        |calls: u64, failures: u64| Seen { first_at: now() - TimeDelta::days(29), last_at: now(), calls, failures };
    let tally = |calls: u64, failures: u64| Tally { calls, failures, refused: 0 };
    let address = IpAddr::from([203, 0, 113, 7]);
    UsageSummary {
        days: Vec::new(),
        operations: vec![
            ("listAdvertisers".to_owned(), tally(12_412, 67)),
            ("removedOperation".to_owned(), tally(1, 0)),
        ],
        statuses: vec![(200, 12_346), (403, 67)],
        versions: vec![(3, tally(12_412, 67)), (0, tally(1, 0))],
        addresses: [Some(address), Some(IpAddr::from([0x2001, 0xdb8, 0xffff, 1, 2, 3, 4, 5])), None]
            .map(|address| AddressUse { address, value: TokenValue::Current.number(), seen: seen(12_345, 67) })
            .to_vec(),
        clients: clients().map(|client| ClientUse { client, seen: seen(12_345, 67) }).to_vec(),
        refused: RefusedFor::ALL.map(|reason| RefusedUse { reason, address: Some(address), seen: seen(3, 3) }).to_vec(),
    }
}
