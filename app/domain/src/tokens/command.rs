//! The commands on an access token, each with its rules. Menu, dialogs, server functions and store read them here.

use crate::audit::action::Action;
use crate::members::role::{Permission, Role};
use crate::text::Field;
use crate::tokens::token::{Token, TokenState};
use strum::VariantArray as _;

/// A command on one access token. The menu shows them in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::VariantArray)]
pub enum TokenCommand {
    /// Makes a copy with an Account SID and an Auth Token of its own.
    Duplicate,
    /// Replaces the Auth Token.
    Reset,
    /// Stops the old Auth Token before its overlap ends.
    StopOldValue,
    /// Moves the token to the newest API version.
    UpgradeVersion,
    /// Moves the token back to the API version that it was upgraded from.
    GoBackVersion,
    /// Keeps the token from passing the gate until it is enabled again.
    Disable,
    /// Lets a disabled token pass the gate again.
    Enable,
    /// Deletes the token, which can be undone for a moment.
    Delete,
    /// Shows the Auth Token again.
    View,
}

/// The rules of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandRules {
    /// The permission that the user's role needs.
    pub permission: Permission,
    /// The proof that the server asks for, besides the session.
    pub step_up: StepUpRule,
    /// The question before the command is sent.
    pub confirmation: Confirmation,
    /// The action that the audit trail records.
    pub action: Action,
    /// The command's effect on the token.
    pub effect: CommandEffect,
    /// The tokens for which the command is offered, and where.
    pub offer: Offer,
}

/// The proof that a command needs besides the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepUpRule {
    /// None.
    NotNeeded,
    /// A password or passkey, given again recently in this session.
    Recent,
}

/// The question that a page asks before it sends a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation {
    /// None: no integration can break.
    NotNeeded,
    /// A question that offers to do more at the same time: no integration can break.
    Offers,
    /// A question, because integrations may break.
    MayBreak,
    /// A warning, because integrations certainly stop.
    Breaks,
}

/// The effect of a command on the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandEffect {
    /// The token stays as it is, and is read.
    Reads,
    /// The token stays as it is, and another one is added.
    Adds,
    /// The token is changed; of its settings, only these.
    Changes(&'static [Field]),
    /// The token is deleted.
    Removes,
}

/// The tokens for which a command is offered, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// In the menu of every token.
    Always,
    /// In the menu of tokens in this state.
    InState(TokenState),
    /// In the menu of every token, where it can't be picked if the token is on the newest API version.
    BelowNewestVersion,
    /// Beside the Auth Token of tokens that can be viewed again, and in no menu.
    Viewable,
    /// In the menu of tokens whose old Auth Token may still pass.
    Overlapping,
    /// In the menu of tokens whose API version was upgraded lately.
    Upgraded,
}

impl TokenCommand {
    /// Every command, in the order of the menu.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Returns the command's rules.
    #[must_use]
    pub const fn rules(self) -> CommandRules {
        match self {
            Self::Duplicate => CommandRules {
                permission: Permission::ManageTokens,
                step_up: StepUpRule::NotNeeded,
                confirmation: Confirmation::NotNeeded,
                action: Action::TokenDuplicated,
                effect: CommandEffect::Adds,
                offer: Offer::Always,
            },
            Self::Reset => CommandRules {
                permission: Permission::ManageTokens,
                step_up: StepUpRule::Recent,
                confirmation: Confirmation::Breaks,
                action: Action::TokenReset,
                // The new Auth Token lives as long as the old one did when it was new.
                effect: CommandEffect::Changes(&[Field::Expires]),
                offer: Offer::Always,
            },
            Self::StopOldValue => CommandRules {
                permission: Permission::ManageTokens,
                step_up: StepUpRule::Recent,
                confirmation: Confirmation::Breaks,
                action: Action::OldAuthTokenStopped,
                effect: CommandEffect::Changes(&[]),
                offer: Offer::Overlapping,
            },
            Self::UpgradeVersion => CommandRules {
                permission: Permission::ManageTokens,
                step_up: StepUpRule::NotNeeded,
                confirmation: Confirmation::MayBreak,
                action: Action::TokenVersionUpgraded,
                effect: CommandEffect::Changes(&[Field::ApiVersion]),
                offer: Offer::BelowNewestVersion,
            },
            Self::GoBackVersion => CommandRules {
                permission: Permission::ManageTokens,
                step_up: StepUpRule::NotNeeded,
                confirmation: Confirmation::MayBreak,
                action: Action::TokenVersionReverted,
                effect: CommandEffect::Changes(&[Field::ApiVersion]),
                offer: Offer::Upgraded,
            },
            Self::Disable => CommandRules {
                permission: Permission::ManageTokens,
                step_up: StepUpRule::NotNeeded,
                confirmation: Confirmation::Breaks,
                action: Action::TokenDisabled,
                effect: CommandEffect::Changes(&[]),
                offer: Offer::InState(TokenState::Enabled),
            },
            Self::Enable => CommandRules {
                permission: Permission::ManageTokens,
                step_up: StepUpRule::NotNeeded,
                // A token that was disabled for a doubt should not go on with the same Auth Token.
                confirmation: Confirmation::Offers,
                action: Action::TokenEnabled,
                effect: CommandEffect::Changes(&[]),
                offer: Offer::InState(TokenState::Disabled),
            },
            Self::Delete => CommandRules {
                permission: Permission::ManageTokens,
                step_up: StepUpRule::Recent,
                confirmation: Confirmation::Breaks,
                action: Action::TokenDeleted,
                effect: CommandEffect::Removes,
                offer: Offer::Always,
            },
            Self::View => CommandRules {
                permission: Permission::ManageTokens,
                step_up: StepUpRule::Recent,
                confirmation: Confirmation::NotNeeded,
                action: Action::TokenViewed,
                effect: CommandEffect::Reads,
                offer: Offer::Viewable,
            },
        }
    }

