//! The field for the last day of an Auth Token, in the user's time zone.

use crate::i18n::{t_string, use_i18n};
use crate::ui::time::use_zone;
use chrono::{DateTime, TimeDelta, Utc};
use domain::tokens::expiry::{self, Terms};
use leptos::html;
use leptos::prelude::*;

/// The name of the control for the day.
pub const LAST_DAY: &str = "form[last_day]";

/// The day, and the offset from UTC at which it ends. Without our wasm it is always shown, and the server takes the zone
/// of the user's preferences, else UTC.
#[component]
pub fn LastDayField(terms: Terms, #[prop(into)] hidden: Signal<bool>) -> impl IntoView {
    let i18n = use_i18n();
    let zone = use_zone();
    let offset_at = move |at: DateTime<Utc>| zone.offset(at);
    let day_in = move |days: u16| {
        let at = terms.now + TimeDelta::days(days.into());
        at.with_timezone(&offset_at(at)).date_naive().to_string()
    };
    let label = move || {
        if zone.is_known() { t_string!(i18n, form.last_day_own) } else { t_string!(i18n, form.last_day) }
    };
    let offset = RwSignal::new(String::new());
    let set_offset = move |day: &str| {
        let of_day = expiry::offset_of_end(day, offset_at);
        offset.set(of_day.map(|offset| offset.to_string()).unwrap_or_default());
    };
    // The day may have been typed before our wasm ran.
    let input = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            set_offset(&input.value());
        }
    });
    view! {
        <div class="field-more" hidden=hidden>
            <label class="label" for="last-day">{label}</label>
            <input
                type="date"
                id="last-day"
                name=LAST_DAY
                min=move || day_in(0)
                max=move || day_in(terms.days())
                aria-describedby="expires-error"
                on:input=move |event| set_offset(&event_target_value(&event))
                node_ref=input
            />
            <input type="hidden" name="form[last_day_offset]" value=move || offset.get()/>
        </div>
    }
}
