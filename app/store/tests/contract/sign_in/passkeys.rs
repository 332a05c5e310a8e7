//! Passkeys: adding them, using them in all three ways, and refusing those that are not right.

use crate::house::{HERE, House, PASSWORD, new_user};
use crate::soft_passkey::{SoftPasskey, party};
use chrono::TimeDelta;
use domain::members::role::Role;
use domain::members::user::Asker;
use domain::sign_in::second_factor::{CHALLENGE_WITHIN, PASSKEYS_MAX};
use std::net::{IpAddr, Ipv4Addr};
use store::{Challenge, Error, PasskeyAnswer, PendingSignIn, SessionToken};
use totp_rs::{Builder, Secret};

async fn begin(house: &House, by: &Asker) -> Challenge {
    house.store.begin_passkey(by, &party(), HERE).await.unwrap()
}

async fn ask(house: &House) -> Challenge {
    house.store.ask_for_passkey(&party(), HERE).await.unwrap()
}

/// Adds a passkey for the user and returns it with the recovery codes that came with it.
async fn add(house: &House, by: &Asker, name: &str) -> (SoftPasskey, Vec<String>) {
    let (passkey, answer) = SoftPasskey::create(&begin(house, by).await);
    let codes = house.store.add_passkey(by, &answer, name).await.unwrap();
    (passkey, codes.map(|codes| codes.0.iter().map(|code| code.to_string()).collect()).unwrap_or_default())
}

async fn sign_in(house: &House, answer: &PasskeyAnswer) -> Result<SessionToken, Error> {
    house.store.sign_in_with_passkey(answer, HERE).await
}

async fn password_given(house: &House) -> PendingSignIn {
    match house.store.sign_in(&house.aya.user.email, PASSWORD, HERE).await {
        Err(Error::SecondStepNeeded(pending)) => pending,
        other => panic!("no second step: {other:?}"),
    }
}

#[track_caller]
fn is_wrong<T: std::fmt::Debug>(result: Result<T, Error>, why: &str) {
    assert!(matches!(result, Err(Error::WrongPasskey)), "{why}: {result:?}");
}

#[tokio::test]
async fn passkey_signs_in_without_a_password_and_counts_as_recent() {
    let house = House::new().await;
    let (mut passkey, codes) = add(&house, &house.aya, "Laptop").await;
    assert_eq!(codes.len(), 10, "it is the first second factor");
    house.later(TimeDelta::hours(1));
    let session = sign_in(&house, &passkey.get(&ask(&house).await)).await.unwrap();
    assert_eq!(house.store.session(&session).await.unwrap().as_ref(), Some(&house.aya));
    house.store.require_recent_password(&session).await.unwrap();
    let factors = house.store.second_factors(&house.aya).await.unwrap();
    let known = &factors.passkeys[0];
    assert_eq!((known.name.as_str(), factors.passkeys.len()), ("Laptop", 1));
    assert_eq!(
        (known.created_at, known.last_used_at),
        (house.clock.now() - TimeDelta::hours(1), Some(house.clock.now()))
    );
    let events = house.events().await;
    let (action, details) = events.last().unwrap();
    assert_eq!((action.as_str(), &details["passkey"]), ("signed_in", &"Laptop".into()));
    assert!(events.iter().any(|(action, details)| action == "passkey_added" && details["name"] == "Laptop"));
}

#[tokio::test]
async fn password_needs_the_passkey_too_once_there_is_one() {
    let house = House::new().await;
    let (mut passkey, codes) = add(&house, &house.aya, "Laptop").await;
    let pending = password_given(&house).await;
    let by = house.store.pending_sign_in(&pending).await.unwrap();
    assert_eq!((by.authenticator, by.passkey), (false, true));
    let answer = passkey.get(&ask(&house).await);
    let session = house.store.second_step_with_passkey(&pending, &answer, HERE).await.unwrap();
    assert_eq!(house.store.session(&session).await.unwrap().as_ref(), Some(&house.aya));
    let again = house.store.second_step_with_passkey(&pending, &passkey.get(&ask(&house).await), HERE).await;
    assert!(matches!(again, Err(Error::SignInOver)), "the first step counts once: {again:?}");
    let pending = password_given(&house).await;
    house.store.second_step(&pending, &codes[0], HERE).await.unwrap();
}

#[tokio::test]
async fn anothers_passkey_is_no_second_step_and_no_password() {
    let house = House::new().await;
    add(&house, &house.aya, "Laptop").await;
    let otto = house.stranger().await;
    let (mut ottos, _) = add(&house, &otto, "Phone").await;
    let pending = password_given(&house).await;
    let answer = ottos.get(&ask(&house).await);
    is_wrong(house.store.second_step_with_passkey(&pending, &answer, HERE).await, "another's");
    assert_eq!(house.actions().await.last().unwrap(), "second_step_failed");
    let session = house.store.sign_in(&house.aya.user.email, PASSWORD, HERE).await;
    assert!(session.is_err());

    let session = sign_in(&house, &ottos.get(&ask(&house).await)).await.unwrap();
    let given = house.store.give_passkey_again(&house.aya, &session, &ottos.get(&ask(&house).await)).await;
    is_wrong(given, "another's session");
}

