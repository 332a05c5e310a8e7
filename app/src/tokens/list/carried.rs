//! The list as the page carries it for our wasm. A page holds its list twice, as HTML and as data: the data is written in
//! as few bytes as its types allow, without the names of fields, and with each person once.

use chrono::{DateTime, NaiveDate, Utc};
use domain::gate::api_version::ApiVersion;
use domain::members::user::Person;
use domain::paging::Position;
use domain::tokens::filter::TokenList;
use domain::tokens::overlap::{OldValue, OverlapLimit, TokenValues};
use domain::tokens::scope::Scopes;
use domain::tokens::secret::AccountSid;
use domain::tokens::token::{Token, TokenId, TokenSettings, TokenState, UpgradedFrom};
use domain::tokens::usage::Sparkline;
use serde::{Deserialize, Serialize};
use std::iter;

/// One page of the tokens. Server and wasm are always of one version, so that only they need to know its form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Packed", into = "Packed")]
pub struct Carried(pub TokenList);

/// The people, the tokens, their calls, the position and the number of the audit trail's entry.
#[derive(Serialize, Deserialize)]
struct Packed(Vec<Person>, Vec<PackedToken>, PackedSparklines, Position, i64);

/// The first day, which all have in common, and the calls.
#[derive(Serialize, Deserialize)]
struct PackedSparklines(Option<NaiveDate>, Vec<PackedSparkline>);

/// The token's place among the tokens, and the numbers of its calls and of those that failed; none if none failed.
#[derive(Serialize, Deserialize)]
struct PackedSparkline(usize, Vec<u64>, Vec<u64>);

/// The fields of a token and of its settings; for its primary contact, the place among the people, and for what is true of
/// it, [`DISABLED`] and [`VIEWABLE`] in one number.
#[derive(Serialize, Deserialize)]
struct PackedToken(
    TokenId,
    AccountSid,
    String,
    String,
    ApiVersion,
    usize,
    Vec<String>,
    u32,
    #[serde(with = "chrono::serde::ts_microseconds_option")] Option<DateTime<Utc>>,
    u8,
    #[serde(with = "chrono::serde::ts_microseconds")] DateTime<Utc>,
    #[serde(with = "chrono::serde::ts_microseconds_option")] Option<DateTime<Utc>>,
    #[serde(with = "chrono::serde::ts_microseconds_option")] Option<DateTime<Utc>>,
    #[serde(with = "chrono::serde::ts_microseconds_option")] Option<DateTime<Utc>>,
    i64,
    PackedValues,
    Option<PackedVersion>,
);

