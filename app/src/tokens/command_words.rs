//! The words and the icon of each token command.

use crate::i18n::t_string;
use crate::ui::icon::Icon;
use crate::words::Words;
use domain::gate::api_version::ApiVersion;
use domain::tokens::command::{CommandEffect, Confirmation, TokenCommand};
use domain::tokens::token::Token;

/// A command's icon and label, as the menu shows them.
#[derive(Clone, Copy)]
pub struct CommandItem {
    pub icon: Icon,
    pub label: fn(Words) -> &'static str,
}

/// Returns the command's icon and label.
pub const fn item(command: TokenCommand) -> CommandItem {
    match command {
        TokenCommand::Duplicate => CommandItem { icon: Icon::Copy, label: |i18n| t_string!(i18n, item.duplicate) },
        TokenCommand::Reset => CommandItem { icon: Icon::Reset, label: |i18n| t_string!(i18n, item.reset) },
        TokenCommand::StopOldValue => {
            CommandItem { icon: Icon::Disable, label: |i18n| t_string!(i18n, item.stop_old_value) }
        }
        TokenCommand::UpgradeVersion => {
            CommandItem { icon: Icon::Upgrade, label: |i18n| t_string!(i18n, item.upgrade_version) }
        }
        TokenCommand::GoBackVersion => {
            CommandItem { icon: Icon::Back, label: |i18n| t_string!(i18n, item.go_back_version) }
        }
        TokenCommand::Disable => CommandItem { icon: Icon::Disable, label: |i18n| t_string!(i18n, item.disable) },
        TokenCommand::Enable => CommandItem { icon: Icon::Enable, label: |i18n| t_string!(i18n, item.enable) },
        TokenCommand::Delete => CommandItem { icon: Icon::Trash, label: |i18n| t_string!(i18n, item.delete) },
        TokenCommand::View => CommandItem { icon: Icon::Eye, label: |i18n| t_string!(i18n, item.view) },
    }
}

/// The title and the text of a question about the token.
type QuestionText = fn(Words, &Token) -> (String, String);

/// The words around a command. Apart from [`item`], because the menu needs none of them: they are loaded with the
/// dialogs.
#[derive(Clone, Copy)]
pub struct CommandWords {
    /// Title and text of the question to confirm, for commands that ask one.
    pub question: Option<QuestionText>,
    /// The message afterwards. None for a command that only shows something: the user has just seen it.
    pub done: Option<fn(Words, &Token) -> String>,
}

/// Returns the words around the command.
pub const fn words(command: TokenCommand) -> CommandWords {
    match command {
        TokenCommand::Duplicate => CommandWords {
            question: None,
            done: Some(|i18n, token| t_string!(i18n, done.duplicated, name = name(token)).to_string()),
        },
        TokenCommand::Reset => CommandWords {
            question: Some(|i18n, token| {
                let title = t_string!(i18n, ask.reset_title, name = name(token)).to_string();
                (title, t_string!(i18n, ask.reset_text).to_owned())
            }),
            done: Some(|i18n, token| t_string!(i18n, done.reset, name = name(token)).to_string()),
        },
        TokenCommand::StopOldValue => CommandWords {
            question: Some(|i18n, token| {
                let title = t_string!(i18n, ask.stop_old_title, name = name(token)).to_string();
                (title, t_string!(i18n, ask.stop_old_text).to_owned())
            }),
            done: Some(|i18n, token| t_string!(i18n, done.old_stopped, name = name(token)).to_string()),
        },
        TokenCommand::UpgradeVersion => CommandWords {
            question: Some(|i18n, token| {
                let (number, old) = (ApiVersion::NEWEST, token.settings.api_version);
                let title = t_string!(i18n, ask.upgrade_title, name = name(token), number = number).to_string();
                (title, t_string!(i18n, ask.upgrade_text, number = number, old = old).to_string())
            }),
            done: Some(|i18n, token| {
                t_string!(i18n, done.upgraded, name = name(token), number = token.settings.api_version).to_string()
            }),
        },
        TokenCommand::GoBackVersion => CommandWords {
            question: Some(|i18n, token| {
                let newer = token.settings.api_version;
                let number = token.upgraded_from.map_or(newer, |from| from.version);
                let title = t_string!(i18n, ask.go_back_title, name = name(token), number = number).to_string();
                (title, t_string!(i18n, ask.go_back_text, number = number, newer = newer).to_string())
            }),
            done: Some(|i18n, token| {
                t_string!(i18n, done.went_back, name = name(token), number = token.settings.api_version).to_string()
            }),
        },
        TokenCommand::Disable => CommandWords {
            question: Some(|i18n, token| {
                let title = t_string!(i18n, ask.disable_title, name = name(token)).to_string();
                (title, t_string!(i18n, ask.disable_text).to_owned())
            }),
            done: Some(|i18n, token| t_string!(i18n, done.disabled, name = name(token)).to_string()),
        },
        TokenCommand::Enable => CommandWords {
            question: Some(|i18n, token| {
                let title = t_string!(i18n, ask.enable_title, name = name(token)).to_string();
                (title, t_string!(i18n, ask.enable_text).to_owned())
            }),
            done: Some(|i18n, token| t_string!(i18n, done.enabled, name = name(token)).to_string()),
        },
        TokenCommand::Delete => CommandWords {
            question: Some(|i18n, token| {
                let title = t_string!(i18n, ask.delete_title, name = name(token)).to_string();
                (title, t_string!(i18n, ask.delete_text).to_owned())
            }),
            done: Some(|i18n, token| t_string!(i18n, done.deleted, name = name(token)).to_string()),
        },
        TokenCommand::View => CommandWords { question: None, done: None },
    }
}

fn name(token: &Token) -> &str {
    &token.settings.name
}

/// The words are those that the rules ask for, or this does not compile.
const _: () = {
    let mut index = 0;
    while index < TokenCommand::ALL.len() {
        let command = TokenCommand::ALL[index];
        let (rules, words) = (command.rules(), words(command));
        let asks = !matches!(rules.confirmation, Confirmation::NotNeeded);
        assert!(asks == words.question.is_some(), "a question belongs to each command that asks, and to no other");
        let reads = matches!(rules.effect, CommandEffect::Reads);
        assert!(reads == words.done.is_none(), "a message belongs to each command that changes something");
        index += 1;
    }
};
