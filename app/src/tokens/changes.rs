//! The changes made to tokens from a page.

use domain::tokens::token::TokenId;
use leptos::prelude::*;

/// The changes made to tokens from this page, so that lists reload.
#[derive(Clone, Copy)]
pub struct TokenChanges {
    count: RwSignal<u64>,
    /// The token that was restored last, until its card has the focus again.
    restored: RwSignal<Option<TokenId>>,
}

/// Provides the changes. Called once, by the app.
pub fn provide_token_changes() {
    provide_context(TokenChanges { count: RwSignal::new(0), restored: RwSignal::new(None) });
}

/// Returns the changes made to tokens from this page.
pub fn use_token_changes() -> TokenChanges {
    expect_context()
}

impl TokenChanges {
    /// Returns the number of changes.
    pub fn count(self) -> u64 {
        self.count.get()
    }

    /// Adds one change.
    pub fn announce(self) {
        self.count.update(|count| *count += 1);
    }

    /// Returns the signal of the token that was restored last, until its card has the focus again.
    pub fn restored(self) -> RwSignal<Option<TokenId>> {
        self.restored
    }
}
