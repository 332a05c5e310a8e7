//! The arguments of statements.

use chrono::{DateTime, Utc};
use domain::account::AccountId;
use domain::members::membership::InvitationId;
use domain::members::user::UserId;
use domain::reports::job::JobId;
use domain::sign_in::second_factor::PasskeyId;
use domain::sign_in::session::SessionId;
use domain::tokens::token::TokenId;
use uuid::Uuid;

/// An argument of a statement. A missing one has a type, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// An id.
    Uuid(Option<Uuid>),
    /// A whole number.
    Integer(Option<i64>),
    /// True or false.
    Boolean(Option<bool>),
    /// A text.
    Text(Option<String>),
    /// Bytes.
    Bytes(Option<Vec<u8>>),
}

impl Value {
    /// Returns the length in bytes of a text or of bytes; 0 for the others, which are short.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.as_ref().map_or(0, String::len),
            Self::Bytes(bytes) => bytes.as_ref().map_or(0, Vec::len),
            Self::Uuid(_) | Self::Integer(_) | Self::Boolean(_) => 0,
        }
    }
}

/// A type that can be an argument.
pub(crate) trait Argument {
    /// Returns the argument.
    fn value(self) -> Value;
}

impl Argument for Value {
    fn value(self) -> Value {
        self
    }
}

macro_rules! arguments {
    ($($kind:ident: $($from:ty as |$it:ident| $into:expr),+;)+) => {
        $($(
            impl Argument for $from {
                fn value(self) -> Value {
                    let $it = self;
                    Value::$kind(Some($into))
                }
            }

            impl Argument for Option<$from> {
                fn value(self) -> Value {
                    Value::$kind(self.map(|$it| $into))
                }
            }
        )+)+
    };
}

arguments! {
    Uuid: Uuid as |it| it, AccountId as |it| it.0, InvitationId as |it| it.0, JobId as |it| it.0,
        PasskeyId as |it| it.0, SessionId as |it| it.0, TokenId as |it| it.0, UserId as |it| it.0;
    Integer: i64 as |it| it, u8 as |it| it.into(), u16 as |it| it.into(), u32 as |it| it.into(),
        DateTime<Utc> as |it| it.timestamp_micros();
    Boolean: bool as |it| it;
    Text: String as |it| it, &String as |it| it.clone(), &str as |it| it.to_owned();
    Bytes: Vec<u8> as |it| it, &Vec<u8> as |it| it.clone(), &[u8] as |it| it.to_vec();
}
