//! The rehearsal, compared with the gate's decision about each call alone.

use super::*;
use crate::gate::access::Refusal;
use crate::members::user::{Person, UserId};
use crate::tokens::overlap::TokenValues;
use crate::tokens::secret::AccountSid;
use chrono::TimeDelta;
use proptest::prelude::*;
use uuid::Uuid;

const SID: &str = "IR0123456789abcdefghijklmnopqrstuvw";

/// A call that passed.
#[derive(Debug, Clone, Copy)]
struct OneCall {
    scope: Scope,
    address: IpAddr,
    second: i64,
}

fn caller(scopes: Scopes, state: TokenState, api_access: bool) -> Caller {
    Caller {
        token: TokenId(Uuid::nil()),
        sid: AccountSid::try_from(SID.to_owned()).unwrap(),
        account: AccountId(Uuid::nil()),
        api_access,
        state,
        api_version: ApiVersion::NEWEST,
        scopes,
        value: TokenValue::Current,
        ends_at: None,
        expired: false,
        address_allowed: true,
    }
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
}

/// Returns the gate's decision about one call.
fn passes(caller: Option<Caller>, addresses: &[AddressRange], call: &OneCall) -> bool {
    let Some(caller) = caller else { return false };
    let caller = Caller { address_allowed: allows(addresses, call.address), ..caller };
    !caller.expired && caller.require(SID, call.scope) == Ok::<(), Refusal>(())
}

/// Sums the calls up as the store does.
fn summed(calls: &[OneCall]) -> Vec<PassedCalls> {
    let mut sums = BTreeMap::<(&str, IpAddr), (u64, i64)>::new();
    for call in calls {
        let (calls, last) = sums.entry((call.scope.id(), call.address)).or_insert((0, call.second));
        *calls += 1;
        *last = call.second.max(*last);
    }
    sums.into_iter()
        .map(|((operation, address), (calls, last))| PassedCalls {
            operation: operation.to_owned(),
            version: 3,
            address: Some(address),
            calls,
            last_at: at(last),
        })
        .collect()
}

fn range() -> impl Strategy<Value = AddressRange> {
    (0..4_u8, 24..=32_u8).prop_map(|(net, length)| format!("192.0.{net}.0/{length}").parse().unwrap())
}

prop_compose! {
    fn call()(scope in 0..6_usize, net in 0..4_u8, host in 0..3_u8, second in 0..1_000_i64) -> OneCall {
        let scope = Scope::all().nth(scope).unwrap();
        OneCall { scope, address: IpAddr::from([192, 0, net, host]), second }
    }
}

