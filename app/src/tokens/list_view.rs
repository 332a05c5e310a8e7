//! The view of the list, as cards or as a table: the one that the link names, else the one chosen last in this browser.

use crate::request::cookies::LIST_VIEW;
use crate::routes;
use crate::ui::browser_cookie::{keep, kept};
use domain::tokens::filter::TokenFilter;
use domain::tokens::list_view::ListView;
use leptos::prelude::*;

/// The view of the list, and the links that keep it.
#[derive(Clone, Copy)]
pub struct ChosenView {
    shown: Memo<ListView>,
    /// The view chosen last in this browser. No signal: the list changes with its link only.
    remembered: StoredValue<ListView>,
}

impl ChosenView {
    /// Returns the view of the page with this query. Called once by the page, which carries what the browser remembered
    /// when it was requested.
    pub fn of(query: Memo<String>) -> Self {
        let remembered = StoredValue::new(SharedValue::new(remembered).into_inner());
        let named = move || query.with(|query| routes::list_view(query));
        let shown = Memo::new(move |_| named().unwrap_or_else(|| remembered.get_value()));
        Self { shown, remembered }
    }

    /// Returns the view.
    pub fn get(self) -> ListView {
        self.shown.get()
    }

    /// Returns the view as the link has to name it: it leaves out the cards, unless the browser remembers the table.
    pub fn named(self) -> Option<ListView> {
        self.name(self.get())
    }

    /// Returns the link to the list with these filters, order and page, in the same view.
    pub fn link(self, filter: &TokenFilter) -> String {
        routes::tokens_in(self.named(), filter)
    }

    /// Returns the link to the same list in that view.
    pub fn link_to(self, view: ListView, filter: &TokenFilter) -> String {
        _ = self.shown.get(); // what is remembered changes with it
        routes::tokens_in(self.name(view), filter)
    }

    fn name(self, view: ListView) -> Option<ListView> {
        let default = ListView::default();
        Some(view).filter(|view| *view != default || self.remembered.get_value() != default)
    }

    /// Remembers the view in this browser.
    pub fn remember(self, view: ListView) {
        self.remembered.set_value(view);
        keep(LIST_VIEW, view.as_str());
    }
}

/// Returns the view chosen last in this browser.
fn remembered() -> ListView {
    kept(LIST_VIEW).and_then(|view| view.parse().ok()).unwrap_or_default()
}
