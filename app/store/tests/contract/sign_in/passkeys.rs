//! Passkeys: adding them, using them in all three ways, and refusing those that are not right.

use crate::soft_passkey::{SoftPasskey, party};
use crate::test_store::{HERE, PASSWORD, TestStore, new_user};
use chrono::TimeDelta;
use domain::Refusal;
use domain::members::role::Role;
use domain::members::user::CurrentUser;
use domain::sign_in::second_factor::{CHALLENGE_WITHIN, PASSKEYS_MAX};
use std::net::{IpAddr, Ipv4Addr};
use store::{Challenge, Error, PasskeyAnswer, PendingSignIn, SessionToken, SignIn};
use totp_rs::{Builder, Secret};

async fn begin(test: &TestStore, by: &CurrentUser) -> Challenge {
    test.store.sign_in().begin_passkey(by, &party(), HERE).await.unwrap()
}

async fn ask(test: &TestStore) -> Challenge {
    test.store.sign_in().ask_for_passkey(&party(), HERE).await.unwrap()
}

/// Adds a passkey for the user and returns it with the recovery codes that came with it.
async fn add(test: &TestStore, by: &CurrentUser, name: &str) -> (SoftPasskey, Vec<String>) {
    let (passkey, answer) = SoftPasskey::create(&begin(test, by).await);
    let codes = test.store.sign_in().add_passkey(by, &answer, name).await.unwrap();
    (passkey, codes.map(|codes| codes.0.iter().map(|code| code.to_string()).collect()).unwrap_or_default())
}

async fn sign_in(test: &TestStore, answer: &PasskeyAnswer) -> Result<SessionToken, Error> {
    test.store.sign_in().with_passkey(answer, HERE).await
}

async fn password_given(test: &TestStore) -> PendingSignIn {
    match test.store.sign_in().with_password(&test.aya.user.email, PASSWORD, HERE).await {
        Ok(SignIn::SecondStep(pending)) => pending,
        other => panic!("no second step: {other:?}"),
    }
}

#[track_caller]
fn is_wrong<T: std::fmt::Debug>(result: Result<T, Error>, why: &str) {
    assert!(matches!(result, Err(Error::Refused(Refusal::WrongPasskey))), "{why}: {result:?}");
}

#[tokio::test]
async fn passkey_signs_in_without_a_password_and_counts_as_recent() {
    let test = TestStore::new().await;
    let (mut passkey, codes) = add(&test, &test.aya, "Laptop").await;
    assert_eq!(codes.len(), 10, "it is the first second factor");
    test.later(TimeDelta::hours(1));
    let session = sign_in(&test, &passkey.get(&ask(&test).await)).await.unwrap();
    assert_eq!(test.store.sign_in().session(&session).await.unwrap().as_ref(), Some(&test.aya));
    test.store.members().require_recent_password(&session).await.unwrap();
    let factors = test.store.sign_in().second_factors(&test.aya).await.unwrap();
    let known = &factors.passkeys[0];
    assert_eq!((known.name.as_str(), factors.passkeys.len()), ("Laptop", 1));
    assert_eq!(
        (known.created_at, known.last_used_at),
        (test.clock.now() - TimeDelta::hours(1), Some(test.clock.now()))
    );
    let events = test.events().await;
    let (action, details) = events.last().unwrap();
    assert_eq!((action.as_str(), &details["passkey"]), ("signed_in", &"Laptop".into()));
    assert!(events.iter().any(|(action, details)| action == "passkey_added" && details["name"] == "Laptop"));
}

#[tokio::test]
async fn password_needs_the_passkey_too_once_there_is_one() {
    let test = TestStore::new().await;
    let (mut passkey, codes) = add(&test, &test.aya, "Laptop").await;
    let pending = password_given(&test).await;
    let by = test.store.sign_in().pending(&pending).await.unwrap();
    assert_eq!((by.authenticator, by.passkey), (false, true));
    let answer = passkey.get(&ask(&test).await);
    let session = test.store.sign_in().second_step_with_passkey(&pending, &answer, HERE).await.unwrap();
    assert_eq!(test.store.sign_in().session(&session).await.unwrap().as_ref(), Some(&test.aya));
    let again = test.store.sign_in().second_step_with_passkey(&pending, &passkey.get(&ask(&test).await), HERE).await;
    assert!(matches!(again, Err(Error::Refused(Refusal::SignInOver))), "the first step counts once: {again:?}");
    let pending = password_given(&test).await;
    test.store.sign_in().second_step(&pending, &codes[0], HERE).await.unwrap();
}