fn scopes() -> impl Strategy<Value = Scopes> {
    prop::collection::vec(0..6_usize, 0..6)
        .prop_map(|numbers| numbers.into_iter().map(|number| Scope::all().nth(number).unwrap()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn rehearsal_finds_what_the_gate_would_refuse(
        calls in prop::collection::vec(call(), 0..60),
        (had, left) in (scopes(), scopes()),
        ranges in prop::collection::vec(range(), 0..3),
        new_ranges in prop::collection::vec(range(), 0..3),
        (enabled, api_access, ends_earlier) in (any::<bool>(), any::<bool>(), any::<bool>()),
        number in 0..7_usize,
    ) {
        let state = if enabled { TokenState::Enabled } else { TokenState::Disabled };
        let now = caller(had, state, api_access);
        let before = Standing { caller: Some(now.clone()), addresses: ranges.clone() };
        let policy = AccountChange::Policy { token_lifetime: None, allowed_addresses: new_ranges.clone() };
        let (after, then, then_ranges) = match number {
            0 => (before.after(TokenChange::Reset), None, ranges.clone()),
            1 => (before.after(TokenChange::Delete), None, ranges.clone()),
            2 => {
                let disabled = Caller { state: TokenState::Disabled, ..now.clone() };
                (before.after(TokenChange::Disable), Some(disabled), ranges.clone())
            }
            3 => {
                let change = TokenChange::Update { scopes: left, ends_earlier, upgrades: false };
                let updated = Caller { scopes: left, expired: ends_earlier, ..now.clone() };
                (before.after(change), Some(updated), ranges.clone())
            }
            4 => {
                let off = Caller { api_access: false, ..now.clone() };
                (before.after_all(&AccountChange::ApiAccessOff, at(0), |_| None), Some(off), ranges.clone())
            }
            5 => (before.after_all(&policy, at(0), |_| None), Some(now.clone()), new_ranges.clone()),
            _ => {
                let expired = Caller { expired: true, ..now.clone() };
                (before.after_all(&policy, at(0), |_| Some(at(0))), Some(expired), new_ranges.clone())
            }
        };
        let refused: Vec<_> = calls
            .iter()
            .filter(|call| passes(Some(now.clone()), &ranges, call) && !passes(then.clone(), &then_ranges, call))
            .collect();
        let found = WouldRefuse::of(&before, &after, &summed(&calls));
        prop_assert_eq!(found.calls, refused.len() as u64);
        let networks: BTreeSet<_> = refused.iter().map(|call| Some(call.address)).collect();
        prop_assert_eq!(&found.networks, &networks);
        prop_assert_eq!(found.last.map(|(at, _)| at), refused.iter().map(|call| at(call.second)).max());
        prop_assert_eq!(found.unknown, 0);
        let all = Rehearsal::of([&found, &WouldRefuse::default()]);
        prop_assert_eq!((all.calls, all.networks), (found.calls, networks.len() as u64));
        prop_assert_eq!(all.operations.iter().map(|(_, calls)| calls).sum::<u64>(), found.calls);
    }
}

#[test]
fn calls_of_untold_addresses_are_unknown_to_new_ranges() {
    let scopes = Scopes::from_iter([Scope::GET_COMPANY_INFORMATION]);
    let before = Standing { caller: Some(caller(scopes, TokenState::Enabled, true)), addresses: Vec::new() };
    let operation = Scope::GET_COMPANY_INFORMATION.id().to_owned();
    let untold = PassedCalls { operation, version: 3, address: None, calls: 7, last_at: at(1) };
    let allowed_addresses = vec!["192.0.2.0/24".parse().unwrap()];
    let policy = AccountChange::Policy { token_lifetime: None, allowed_addresses };
    let narrowed = WouldRefuse::of(&before, &before.after_all(&policy, at(0), |_| None), [&untold]);
    assert_eq!((narrowed.calls, narrowed.unknown), (0, 7));
    let reset = WouldRefuse::of(&before, &before.after(TokenChange::Reset), [&untold]);
    assert_eq!((reset.calls, reset.unknown), (7, 0));
    let all = Rehearsal::of([&reset]);
    assert_eq!((all.networks, all.more_networks), (0, true));
}

#[test]
fn upgrade_refuses_nothing_and_counts_newer_versions() {
    let scopes = Scopes::from_iter([Scope::GET_COMPANY_INFORMATION]);
    let before = Standing { caller: Some(caller(scopes, TokenState::Enabled, true)), addresses: Vec::new() };
    let calls = |operation: &str, version, calls| PassedCalls {
        operation: operation.to_owned(),
        version,
        address: Some(IpAddr::from([192, 0, 2, 1])),
        calls,
        last_at: at(1),
    };
    let passed = [calls("getJob", 2, 3), calls("getCompanyInformation", 3, 4), calls("getCompanyInformation", 0, 5)];
    let upgraded = WouldRefuse::of(&before, &before.after(TokenChange::UpgradeVersion), &passed);
    assert_eq!(upgraded, WouldRefuse::default());
    let uses: Vec<_> = by_version(&passed).into_iter().map(|of| (of.operation, of.calls, of.newest)).collect();
    assert_eq!(uses, [("getCompanyInformation".to_owned(), 9, 4), ("getJob".to_owned(), 3, 0)]);
}

#[test]
fn statuses_of_refused_calls_are_known() {
    assert_eq!([200, 401, 403, 404, 429, 503].map(was_refused), [false, true, true, false, true, false]);
}

fn token(scopes: Scopes, ends_at: Option<DateTime<Utc>>) -> Token {
    let contact = Person { id: UserId(Uuid::nil()), name: String::new(), email: String::new() };
    Token {
        id: TokenId(Uuid::nil()),
        sid: AccountSid::try_from(SID.to_owned()).unwrap(),
        settings: TokenSettings {
            name: "Export".to_owned(),
            description: String::new(),
            api_version: ApiVersion::try_from(2).unwrap(),
            primary_contact: contact.id,
            developers: Vec::new(),
            scopes,
            expires_at: ends_at,
        },
        primary_contact: contact,
        state: TokenState::Enabled,
        created_at: at(0),
        last_used_at: None,
        last_failed_at: None,
        ends_at,
        viewable: false,
        values: TokenValues::default(),
        upgraded_from: None,
        revision: 1,
    }
}

#[test]
fn update_is_rehearsed_if_it_can_change_answers() {
    let all: Scopes = Scope::all().take(3).collect();
    let fewer: Scopes = Scope::all().take(2).collect();
    let (open, ending) = (token(all, None), token(all, Some(at(9))));
    let same = open.settings.clone();
    assert_eq!(TokenChange::update(&open, &same), None);
    assert_eq!(TokenChange::update(&token(fewer, None), &same), None, "more scopes refuse nothing");
    let update = |scopes, ends_earlier, upgrades| Some(TokenChange::Update { scopes, ends_earlier, upgrades });
    let narrowed = TokenSettings { scopes: fewer, ..same.clone() };
    assert_eq!(TokenChange::update(&open, &narrowed), update(fewer, false, false));
    let until = |second| TokenSettings { expires_at: Some(at(second)), ..same.clone() };
    assert_eq!(TokenChange::update(&open, &until(9)), update(all, true, false));
    assert_eq!(TokenChange::update(&ending, &until(8)), update(all, true, false));
    assert_eq!([9, 10].map(|second| TokenChange::update(&ending, &until(second))), [None, None]);
    assert_eq!(TokenChange::update(&ending, &same), None, "it never expires any more");
    let newest = TokenSettings { api_version: ApiVersion::NEWEST, ..same };
    assert_eq!(TokenChange::update(&open, &newest), update(all, false, true));
    assert!(TokenChange::update(&open, &newest).unwrap().upgrades());
}
