//! The security policy takes effect at once, for all access tokens of its account and for no others.

use crate::soft_passkey::{SoftPasskey, party};
use crate::test_store::{HERE, TestStore};
use chrono::TimeDelta;
use domain::Refusal;
use domain::account::security_policy::{Consequences, SecurityPolicy, SecurityPolicyForm};
use domain::gate::access::Caller;
use domain::tokens::token::TokenSettings;
use rand::rng;
use serde_json::json;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use store::{Error, IssuedToken, SealingKeys, Store};
use uuid::Uuid;

fn policy(lifetime: &str, addresses: &str, viewable: bool) -> SecurityPolicy {
    let form = SecurityPolicyForm {
        token_lifetime: lifetime.to_owned(),
        longest_overlap: String::new(),
        allowed_addresses: addresses.to_owned(),
        tokens_viewable: viewable,
        second_factor_required: false,
    };
    form.validate().unwrap()
}

/// Puts the policy in force, whichever one is in force now.
async fn demand(test: &TestStore, policy: &SecurityPolicy) {
    let (_, revision) = test.store.account().security_policy(test.aya.account).await.unwrap();
    test.store.account().update_security_policy(&test.aya, policy, revision).await.unwrap();
}

async fn issue_for(test: &TestStore, name: &str, days: i64) -> IssuedToken {
    let expires_at = Some(test.clock.now() + TimeDelta::days(days));
    let settings = TokenSettings { expires_at, ..test.settings(name) };
    test.store.tokens().create(&test.aya, settings, Uuid::now_v7()).await.unwrap()
}

async fn caller(store: &Store, issued: &IssuedToken) -> Caller {
    let first = store.gate().authenticate(&issued.token.sid, &issued.secret).await.unwrap().unwrap();
    let again = store.gate().authenticate(&issued.token.sid, &issued.secret).await.unwrap().unwrap();
    assert_eq!(first, again, "from the database and from memory");
    again
}

/// Gives the store sealing keys, and returns them to read and to change.
fn keys_of(store: &Store) -> Arc<Mutex<SealingKeys>> {
    let keys = Arc::new(Mutex::new(SealingKeys::generate(&mut rng())));
    let source = Arc::clone(&keys);
    store.keys().seal_with(move || Ok(source.lock().unwrap().clone()));
    keys
}

#[tokio::test]
async fn default_policy_restricts_nothing() {
    let test = TestStore::new().await;
    let (in_force, revision) = test.store.account().security_policy(test.aya.account).await.unwrap();
    assert_eq!((in_force, revision), (SecurityPolicy::default(), 1));
    let issued = test.issue("Export").await;
    test.later(TimeDelta::days(20_000));
    let caller = caller(&test.store.asked_from("203.0.113.9".parse().unwrap()), &issued).await;
    assert_eq!((caller.expired, caller.ends_at, caller.address_allowed), (false, None, true));
}

#[tokio::test]
async fn policy_change_is_recorded_with_values_before_and_after() {
    let test = TestStore::new().await;
    let demanded = policy("90", "192.0.2.0/24\n2001:db8::/32", false);
    let revision = test.store.account().update_security_policy(&test.aya, &demanded, 1).await.unwrap();
    assert_eq!(test.store.account().security_policy(test.aya.account).await.unwrap(), (demanded.clone(), revision));
    assert_eq!(test.store.account().update_security_policy(&test.aya, &demanded, revision).await.unwrap(), revision);
    let events = test.events().await;
    let (action, details) = events.last().unwrap();
    assert_eq!((action.as_str(), events.len()), ("security_policy_updated", 3), "the same again is no change");
    assert_eq!(details["before"]["token_lifetime"], json!(null));
    assert_eq!(details["after"]["token_lifetime"], json!(90));
    assert_eq!(details["after"]["allowed_addresses"], json!(["192.0.2.0/24", "2001:db8::/32"]));
    let other = test.stranger().await;
    assert_eq!(test.store.account().security_policy(other.account).await.unwrap().0, SecurityPolicy::default());
}

