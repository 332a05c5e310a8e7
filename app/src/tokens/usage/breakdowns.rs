//! The calls by operation, by status and by API version.

use crate::tokens::usage::links::Links;
use crate::tokens::usage::names;
use crate::tokens::usage::table::value;
use crate::ui::pager::number;
use crate::ui::reactive::t_signal;
use crate::words::Words;
use domain::gate::api_version::ApiVersion;
use domain::tokens::scope::Scope;
use domain::tokens::usage::{UsageSummary, is_failure};
use leptos::prelude::*;

/// Returns a table for each of the three. Each value is a link to the last calls with it.
pub fn breakdowns(i18n: Words, links: Links, summary: &UsageSummary) -> AnyView {
    let operations = summary.operations.iter().map(|(id, tally)| {
        let link = Scope::find(id).map(|scope| links.changed(&|view| view.operation = Some(scope)));
        row(names::operation(i18n, id.clone()), link, tally.calls, tally.failures)
    });
    let statuses = summary.statuses.iter().map(|(status, calls)| {
        let status = *status;
        let link = links.changed(&|view| view.status = Some(status));
        let failures = if is_failure(status) { *calls } else { 0 };
        row(Signal::stored(status.to_string()), Some(link), *calls, failures)
    });
    let versions = summary.versions.iter().map(|(version, tally)| {
        let known = ApiVersion::try_from(*version).ok();
        let link = known.map(|known| links.changed(&|view| view.version = Some(known)));
        row(names::version(i18n, *version), link, tally.calls, tally.failures)
    });
    let tables = [
        table(i18n, t_signal!(i18n, usage.by_operation), operations.collect()),
        table(i18n, t_signal!(i18n, usage.by_status), statuses.collect()),
        table(i18n, t_signal!(i18n, usage.by_version), versions.collect()),
    ];
    view! { <div class="usage-breakdowns">{tables.into_iter().collect_view()}</div> }.into_any()
}

fn row(name: Signal<String>, link: Option<Signal<String>>, calls: u64, failures: u64) -> AnyView {
    view! {
        <tr>
            <th scope="row">{value(name, link)}</th>
            <td>{number(calls)}</td>
            <td>{number(failures)}</td>
        </tr>
    }
    .into_any()
}

fn table(i18n: Words, caption: Signal<&'static str>, rows: Vec<AnyView>) -> AnyView {
    view! {
        <table class="numbers">
            <caption>{caption}</caption>
            <thead>
                <tr>
                    <th scope="col">
                        <span class="visually-hidden">{caption}</span>
                    </th>
                    <th scope="col">{t_signal!(i18n, usage.calls)}</th>
                    <th scope="col">{t_signal!(i18n, chart.failed)}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}