/// The API version that a token can go back to, and until when.
#[derive(Serialize, Deserialize)]
struct PackedVersion(ApiVersion, #[serde(with = "chrono::serde::ts_microseconds")] DateTime<Utc>);

/// The facts about a token's Auth Tokens that pages show.
#[derive(Serialize, Deserialize)]
struct PackedValues(
    Option<String>,
    Option<PackedOld>,
    OverlapLimit,
    #[serde(with = "chrono::serde::ts_microseconds_option")] Option<DateTime<Utc>>,
);

#[derive(Serialize, Deserialize)]
struct PackedOld(Option<String>, #[serde(with = "chrono::serde::ts_microseconds")] DateTime<Utc>, bool);

impl From<TokenValues> for PackedValues {
    fn from(TokenValues { ending, old, limit, retired_used_at }: TokenValues) -> Self {
        let old =
            old.map(|OldValue { ending, ends_at, close_when_moved }| PackedOld(ending, ends_at, close_when_moved));
        Self(ending, old, limit, retired_used_at)
    }
}

impl From<PackedValues> for TokenValues {
    fn from(PackedValues(ending, old, limit, retired_used_at): PackedValues) -> Self {
        let old =
            old.map(|PackedOld(ending, ends_at, close_when_moved)| OldValue { ending, ends_at, close_when_moved });
        Self { ending, old, limit, retired_used_at }
    }
}

/// The token is disabled.
const DISABLED: u8 = 1;
/// Its Auth Token can be viewed again.
const VIEWABLE: u8 = 2;

impl From<Carried> for Packed {
    fn from(Carried(list): Carried) -> Self {
        let mut people = Vec::new();
        let sparklines = pack_sparklines(list.sparklines, &list.tokens);
        let tokens = list.tokens.into_iter().map(|token| pack(token, &mut people)).collect();
        Self(people, tokens, sparklines, list.position, list.as_of)
    }
}

impl TryFrom<Packed> for Carried {
    type Error = &'static str;

    fn try_from(Packed(people, tokens, sparklines, position, as_of): Packed) -> Result<Self, Self::Error> {
        let tokens: Option<Vec<_>> = tokens.into_iter().map(|token| unpack(token, &people)).collect();
        let tokens = tokens.ok_or("a primary contact is not among the people")?;
        let sparklines = unpack_sparklines(sparklines, &tokens);
        Ok(Self(TokenList { tokens, sparklines, position, as_of }))
    }
}

fn pack_sparklines(sparklines: Vec<Sparkline>, tokens: &[Token]) -> PackedSparklines {
    let from = sparklines.first().map(|sparkline| sparkline.from);
    let pack = |sparkline: Sparkline| {
        let place = tokens.iter().position(|token| token.id == sparkline.token)?;
        let (calls, mut failed): (Vec<_>, Vec<_>) = sparkline.days.into_iter().unzip();
        if failed.iter().all(|failed| *failed == 0) {
            failed.clear();
        }
        Some(PackedSparkline(place, calls, failed))
    };
    PackedSparklines(from, sparklines.into_iter().filter_map(pack).collect())
}

fn unpack_sparklines(PackedSparklines(from, packed): PackedSparklines, tokens: &[Token]) -> Vec<Sparkline> {
    let Some(from) = from else { return Vec::new() };
    let unpack = |PackedSparkline(place, calls, failed): PackedSparkline| {
        let days = calls.into_iter().zip(failed.into_iter().chain(iter::repeat(0))).collect();
        Some(Sparkline { token: tokens.get(place)?.id, from, days })
    };
    packed.into_iter().filter_map(unpack).collect()
}

fn pack(token: Token, people: &mut Vec<Person>) -> PackedToken {
    let Token {
        id,
        sid,
        settings,
        primary_contact,
        state,
        created_at,
        last_used_at,
        last_failed_at,
        ends_at,
        viewable,
        values,
        upgraded_from,
        revision,
    } = token;
    let TokenSettings { name, description, api_version, primary_contact: _, developers, scopes, expires_at } = settings;
    let known = people.iter().position(|person| *person == primary_contact);
    let contact = known.unwrap_or_else(|| {
        people.push(primary_contact);
        people.len() - 1
    });
    let disabled = if state == TokenState::Disabled { DISABLED } else { 0 };
    let flags = disabled | if viewable { VIEWABLE } else { 0 };
    PackedToken(
        id,
        sid,
        name,
        description,
        api_version,
        contact,
        developers,
        scopes.bits(),
        expires_at,
        flags,
        created_at,
        last_used_at,
        last_failed_at,
        ends_at,
        revision,
        values.into(),
        upgraded_from.map(|UpgradedFrom { version, until }| PackedVersion(version, until)),
    )
}

/// Returns the token, or `None` if its primary contact is not among the people.
fn unpack(packed: PackedToken, people: &[Person]) -> Option<Token> {
    let PackedToken(
        id,
        sid,
        name,
        description,
        api_version,
        contact,
        developers,
        scopes,
        expires_at,
        flags,
        created_at,
        last_used_at,
        last_failed_at,
        ends_at,
        revision,
        values,
        upgraded_from,
    ) = packed;
    let state = if flags & DISABLED == 0 { TokenState::Enabled } else { TokenState::Disabled };
    let viewable = flags & VIEWABLE != 0;
    let primary_contact = people.get(contact)?.clone();
    let settings = TokenSettings {
        name,
        description,
        api_version,
        primary_contact: primary_contact.id,
        developers,
        scopes: Scopes::from_bits(scopes),
        expires_at,
    };
    Some(Token {
        id,
        sid,
        settings,
        primary_contact,
        state,
        created_at,
        last_used_at,
        last_failed_at,
        ends_at,
        viewable,
        values: values.into(),
        upgraded_from: upgraded_from.map(|PackedVersion(version, until)| UpgradedFrom { version, until }),
        revision,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::members::user::UserId;
    use domain::tokens::scope::Scope;
    use uuid::Uuid;

    fn token(number: u128, contact: u128) -> Token {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let person = Person {
            id: UserId(Uuid::from_u128(contact)),
            name: "Aya".to_owned(),
            email: "aya@agency.example".to_owned(),
        };
        Token {
            id: TokenId(Uuid::from_u128(number)),
            sid: format!("IR{number:033}").try_into().unwrap(),
            settings: TokenSettings {
                name: format!("Export {number}"),
                description: "Nightly".to_owned(),
                api_version: ApiVersion::NEWEST,
                primary_contact: person.id,
                developers: vec!["dev@partner.example".to_owned()],
                scopes: [Scope::GET_COMPANY_INFORMATION, Scope::GET_ACCESS_TOKEN].into_iter().collect(),
                expires_at: Some(at(3)),
            },
            primary_contact: person,
            state: TokenState::Disabled,
            created_at: at(1),
            last_used_at: None,
            last_failed_at: Some(at(4)),
            ends_at: Some(at(2)),
            viewable: true,
            values: TokenValues {
                ending: Some("4xYz".to_owned()),
                old: Some(OldValue { ending: None, ends_at: at(9), close_when_moved: true }),
                limit: OverlapLimit::default(),
                retired_used_at: Some(at(8)),
            },
            upgraded_from: Some(UpgradedFrom { version: ApiVersion::NEWEST, until: at(10) }),
            revision: 7,
        }
    }

    #[test]
    fn list_is_the_same_after_the_way_to_the_browser() {
        let enabled = Token { state: TokenState::Enabled, ..token(2, 2) };
        let hidden = Token { viewable: false, ..token(3, 1) };
        let sparkline = |number: u128, days: Vec<(u64, u64)>| Sparkline {
            token: TokenId(Uuid::from_u128(number)),
            from: NaiveDate::from_epoch_days(20_000).unwrap(),
            days,
        };
        let list = TokenList {
            tokens: vec![token(1, 1), enabled, hidden],
            sparklines: vec![sparkline(2, vec![(7, 0); 30]), sparkline(3, vec![(5, 0), (4, 4)])],
            position: Position { rows: 3, ..Position::default() },
            as_of: 12,
        };
        let carried = serde_json::to_string(&Carried(list.clone())).unwrap();
        assert_eq!(serde_json::from_str::<Carried>(&carried).unwrap(), Carried(list.clone()));
        assert_eq!(
            carried.matches("aya@agency.example").count(),
            2,
            "two people, of whom one is contact of two tokens"
        );
        let plain = serde_json::to_string(&list).unwrap();
        assert!(carried.len() * 3 < plain.len() * 2, "{} of {} bytes", carried.len(), plain.len());
    }

    #[test]
    fn contact_that_is_not_among_the_people_is_an_error() {
        let list =
            TokenList { tokens: vec![token(1, 1)], sparklines: Vec::new(), position: Position::default(), as_of: 1 };
        let Packed(_, tokens, sparklines, position, as_of) = Carried(list).into();
        assert!(Carried::try_from(Packed(Vec::new(), tokens, sparklines, position, as_of)).is_err());
    }
}
