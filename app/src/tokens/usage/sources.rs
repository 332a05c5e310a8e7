//! The addresses and clients that calls come from, and the calls that were refused.

use crate::i18n::t_string;
use crate::tokens::usage::links::Links;
use crate::tokens::usage::names;
use crate::tokens::usage::table::{cell, row, table, value};
use crate::ui::pager::number;
use crate::ui::reactive::t_signal;
use crate::ui::time::Time;
use crate::words::Words;
use chrono::{DateTime, Utc};
use domain::tokens::usage::{ADDRESSES_MAX, Client, Seen, UsageSummary, by_address};
use leptos::prelude::*;

/// Returns the addresses and the clients. Each is a link to the last calls from it.
pub fn sources(i18n: Words, links: Links, summary: &UsageSummary) -> AnyView {
    let address = t_signal!(i18n, usage.address);
    let addresses = by_address(&summary.addresses);
    let of_address = addresses.iter().map(|(from, all)| {
        let link = from.map(|from| links.changed(&|view| view.address = Some(from)));
        seen(i18n, vec![cell(address, value(names::address(i18n, *from), link))], *all, true)
    });
    let client = t_signal!(i18n, usage.client);
    let of_client = summary.clients.iter().map(|from| {
        let named = match &from.client {
            Client::Unnamed => Some(""),
            Client::Others => None,
            Client::Named(name) => Some(name.as_str()),
        };
        let link = named.map(|name| links.changed(&|view| view.client = Some(name.to_owned())));
        seen(i18n, vec![cell(client, value(names::client(i18n, from.client.clone()), link))], from.seen, true)
    });
    let (of_address, of_client): (Vec<_>, Vec<_>) = (of_address.collect(), of_client.collect());
    let together = addresses.iter().any(|(from, _)| from.is_none());
    let hint = together.then(|| {
        let max = number(u64::try_from(ADDRESSES_MAX).unwrap_or(u64::MAX));
        let text = move || t_string!(i18n, usage.other_addresses_hint, max = max.as_str()).to_string();
        view! { <p class="hint">{text}</p> }
    });
    view! {
        <h3>{t_signal!(i18n, usage.sources)}</h3>
        {table(address, headings(i18n, vec![address], true), of_address)}
        {hint}
        {table(client, headings(i18n, vec![client], true), of_client)}
    }
    .into_any()
}

/// Returns the calls that were refused, by reason and address; nothing if there are none.
pub fn refused(i18n: Words, summary: &UsageSummary) -> AnyView {
    let (reason, address) = (t_signal!(i18n, usage.reason), t_signal!(i18n, usage.address));
    let rows = summary.refused.iter().map(|refused| {
        let names = vec![
            cell(reason, names::reason(i18n, refused.reason).into_any()),
            cell(address, value(names::address(i18n, refused.address), None)),
        ];
        seen(i18n, names, refused.seen, false)
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return ().into_any();
    }
    view! {
        <h3>{t_signal!(i18n, usage.refused)}</h3>
        {table(t_signal!(i18n, usage.refused), headings(i18n, vec![reason, address], false), rows)}
    }
    .into_any()
}

/// Returns the headings of calls with these names.
fn headings(i18n: Words, names: Vec<Signal<&'static str>>, failures: bool) -> Vec<Signal<&'static str>> {
    let (first, last) = (t_signal!(i18n, usage.first_call), t_signal!(i18n, usage.last_call));
    let numbers = [t_signal!(i18n, usage.calls), t_signal!(i18n, chart.failed)];
    let numbers = numbers.into_iter().take(if failures { 2 } else { 1 });
    names.into_iter().chain([first, last]).chain(numbers).collect()
}

/// Returns the row of calls with these names.
fn seen(i18n: Words, mut cells: Vec<AnyView>, seen: Seen, failures: bool) -> AnyView {
    let time = |at: DateTime<Utc>, relative: bool| view! { <Time at=Signal::stored(at) relative=relative/> }.into_any();
    cells.push(cell(t_signal!(i18n, usage.first_call), time(seen.first_at, false)));
    cells.push(cell(t_signal!(i18n, usage.last_call), time(seen.last_at, true)));
    cells.push(cell(t_signal!(i18n, usage.calls), number(seen.calls).into_any()));
    if failures {
        cells.push(cell(t_signal!(i18n, chart.failed), number(seen.failures).into_any()));
    }
    row(cells)
}
