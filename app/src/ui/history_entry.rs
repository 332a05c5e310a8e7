//! The entries of the browser's history, and numbers that belong to the current one: they survive a reload, and Back
//! returns to them.

use js_sys::{Object, Reflect};
use leptos::prelude::*;
use wasm_bindgen::JsValue;

/// A number's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryValue {
    /// The step of a form that is shown.
    Step,
    /// The distance by which the page is scrolled.
    Scroll,
}

impl EntryValue {
    const ALL: [Self; 2] = [Self::Step, Self::Scroll];

    const fn name(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Scroll => "scroll",
        }
    }

    /// Returns the current entry's number, if it has one.
    pub fn get(self) -> Option<f64> {
        Reflect::get(&window().history().ok()?.state().ok()?, &self.name().into()).ok()?.as_f64()
    }

    /// Gives the current entry the number.
    pub fn set(self, value: f64) {
        let others = Self::ALL.into_iter().filter(|other| *other != self);
        let others = others.filter_map(|other| other.get().map(|value| (other, value)));
        let state = state_of(others.chain([(self, value)]));
        _ = window().history().and_then(|history| history.replace_state(&state, ""));
    }

    /// Adds an entry with the number, for the same address.
    pub fn push(self, value: f64) {
        let state = state_of([(self, value)].into_iter());
        _ = window().history().and_then(|history| history.push_state(&state, ""));
    }
}

/// Adds an entry for the address, without numbers.
pub fn begin(address: &str) {
    let history = window().history();
    _ = history.and_then(|history| history.push_state_with_url(&JsValue::NULL, "", Some(address)));
}

fn state_of(values: impl Iterator<Item = (EntryValue, f64)>) -> JsValue {
    let state = Object::new();
    for (of, value) in values {
        _ = Reflect::set(&state, &of.name().into(), &value.into());
    }
    state.into()
}
