//! Tables that show their rows as blocks where they have no room. They are still tables, which some browsers report only
//! with the roles.

use leptos::prelude::*;

/// More rows than these scroll in a region of their own: what follows stays in reach.
const ROWS_MAX: usize = 12;

/// Returns the table with these headings.
pub fn table(label: Signal<&'static str>, headings: Vec<Signal<&'static str>>, rows: Vec<AnyView>) -> AnyView {
    let heading = |text: Signal<&'static str>| {
        view! { <th role="columnheader" scope="col">{text}</th> }
    };
    let scrolls = rows.len() > ROWS_MAX;
    let table = view! {
        <table class="facts" role="table" aria-label=label>
            <thead role="rowgroup">
                <tr role="row">{headings.into_iter().map(heading).collect_view()}</tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    };
    if scrolls {
        // The keyboard scrolls it as well.
        view! { <div class="facts-scroll" role="region" tabindex="0" aria-label=label>{table}</div> }.into_any()
    } else {
        table.into_any()
    }
}

/// Returns the row of these cells.
pub fn row(cells: Vec<AnyView>) -> AnyView {
    view! { <tr role="row">{cells}</tr> }.into_any()
}

/// Returns a cell, which shows its heading itself where the table has none.
pub fn cell(heading: Signal<&'static str>, content: AnyView) -> AnyView {
    view! {
        <td role="cell" data-label=heading>
            <span>{content}</span>
        </td>
    }
    .into_any()
}

/// Returns the value as a link, if there is one, to the calls with it.
pub fn value(text: Signal<String>, link: Option<Signal<String>>) -> AnyView {
    match link {
        Some(link) => view! { <a class="usage-value" href=link data-noscroll="" dir="auto">{text}</a> }.into_any(),
        None => view! { <span dir="auto">{text}</span> }.into_any(),
    }
}
