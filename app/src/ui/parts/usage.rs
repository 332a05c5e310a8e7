//! The section on a token's usage, with calls and without.

use crate::routes;
use crate::tokens::usage::data::{AddressUse, Begin, Bucket, Client, ClientUse, RecentCall, RefusedUse, Seen, Usage};
use crate::tokens::usage::{Surroundings, UsageSection};
use chrono::{DateTime, Days, TimeDelta, Utc};
use domain::chart::buckets::BucketSize;
use domain::chart::tally::Tally;
use domain::tokens::usage_view::UsageView;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use std::net::IpAddr;

/// The section in the view that the link of this page names; and that of a token that has never been used in its place, as
/// a page has one section of the name.
pub fn usage() -> AnyView {
    let query = use_location().search;
    let used = RwSignal::new(true);
    let shown = move || {
        let view = routes::usage_view(&query.get());
        let usage = if used.get() { Usage { buckets: buckets(view.by), ..calls() } } else { Usage::default() };
        section(usage, view)
    };
    view! {
        <button type="button" class="button" on:click=move |_| used.update(|used| *used = !*used)>
            "With or without calls"
        </button>
        {shown}
    }
    .into_any()
}

fn section(usage: Usage, shown: UsageView) -> AnyView {
    let around =
        Surroundings { csv: routes::PARTS.to_owned(), json_lines: routes::PARTS.to_owned(), addresses_max: 1_000 };
    let link = Callback::new(|view: UsageView| routes::usage(routes::PARTS, &view));
    view! { <UsageSection usage=usage shown=shown link=link around=around/> }.into_any()
}

/// Returns the time of the last call.
fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_796_000_000, 0).unwrap_or_default()
}

fn buckets(by: BucketSize) -> Vec<Bucket> {
    let bucket = |back: u16| {
        let begins = match by {
            BucketSize::Hour => Begin::At(now() - TimeDelta::hours(back.into())),
            BucketSize::Day => Begin::On(now().date_naive() - Days::new(back.into())),
            BucketSize::Week => Begin::On(now().date_naive() - Days::new(u64::from(back) * 7)),
        };
        let calls = u64::from(back) * 37 % 23 * 61;
        let failed = if back % 5 == 2 { calls / 4 } else { 0 };
        Bucket { begins, tally: Tally { succeeded: calls - failed, failed } }
    };
    (0..by.count()).rev().map(bucket).collect()
}

/// Returns one of everything.
fn calls() -> Usage {
    let seen =
        |calls: u64, failures: u64| Seen { first_at: now() - TimeDelta::days(29), last_at: now(), calls, failures };
    let address = IpAddr::from([203, 0, 113, 7]);
    let clients = [Client::Named("nightly-export/2.0 (<b>&amp;)".to_owned()), Client::Unnamed, Client::Others];
    let call = |(index, client): (u32, Client)| RecentCall {
        at: now() - TimeDelta::seconds((index * 61).into()),
        operation: if index == 2 { "removedOperation" } else { "listAdvertisers" }.to_owned(),
        version: if index == 2 { 0 } else { 3 },
        status: if index == 1 { 403 } else { 200 },
        address,
        client,
        latency: 400 + 7_654_321 * index,
    };
    Usage {
        buckets: Vec::new(),
        operations: vec![
            ("listAdvertisers".to_owned(), Tally { succeeded: 12_345, failed: 67 }),
            ("removedOperation".to_owned(), Tally { succeeded: 1, failed: 0 }),
        ],
        statuses: vec![(200, 12_346), (403, 67)],
        versions: vec![(3, Tally { succeeded: 12_345, failed: 67 }), (0, Tally { succeeded: 1, failed: 0 })],
        addresses: [Some(address), Some(IpAddr::from([0x2001, 0xdb8, 0xffff, 1, 2, 3, 4, 5])), None]
            .map(|address| AddressUse { address, seen: seen(12_345, 67) })
            .to_vec(),
        clients: clients.clone().map(|client| ClientUse { client, seen: seen(12_345, 67) }).to_vec(),
        refused: ["wrong_auth_token", "expired", "api_access_off", "scope_missing"]
            .map(|reason| RefusedUse { reason, address: Some(address), seen: seen(3, 3) })
            .to_vec(),
        calls: (0..).zip(clients).map(call).collect(),
    }
}