#[tokio::test]
async fn anothers_passkey_is_no_second_step_and_no_password() {
    let test = TestStore::new().await;
    add(&test, &test.aya, "Laptop").await;
    let otto = test.stranger().await;
    let (mut ottos, _) = add(&test, &otto, "Phone").await;
    let pending = password_given(&test).await;
    let answer = ottos.get(&ask(&test).await);
    is_wrong(test.store.sign_in().second_step_with_passkey(&pending, &answer, HERE).await, "another's");
    assert_eq!(test.actions().await.last().unwrap(), "second_step_failed");
    let session = test.store.sign_in().with_password(&test.aya.user.email, PASSWORD, HERE).await;
    assert!(matches!(session, Ok(SignIn::SecondStep(_))), "no session: {session:?}");

    let session = sign_in(&test, &ottos.get(&ask(&test).await)).await.unwrap();
    let given = test.store.sign_in().give_passkey_again(&test.aya, &session, &ottos.get(&ask(&test).await)).await;
    is_wrong(given, "another's session");
}

#[tokio::test]
async fn wrong_passkeys_are_throttled_apart_from_codes() {
    let test = TestStore::new().await;
    let (mut passkey, codes) = add(&test, &test.aya, "Laptop").await;
    let pending = password_given(&test).await;
    let mut forged = passkey.forged();
    for _ in 0..5 {
        let answer = forged.get(&ask(&test).await);
        is_wrong(test.store.sign_in().second_step_with_passkey(&pending, &answer, HERE).await, "forged");
    }
    let answer = passkey.get(&ask(&test).await);
    let refused = test.store.sign_in().second_step_with_passkey(&pending, &answer, HERE).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::Throttled { .. }))), "{refused:?}");
    let failed = test.actions().await.iter().filter(|action| *action == "second_step_failed").count();
    assert_eq!(failed, 5, "what is slowed down is not written down");
    test.store.sign_in().second_step(&pending, &codes[0], HERE).await.unwrap();
}

#[tokio::test]
async fn unconfirmed_authenticator_is_no_second_step_beside_a_passkey() {
    let test = TestStore::new().await;
    add(&test, &test.aya, "Laptop").await;
    let new = test.store.sign_in().begin_authenticator(&test.aya).await.unwrap();
    let app = Builder::new().with_secret(Secret::try_from_base32(new.secret.as_str()).unwrap()).build().unwrap();
    let code = app.generate(test.clock.now().timestamp().try_into().unwrap()).to_string();
    let refused = test.store.sign_in().second_step(&password_given(&test).await, &code, HERE).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::WrongCode))), "{refused:?}");
}

#[tokio::test]
async fn switching_off_removes_the_authenticator_not_the_passkey() {
    let test = TestStore::new().await;
    let new = test.store.sign_in().begin_authenticator(&test.aya).await.unwrap();
    let app = Builder::new().with_secret(Secret::try_from_base32(new.secret.as_str()).unwrap()).build().unwrap();
    let code = app.generate(test.clock.now().timestamp().try_into().unwrap()).to_string();
    test.store.sign_in().confirm_authenticator(&test.aya, &code, HERE).await.unwrap();
    add(&test, &test.aya, "Laptop").await;
    test.store.sign_in().switch_second_factor_off(&test.aya).await.unwrap();
    assert_eq!(test.actions().await.last().unwrap(), "authenticator_removed");
    password_given(&test).await;
    assert_eq!(test.store.sign_in().second_factors(&test.aya).await.unwrap().recovery_codes, 10);
}