#[tokio::test]
async fn wrong_passkeys_are_throttled_apart_from_codes() {
    let house = House::new().await;
    let (mut passkey, codes) = add(&house, &house.aya, "Laptop").await;
    let pending = password_given(&house).await;
    let mut forged = passkey.forged();
    for _ in 0..5 {
        let answer = forged.get(&ask(&house).await);
        is_wrong(house.store.second_step_with_passkey(&pending, &answer, HERE).await, "forged");
    }
    let answer = passkey.get(&ask(&house).await);
    let refused = house.store.second_step_with_passkey(&pending, &answer, HERE).await;
    assert!(matches!(refused, Err(Error::Throttled { .. })), "{refused:?}");
    let failed = house.actions().await.iter().filter(|action| *action == "second_step_failed").count();
    assert_eq!(failed, 5, "what is slowed down is not written down");
    house.store.second_step(&pending, &codes[0], HERE).await.unwrap();
}

#[tokio::test]
async fn unconfirmed_authenticator_is_no_second_step_beside_a_passkey() {
    let house = House::new().await;
    add(&house, &house.aya, "Laptop").await;
    let new = house.store.begin_authenticator(&house.aya).await.unwrap();
    let app = Builder::new().with_secret(Secret::try_from_base32(new.secret.as_str()).unwrap()).build().unwrap();
    let code = app.generate(house.clock.now().timestamp().try_into().unwrap()).to_string();
    let refused = house.store.second_step(&password_given(&house).await, &code, HERE).await;
    assert!(matches!(refused, Err(Error::WrongCode)), "{refused:?}");
}

#[tokio::test]
async fn switching_off_removes_the_authenticator_not_the_passkey() {
    let house = House::new().await;
    let new = house.store.begin_authenticator(&house.aya).await.unwrap();
    let app = Builder::new().with_secret(Secret::try_from_base32(new.secret.as_str()).unwrap()).build().unwrap();
    let code = app.generate(house.clock.now().timestamp().try_into().unwrap()).to_string();
    house.store.confirm_authenticator(&house.aya, &code, HERE).await.unwrap();
    add(&house, &house.aya, "Laptop").await;
    house.store.switch_second_factor_off(&house.aya).await.unwrap();
    assert_eq!(house.actions().await.last().unwrap(), "authenticator_removed");
    password_given(&house).await;
    assert_eq!(house.store.second_factors(&house.aya).await.unwrap().recovery_codes, 10);
}

#[tokio::test]
async fn a_passkey_stands_in_for_the_password_in_between() {
    let house = House::new().await;
    let (mut passkey, _) = add(&house, &house.aya, "Laptop").await;
    let session = sign_in(&house, &passkey.get(&ask(&house).await)).await.unwrap();
    house.later(TimeDelta::minutes(20));
    assert!(matches!(house.store.require_recent_password(&session).await, Err(Error::StepUpNeeded)));
    let challenge = house.store.ask_for_own_passkey(&house.aya, &party(), HERE).await.unwrap().unwrap();
    let new = house.store.give_passkey_again(&house.aya, &session, &passkey.get(&challenge)).await.unwrap();
    house.store.require_recent_password(&new).await.unwrap();
    assert_eq!(house.store.session(&session).await.unwrap(), None, "the old token is over");
    let otto = house.stranger().await;
    let none = house.store.ask_for_own_passkey(&otto, &party(), HERE).await.unwrap();
    assert!(none.is_none(), "who has no passkey is not asked for one");
}

#[tokio::test]
async fn challenge_is_answered_once_in_time_by_its_own_user() {
    let house = House::new().await;
    let (mut passkey, _) = add(&house, &house.aya, "Laptop").await;
    let answer = passkey.get(&ask(&house).await);
    sign_in(&house, &answer).await.unwrap();
    is_wrong(sign_in(&house, &answer).await, "replayed");

    let challenge = ask(&house).await;
    house.later(CHALLENGE_WITHIN);
    is_wrong(sign_in(&house, &passkey.get(&challenge)).await, "too late");

    let (one, other) = (ask(&house).await, ask(&house).await);
    let mut mixed = passkey.get(&one);
    mixed.token = other.token;
    is_wrong(sign_in(&house, &mixed).await, "an answer to another challenge");

    let otto = house.stranger().await;
    let (_, answer) = SoftPasskey::create(&begin(&house, &otto).await);
    is_wrong(house.store.add_passkey(&house.aya, &answer, "Otto's").await, "a challenge of another user's");
    let challenge = begin(&house, &house.aya).await;
    is_wrong(sign_in(&house, &passkey.get(&challenge)).await, "a challenge to add one");

    house.later(CHALLENGE_WITHIN);
    ask(&house).await;
    let over = house.store.remove_ended_sessions().await.unwrap();
    assert_eq!(over, 2, "that which came too late, and that whose answer went elsewhere");
}

