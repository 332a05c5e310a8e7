//! The section *Usage* of a token's page: its calls over time, by kind and source, and the last ones. [`UsageSection`]
//! takes plain values, and fetches nothing; `usage_loaded` fetches them.

mod breakdowns;
mod calls;
mod data;
mod links;
mod names;
mod periods;
mod sources;
mod table;

use crate::i18n::{t_string, use_i18n};
use crate::ui::icon::Icon;
use crate::ui::reactive::t_signal;
use crate::words::Words;
use breakdowns::breakdowns;
use calls::calls;
pub use data::Usage;
use domain::tokens::usage_view::UsageView;
use leptos::prelude::*;
use links::Links;
use periods::{chart, switch};
use sources::{refused, sources};

/// The addresses of files with the last calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The address of the CSV file.
    pub csv: String,
    /// The address of the JSON Lines file.
    pub json_lines: String,
}

/// The section, with links to other views of it by `link`. It is drawn once, and its parts follow what is shown: the focus
/// and an open table stay where they are.
#[component]
pub fn UsageSection(
    shown: Signal<(UsageView, Usage)>,
    link: Callback<UsageView, Signal<String>>,
    files: Signal<Files>,
) -> impl IntoView {
    let i18n = use_i18n();
    let part = move |draw: Part| move || shown.with(|(view, usage)| draw(i18n, Links::new(view.clone(), link), usage));
    let file = move |href: fn(Files) -> String, text: Signal<&'static str>| {
        view! {
            <a class="button small" href=move || href(files.get()) download="">
                {Icon::Download.view()}
                {text}
            </a>
        }
    };
    view! {
        <section class="panel usage" aria-label=t_signal!(i18n, usage.title)>
            <div class="usage-head">
                <h2>{t_signal!(i18n, usage.title)}</h2>
                {part(switch)}
            </div>
            {chart(i18n, shown)}
            {part(sums)}
            <div class="usage-head">
                <h3>{t_signal!(i18n, usage.last_calls)}</h3>
                <div class="audit-files">
                    {file(|files| files.csv, t_signal!(i18n, audit.csv))}
                    {file(|files| files.json_lines, t_signal!(i18n, audit.json_lines))}
                </div>
            </div>
            {part(calls)}
        </section>
    }
}

/// Draws a part of the section.
type Part = fn(Words, Links, &Usage) -> AnyView;

/// Returns the sums over all calls, whatever the filter of the last ones.
fn sums(i18n: Words, links: Links, usage: &Usage) -> AnyView {
    let summary = &usage.summary;
    let days = links.shown().days();
    let (is_called, is_refused) = (!summary.operations.is_empty(), !summary.refused.is_empty());
    let covered = (is_called || is_refused).then(|| {
        let text = move || t_string!(i18n, usage.days_covered, days = days.to_string()).to_string();
        view! { <p class="hint">{text}</p> }
    });
    let by_kind = is_called.then(|| breakdowns(i18n, links, summary));
    let from = (!summary.addresses.is_empty()).then(|| sources(i18n, links, summary));
    let refused = refused(i18n, summary);
    view! {
        {covered}
        {by_kind}
        {from}
        {refused}
    }
    .into_any()
}