#[tokio::test]
async fn rules_and_second_factor_change_together_or_not_at_all() {
    let test = TestStore::new().await;
    let account = test.store.account();
    let all = SecurityPolicy { second_factor_required: true, ..policy("90", "192.0.2.0/24", false) };
    let consequences = account.policy_consequences(test.aya.account, &all).await.unwrap();
    assert_eq!(consequences, Consequences { second_factor: Some(true), ..Consequences::default() });
    let before = test.actions().await;
    let refused = account.update_security_policy(&test.aya, &all, 1).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::SecondFactorNeeded))), "Aya has none");
    assert_eq!(account.security_policy(test.aya.account).await.unwrap(), (SecurityPolicy::default(), 1));
    assert_eq!(test.actions().await, before);

    let challenge = test.store.sign_in().begin_passkey(&test.aya, &party(), HERE).await.unwrap();
    test.store.sign_in().add_passkey(&test.aya, &SoftPasskey::create(&challenge).1, "Laptop").await.unwrap();
    let before = test.actions().await.len();
    let revision = account.update_security_policy(&test.aya, &all, 1).await.unwrap();
    assert_eq!(account.security_policy(test.aya.account).await.unwrap(), (all.clone(), revision));
    assert_eq!(test.actions().await[before..], ["second_factor_required", "security_policy_updated"]);

    let optional = SecurityPolicy { second_factor_required: false, ..all };
    let stale = account.update_security_policy(&test.aya, &optional, 1).await;
    assert!(matches!(stale, Err(Error::Refused(Refusal::Conflict))));
    account.update_security_policy(&test.aya, &optional, revision).await.unwrap();
    assert_eq!(test.actions().await[before + 2..], ["second_factor_not_required"], "the rules are as they were");
}

#[tokio::test]
async fn policy_changed_by_another_user_is_not_overwritten() {
    let test = TestStore::new().await;
    let (mine, theirs) = (policy("30", "", false), policy("90", "", false));
    test.store.account().update_security_policy(&test.aya, &theirs, 1).await.unwrap();
    let refused = test.store.account().update_security_policy(&test.aya, &mine, 1).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::Conflict))));
    assert_eq!(test.store.account().security_policy(test.aya.account).await.unwrap().0, theirs);
}

#[tokio::test]
async fn an_auth_token_expires_by_the_clock_alone_cached_or_not() {
    let test = TestStore::new().await;
    let issued = issue_for(&test, "Export", 30).await;
    let before = caller(&test.store, &issued).await;
    assert_eq!((before.expired, before.ends_at), (false, issued.token.settings.expires_at));
    assert_eq!(issued.token.ends_at, before.ends_at);
    test.later(TimeDelta::days(30) - TimeDelta::microseconds(1));
    assert!(!caller(&test.store, &issued).await.expired);
    test.later(TimeDelta::microseconds(1));
    assert!(caller(&test.store, &issued).await.expired);
    assert!(caller(&test.reopened().await, &issued).await.expired);
}

#[tokio::test]
async fn lifetime_change_takes_effect_at_once_in_both_directions() {
    let test = TestStore::new().await;
    let old = test.issue("Old").await;
    test.later(TimeDelta::days(40));
    let young = test.issue("Young").await;
    let passing = async || [!caller(&test.store, &old).await.expired, !caller(&test.store, &young).await.expired];
    assert_eq!(passing().await, [true, true]);
    let strict = policy("30", "", false);
    let consequences = test.store.account().policy_consequences(test.aya.account, &strict).await.unwrap();
    assert_eq!(consequences, Consequences { expiring: 1, ..Consequences::default() });
    demand(&test, &strict).await;
    assert_eq!(passing().await, [false, true]);
    assert_eq!(test.token(&old.token).await.ends_at, Some(old.token.created_at + TimeDelta::days(30)));
    let again = test.store.account().policy_consequences(test.aya.account, &policy("20", "", false)).await.unwrap();
    assert_eq!(again.expiring, 0, "what has expired already does not expire again");
    demand(&test, &policy("60", "", false)).await;
    assert_eq!(passing().await, [true, true]);
}