#[tokio::test]
async fn answer_that_is_not_of_a_known_passkey_is_refused() {
    let house = House::new().await;
    let (mut passkey, _) = add(&house, &house.aya, "Laptop").await;

    let mut elsewhere = passkey.clone();
    elsewhere.origin = "https://keys.example.evil.example";
    is_wrong(sign_in(&house, &elsewhere.get(&ask(&house).await)).await, "signed for another site");
    let mut unverified = passkey.clone();
    unverified.verified = false;
    is_wrong(sign_in(&house, &unverified.get(&ask(&house).await)).await, "without PIN or biometrics");
    let (mut unknown, _) = SoftPasskey::create(&begin(&house, &house.aya).await);
    is_wrong(sign_in(&house, &unknown.get(&ask(&house).await)).await, "never added");

    for json in ["", "{}", "null", "[", "\"x\"", &"[".repeat(100_000)] {
        let answer = PasskeyAnswer { json: json.to_owned(), ..passkey.get(&ask(&house).await) };
        is_wrong(sign_in(&house, &answer).await, json);
        let answer = PasskeyAnswer { token: begin(&house, &house.aya).await.token, ..answer };
        is_wrong(house.store.add_passkey(&house.aya, &answer, "X").await, json);
    }
    is_wrong(sign_in(&house, &passkey.forged().get(&ask(&house).await)).await, "signed with another key");

    let mut copy = passkey.clone();
    for _ in 0..2 {
        sign_in(&house, &passkey.get(&ask(&house).await)).await.unwrap();
    }
    is_wrong(sign_in(&house, &copy.get(&ask(&house).await)).await, "a copy of the device, whose counter lags behind");
}

#[tokio::test]
async fn the_same_passkey_is_not_added_twice() {
    let house = House::new().await;
    let (passkey, _) = add(&house, &house.aya, "Laptop").await;
    let challenge = begin(&house, &house.aya).await;
    let options: serde_json::Value = serde_json::from_str(&challenge.options).unwrap();
    assert_eq!(options["excludeCredentials"].as_array().unwrap().len(), 1, "the browser is told of those known");
    is_wrong(house.store.add_passkey(&house.aya, &passkey.registered(&challenge), "Again").await, "known");
    assert_eq!(house.store.second_factors(&house.aya).await.unwrap().passkeys.len(), 1);
}

#[tokio::test]
async fn recovery_codes_go_with_the_last_second_factor_only() {
    let house = House::new().await;
    let (_, codes) = add(&house, &house.aya, "Laptop").await;
    assert_eq!(codes.len(), 10);
    let (_, codes) = add(&house, &house.aya, "Phone").await;
    assert_eq!(codes.len(), 0, "those that there are still count");
    let passkeys = house.store.second_factors(&house.aya).await.unwrap().passkeys;
    house.store.remove_passkey(&house.aya, passkeys[0].id).await.unwrap();
    assert_eq!(house.store.second_factors(&house.aya).await.unwrap().recovery_codes, 10);
    house.store.remove_passkey(&house.aya, passkeys[1].id).await.unwrap();
    assert_eq!(house.store.second_factors(&house.aya).await.unwrap().recovery_codes, 0);
    house.store.sign_in(&house.aya.user.email, PASSWORD, HERE).await.unwrap();
    assert_eq!(house.actions().await.iter().filter(|action| *action == "passkey_removed").count(), 2);
}

#[tokio::test]
async fn removed_passkey_opens_nothing_and_only_its_user_removes_it() {
    let house = House::new().await;
    let (mut passkey, _) = add(&house, &house.aya, "Laptop").await;
    let id = house.store.second_factors(&house.aya).await.unwrap().passkeys[0].id;
    let otto = house.stranger().await;
    let refused = house.store.remove_passkey(&otto, id).await;
    assert!(matches!(refused, Err(Error::NotFound)), "{refused:?}");
    house.store.remove_passkey(&house.aya, id).await.unwrap();
    assert!(matches!(house.store.remove_passkey(&house.aya, id).await, Err(Error::NotFound)));
    is_wrong(sign_in(&house, &passkey.get(&ask(&house).await)).await, "removed");
}

