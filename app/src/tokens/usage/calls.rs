//! The last calls, and the filter that narrows them.

use crate::i18n::t_string;
use crate::tokens::usage::data::Usage;
use crate::tokens::usage::links::Links;
use crate::tokens::usage::names;
use crate::tokens::usage::table::{cell, row, table};
use crate::ui::icon::Icon;
use crate::ui::reactive::t_signal;
use crate::ui::time::Time;
use crate::words::Words;
use domain::tokens::overlap::TokenValue;
use domain::tokens::recent_call::{RECENT_MAX, RecentCall, RecentCalls};
use domain::tokens::usage::{Client, is_failure};
use domain::tokens::usage_view::UsageView;
use leptos::prelude::*;

/// Returns the calls below their filter. While an overlap is open, they are told apart by their Auth Token.
pub fn calls(i18n: Words, links: Links, usage: &Usage) -> AnyView {
    let RecentCalls { calls, is_cut, in_overlap } = usage.recent.clone();
    let is_filtered = links.shown().is_filtered();
    let hint = move || {
        let max = RECENT_MAX.to_string();
        if is_filtered {
            t_string!(i18n, usage.last_calls_hint, max = max).to_string()
        } else {
            t_string!(i18n, usage.last_calls_all, max = max).to_string()
        }
    };
    let content = if calls.is_empty() {
        view! { <p class="chart-none">{t_signal!(i18n, usage.no_match)}</p> }.into_any()
    } else {
        list(i18n, calls, in_overlap)
    };
    view! {
        <p class="hint">{hint}</p>
        {in_overlap.then(|| by_auth_token(i18n, links))}
        {is_filtered.then(|| filter(i18n, links))}
        {content}
        {is_cut.then(|| view! { <p class="hint">{t_signal!(i18n, usage.cut)}</p> })}
    }
    .into_any()
}

/// Returns the links to the calls since the reset with either Auth Token, and to all.
fn by_auth_token(i18n: Words, links: Links) -> AnyView {
    let shown = links.shown().value;
    let choice = |value: Option<TokenValue>| {
        let text = match value {
            None => t_signal!(i18n, usage.either_token),
            Some(TokenValue::Old) => t_signal!(i18n, overlap.old_token),
            Some(TokenValue::Current) => t_signal!(i18n, usage.new_token),
        };
        let link = links.changed(&|view| view.value = value);
        let current = (shown == value).then_some("true");
        view! { <a href=link aria-current=current data-noscroll="">{text}</a> }
    };
    let choices = [None, Some(TokenValue::Old), Some(TokenValue::Current)].map(choice);
    view! {
        <div class="view-switch" role="group" aria-label=t_signal!(i18n, form.auth_token)>
            {choices.into_iter().collect_view()}
        </div>
    }
    .into_any()
}

/// Returns the values that the calls have to have, each as a link that gives it up.
fn filter(i18n: Words, links: Links) -> AnyView {
    let shown = links.shown();
    let mut chosen: Vec<(Signal<String>, Signal<String>)> = Vec::new();
    if let Some(scope) = shown.operation {
        let without = links.changed(&|view| view.operation = None);
        chosen.push((names::operation(i18n, scope.id().to_owned()), without));
    }
    if let Some(status) = shown.status {
        chosen.push((Signal::stored(status.to_string()), links.changed(&|view| view.status = None)));
    }
    if let Some(version) = shown.version {
        let without = links.changed(&|view| view.version = None);
        chosen.push((names::version(i18n, version.into()), without));
    }
    if let Some(address) = shown.address {
        chosen.push((Signal::stored(address.to_string()), links.changed(&|view| view.address = None)));
    }
    if let Some(client) = shown.client {
        let client = if client.is_empty() { Client::Unnamed } else { Client::Named(client) };
        chosen.push((names::client(i18n, client), links.changed(&|view| view.client = None)));
    }
    if let Some(value) = shown.value {
        chosen.push((names::auth_token(i18n, value), links.changed(&|view| view.value = None)));
    }
    let cleared = links.changed(&|view: &mut UsageView| *view = view.cleared());
    let chip = |(text, without): (Signal<String>, Signal<String>)| {
        let label = move || t_string!(i18n, usage.remove_filter, value = text.get()).to_string();
        view! {
            <li>
                <a class="button small" href=without aria-label=label data-noscroll="">
                    <span dir="auto">{text}</span>
                    {Icon::Close.view()}
                </a>
            </li>
        }
    };
    view! {
        <ul class="usage-filter" aria-label=t_signal!(i18n, filter.title)>
            {chosen.into_iter().map(chip).collect_view()}
            <li>
                <a class="button small quiet" href=cleared data-noscroll="">{t_signal!(i18n, filter.clear_all)}</a>
            </li>
        </ul>
    }
    .into_any()
}

fn list(i18n: Words, calls: Vec<RecentCall>, in_overlap: bool) -> AnyView {
    let headings = [
        t_signal!(i18n, usage.time),
        t_signal!(i18n, try_it.operation),
        t_signal!(i18n, form.api_version),
        t_signal!(i18n, try_it.status),
        t_signal!(i18n, usage.address),
        t_signal!(i18n, usage.client),
        t_signal!(i18n, usage.latency),
    ];
    let headings: Vec<_> = headings.into_iter().chain(in_overlap.then(|| t_signal!(i18n, form.auth_token))).collect();
    let rows = calls.into_iter().map(|call| {
        let used = call.used.map(|value| names::auth_token(i18n, value));
        let contents = [
            view! { <Time at=Signal::stored(call.at) exact=true/> }.into_any(),
            names::operation(i18n, call.scope).into_any(),
            names::version(i18n, call.version).into_any(),
            status(call.status),
            names::address(i18n, Some(call.address)).into_any(),
            view! { <span dir="auto" translate="no">{names::client(i18n, call.client)}</span> }.into_any(),
            names::latency(i18n, call.latency).into_any(),
            used.into_any(),
        ];
        // Without an overlap there is no heading for the last of them.
        row(headings.iter().zip(contents).map(|(heading, content)| cell(*heading, content)).collect())
    });
    let rows = rows.collect();
    table(t_signal!(i18n, usage.last_calls), headings, rows)
}

fn status(status: u16) -> AnyView {
    let (passed, failed) = (!is_failure(status), is_failure(status));
    view! { <span class="badge" class:ok=passed class:bad=failed>{status.to_string()}</span> }.into_any()
}