#[tokio::test]
async fn a_reset_and_a_duplicate_begin_a_term_of_the_same_length() {
    let test = TestStore::new().await;
    let issued = issue_for(&test, "Export", 30).await;
    test.later(TimeDelta::days(31));
    let copy = test.store.tokens().duplicate(&test.aya, issued.token.id, Uuid::now_v7()).await.unwrap();
    let new_end = test.clock.now() + TimeDelta::days(30);
    let end = Some(new_end);
    assert_eq!((copy.token.settings.expires_at, copy.token.ends_at), (end, end));
    assert!(!caller(&test.store, &copy).await.expired);
    assert!(caller(&test.store, &issued).await.expired);
    let reset = test.store.tokens().reset(&test.aya, issued.token.id, issued.token.revision).await.unwrap();
    assert_eq!(reset.token.ends_at, end);
    assert!(!caller(&test.store, &reset).await.expired);
    test.store.tokens().upgrade_version(&test.aya, issued.token.id).await.unwrap();
    assert_eq!(test.token(&issued.token).await.ends_at, end, "an upgrade is no new Auth Token");
    let (_, details) = test.events().await.into_iter().find(|(action, _)| action == "token_reset").unwrap();
    assert_eq!(details["after"]["expires_at"], json!(new_end.to_rfc3339()));
}

#[tokio::test]
async fn reset_restarts_the_longest_lifetime() {
    let test = TestStore::new().await;
    demand(&test, &policy("30", "", false)).await;
    let issued = test.issue("Export").await;
    test.later(TimeDelta::days(30));
    assert!(caller(&test.store, &issued).await.expired);
    let reset = test.store.tokens().reset(&test.aya, issued.token.id, issued.token.revision).await.unwrap();
    assert!(!caller(&test.store, &reset).await.expired);
    assert_eq!(reset.token.ends_at, Some(test.clock.now() + TimeDelta::days(30)));
}

#[tokio::test]
async fn calls_are_limited_to_allowed_addresses_if_there_are_any() {
    let test = TestStore::new().await;
    let issued = test.issue("Export").await;
    let [inside, mapped, outside]: [IpAddr; 3] =
        ["192.0.2.7", "::ffff:192.0.2.7", "198.51.100.7"].map(|address| address.parse().unwrap());
    let allowed = async || {
        let mut allowed = Vec::new();
        for address in [inside, mapped, outside] {
            allowed.push(caller(&test.store.asked_from(address), &issued).await.address_allowed);
        }
        allowed
    };
    assert_eq!(allowed().await, [true, true, true]);
    demand(&test, &policy("", "192.0.2.0/24", false)).await;
    assert_eq!(allowed().await, [true, true, false]);
    assert!(caller(&test.store, &issued).await.address_allowed, "from nowhere");
    demand(&test, &policy("", "198.51.100.7", false)).await;
    assert_eq!(allowed().await, [false, false, true]);
    demand(&test, &policy("", "", false)).await;
    assert_eq!(allowed().await, [true, true, true]);
}

#[tokio::test]
async fn auth_tokens_are_kept_only_once_viewing_is_on() {
    let test = TestStore::new().await;
    keys_of(&test.store);
    let (store, by) = (&test.store, &test.aya);
    let before = test.issue("Before").await;
    demand(&test, &policy("", "", true)).await;
    let after = test.issue("After").await;
    assert_eq!((test.token(&before.token).await.viewable, after.token.viewable), (false, true));
    assert!(matches!(store.tokens().view_secret(by, before.token.id).await, Err(Error::Refused(Refusal::NotViewable))));
    let viewed = store.tokens().view_secret(by, after.token.id).await.unwrap();
    assert_eq!(viewed.secret.reveal(), after.secret.reveal());
    let copy = store.tokens().duplicate(by, before.token.id, Uuid::now_v7()).await.unwrap();
    assert_eq!(store.tokens().view_secret(by, copy.token.id).await.unwrap().secret.reveal(), copy.secret.reveal());
    let reset = store.tokens().reset(by, before.token.id, before.token.revision).await.unwrap();
    assert_eq!(store.tokens().view_secret(by, before.token.id).await.unwrap().secret.reveal(), reset.secret.reveal());

    let events = test.events().await;
    let views = events.iter().filter(|(action, _)| action == "token_viewed").count();
    assert_eq!(views, 3);
    let secrets = [&after.secret, &copy.secret, &reset.secret].map(|secret| secret.reveal().to_owned());
    let told = serde_json::to_string(&events).unwrap();
    assert!(!secrets.iter().any(|secret| told.contains(secret)));
    assert!(test.holds(after.token.sid.as_str()).await, "the search finds what is there");
    for secret in secrets {
        assert!(!test.holds(&secret).await);
    }
}

