//! The list of a combobox: its state, and what keys, clicks and typed text do to it.

use crate::ui::combobox::choice::{Choice, found};
use crate::ui::focus;
use crate::ui::typed::set;
use domain::search::search_form;
use leptos::html;
use leptos::prelude::*;

/// The list below the field, and its state.
#[derive(Clone, Copy)]
pub struct List {
    /// The field's id.
    pub id: StoredValue<String>,
    /// The field.
    pub input: NodeRef<html::Input>,
    /// Returns the choices in the user's language.
    pub load: Callback<(), Vec<Choice>>,
    /// The choices, once the list was opened.
    pub all: StoredValue<Vec<Choice>>,
    /// The indexes of the choices that are shown. `None` while the list is closed.
    pub shown: RwSignal<Option<Vec<usize>>>,
    /// The place of the highlighted choice among the shown ones.
    pub active: RwSignal<Option<usize>>,
    /// Whether the field was typed into since a choice was made.
    pub typed: StoredValue<bool>,
}

impl List {
    /// Returns the id of the list.
    pub fn list_id(self) -> String {
        self.id.with_value(|id| format!("{id}-list"))
    }

    /// Returns the id of the choice at this place of the list.
    pub fn choice_id(self, place: usize) -> String {
        self.id.with_value(|id| format!("{id}-choice-{place}"))
    }

    /// Returns whether the list shows a choice.
    pub fn has_choices(self) -> bool {
        self.shown.with(|shown| shown.as_ref().is_some_and(|shown| !shown.is_empty()))
    }

    /// Returns whether the list is closed. Not tracked.
    pub fn is_closed(self) -> bool {
        self.shown.with_untracked(Option::is_none)
    }

    fn is_focused(self) -> bool {
        let active = document().active_element();
        self.input.get_untracked().is_some_and(|input| active.as_ref() == Some(input.as_ref()))
    }

    /// Opens the list with all choices, at the field's value.
    pub fn open(self) {
        self.all.set_value(self.load.run(()));
        let value = self.input.get_untracked().map(|input| input.value()).unwrap_or_default();
        let (count, current) =
            self.all.with_value(|all| (all.len(), all.iter().position(|choice| choice.value == value)));
        self.show((0..count).collect(), current);
    }

    /// Opens the list with the choices that the text finds.
    fn search(self, text: &str) {
        if self.is_closed() {
            self.all.set_value(self.load.run(()));
        }
        let found = self.all.with_value(|all| found(all, text));
        let first = (!text.trim().is_empty() && !found.is_empty()).then_some(0);
        self.show(found, first);
    }

    fn show(self, shown: Vec<usize>, active: Option<usize>) {
        self.active.set(active);
        self.shown.set(Some(shown));
        self.reveal();
    }

    /// Brings the highlighted choice into view, or else the list, once the page shows it.
    fn reveal(self) {
        request_animation_frame(move || {
            let list = self.id.try_with_value(|id| document().get_element_by_id(&format!("{id}-list"))).flatten();
            if let Some(list) = list {
                let active = list.query_selector("[aria-selected=true]").ok().flatten();
                focus::bring_into_view(&active.unwrap_or(list));
            }
        });
    }

    /// Closes the list, if the page still has it.
    fn close(self) {
        self.shown.try_set(None);
        self.active.try_set(None);
    }

    /// Handles a key. Returns whether it was one for the list.
    pub fn press(self, key: &str) -> bool {
        match (key, self.is_closed(), self.active.get_untracked()) {
            ("ArrowDown" | "ArrowUp", true, _) => {
                self.open();
                if self.active.with_untracked(Option::is_none) {
                    self.step(key);
                }
            }
            ("ArrowDown" | "ArrowUp" | "Home" | "End", false, _) => self.step(key),
            ("Enter", false, Some(place)) => self.choose(place),
            ("Escape", false, _) => self.close(),
            _ => return false,
        }
        true
    }

    fn step(self, key: &str) {
        let count = self.shown.with_untracked(|shown| shown.as_ref().map_or(0, Vec::len));
        if let Some(place) = target(key, self.active.get_untracked(), count) {
            self.active.set(Some(place));
            self.reveal();
        }
    }

    /// Puts the value of the choice at this place into the field.
    pub fn choose(self, place: usize) {
        let index = self.shown.with_untracked(|shown| shown.as_ref()?.get(place).copied());
        let value = index.and_then(|index| self.all.with_value(|all| Some(all.get(index)?.value.clone())));
        if let Some(value) = value {
            self.put(&value);
        }
        self.close();
    }

    /// Puts the value into the field, and lets the form know.
    fn put(self, value: &str) {
        let Some(input) = self.input.try_get_untracked().flatten() else { return };
        self.typed.set_value(false);
        set(&input, "value", &value.into(), &["change"]);
    }

    /// Closes the list as the focus leaves the field, if the page still has it. A name that was typed becomes its value.
    pub fn leave(self) {
        if self.typed.try_get_value() == Some(true)
            && let Some(input) = self.input.try_get_untracked().flatten()
        {
            let (value, text) = (input.value(), search_form(input.value().trim()));
            let named = |all: &Vec<Choice>| Some(all.iter().find(|choice| choice.is_named(&text))?.value.clone());
            if let Some(named) = self.all.with_value(named).filter(|named| *named != value) {
                self.put(&named);
            }
        }
        self.close();
    }

    /// Follows what was typed into the field.
    pub fn follow(self, text: &str) {
        self.typed.set_value(true);
        if self.is_focused() {
            self.search(text);
        } else {
            // It was typed before our wasm ran.
            self.all.set_value(self.load.run(()));
            self.leave();
        }
    }
}

/// Returns the place that a key leads to in a list of so many choices, wrapping around at the ends; `None` if it is not
/// such a key, or there are none.
pub fn target(key: &str, active: Option<usize>, count: usize) -> Option<usize> {
    let last = count.checked_sub(1)?;
    match key {
        "ArrowDown" => Some(active.map_or(0, |place| if place >= last { 0 } else { place + 1 })),
        "ArrowUp" => Some(active.map_or(last, |place| place.checked_sub(1).unwrap_or(last))),
        "Home" => Some(0),
        "End" => Some(last),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::target;

    #[test]
    fn keys_of_the_list_wrap_around_at_the_ends() {
        let to = |key: &str, active| target(key, active, 3);
        assert_eq!([None, Some(0), Some(2)].map(|active| to("ArrowDown", active)), [Some(0), Some(1), Some(0)]);
        assert_eq!([None, Some(0), Some(2)].map(|active| to("ArrowUp", active)), [Some(2), Some(2), Some(1)]);
        assert_eq!([to("Home", Some(1)), to("Home", Some(2))], [Some(0); 2]);
        assert_eq!([to("End", Some(1)), to("End", Some(0))], [Some(2); 2]);
        assert_eq!((to("a", Some(0)), target("End", Some(0), 0)), (None, None));
    }
}
