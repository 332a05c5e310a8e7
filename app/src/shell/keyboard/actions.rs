//! The actions that keys and the palette give, each once, with its keys and its condition. The listener, the list of keys
//! and the palette all read them from here. Their names are in `labels.rs`, apart, because the listener needs none.

use crate::routes;
use domain::members::role::{Permission, Role};

/// An action of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Opens the palette, or closes it.
    Palette,
    /// Moves the focus to the page's search box, or else to that of the access tokens.
    Search,
    /// Opens the page to create an access token.
    Create,
    /// Shows the list of keys.
    Keys,
    /// Moves the focus to the next access token in the list.
    Next,
    /// Moves the focus to the access token before.
    Previous,
    /// Opens the page of the access token that has the focus.
    Open,
    /// Opens the menu of the access token that has the focus.
    Menu,
    /// Opens a page.
    Page(Page),
    /// Shows the console in the other language.
    Language,
    /// Changes the colour theme.
    Theme(Theme),
    /// Signs out.
    SignOut,
}

/// A page that can be opened from everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the interface's own words
pub enum Page {
    Overview,
    Tokens,
    AuditTrail,
    AccountUsers,
    SecurityPolicy,
    Settings,
    CompanyInformation,
    Profile,
    Tips,
}

impl Page {
    /// Returns the page's path.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Overview => routes::OVERVIEW,
            Self::Tokens => routes::TOKENS,
            Self::AuditTrail => routes::AUDIT_TRAIL,
            Self::AccountUsers => routes::ACCOUNT_USERS,
            Self::SecurityPolicy => routes::SECURITY_POLICY,
            Self::Settings => routes::SETTINGS,
            Self::CompanyInformation => routes::COMPANY_INFORMATION,
            Self::Profile => routes::PROFILE,
            Self::Tips => routes::TIPS,
        }
    }
}

/// A colour theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the interface's own words
pub enum Theme {
    Light,
    Dark,
    System,
}

/// The keys of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// This key while Ctrl is held, or ⌘ on a Mac.
    Held(&'static str),
    /// This key alone.
    One(&'static str),
    /// These two, one after the other.
    Two(&'static str, &'static str),
    /// A key that browsers answer by themselves.
    Native(&'static str),
    /// None: only the palette has the action.
    None,
}

/// The condition under which an action is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Always.
    Always,
    /// To users whose role has the permission.
    May(Permission),
    /// On the list of access tokens.
    OnList,
}

impl Condition {
    /// Returns whether the action is offered to a user of this role, on some page at least. The role is `None` while the
    /// user has to set up a second factor before anything else.
    pub fn allows(self, role: Option<Role>) -> bool {
        let may = |permission| role.is_some_and(|role| role.may(permission));
        match self {
            Self::Always => true,
            Self::May(permission) => may(permission),
            Self::OnList => may(Permission::SeeTokens),
        }
    }

    /// Returns whether the action is offered to a user of this role on the page of this path.
    pub fn holds(self, role: Option<Role>, path: &str) -> bool {
        self.allows(role) && (self != Self::OnList || path.trim_end_matches('/') == routes::TOKENS)
    }
}

/// An action with its keys and its condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortcut {
    /// The action.
    pub action: Action,
    /// Its keys.
    pub keys: Keys,
    /// Its condition.
    pub condition: Condition,
}

const fn shortcut(action: Action, keys: Keys, condition: Condition) -> Shortcut {
    Shortcut { action, keys, condition }
}

const fn page(page: Page, keys: Keys, condition: Condition) -> Shortcut {
    shortcut(Action::Page(page), keys, condition)
}

/// All actions, as lists show them.
pub const SHORTCUTS: [Shortcut; 22] = {
    use Condition::{Always, May, OnList};
    use Keys::{Held, Native, One, Two};
    [
        shortcut(Action::Palette, Held("k"), Always),
        shortcut(Action::Search, One("/"), May(Permission::SeeTokens)),
        shortcut(Action::Create, One("c"), May(Permission::ManageTokens)),
        shortcut(Action::Keys, One("?"), Always),
        shortcut(Action::Next, One("j"), OnList),
        shortcut(Action::Previous, One("k"), OnList),
        shortcut(Action::Open, Native("Enter"), OnList),
        shortcut(Action::Menu, One("."), OnList),
        page(Page::Overview, Two("g", "o"), Always),
        page(Page::Tokens, Two("g", "t"), May(Permission::SeeTokens)),
        page(Page::AuditTrail, Two("g", "a"), May(Permission::SeeAuditTrail)),
        page(Page::AccountUsers, Two("g", "u"), May(Permission::ManageUsers)),
        page(Page::SecurityPolicy, Two("g", "p"), May(Permission::ManageSecurityPolicy)),
        page(Page::Settings, Two("g", "s"), Always),
        page(Page::CompanyInformation, Keys::None, May(Permission::ManageCompanyInformation)),
        page(Page::Profile, Keys::None, Always),
        page(Page::Tips, Keys::None, May(Permission::SeeTokens)),
        shortcut(Action::Language, Keys::None, Always),
        shortcut(Action::Theme(Theme::Light), Keys::None, Always),
        shortcut(Action::Theme(Theme::Dark), Keys::None, Always),
        shortcut(Action::Theme(Theme::System), Keys::None, Always),
        shortcut(Action::SignOut, Keys::None, Always),
    ]
};