#[tokio::test]
async fn auth_token_of_another_account_or_deleted_is_not_viewable() {
    let test = TestStore::new().await;
    keys_of(&test.store);
    demand(&test, &policy("", "", true)).await;
    let issued = test.issue("Export").await;
    let stranger = test.stranger().await;
    assert!(matches!(
        test.store.tokens().view_secret(&stranger, issued.token.id).await,
        Err(Error::Refused(Refusal::NotFound))
    ));
    test.store.tokens().delete(&test.aya, issued.token.id).await.unwrap();
    assert!(matches!(
        test.store.tokens().view_secret(&test.aya, issued.token.id).await,
        Err(Error::Refused(Refusal::NotFound))
    ));
}

#[tokio::test]
async fn switching_viewing_off_deletes_kept_auth_tokens_for_good() {
    let test = TestStore::new().await;
    keys_of(&test.store);
    demand(&test, &policy("", "", true)).await;
    let issued = test.issue("Export").await;
    let off = policy("", "", false);
    let consequences = test.store.account().policy_consequences(test.aya.account, &off).await.unwrap();
    assert_eq!(consequences, Consequences { forgotten: 1, ..Consequences::default() });
    demand(&test, &off).await;
    assert_eq!(test.events().await.last().unwrap().1["forgotten"], json!(1));
    demand(&test, &policy("", "", true)).await;
    assert!(matches!(
        test.store.tokens().view_secret(&test.aya, issued.token.id).await,
        Err(Error::Refused(Refusal::NotViewable))
    ));
    assert!(!caller(&test.store, &issued).await.expired, "the token itself goes on passing");
}

#[tokio::test]
async fn without_sealing_keys_viewing_can_not_be_switched_on() {
    let test = TestStore::new().await;
    let refused = test.store.account().update_security_policy(&test.aya, &policy("", "", true), 1).await;
    assert!(matches!(refused, Err(Error::SealingKeys(_))));
    assert_eq!(test.store.account().security_policy(test.aya.account).await.unwrap().0, SecurityPolicy::default());
}

#[tokio::test]
async fn resealing_with_a_new_key_makes_the_old_one_unneeded() {
    let test = TestStore::new().await;
    let keys = keys_of(&test.store);
    demand(&test, &policy("", "", true)).await;
    let first = test.issue("First").await;
    let with_new = keys.lock().unwrap().with_new(&mut rng());
    *keys.lock().unwrap() = with_new;
    let second = test.issue("Second").await;
    let readable = async || {
        for issued in [&first, &second] {
            let viewed = test.store.tokens().view_secret(&test.aya, issued.token.id).await.unwrap();
            assert_eq!(viewed.secret.reveal(), issued.secret.reveal());
        }
    };
    readable().await;
    assert_eq!(test.store.keys().seal_anew().await.unwrap(), 1);
    assert_eq!(test.store.keys().seal_anew().await.unwrap(), 0, "done is done");
    let alone = keys.lock().unwrap().current_alone();
    *keys.lock().unwrap() = alone;
    readable().await;
}

#[tokio::test]
async fn lost_sealing_key_is_an_error_and_leaves_the_data_unchanged() {
    let test = TestStore::new().await;
    let keys = keys_of(&test.store);
    demand(&test, &policy("", "", true)).await;
    let issued = test.issue("Export").await;
    let lost = keys.lock().unwrap().clone();
    let other = lost.with_new(&mut rng()).current_alone();
    *keys.lock().unwrap() = other;
    assert!(matches!(
        test.store.tokens().view_secret(&test.aya, issued.token.id).await,
        Err(Error::Refused(Refusal::NotViewable))
    ));
    assert!(matches!(test.store.keys().seal_anew().await, Err(Error::SealingKeys(_))));
    *keys.lock().unwrap() = lost;
    let viewed = test.store.tokens().view_secret(&test.aya, issued.token.id).await.unwrap();
    assert_eq!(viewed.secret.reveal(), issued.secret.reveal());
}