#[tokio::test]
async fn a_passkey_is_the_second_factor_that_an_account_requires() {
    let house = House::new().await;
    let mio = new_user("Mio", Role::Analyst);
    house.store.add_user(house.aya.account, mio).await.unwrap();
    add(&house, &house.aya, "Laptop").await;
    house.store.require_second_factor(&house.aya, true).await.unwrap();
    let session = house.store.sign_in("Mio@agency.example", PASSWORD, HERE).await.unwrap();
    let known = house.store.known_session(&session).await.unwrap().unwrap();
    assert!(known.second_factor_missing);
    add(&house, &known.asker, "Phone").await;
    assert!(!house.store.known_session(&session).await.unwrap().unwrap().second_factor_missing);
}

#[tokio::test]
async fn the_passkey_of_a_deactivated_user_opens_nothing() {
    let house = House::new().await;
    let mio = new_user("Mio", Role::Analyst);
    house.store.add_user(house.aya.account, mio).await.unwrap();
    let session = house.store.sign_in("Mio@agency.example", PASSWORD, HERE).await.unwrap();
    let mio = house.store.session(&session).await.unwrap().unwrap();
    let (mut passkey, _) = add(&house, &mio, "Phone").await;
    house.store.deactivate_user(&house.aya, mio.user.id).await.unwrap();
    is_wrong(sign_in(&house, &passkey.get(&ask(&house).await)).await, "active nowhere");
}

#[tokio::test]
async fn operator_reset_lets_a_user_without_passkeys_sign_in() {
    let house = House::new().await;
    let (mut passkey, _) = add(&house, &house.aya, "Laptop").await;
    assert!(house.store.reset_second_factor(&house.aya.user.email).await.unwrap());
    house.store.sign_in(&house.aya.user.email, PASSWORD, HERE).await.unwrap();
    is_wrong(sign_in(&house, &passkey.get(&ask(&house).await)).await, "removed");
}

#[tokio::test]
async fn passkeys_per_user_are_limited() {
    let house = House::new().await;
    let waiting = begin(&house, &house.aya).await;
    for number in 0..PASSKEYS_MAX {
        add(&house, &house.aya, &format!("Key {number}")).await;
    }
    let refused = house.store.begin_passkey(&house.aya, &party(), HERE).await;
    assert!(matches!(refused, Err(Error::TooManyPasskeys)), "{refused:?}");
    let (_, answer) = SoftPasskey::create(&waiting);
    let refused = house.store.add_passkey(&house.aya, &answer, "One too many").await;
    assert!(matches!(refused, Err(Error::TooManyPasskeys)), "{refused:?}");
}

#[tokio::test]
async fn passkey_challenges_per_network_are_limited() {
    let house = House::new().await;
    for _ in 0..100 {
        ask(&house).await;
    }
    house.later(TimeDelta::minutes(1));
    let refused = house.store.ask_for_passkey(&party(), HERE).await;
    let Err(Error::Throttled { retry_after }) = refused else { panic!("{refused:?}") };
    assert_eq!(retry_after.as_secs(), 4 * 60);
    let elsewhere = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1));
    house.store.ask_for_passkey(&party(), elsewhere).await.unwrap();
    house.later(TimeDelta::minutes(4));
    ask(&house).await;
}

#[tokio::test]
async fn passkey_signs_in_after_its_manager_begins_to_back_it_up() {
    let house = House::new().await;
    let (mut passkey, _) = add(&house, &house.aya, "Vault").await;
    sign_in(&house, &passkey.get(&ask(&house).await)).await.unwrap();
    passkey.backed_up = true;
    let mut forged = passkey.forged();
    is_wrong(sign_in(&house, &forged.get(&ask(&house).await)).await, "another key with the new flags");
    for _ in 0..2 {
        sign_in(&house, &passkey.get(&ask(&house).await)).await.unwrap();
    }
    let pending = password_given(&house).await;
    let answer = passkey.get(&ask(&house).await);
    house.store.second_step_with_passkey(&pending, &answer, HERE).await.unwrap();
}

#[tokio::test]
async fn passkey_is_refused_once_it_claims_not_to_be_backed_up() {
    let house = House::new().await;
    let (mut passkey, _) = add(&house, &house.aya, "Vault").await;
    passkey.backed_up = true;
    sign_in(&house, &passkey.get(&ask(&house).await)).await.unwrap();
    passkey.backed_up = false;
    is_wrong(sign_in(&house, &passkey.get(&ask(&house).await)).await, "it could be backed up before");
    passkey.backed_up = true;
    sign_in(&house, &passkey.get(&ask(&house).await)).await.unwrap();
}

#[tokio::test]
async fn forged_answer_leaves_the_passkey_as_it_was() {
    let house = House::new().await;
    let (mut passkey, _) = add(&house, &house.aya, "Key").await;
    let mut forged = passkey.forged();
    forged.backed_up = true;
    is_wrong(sign_in(&house, &forged.get(&ask(&house).await)).await, "another key");
    sign_in(&house, &passkey.get(&ask(&house).await)).await.unwrap();
}
