//! The section *Usage* of a token's page: its calls over time, by kind and source, and the last ones. It takes plain
//! values, and fetches nothing.

mod breakdowns;
mod calls;
pub mod data;
mod links;
mod names;
mod periods;
mod sources;
mod table;

use crate::i18n::use_i18n;
use crate::ui::icon::Icon;
use crate::ui::reactive::t_signal;
use breakdowns::breakdowns;
use calls::calls;
use data::Usage;
use domain::tokens::usage_view::UsageView;
use leptos::prelude::*;
use links::Links;
use periods::{chart, switch};
use sources::{refused, sources};

/// The addresses and numbers around the values of the section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    /// The address of the calls as a CSV file.
    pub csv: String,
    /// The address of the calls as a JSON Lines file.
    pub json_lines: String,
    /// The number of addresses of a day that are told apart.
    pub addresses_max: u64,
}

/// The section, with links to other views of it by `link`.
#[component]
pub fn UsageSection(
    usage: Usage,
    shown: UsageView,
    link: Callback<UsageView, String>,
    around: Surroundings,
) -> impl IntoView {
    let i18n = use_i18n();
    let by = shown.by;
    let links = Links::new(shown, link);
    let file = |href: String, text: Signal<&'static str>| {
        view! { <a class="button small" href=href download="">{Icon::Download.view()} {text}</a> }
    };
    let by_kind = (!usage.operations.is_empty()).then(|| breakdowns(i18n, links, &usage));
    let from = (!usage.addresses.is_empty()).then(|| sources(i18n, links, &usage, around.addresses_max));
    let refused = refused(i18n, &usage);
    view! {
        <section class="panel usage" aria-label=t_signal!(i18n, usage.title)>
            <div class="usage-head">
                <h2>{t_signal!(i18n, usage.title)}</h2>
                {switch(i18n, links, by)}
            </div>
            {chart(i18n, by, usage.buckets)}
            {by_kind}
            {from}
            {refused}
            <div class="usage-head">
                <h3>{t_signal!(i18n, usage.last_calls)}</h3>
                <div class="audit-files">
                    {file(around.csv, t_signal!(i18n, audit.csv))}
                    {file(around.json_lines, t_signal!(i18n, audit.json_lines))}
                </div>
            </div>
            {calls(i18n, links, usage.calls)}
        </section>
    }
}