#[tokio::test]
async fn a_passkey_stands_in_for_the_password_in_between() {
    let test = TestStore::new().await;
    let (mut passkey, _) = add(&test, &test.aya, "Laptop").await;
    let session = sign_in(&test, &passkey.get(&ask(&test).await)).await.unwrap();
    test.later(TimeDelta::minutes(20));
    assert!(matches!(
        test.store.members().require_recent_password(&session).await,
        Err(Error::Refused(Refusal::StepUpNeeded))
    ));
    let challenge = test.store.sign_in().ask_for_own_passkey(&test.aya, &party(), HERE).await.unwrap().unwrap();
    let new = test.store.sign_in().give_passkey_again(&test.aya, &session, &passkey.get(&challenge)).await.unwrap();
    test.store.members().require_recent_password(&new).await.unwrap();
    assert_eq!(test.store.sign_in().session(&session).await.unwrap(), None, "the old token is over");
    let otto = test.stranger().await;
    let none = test.store.sign_in().ask_for_own_passkey(&otto, &party(), HERE).await.unwrap();
    assert!(none.is_none(), "who has no passkey is not asked for one");
}

#[tokio::test]
async fn challenge_is_answered_once_in_time_by_its_own_user() {
    let test = TestStore::new().await;
    let (mut passkey, _) = add(&test, &test.aya, "Laptop").await;
    let answer = passkey.get(&ask(&test).await);
    sign_in(&test, &answer).await.unwrap();
    is_wrong(sign_in(&test, &answer).await, "replayed");

    let challenge = ask(&test).await;
    test.later(CHALLENGE_WITHIN);
    is_wrong(sign_in(&test, &passkey.get(&challenge)).await, "too late");

    let (one, other) = (ask(&test).await, ask(&test).await);
    let mut mixed = passkey.get(&one);
    mixed.token = other.token;
    is_wrong(sign_in(&test, &mixed).await, "an answer to another challenge");

    let otto = test.stranger().await;
    let (_, answer) = SoftPasskey::create(&begin(&test, &otto).await);
    is_wrong(test.store.sign_in().add_passkey(&test.aya, &answer, "Otto's").await, "a challenge of another user's");
    let challenge = begin(&test, &test.aya).await;
    is_wrong(sign_in(&test, &passkey.get(&challenge)).await, "a challenge to add one");

    test.later(CHALLENGE_WITHIN);
    ask(&test).await;
    let over = test.store.sign_in().remove_ended_sessions().await.unwrap();
    assert_eq!(over, 2, "that which came too late, and that whose answer went elsewhere");
}

#[tokio::test]
async fn answer_that_is_not_of_a_known_passkey_is_refused() {
    let test = TestStore::new().await;
    let (mut passkey, _) = add(&test, &test.aya, "Laptop").await;

    let mut elsewhere = passkey.clone();
    elsewhere.origin = "https://keys.example.evil.example";
    is_wrong(sign_in(&test, &elsewhere.get(&ask(&test).await)).await, "signed for another site");
    let mut unverified = passkey.clone();
    unverified.verified = false;
    is_wrong(sign_in(&test, &unverified.get(&ask(&test).await)).await, "without PIN or biometrics");
    let (mut unknown, _) = SoftPasskey::create(&begin(&test, &test.aya).await);
    is_wrong(sign_in(&test, &unknown.get(&ask(&test).await)).await, "never added");

    for json in ["", "{}", "null", "[", "\"x\"", &"[".repeat(100_000)] {
        let answer = PasskeyAnswer { json: json.to_owned(), ..passkey.get(&ask(&test).await) };
        is_wrong(sign_in(&test, &answer).await, json);
        let answer = PasskeyAnswer { token: begin(&test, &test.aya).await.token, ..answer };
        is_wrong(test.store.sign_in().add_passkey(&test.aya, &answer, "X").await, json);
    }
    is_wrong(sign_in(&test, &passkey.forged().get(&ask(&test).await)).await, "signed with another key");

    let mut copy = passkey.clone();
    for _ in 0..2 {
        sign_in(&test, &passkey.get(&ask(&test).await)).await.unwrap();
    }
    is_wrong(sign_in(&test, &copy.get(&ask(&test).await)).await, "a copy of the device, whose counter lags behind");
}

