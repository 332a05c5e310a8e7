//! The time when an Auth Token expires, highlighted if it is soon.

use crate::i18n::{t_string, use_i18n};
use crate::ui::hydrated::use_hydrated;
use crate::ui::reactive::t_signal;
use crate::ui::time::{Time, now};
use chrono::{DateTime, TimeDelta, Utc};
use domain::tokens::expiry::{SOON, last_moment};
use leptos::prelude::*;

/// *Expires in 12 days* or *Expired*; nothing if it never expires. The server does not know when the page will be read,
/// so it renders the date, which is replaced once our wasm runs.
#[component]
pub fn Expiry(#[prop(into)] ends_at: Signal<Option<DateTime<Utc>>>) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let left = move || ends_at.get().filter(|_| hydrated.get()).map(|end| end - now());
    let soon = move || left().is_some_and(|left| left <= SOON && left > TimeDelta::zero());
    let over = move || left().is_some_and(|left| left <= TimeDelta::zero());
    let text = move |end: DateTime<Utc>| match left() {
        Some(left) if left <= TimeDelta::zero() => t_signal!(i18n, card.expired).into_any(),
        Some(left) if left <= TimeDelta::days(1) => t_signal!(i18n, card.expires_today).into_any(),
        Some(left) if left < TimeDelta::days(100) => {
            let count = (left + TimeDelta::days(1) - TimeDelta::microseconds(1)).num_days();
            (move || t_string!(i18n, card.expires_in, count = count).to_string()).into_any()
        }
        _ => view! { {t_signal!(i18n, card.expires_on)} " " <Time at=last_moment(end)/> }.into_any(),
    };
    view! {
        {move || {
            ends_at
                .get()
                .map(|end| view! { <p class="expiry" class:soon=soon class:over=over>{text(end)}</p> })
        }}
    }
}
