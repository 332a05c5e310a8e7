//! Carries out actions: opens pages, the list of keys and the palette.

use crate::i18n::{Locale, use_i18n};
use crate::routes;
use crate::shell::keyboard::actions::{Action, Page, Theme};
use crate::shell::keyboard::keys_dialog::KeysDialog;
use crate::shell::keyboard::palette::Choice;
use crate::shell::keyboard::palette_dialog::PaletteDialog;
use crate::shell::keyboard::state::Keyboard;
use crate::shell::keyboard::{rows, search};
use crate::sign_in::api::session::SignOut;
use crate::ui::language_switch::choose_language;
use crate::ui::theme::choose_theme;
use crate::words::Words;
use leptos::html;
use leptos::prelude::*;

/// The dialog that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opened {
    Palette,
    Keys,
}

/// All that is needed to carry out actions.
#[derive(Clone, Copy)]
struct Console {
    i18n: Words,
    keyboard: Keyboard,
    opened: RwSignal<Option<Opened>>,
    /// The link by which pages are opened.
    link: NodeRef<html::A>,
}

impl Console {
    fn carry_out(self, action: Action) {
        match action {
            Action::Palette => self.toggle(Opened::Palette),
            Action::Keys => self.toggle(Opened::Keys),
            Action::Search => self.search(),
            Action::Create => self.follow(routes::NEW_TOKEN),
            Action::Next => rows::step(true),
            Action::Previous => rows::step(false),
            // The browser follows the link that has the focus.
            Action::Open => {}
            Action::Menu => rows::open_menu(),
            Action::Page(page) => self.follow(page.path()),
            Action::Language => self.switch_language(),
            Action::Theme(theme) => choose_theme(match theme {
                Theme::Light => "light",
                Theme::Dark => "dark",
                Theme::System => "",
            }),
            Action::SignOut => _ = self.keyboard.sign_out.dispatch(SignOut {}),
        }
    }

    fn choose(self, choice: Choice) {
        match choice {
            Choice::Token(id) => self.follow(&routes::token(id)),
            Choice::Action(action) => self.carry_out(action),
        }
    }

    fn toggle(self, dialog: Opened) {
        self.opened.update(|opened| *opened = if *opened == Some(dialog) { None } else { Some(dialog) });
    }

    fn switch_language(self) {
        let other = match self.i18n.get_locale_untracked() {
            Locale::en => Locale::ja,
            Locale::ja => Locale::en,
        };
        choose_language(self.i18n, other);
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

/// The dialogs of the keyboard, once on a page.
#[component]
pub fn KeyboardDialogs(keyboard: Keyboard) -> impl IntoView {
    let console = Console { i18n: use_i18n(), keyboard, opened: RwSignal::new(None), link: NodeRef::new() };
    Effect::new(move |_| {
        // Not before the page has the link.
        if console.link.get().is_some()
            && let Some(action) = keyboard.given.get()
        {
            untrack(|| console.carry_out(action));
        }
    });
    let opened = move |dialog: Opened| Signal::derive(move || console.opened.get() == Some(dialog));
    let close = Callback::new(move |()| console.opened.set(None));
    view! {
        <a hidden=true node_ref=console.link></a>
        <PaletteDialog
            role=keyboard.role
            open=opened(Opened::Palette)
            on_close=close
            on_choose=Callback::new(move |choice| console.choose(choice))
        />
        <KeysDialog role=keyboard.role open=opened(Opened::Keys) on_close=close/>
    }
}
