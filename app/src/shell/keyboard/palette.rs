//! The options of the command palette: the access tokens that the server finds, and pages and actions by their names.

use crate::error::AppError;
use crate::i18n::{Locale, t_string};
use crate::routes;
use crate::shell::keyboard::actions::{Action, Keys, SHORTCUTS};
use crate::shell::keyboard::labels::label;
use crate::tokens::api::list;
use crate::words::Words;
use domain::members::role::{Permission, Role};
use domain::tokens::filter::TokenFilter;
use domain::tokens::token::{Token, TokenId};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The most access tokens that are offered. A longer text finds the others.
const TOKENS_MAX: usize = 6;

/// A choice of the palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Opens the access token's page.
    Token(TokenId),
    /// Carries out the action.
    Action(Action),
}

/// A group of choices, in the order in which the palette shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Access tokens.
    Tokens,
    /// Pages.
    Pages,
    /// Everything else.
    Actions,
}

impl Group {
    /// Every group, as the palette shows them.
    pub const ALL: [Self; 3] = [Self::Tokens, Self::Pages, Self::Actions];

    /// Returns the group's title.
    pub fn title(self, i18n: Words) -> &'static str {
        match self {
            Self::Tokens => t_string!(i18n, tokens.list),
            Self::Pages => t_string!(i18n, keyboard.pages_found),
            Self::Actions => t_string!(i18n, keyboard.actions_found),
        }
    }
}

/// An option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The choice.
    pub choice: Choice,
    /// Its name.
    pub name: String,
    /// The token's Account SID, if it is one.
    pub sid: Option<String>,
    /// The keys that do the same.
    pub keys: Keys,
}

impl Item {
    fn of_token(token: &Token) -> Self {
        Self {
            choice: Choice::Token(token.id),
            name: token.settings.name.clone(),
            sid: Some(token.sid.to_string()),
            keys: Keys::None,
        }
    }

    /// Returns the group that the option belongs to.
    pub const fn group(&self) -> Group {
        match self.choice {
            Choice::Token(_) => Group::Tokens,
            Choice::Action(Action::Page(_)) => Group::Pages,
            Choice::Action(_) => Group::Actions,
        }
    }

    /// Returns the path of the page that the option opens, if it opens one.
    pub fn path(&self) -> Option<String> {
        match self.choice {
            Choice::Token(id) => Some(routes::token(id)),
            Choice::Action(Action::Page(page)) => Some(page.path().to_owned()),
            Choice::Action(Action::Create) => Some(routes::NEW_TOKEN.to_owned()),
            Choice::Action(_) => None,
        }
    }
}

/// The answer to a search: its text, and the access tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    text: String,
    tokens: Result<Vec<Item>, AppError>,
}

/// The state of the palette.
#[derive(Clone, Copy)]
pub struct Palette {
    /// The page's language.
    pub i18n: Words,
    role: Option<Role>,
    /// The text as it is typed.
    pub typed: RwSignal<String>,
    /// The text that is searched for, which follows after a pause in typing.
    asked: RwSignal<String>,
    found: RwSignal<Option<Found>>,
    /// The choice that the user has moved the highlight to.
    pub picked: RwSignal<Option<Choice>>,
}

impl Palette {
    /// Returns the palette of a user with this role. `typed` is the text in its input, and `asked` follows that.
    pub fn new(i18n: Words, role: Option<Role>, typed: RwSignal<String>, asked: RwSignal<String>) -> Self {
        Self { i18n, role, typed, asked, found: RwSignal::new(None), picked: RwSignal::new(None) }
    }

    fn sees_tokens(self) -> bool {
        self.role.is_some_and(|role| role.may(Permission::SeeTokens))
    }

    /// Begins again with an empty text.
    pub fn clear(self) {
        self.typed.set(String::new());
        self.asked.set(String::new());
        self.picked.set(None);
    }

    /// Searches for access tokens whenever the text changes, if the role may see them. An answer that is outdated is
    /// dropped.
    pub fn search(self) {
        if !self.sees_tokens() {
            return;
        }
        let (asked, found) = (self.asked, self.found);
        Effect::new(move |_| {
            let text = asked.get();
            if text.trim().is_empty() {
                return;
            }
            let filter = TokenFilter::from_query(|name| (name == "name").then(|| text.clone()));
            spawn_local(async move {
                let answer = list(filter).await;
                if asked.try_get_untracked().as_ref() == Some(&text) {
                    let first = |tokens: Vec<Token>| tokens.iter().take(TOKENS_MAX).map(Item::of_token).collect();
                    found.set(Some(Found { text, tokens: answer.map(|list| first(list.tokens)) }));
                }
            });
        });
    }

    /// Returns the answer to the text as it is typed, once it is there.
    fn answer(self) -> Option<Result<Vec<Item>, AppError>> {
        let typed = self.typed.get();
        self.found.with(|found| found.as_ref().filter(|found| found.text == typed).map(|found| found.tokens.clone()))
    }

    /// Returns the options for the text, group by group as they are shown: the access tokens found, then the pages and
    /// actions of that name.
    pub fn items(self) -> Vec<Item> {
        let text = self.typed.with(|text| text.to_lowercase());
        let tokens = self.answer().and_then(Result::ok).unwrap_or_default();
        let locale = self.i18n.get_locale();
        let actions = SHORTCUTS.into_iter().filter(|shortcut| {
            is_listed(shortcut.action) && shortcut.condition.allows(self.role) && is_named(shortcut.action, &text)
        });
        let actions = actions.map(|shortcut| Item {
            choice: Choice::Action(shortcut.action),
            name: label(locale, shortcut.action).to_owned(),
            sid: None,
            keys: shortcut.keys,
        });
        let mut items: Vec<_> = tokens.into_iter().chain(actions).collect();
        items.sort_by_key(Item::group);
        items
    }

    /// Returns what to say below the options, in particular if there are none.
    pub fn note(self, items: &[Item]) -> String {
        let (i18n, text) = (self.i18n, self.typed.get());
        let nothing = || {
            if items.is_empty() {
                t_string!(i18n, keyboard.nothing, text = text.trim()).to_string()
            } else {
                String::new()
            }
        };
        if text.trim().is_empty() || !self.sees_tokens() {
            return nothing();
        }
        match self.answer() {
            None => t_string!(i18n, keyboard.searching).to_owned(),
            Some(Err(error)) => error.text(i18n),
            Some(Ok(_)) => nothing(),
        }
    }
}

/// Returns whether the palette offers the action: not those about the list, whose place is there, and not its own.
const fn is_listed(action: Action) -> bool {
    match action {
        Action::Palette | Action::Search | Action::Next | Action::Previous | Action::Open | Action::Menu => false,
        Action::Create | Action::Keys | Action::Page(_) | Action::Language | Action::Theme(_) | Action::SignOut => true,
    }
}

/// Returns whether the action's name has each word of the text, in either language.
fn is_named(action: Action, text: &str) -> bool {
    [Locale::en, Locale::ja].into_iter().any(|locale| {
        let name = label(locale, action).to_lowercase();
        text.split_whitespace().all(|word| name.contains(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::keyboard::actions::Page;

    #[test]
    fn actions_are_found_by_their_names_in_both_languages() {
        let page = Action::Page(Page::AuditTrail);
        for text in ["", "audit", "trail audit", "監査", "ログ"] {
            assert!(is_named(page, text), "{text}");
        }
        assert!(!is_named(page, "audit users"));
        assert!(is_named(Action::Language, "日本語"));
        assert!(is_named(Action::Language, "english"));
    }
}