#[tokio::test]
async fn the_same_passkey_is_not_added_twice() {
    let test = TestStore::new().await;
    let (passkey, _) = add(&test, &test.aya, "Laptop").await;
    let challenge = begin(&test, &test.aya).await;
    let options: serde_json::Value = serde_json::from_str(&challenge.options).unwrap();
    assert_eq!(options["excludeCredentials"].as_array().unwrap().len(), 1, "the browser is told of those known");
    is_wrong(test.store.sign_in().add_passkey(&test.aya, &passkey.registered(&challenge), "Again").await, "known");
    assert_eq!(test.store.sign_in().second_factors(&test.aya).await.unwrap().passkeys.len(), 1);
}

#[tokio::test]
async fn recovery_codes_go_with_the_last_second_factor_only() {
    let test = TestStore::new().await;
    let (_, codes) = add(&test, &test.aya, "Laptop").await;
    assert_eq!(codes.len(), 10);
    let (_, codes) = add(&test, &test.aya, "Phone").await;
    assert_eq!(codes.len(), 0, "those that there are still count");
    let passkeys = test.store.sign_in().second_factors(&test.aya).await.unwrap().passkeys;
    test.store.sign_in().remove_passkey(&test.aya, passkeys[0].id).await.unwrap();
    assert_eq!(test.store.sign_in().second_factors(&test.aya).await.unwrap().recovery_codes, 10);
    test.store.sign_in().remove_passkey(&test.aya, passkeys[1].id).await.unwrap();
    assert_eq!(test.store.sign_in().second_factors(&test.aya).await.unwrap().recovery_codes, 0);
    test.store.sign_in().with_password(&test.aya.user.email, PASSWORD, HERE).await.unwrap().session().unwrap();
    assert_eq!(test.actions().await.iter().filter(|action| *action == "passkey_removed").count(), 2);
}

#[tokio::test]
async fn removed_passkey_opens_nothing_and_only_its_user_removes_it() {
    let test = TestStore::new().await;
    let (mut passkey, _) = add(&test, &test.aya, "Laptop").await;
    let id = test.store.sign_in().second_factors(&test.aya).await.unwrap().passkeys[0].id;
    let otto = test.stranger().await;
    let refused = test.store.sign_in().remove_passkey(&otto, id).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::NotFound))), "{refused:?}");
    test.store.sign_in().remove_passkey(&test.aya, id).await.unwrap();
    assert!(matches!(test.store.sign_in().remove_passkey(&test.aya, id).await, Err(Error::Refused(Refusal::NotFound))));
    is_wrong(sign_in(&test, &passkey.get(&ask(&test).await)).await, "removed");
}

#[tokio::test]
async fn a_passkey_is_the_second_factor_that_an_account_requires() {
    let test = TestStore::new().await;
    let mio = new_user("Mio", Role::Analyst);
    test.store.members().add(test.aya.account, mio).await.unwrap();
    add(&test, &test.aya, "Laptop").await;
    test.require_second_factor(&test.aya, true).await.unwrap();
    let session =
        test.store.sign_in().with_password("Mio@agency.example", PASSWORD, HERE).await.unwrap().session().unwrap();
    let known = test.store.sign_in().known_session(&session).await.unwrap().unwrap();
    assert!(known.second_factor_missing);
    add(&test, &known.asker, "Phone").await;
    assert!(!test.store.sign_in().known_session(&session).await.unwrap().unwrap().second_factor_missing);
}

#[tokio::test]
async fn the_passkey_of_a_deactivated_user_opens_nothing() {
    let test = TestStore::new().await;
    let mio = new_user("Mio", Role::Analyst);
    test.store.members().add(test.aya.account, mio).await.unwrap();
    let session =
        test.store.sign_in().with_password("Mio@agency.example", PASSWORD, HERE).await.unwrap().session().unwrap();
    let mio = test.store.sign_in().session(&session).await.unwrap().unwrap();
    let (mut passkey, _) = add(&test, &mio, "Phone").await;
    test.store.members().deactivate(&test.aya, mio.user.id).await.unwrap();
    is_wrong(sign_in(&test, &passkey.get(&ask(&test).await)).await, "active nowhere");
}