/// The longest time between the two keys of a sequence, in milliseconds.
const SEQUENCE: f64 = 1500.0;

/// The keys that were pressed, as far as the next one depends on them: the first of two, and the time of its event.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pressed(Option<(&'static str, f64)>);

impl Pressed {
    /// Returns the action of the key, pressed at a time in milliseconds. A key that is not the second of a sequence that
    /// has begun ends it, and does nothing else: it was meant as part of it.
    pub fn press(&mut self, key: &str, at: f64) -> Option<Action> {
        // Shift and its like are pressed on the way to a key.
        if key.chars().count() != 1 {
            return None;
        }
        let begun = self.0.take().filter(|(_, since)| at - since <= SEQUENCE);
        if let Some((first, _)) = begun {
            return find(|keys| matches!(keys, Keys::Two(one, two) if one == first && two == key));
        }
        self.0 = SHORTCUTS.iter().find_map(|shortcut| match shortcut.keys {
            Keys::Two(first, _) if first == key => Some((first, at)),
            _ => None,
        });
        find(|keys| matches!(keys, Keys::One(one) if one == key))
    }
}

/// Returns the action of the key while Ctrl or ⌘ is held.
pub fn held(key: &str) -> Option<Action> {
    find(|keys| matches!(keys, Keys::Held(held) if held.eq_ignore_ascii_case(key)))
}

/// Returns the action of a key that is held down: it walks through the list, and does nothing else twice.
pub fn repeated(key: &str) -> Option<Action> {
    let walks = |action| matches!(action, Action::Next | Action::Previous);
    find(|keys| matches!(keys, Keys::One(one) if one == key)).filter(|action| walks(*action))
}

fn find(is_meant: impl Fn(Keys) -> bool) -> Option<Action> {
    SHORTCUTS.iter().find(|shortcut| is_meant(shortcut.keys)).map(|shortcut| shortcut.action)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(pressed: &[(&str, f64)]) -> Option<Action> {
        let mut state = Pressed::default();
        pressed.iter().fold(None, |_, (key, at)| state.press(key, *at))
    }

    #[test]
    fn each_action_and_each_key_is_there_once() {
        for (index, one) in SHORTCUTS.iter().enumerate() {
            for other in &SHORTCUTS[..index] {
                assert_ne!(one.action, other.action);
                assert!(one.keys == Keys::None || one.keys != other.keys, "{:?}", one.keys);
                // Otherwise the first of two keys would do something of its own.
                if let (Keys::Two(first, _), Keys::One(alone)) = (one.keys, other.keys) {
                    assert_ne!(first, alone);
                }
            }
        }
    }

    #[test]
    fn second_key_in_time_opens_the_page() {
        assert_eq!(keys(&[("g", 10.0), ("t", 1510.0)]), Some(Action::Page(Page::Tokens)));
        assert_eq!(keys(&[("g", 10.0), ("Shift", 20.0), ("a", 30.0)]), Some(Action::Page(Page::AuditTrail)));
        assert_eq!(keys(&[("t", 10.0)]), None);
    }

    #[test]
    fn second_key_too_late_stands_alone() {
        assert_eq!(keys(&[("g", 10.0), ("t", 1511.0)]), None);
        assert_eq!(keys(&[("g", 10.0), ("c", 1511.0)]), Some(Action::Create));
        assert_eq!(keys(&[("g", 10.0), ("g", 1511.0), ("o", 1600.0)]), Some(Action::Page(Page::Overview)));
    }

    #[test]
    fn unknown_second_key_ends_the_sequence() {
        assert_eq!(keys(&[("g", 10.0), ("c", 20.0)]), None);
        assert_eq!(keys(&[("g", 10.0), ("x", 20.0), ("c", 30.0)]), Some(Action::Create));
    }

    #[test]
    fn keys_that_browsers_answer_are_left_to_them() {
        assert_eq!(keys(&[("Enter", 10.0)]), None);
        assert_eq!(held("Enter"), None);
        assert_eq!(held("K"), Some(Action::Palette));
    }

    #[test]
    fn keys_held_down_only_walk_through_the_list() {
        assert_eq!(repeated("j"), Some(Action::Next));
        assert_eq!(repeated("c"), None);
        assert_eq!(repeated("g"), None);
    }

    #[test]
    fn offers_follow_role_and_page() {
        let offered = |role, path: &str, action| {
            SHORTCUTS.iter().any(|shortcut| shortcut.action == action && shortcut.condition.holds(role, path))
        };
        let (specialist, analyst) = (Some(Role::ImplementationSpecialist), Some(Role::Analyst));
        assert!(offered(specialist, routes::OVERVIEW, Action::Create));
        assert!(!offered(analyst, routes::OVERVIEW, Action::Create));
        assert!(!offered(specialist, routes::OVERVIEW, Action::Page(Page::AuditTrail)));
        assert!(offered(specialist, routes::TOKENS, Action::Next));
        assert!(!offered(specialist, routes::OVERVIEW, Action::Next));
        assert!(!offered(analyst, routes::TOKENS, Action::Next));
        assert!(!offered(None, routes::TOKENS, Action::Search));
        assert!(offered(None, routes::PROFILE, Action::SignOut));
    }
}