    /// Returns the commands in the token's menu for a user with this role.
    #[must_use]
    pub fn menu(role: Role, token: &Token) -> Vec<Self> {
        let offered = |command: &Self| command.is_in_menu(token) && role.may(command.rules().permission);
        Self::ALL.iter().copied().filter(offered).collect()
    }

    /// Returns the commands in the danger zone of the token's page for a user with this role: those of its menu that
    /// stop integrations, and the one that lets them go on.
    #[must_use]
    pub fn danger_zone(role: Role, token: &Token) -> Vec<Self> {
        let is_dangerous = |command: &Self| {
            let CommandRules { confirmation, offer, .. } = command.rules();
            confirmation == Confirmation::Breaks || matches!(offer, Offer::InState(_))
        };
        Self::menu(role, token).into_iter().filter(is_dangerous).collect()
    }

    fn is_in_menu(self, token: &Token) -> bool {
        match self.rules().offer {
            Offer::Always | Offer::BelowNewestVersion => true,
            Offer::InState(state) => token.state == state,
            Offer::Viewable => false,
            Offer::Overlapping => token.values.old.is_some(),
            Offer::Upgraded => token.upgraded_from.is_some(),
        }
    }

    /// Returns whether the command can be given for the token as it is.
    #[must_use]
    pub fn applies_to(self, token: &Token) -> bool {
        match self.rules().offer {
            Offer::Always => true,
            Offer::InState(state) => token.state == state,
            Offer::BelowNewestVersion => !token.settings.api_version.is_newest(),
            Offer::Viewable => token.viewable,
            Offer::Overlapping => token.values.old.is_some(),
            Offer::Upgraded => token.upgraded_from.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::action::ActionGroup;
    use crate::gate::api_version::ApiVersion;
    use crate::members::user::{Person, UserId};
    use crate::tokens::overlap::{OldValue, TokenValues};
    use crate::tokens::scope::Scopes;
    use crate::tokens::secret::AccountSid;
    use crate::tokens::token::{TokenId, TokenSettings, UpgradedFrom};
    use TokenCommand::{Delete, Disable, Duplicate, Enable, GoBackVersion, Reset, StopOldValue, UpgradeVersion, View};
    use chrono::DateTime;
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;
    use uuid::Uuid;

    fn token(state: TokenState, version: u16) -> Token {
        let contact =
            Person { id: UserId(Uuid::nil()), name: "Aya".to_owned(), email: "aya@agency.example".to_owned() };
        Token {
            id: TokenId(Uuid::nil()),
            sid: AccountSid::generate(&mut StdRng::seed_from_u64(1)),
            settings: TokenSettings {
                name: "Nightly export".to_owned(),
                description: String::new(),
                api_version: ApiVersion::try_from(version).unwrap(),
                primary_contact: contact.id,
                developers: Vec::new(),
                scopes: Scopes::default(),
                expires_at: None,
            },
            primary_contact: contact,
            state,
            created_at: DateTime::UNIX_EPOCH,
            last_used_at: None,
            last_failed_at: None,
            ends_at: None,
            viewable: false,
            values: TokenValues::default(),
            upgraded_from: None,
            revision: 1,
        }
    }

    fn menu(token: &Token) -> Vec<TokenCommand> {
        TokenCommand::menu(Role::AccountAdministrator, token)
    }

    #[test]
    fn menu_offers_enable_or_disable_by_state() {
        let enabled = menu(&token(TokenState::Enabled, 2));
        assert_eq!(enabled, [Duplicate, Reset, UpgradeVersion, Disable, Delete]);
        let disabled = menu(&token(TokenState::Disabled, 2));
        assert_eq!(disabled, [Duplicate, Reset, UpgradeVersion, Enable, Delete]);
    }

    #[test]
    fn upgrade_is_in_the_menu_but_ends_at_newest_version() {
        let [old, newest] = [2, 3].map(|version| token(TokenState::Enabled, version));
        assert!(newest.settings.api_version.is_newest());
        assert_eq!(menu(&old), menu(&newest));
        assert!(UpgradeVersion.applies_to(&old) && !UpgradeVersion.applies_to(&newest));
    }

    #[test]
    fn upgraded_token_can_go_back() {
        let newest = token(TokenState::Enabled, 3);
        assert!(!GoBackVersion.applies_to(&newest) && !menu(&newest).contains(&GoBackVersion));
        let from = UpgradedFrom { version: ApiVersion::try_from(2).unwrap(), until: DateTime::UNIX_EPOCH };
        let upgraded = Token { upgraded_from: Some(from), ..newest };
        assert!(GoBackVersion.applies_to(&upgraded));
        assert_eq!(menu(&upgraded), [Duplicate, Reset, UpgradeVersion, GoBackVersion, Disable, Delete]);
        assert_eq!(TokenCommand::danger_zone(Role::AccountAdministrator, &upgraded), [Reset, Disable, Delete]);
    }

    #[test]
    fn danger_zone_has_what_stops_integrations() {
        let zone = |state| TokenCommand::danger_zone(Role::ImplementationSpecialist, &token(state, 2));
        assert_eq!(zone(TokenState::Enabled), [Reset, Disable, Delete]);
        assert_eq!(zone(TokenState::Disabled), [Reset, Enable, Delete]);
        assert_eq!(TokenCommand::danger_zone(Role::Analyst, &token(TokenState::Enabled, 2)), []);
    }

    #[test]
    fn view_applies_only_to_kept_auth_tokens() {
        let token = token(TokenState::Enabled, 3);
        assert!(!View.applies_to(&token));
        let kept = Token { viewable: true, ..token };
        assert!(View.applies_to(&kept) && !menu(&kept).contains(&View));
    }

    #[test]
    fn old_auth_token_can_be_stopped_while_it_passes() {
        let token = token(TokenState::Enabled, 3);
        assert!(!StopOldValue.applies_to(&token) && !menu(&token).contains(&StopOldValue));
        let old = OldValue { ending: None, ends_at: DateTime::UNIX_EPOCH, close_when_moved: false };
        let values = TokenValues { old: Some(old), ..TokenValues::default() };
        let overlapping = Token { values, ..token };
        assert!(StopOldValue.applies_to(&overlapping));
        assert_eq!(menu(&overlapping), [Duplicate, Reset, StopOldValue, UpgradeVersion, Disable, Delete]);
        let zone = TokenCommand::danger_zone(Role::AccountAdministrator, &overlapping);
        assert_eq!(zone, [Reset, StopOldValue, Disable, Delete]);
    }

    #[test]
    fn role_without_permission_has_an_empty_menu() {
        let token = token(TokenState::Enabled, 3);
        for role in [Role::Analyst, Role::Finance, Role::PerformanceMarketingManager] {
            assert_eq!(TokenCommand::menu(role, &token), [], "{role:?}");
        }
        assert_eq!(TokenCommand::menu(Role::ImplementationSpecialist, &token), menu(&token));
    }

    /// A session that was left open must neither lose a token for good nor give away the secret of an existing one.
    #[test]
    fn secrets_and_deletion_need_a_step_up() {
        let asking = TokenCommand::ALL.iter().filter(|command| command.rules().step_up == StepUpRule::Recent);
        assert_eq!(asking.copied().collect::<Vec<_>>(), [Reset, StopOldValue, Delete, View]);
    }

    #[test]
    fn only_commands_that_change_a_token_ask_first() {
        for command in TokenCommand::ALL {
            let rules = command.rules();
            let changes = matches!(rules.effect, CommandEffect::Changes(_) | CommandEffect::Removes);
            assert!(changes || rules.confirmation == Confirmation::NotNeeded, "{command:?}");
        }
    }

    #[test]
    fn each_command_has_a_token_action_of_its_own() {
        let actions: Vec<_> = TokenCommand::ALL.iter().map(|command| command.rules().action).collect();
        for (index, action) in actions.iter().enumerate() {
            assert_eq!(action.group(), ActionGroup::Tokens, "{action:?}");
            assert!(!actions[..index].contains(action), "{action:?}");
        }
    }

    #[test]
    fn open_lists_receive_every_change_by_a_command() {
        for command in TokenCommand::ALL {
            let rules = command.rules();
            assert_eq!(rules.action.is_live(), rules.effect != CommandEffect::Reads, "{command:?}");
        }
    }
}
