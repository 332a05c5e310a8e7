//! Links to the same section with another chart or another filter.

use domain::tokens::usage_view::UsageView;
use leptos::prelude::*;

/// The view that is shown, and the address of others.
#[derive(Clone, Copy)]
pub struct Links {
    shown: StoredValue<UsageView>,
    link: Callback<UsageView, Signal<String>>,
}

impl Links {
    /// Returns the links from this view, whose addresses `link` returns.
    pub fn new(shown: UsageView, link: Callback<UsageView, Signal<String>>) -> Self {
        Self { shown: StoredValue::new(shown), link }
    }

    /// Returns the link to the view that is shown, after this change.
    pub fn changed(self, change: &dyn Fn(&mut UsageView)) -> Signal<String> {
        let mut next = self.shown.get_value();
        change(&mut next);
        self.link.run(next)
    }

    /// Returns the view that is shown.
    pub fn shown(self) -> UsageView {
        self.shown.get_value()
    }
}
