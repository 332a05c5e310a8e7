//! Carries out actions: opens pages and the list of keys.

use crate::routes;
use crate::shell::keyboard::actions::{Action, Page};
use crate::shell::keyboard::keys_dialog::KeysDialog;
use crate::shell::keyboard::state::Keyboard;
use crate::shell::keyboard::{rows, search};
use leptos::html;
use leptos::prelude::*;

/// What is needed to carry out actions.
#[derive(Clone, Copy)]
struct Console {
    /// Whether the list of keys is open.
    opened: RwSignal<bool>,
    /// The link by which pages are opened.
    link: NodeRef<html::A>,
}

impl Console {
    fn carry_out(self, action: Action) {
        match action {
            Action::Keys => self.opened.set(true),
            Action::Search => self.search(),
            Action::Create => self.follow(routes::NEW_TOKEN),
            Action::Next => rows::step(true),
            Action::Previous => rows::step(false),
            // The browser follows the link that has the focus.
            Action::Open => {}
            Action::Menu => rows::open_menu(),
            Action::Page(page) => self.follow(page.path()),
        }
    }

    /// Opens a page by a link, so that a page with changes asks before it is left.
    fn follow(self, to: &str) {
        if let Some(link) = self.link.get_untracked() {
            link.set_href(to);
            link.click();
        }
    }

    fn search(self) {
        if !search::focus() {
            self.follow(Page::Tokens.path());
            search::focus_soon();
        }
    }
}

/// The dialog of the keyboard, once on a page.
#[component]
pub fn KeyboardDialogs(keyboard: Keyboard) -> impl IntoView {
    let console = Console { opened: RwSignal::new(false), link: NodeRef::new() };
    Effect::new(move |_| {
        // Not before the page has the link.
        if console.link.get().is_some()
            && let Some(action) = keyboard.given.get()
        {
            untrack(|| console.carry_out(action));
        }
    });
    let close = Callback::new(move |()| console.opened.set(false));
    view! {
        <a hidden=true node_ref=console.link></a>
        <KeysDialog role=keyboard.role open=console.opened.into() on_close=close/>
    }
}
