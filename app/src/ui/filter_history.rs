//! The browser's history of a list's filters.

use crate::ui::history_entry;
use leptos::prelude::*;
use leptos_router::NavigateOptions;

/// The kind of filter change, for the browser's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A choice: Back leads to the previous filters.
    Chosen,
    /// Typing: one history entry for all letters typed in a row.
    Typed,
    /// A link that is spelled in another way, or names a page that there is no more: it keeps its history entry.
    Corrected,
}

/// The browser's history of filters: each choice is an entry, and so are letters typed in a row.
#[derive(Clone, Copy)]
pub struct FilterHistory {
    /// The last link, if it was made by typing.
    typed: StoredValue<Option<String>>,
}

impl FilterHistory {
    /// Returns a history in which no letter was typed.
    pub fn new() -> Self {
        Self { typed: StoredValue::new(None) }
    }

    /// Begins an entry for the way from one link to another, unless it belongs to the current one. Returns how to
    /// navigate within it: the router would add none for a link that it takes for the last one.
    pub fn options(self, step: Step, from: &str, to: &str) -> NavigateOptions {
        let goes_on = self.typed.with_value(|typed| typed.as_deref() == Some(from));
        let (begins, typed) = match step {
            Step::Chosen => (true, false),
            Step::Typed => (!goes_on, true),
            Step::Corrected => (false, goes_on),
        };
        self.typed.set_value(typed.then(|| to.to_owned()));
        if begins {
            history_entry::begin(to);
        }
        NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() }
    }
}