#[tokio::test]
async fn operator_reset_lets_a_user_without_passkeys_sign_in() {
    let test = TestStore::new().await;
    let (mut passkey, _) = add(&test, &test.aya, "Laptop").await;
    assert!(test.store.sign_in().reset_second_factor(&test.aya.user.email).await.unwrap());
    test.store.sign_in().with_password(&test.aya.user.email, PASSWORD, HERE).await.unwrap().session().unwrap();
    is_wrong(sign_in(&test, &passkey.get(&ask(&test).await)).await, "removed");
}

#[tokio::test]
async fn passkeys_per_user_are_limited() {
    let test = TestStore::new().await;
    let waiting = begin(&test, &test.aya).await;
    for number in 0..PASSKEYS_MAX {
        add(&test, &test.aya, &format!("Key {number}")).await;
    }
    let refused = test.store.sign_in().begin_passkey(&test.aya, &party(), HERE).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::TooManyPasskeys))), "{refused:?}");
    let (_, answer) = SoftPasskey::create(&waiting);
    let refused = test.store.sign_in().add_passkey(&test.aya, &answer, "One too many").await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::TooManyPasskeys))), "{refused:?}");
}

#[tokio::test]
async fn passkey_challenges_per_network_are_limited() {
    let test = TestStore::new().await;
    for _ in 0..100 {
        ask(&test).await;
    }
    test.later(TimeDelta::minutes(1));
    let refused = test.store.sign_in().ask_for_passkey(&party(), HERE).await;
    let Err(Error::Refused(Refusal::Throttled { retry_after })) = refused else { panic!("{refused:?}") };
    assert_eq!(retry_after.as_secs(), 4 * 60);
    let elsewhere = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1));
    test.store.sign_in().ask_for_passkey(&party(), elsewhere).await.unwrap();
    test.later(TimeDelta::minutes(4));
    ask(&test).await;
}

#[tokio::test]
async fn passkey_signs_in_after_its_manager_begins_to_back_it_up() {
    let test = TestStore::new().await;
    let (mut passkey, _) = add(&test, &test.aya, "Vault").await;
    sign_in(&test, &passkey.get(&ask(&test).await)).await.unwrap();
    passkey.backed_up = true;
    let mut forged = passkey.forged();
    is_wrong(sign_in(&test, &forged.get(&ask(&test).await)).await, "another key with the new flags");
    for _ in 0..2 {
        sign_in(&test, &passkey.get(&ask(&test).await)).await.unwrap();
    }
    let pending = password_given(&test).await;
    let answer = passkey.get(&ask(&test).await);
    test.store.sign_in().second_step_with_passkey(&pending, &answer, HERE).await.unwrap();
}

#[tokio::test]
async fn passkey_is_refused_once_it_claims_not_to_be_backed_up() {
    let test = TestStore::new().await;
    let (mut passkey, _) = add(&test, &test.aya, "Vault").await;
    passkey.backed_up = true;
    sign_in(&test, &passkey.get(&ask(&test).await)).await.unwrap();
    passkey.backed_up = false;
    is_wrong(sign_in(&test, &passkey.get(&ask(&test).await)).await, "it could be backed up before");
    passkey.backed_up = true;
    sign_in(&test, &passkey.get(&ask(&test).await)).await.unwrap();
}

#[tokio::test]
async fn forged_answer_leaves_the_passkey_as_it_was() {
    let test = TestStore::new().await;
    let (mut passkey, _) = add(&test, &test.aya, "Key").await;
    let mut forged = passkey.forged();
    forged.backed_up = true;
    is_wrong(sign_in(&test, &forged.get(&ask(&test).await)).await, "another key");
    sign_in(&test, &passkey.get(&ask(&test).await)).await.unwrap();
}
