//! The choice, in the question before a reset, of when the old Auth Token stops.

use crate::i18n::{t_string, use_i18n};
use crate::ui::check_box::CheckBox;
use crate::ui::choices::Choices;
use crate::ui::reactive::t_signal;
use crate::ui::time::{Zone, now, use_zone};
use crate::words::Words;
use chrono::{DateTime, Utc};
use domain::tokens::overlap::{Handover, Overlap, read_local};
use domain::tokens::token::Token;
use leptos::prelude::*;

/// The values of the choices that don't name a time, in the order of [`Overlap::LENGTHS`].
const LENGTHS: [&str; Overlap::LENGTHS.len()] = ["now", "one-hour", "one-day", "seven-days", "thirty-days"];
/// The value of the choice of a time.
const UNTIL: &str = "until";
/// The time as the browser's control has it.
const CONTROL: &str = "%Y-%m-%dT%H:%M";

/// The choice of the open question.
#[derive(Clone, Copy)]
pub struct OverlapChoice {
    chosen: RwSignal<&'static str>,
    until: RwSignal<String>,
    close_when_moved: RwSignal<bool>,
    wrong: RwSignal<bool>,
    zone: Zone,
}

impl OverlapChoice {
    /// Returns a choice that lets the old Auth Token stop at once.
    pub fn new() -> Self {
        Self {
            chosen: RwSignal::new(LENGTHS[0]),
            until: RwSignal::new(String::new()),
            close_when_moved: RwSignal::new(false),
            wrong: RwSignal::new(false),
            zone: use_zone(),
        }
    }

    /// Begins anew, for another question.
    pub fn clear(self) {
        self.choose(LENGTHS[0]);
        self.until.set(String::new());
        self.close_when_moved.set(false);
    }

    fn choose(self, value: &'static str) {
        self.chosen.set(value);
        self.wrong.set(false);
    }

    /// Returns whether the old Auth Token is to go on for a while.
    pub fn is_open(self) -> bool {
        self.chosen.get() != LENGTHS[0]
    }

    /// Reads the choice. If it is none that the token allows, says so and returns `None`.
    pub fn read(self, token: &Token) -> Option<Handover> {
        let terms = token.overlap_terms(now());
        let overlap = untrack(|| self.overlap()).filter(|overlap| terms.end(*overlap).is_ok());
        self.wrong.set(overlap.is_none());
        let overlap = overlap?;
        let close_when_moved = overlap != Overlap::Now && self.close_when_moved.get_untracked();
        Some(Handover { overlap, close_when_moved })
    }

    fn overlap(self) -> Option<Overlap> {
        let chosen = self.chosen.get();
        if chosen == UNTIL {
            return self.until.with(|until| read_local(until, |at| self.zone.offset(at))).map(Overlap::Until);
        }
        let mut lengths = LENGTHS.into_iter().zip(Overlap::LENGTHS);
        lengths.find(|(value, _)| *value == chosen).map(|(_, overlap)| overlap)
    }

    /// Returns the time as the browser's control has it, in the user's zone.
    fn in_control(self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone.offset(at)).format(CONTROL).to_string()
    }
}

/// Returns the text of a choice that doesn't name a time.
fn label(i18n: Words, value: &str) -> Signal<&'static str> {
    match value {
        "one-hour" => t_signal!(i18n, overlap.one_hour),
        "one-day" => t_signal!(i18n, overlap.one_day),
        "seven-days" => t_signal!(i18n, overlap.seven_days),
        "thirty-days" => t_signal!(i18n, overlap.thirty_days),
        _ => t_signal!(i18n, overlap.now),
    }
}

/// The choices that policy and expiry allow; nothing if the old Auth Token can only stop at once.
#[component]
pub fn OverlapField(choice: OverlapChoice, token: Token) -> impl IntoView {
    let i18n = use_i18n();
    let terms = token.overlap_terms(now());
    let open = token.values.open(terms.now).is_some();
    let offered = terms.offered();
    let lengths = LENGTHS.into_iter().zip(Overlap::LENGTHS).filter(|(_, overlap)| offered.contains(overlap));
    let mut options: Vec<_> = lengths.map(|(value, _)| (value, label(i18n, value))).collect();
    options.push((UNTIL, t_signal!(i18n, overlap.until)));
    let field = terms.latest().map(|latest| {
        view! {
            <Choices
                name="overlap"
                legend=t_signal!(i18n, overlap.legend)
                options
                chosen=choice.chosen
                on_choose=move |value: &'static str| choice.choose(value)
            />
            {move || (choice.chosen.get() == UNTIL).then(|| view! { <Until choice earliest=terms.now latest/> })}
            <div role="alert">
                {move || choice.wrong.get().then(|| view! { <p class="problem">{too_long(i18n, choice, latest)}</p> })}
            </div>
            {move || choice.is_open().then(|| close_when_moved(i18n, choice.close_when_moved))}
        }
    });
    view! {
        <div class="overlap-choice">
            {field} {open.then(|| view! { <p class="hint">{t_signal!(i18n, overlap.older_stops)}</p> })}
        </div>
    }
    .into_any()
}

/// Returns the text of the problem with the chosen time.
fn too_long(i18n: Words, choice: OverlapChoice, latest: DateTime<Utc>) -> String {
    let latest = choice.in_control(latest).replace('T', " ");
    t_string!(i18n, overlap.wrong, latest = latest.as_str()).to_string()
}

/// The control for the time.
#[component]
fn Until(choice: OverlapChoice, earliest: DateTime<Utc>, latest: DateTime<Utc>) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div class="field-more">
            <label class="label" for="overlap-until">
                {t_signal!(i18n, overlap.until_label)}
            </label>
            <input
                type="datetime-local"
                id="overlap-until"
                min=choice.in_control(earliest)
                max=choice.in_control(latest)
                prop:value=move || choice.until.get()
                aria-invalid=move || choice.wrong.get().then_some("true")
                on:input=move |event| choice.until.set(event_target_value(&event))
            />
        </div>
    }
}

/// Returns the check box whether it stops earlier.
fn close_when_moved(i18n: Words, chosen: RwSignal<bool>) -> AnyView {
    let (text, hint) = (t_signal!(i18n, overlap.close_when_moved), t_signal!(i18n, overlap.close_hint));
    view! { <div class="field"><CheckBox id="close-when-moved" text hint chosen/></div> }.into_any()
}
