//! Second factors: setting up, asking at sign-in, using up, switching off, and requiring by an account.

use crate::sql;
use crate::test_store::{HERE, PASSWORD, TestStore, new_user};
use chrono::TimeDelta;
use domain::Refusal;
use domain::members::role::Role;
use domain::members::user::{CurrentUser, Person};
use domain::sign_in::second_factor::{RECOVERY_CODES, SECOND_STEP_WITHIN, grouped};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use store::{Error, Identity, PendingSignIn, SessionToken, SignIn, VerifiedPerson};
use totp_rs::{Builder, Secret, Totp};

/// The length of a time step.
const STEP: TimeDelta = TimeDelta::seconds(30);

/// A person's authenticator app and recovery codes.
struct Phone {
    app: Totp,
    codes: Vec<String>,
}

impl Phone {
    /// Returns the app's code for the current time, moved by a number of time steps.
    fn code(&self, test: &TestStore, steps: i32) -> String {
        let at = test.clock.now() + STEP * steps;
        self.app.generate(at.timestamp().try_into().unwrap()).to_string()
    }
}

async fn begin(test: &TestStore, by: &CurrentUser) -> Totp {
    let new = test.store.sign_in().begin_authenticator(by).await.unwrap();
    Builder::new().with_secret(Secret::try_from_base32(new.secret.as_str()).unwrap()).build().unwrap()
}

/// Sets two-step sign-in up and moves the clock one step on, so that the app's next code is unused.
async fn set_up(test: &TestStore, by: &CurrentUser) -> Phone {
    let mut phone = Phone { app: begin(test, by).await, codes: Vec::new() };
    let codes = test.store.sign_in().confirm_authenticator(by, &phone.code(test, 0), HERE).await.unwrap();
    phone.codes = codes.0.iter().map(|code| code.to_string()).collect();
    test.later(STEP);
    phone
}

async fn password_given(test: &TestStore) -> PendingSignIn {
    match test.store.sign_in().with_password(&test.aya.user.email, PASSWORD, HERE).await {
        Ok(SignIn::SecondStep(pending)) => pending,
        other => panic!("no second step: {other:?}"),
    }
}

/// Tries to sign in with password and code, from a network address that depends on `host` only.
async fn attempt(test: &TestStore, code: &str, host: u8) -> Result<SessionToken, Error> {
    let pending = password_given(test).await;
    test.store.sign_in().second_step(&pending, code, IpAddr::V4(Ipv4Addr::new(198, 51, 100, host))).await
}

fn is_wrong(result: &Result<SessionToken, Error>) -> bool {
    matches!(result, Err(Error::Refused(Refusal::WrongCode)))
}

#[tokio::test]
async fn without_a_second_factor_the_password_is_enough() {
    let test = TestStore::new().await;
    test.store.sign_in().with_password(&test.aya.user.email, PASSWORD, HERE).await.unwrap().session().unwrap();
    let factors = test.store.sign_in().second_factors(&test.aya).await.unwrap();
    assert_eq!((factors.authenticator_since, factors.recovery_codes, factors.required), (None, 0, false));
}

#[tokio::test]
async fn sign_in_at_an_identity_provider_needs_the_second_step_too() {
    let test = TestStore::new().await;
    let phone = set_up(&test, &test.aya).await;
    let aya = Identity { issuer: "https://id.example".to_owned(), subject: "aya".to_owned() };
    let person = VerifiedPerson { email: test.aya.user.email.clone(), name: None };
    let linked = test.store.sign_in().link_identity(&aya, &person, HERE).await;
    let known = test.store.sign_in().with_identity(&aya, HERE).await;
    let (Ok(SignIn::SecondStep(_)), Ok(Some(SignIn::SecondStep(pending)))) = (linked, known) else { panic!() };
    let session = test.store.sign_in().second_step(&pending, &phone.code(&test, 0), HERE).await.unwrap();
    assert_eq!(test.store.sign_in().session(&session).await.unwrap().as_ref(), Some(&test.aya));
    assert!(
        matches!(
            test.store.members().require_recent_password(&session).await,
            Err(Error::Refused(Refusal::StepUpNeeded))
        ),
        "none was given"
    );
    let (_, details) = test.events().await.into_iter().rfind(|(action, _)| action == "signed_in").unwrap();
    assert_eq!(details["issuer"], aya.issuer);
}

#[tokio::test]
async fn password_needs_the_code_too_once_authenticator_is_set_up() {
    let test = TestStore::new().await;
    let begun = test.clock.now();
    let phone = set_up(&test, &test.aya).await;
    let factors = test.store.sign_in().second_factors(&test.aya).await.unwrap();
    assert_eq!((factors.authenticator_since, factors.recovery_codes), (Some(begun), 10));

    let pending = password_given(&test).await;
    test.store.sign_in().pending(&pending).await.unwrap();
    let as_session = SessionToken::parse(pending.reveal()).unwrap();
    assert_eq!(test.store.sign_in().session(&as_session).await.unwrap(), None, "it is no session");
    let session = test.store.sign_in().second_step(&pending, &phone.code(&test, 0), HERE).await.unwrap();
    assert_eq!(test.store.sign_in().session(&session).await.unwrap().as_ref(), Some(&test.aya));
    assert_ne!(session.reveal(), pending.reveal());
    let again = test.store.sign_in().second_step(&pending, &phone.code(&test, 1), HERE).await;
    assert!(matches!(again, Err(Error::Refused(Refusal::SignInOver))), "the first step counts once: {again:?}");
    assert_eq!(test.actions().await[2..], ["second_factor_set_up", "signed_in"]);
}

#[tokio::test]
async fn an_authenticator_counts_only_once_it_is_confirmed() {
    let test = TestStore::new().await;
    begin(&test, &test.aya).await;
    test.store.sign_in().with_password(&test.aya.user.email, PASSWORD, HERE).await.unwrap().session().unwrap();
    let first = begin(&test, &test.aya).await;
    let second = begin(&test, &test.aya).await;
    let code = |app: &Totp| app.generate(test.clock.now().timestamp().try_into().unwrap()).to_string();
    for wrong in [code(&first), "000000".to_owned(), String::new(), "0".repeat(24), "123 45".to_owned()] {
        if wrong == code(&second) {
            continue; // one in a million
        }
        test.later(TimeDelta::minutes(16));
        let refused = test.store.sign_in().confirm_authenticator(&test.aya, &wrong, HERE).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::WrongCode))), "{wrong}");
    }
    test.store.sign_in().confirm_authenticator(&test.aya, &code(&second), HERE).await.unwrap();
    let begun = test.store.sign_in().begin_authenticator(&test.aya).await;
    assert!(matches!(begun, Err(Error::Refused(Refusal::AlreadyDone))), "one that counts is not replaced");
}

#[tokio::test]
async fn confirming_fails_without_a_begun_authenticator() {
    let test = TestStore::new().await;
    let refused = test.store.sign_in().confirm_authenticator(&test.aya, "123456", HERE).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::NotFound))));
    assert!(matches!(
        test.store.sign_in().renew_recovery_codes(&test.aya).await,
        Err(Error::Refused(Refusal::NotFound))
    ));
    assert!(matches!(
        test.store.sign_in().switch_second_factor_off(&test.aya).await,
        Err(Error::Refused(Refusal::NotFound))
    ));
}

#[tokio::test]
async fn of_two_confirmations_at_once_one_gives_recovery_codes() {
    let test = TestStore::new().await;
    let phone = Phone { app: begin(&test, &test.aya).await, codes: Vec::new() };
    let (code, next) = (phone.code(&test, 0), phone.code(&test, 1));
    let (one, two) = tokio::join!(
        test.store.sign_in().confirm_authenticator(&test.aya, &code, HERE),
        test.store.sign_in().confirm_authenticator(&test.aya, &next, HERE),
    );
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    assert!(matches!(one.and(two), Err(Error::Refused(Refusal::AlreadyDone))));
    assert_eq!(test.store.sign_in().second_factors(&test.aya).await.unwrap().recovery_codes, 10);
}

#[tokio::test]
async fn code_is_taken_one_step_early_or_late_and_no_further() {
    for (steps, taken) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
        let test = TestStore::new().await;
        let phone = set_up(&test, &test.aya).await;
        test.later(STEP * 10);
        let session = attempt(&test, &phone.code(&test, steps), 1).await;
        assert_eq!(session.is_ok(), taken, "{steps}: {session:?}");
        assert_eq!(is_wrong(&session), !taken, "{steps}");
    }
}

#[tokio::test]
async fn used_code_and_those_before_it_are_refused() {
    let test = TestStore::new().await;
    let phone = set_up(&test, &test.aya).await;
    test.later(STEP * 10);
    let (before, now) = (phone.code(&test, -1), phone.code(&test, 0));
    attempt(&test, &now, 1).await.unwrap();
    assert!(is_wrong(&attempt(&test, &now, 2).await), "replayed");
    assert!(is_wrong(&attempt(&test, &before, 3).await), "seen over the shoulder, and used late");
    attempt(&test, &phone.code(&test, 1), 4).await.unwrap();
}

#[tokio::test]
async fn code_that_confirmed_the_authenticator_is_not_taken_again() {
    let test = TestStore::new().await;
    let app = begin(&test, &test.aya).await;
    let code = app.generate(test.clock.now().timestamp().try_into().unwrap()).to_string();
    test.store.sign_in().confirm_authenticator(&test.aya, &code, HERE).await.unwrap();
    assert!(is_wrong(&attempt(&test, &code, 1).await));
}

#[tokio::test]
async fn of_two_sign_ins_at_once_with_one_code_one_passes() {
    let test = TestStore::new().await;
    let phone = set_up(&test, &test.aya).await;
    for code in [phone.code(&test, 0), phone.codes[0].clone()] {
        let (one, two) = tokio::join!(attempt(&test, &code, 1), attempt(&test, &code, 2));
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
        assert!(is_wrong(&one) || is_wrong(&two));
    }
}

#[tokio::test]
async fn recovery_code_works_once_in_any_case_and_grouping() {
    let test = TestStore::new().await;
    let phone = set_up(&test, &test.aya).await;
    assert_eq!(phone.codes.len(), RECOVERY_CODES);
    attempt(&test, &grouped(&phone.codes[0]).to_uppercase(), 1).await.unwrap();
    assert!(is_wrong(&attempt(&test, &phone.codes[0], 2).await));
    assert_eq!(test.store.sign_in().second_factors(&test.aya).await.unwrap().recovery_codes, 9);
    attempt(&test, &phone.codes[1], 3).await.unwrap();
    let ends = ["recovery_code_used", "signed_in", "second_step_failed", "recovery_code_used", "signed_in"];
    assert_eq!(test.actions().await[3..], ends);
}

#[tokio::test]
async fn new_recovery_codes_replace_the_old_ones() {
    let test = TestStore::new().await;
    let phone = set_up(&test, &test.aya).await;
    let new = test.store.sign_in().renew_recovery_codes(&test.aya).await.unwrap();
    assert!(is_wrong(&attempt(&test, &phone.codes[0], 1).await));
    attempt(&test, &new.0[0], 2).await.unwrap();
    assert!(test.actions().await.contains(&"recovery_codes_renewed".to_owned()));
}

#[tokio::test]
async fn codes_of_another_user_are_wrong() {
    let test = TestStore::new().await;
    let stranger = test.stranger().await;
    let theirs = set_up(&test, &stranger).await;
    set_up(&test, &test.aya).await;
    assert!(is_wrong(&attempt(&test, &theirs.code(&test, 0), 1).await));
    assert!(is_wrong(&attempt(&test, &theirs.codes[0], 2).await));
}

#[tokio::test]
async fn second_step_is_open_for_ten_minutes_after_the_password() {
    let test = TestStore::new().await;
    let phone = set_up(&test, &test.aya).await;
    let (late, timely) = (password_given(&test).await, password_given(&test).await);
    test.later(SECOND_STEP_WITHIN - TimeDelta::seconds(1));
    test.store.sign_in().second_step(&timely, &phone.code(&test, 0), HERE).await.unwrap();
    test.later(TimeDelta::seconds(1));
    assert!(matches!(test.store.sign_in().pending(&late).await, Err(Error::Refused(Refusal::SignInOver))));
    let over = test.store.sign_in().second_step(&late, &phone.code(&test, 1), HERE).await;
    assert!(matches!(over, Err(Error::Refused(Refusal::SignInOver))));
    assert_eq!(test.store.sign_in().remove_ended_sessions().await.unwrap(), 1, "and is removed in time");
}

#[tokio::test]
async fn forged_pending_sign_in_is_refused() {
    let test = TestStore::new().await;
    let phone = set_up(&test, &test.aya).await;
    let pending = password_given(&test).await;
    let forged = PendingSignIn::parse(&"0".repeat(pending.reveal().len())).unwrap();
    let refused = test.store.sign_in().second_step(&forged, &phone.code(&test, 0), HERE).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::SignInOver))));
    assert!(PendingSignIn::parse("").is_none() && PendingSignIn::parse(&pending.reveal()[1..]).is_none());
    assert_eq!(format!("{pending:?}"), "PendingSignIn(…)");
}

#[tokio::test]
async fn changed_password_ends_sign_ins_begun_with_the_old_one() {
    let test = TestStore::new().await;
    let session =
        test.store.sign_in().with_password(&test.aya.user.email, PASSWORD, HERE).await.unwrap().session().unwrap();
    let phone = set_up(&test, &test.aya).await;
    let pending = password_given(&test).await;
    let new = "another long password";
    test.store.members().change_password(&test.aya, &session, (PASSWORD, new), HERE).await.unwrap();
    let over = test.store.sign_in().second_step(&pending, &phone.code(&test, 0), HERE).await;
    assert!(matches!(over, Err(Error::Refused(Refusal::SignInOver))));
}

#[tokio::test]
async fn user_deactivated_before_the_second_step_is_not_signed_in() {
    let test = TestStore::new().await;
    let id = test.store.members().add(test.aya.account, new_user("ben", Role::AccountAdministrator)).await.unwrap();
    let ben = CurrentUser {
        user: Person { id, name: "ben".to_owned(), email: "ben@agency.example".to_owned() },
        ..test.aya.clone()
    };
    let phone = set_up(&test, &test.aya).await;
    let pending = password_given(&test).await;
    test.store.members().deactivate(&ben, test.aya.user.id).await.unwrap();
    let refused = test.store.sign_in().second_step(&pending, &phone.code(&test, 0), HERE).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::WrongCredentials))), "{refused:?}");
}

#[tokio::test]
async fn wrong_codes_throttle_a_user_despite_the_right_password() {
    let test = TestStore::new().await;
    let phone = set_up(&test, &test.aya).await;
    for host in 0..5 {
        assert!(is_wrong(&attempt(&test, "no code", host).await));
    }
    for (host, delay) in [(5, 30), (6, 60), (7, 120)] {
        match attempt(&test, &phone.code(&test, 0), host).await {
            Err(Error::Refused(Refusal::Throttled { retry_after })) => {
                assert_eq!(retry_after, Duration::from_secs(delay));
            }
            other => panic!("even the right code waits: {other:?}"),
        }
        test.later(TimeDelta::seconds(i64::try_from(delay).unwrap()));
        assert!(is_wrong(&attempt(&test, "no code", host).await));
    }
    test.later(TimeDelta::minutes(15));
    attempt(&test, &phone.code(&test, 0), 8).await.unwrap();
    for host in 0..5 {
        assert!(is_wrong(&attempt(&test, "no code", host).await), "signing in has forgiven the others");
    }
}

#[tokio::test]
async fn wrong_codes_at_set_up_are_slowed_down_too() {
    let test = TestStore::new().await;
    let app = begin(&test, &test.aya).await;
    for _ in 0..5 {
        let refused = test.store.sign_in().confirm_authenticator(&test.aya, "no code", HERE).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::WrongCode))));
    }
    let code = app.generate(test.clock.now().timestamp().try_into().unwrap()).to_string();
    let refused = test.store.sign_in().confirm_authenticator(&test.aya, &code, HERE).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::Throttled { .. }))));
}

#[tokio::test]
async fn password_is_enough_after_second_factor_is_switched_off() {
    let test = TestStore::new().await;
    let phone = set_up(&test, &test.aya).await;
    test.store.sign_in().switch_second_factor_off(&test.aya).await.unwrap();
    test.store.sign_in().with_password(&test.aya.user.email, PASSWORD, HERE).await.unwrap().session().unwrap();
    assert_eq!(test.store.sign_in().second_factors(&test.aya).await.unwrap().recovery_codes, 0);
    let other = set_up(&test, &test.aya).await;
    assert!(is_wrong(&attempt(&test, &phone.codes[0], 1).await), "codes of before stay dead");
    attempt(&test, &other.code(&test, 0), 2).await.unwrap();
    assert!(test.actions().await.contains(&"second_factor_switched_off".to_owned()));
}

#[tokio::test]
async fn neither_secret_nor_codes_are_readable_in_the_database() {
    let test = TestStore::new().await;
    let new = test.store.sign_in().begin_authenticator(&test.aya).await.unwrap();
    let secret = Secret::try_from_base32(new.secret.as_str()).unwrap();
    let app = Builder::new().with_secret(Secret::try_from_base32(new.secret.as_str()).unwrap()).build().unwrap();
    let code = app.generate(test.clock.now().timestamp().try_into().unwrap()).to_string();
    let codes = test.store.sign_in().confirm_authenticator(&test.aya, &code, HERE).await.unwrap();
    let pending = password_given(&test).await;
    let bytes = test.database.bytes().await;
    let holds = |wanted: &[u8]| bytes.windows(wanted.len()).any(|window| window == wanted);
    assert!(holds(test.aya.user.name.as_bytes()), "the search finds what is there");
    assert!(!holds(secret.as_bytes()) && !holds(new.secret.as_bytes()));
    assert!(!holds(codes.0[0].as_bytes()) && !holds(pending.reveal().as_bytes()));
    assert_eq!(format!("{new:?} {codes:?}"), "NewAuthenticator(…) RecoveryCodes(…)");
}

#[tokio::test]
async fn a_secret_that_was_moved_to_another_user_does_not_open() {
    let test = TestStore::new().await;
    let stranger = test.stranger().await;
    let theirs = set_up(&test, &stranger).await;
    set_up(&test, &test.aya).await;
    let swap =
        "UPDATE authenticators SET secret = (SELECT secret FROM authenticators WHERE user_id = $1), last_step = 0";
    sql::query(swap).bind(stranger.user.id.0).execute(&test.database().await).await.unwrap();
    let refused = attempt(&test, &theirs.code(&test, 0), 1).await;
    assert!(matches!(refused, Err(Error::Corrupt(_))), "{refused:?}");
}

#[tokio::test]
async fn only_administrators_with_a_second_factor_can_require_one() {
    let test = TestStore::new().await;
    assert!(!test.second_factor_required(test.aya.account).await);
    let refused = test.require_second_factor(&test.aya, true).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::SecondFactorNeeded))));
    test.require_second_factor(&test.aya, false).await.unwrap();
    set_up(&test, &test.aya).await;

    let id = test.store.members().add(test.aya.account, new_user("ben", Role::Analyst)).await.unwrap();
    let user = Person { id, name: "ben".to_owned(), email: "ben@agency.example".to_owned() };
    let ben = CurrentUser { user, ..test.aya.clone() };
    assert!(matches!(test.require_second_factor(&ben, true).await, Err(Error::Refused(Refusal::NotAllowed))));
    for _ in 0..2 {
        test.require_second_factor(&test.aya, true).await.unwrap();
    }
    assert!(test.second_factor_required(test.aya.account).await);
    assert!(test.store.sign_in().second_factors(&ben).await.unwrap().required);
    let stranger = test.stranger().await;
    assert!(!test.second_factor_required(stranger.account).await, "others' accounts are as before");
    test.require_second_factor(&test.aya, false).await.unwrap();
    let events: Vec<_> = test.actions().await.into_iter().filter(|action| action.contains("required")).collect();
    assert_eq!(events, ["second_factor_required", "second_factor_not_required"]);
}

#[tokio::test]
async fn session_shows_missing_second_factor_until_it_is_set_up() {
    let test = TestStore::new().await;
    set_up(&test, &test.aya).await;
    let id = test.store.members().add(test.aya.account, new_user("ben", Role::Analyst)).await.unwrap();
    let session =
        test.store.sign_in().with_password("ben@agency.example", PASSWORD, HERE).await.unwrap().session().unwrap();
    let missing = async || test.store.sign_in().known_session(&session).await.unwrap().unwrap().second_factor_missing;
    assert!(!missing().await);
    test.require_second_factor(&test.aya, true).await.unwrap();
    assert!(missing().await);
    let user = Person { id, name: "ben".to_owned(), email: "ben@agency.example".to_owned() };
    let ben = CurrentUser { user, role: Role::Analyst, ..test.aya.clone() };
    let app = begin(&test, &ben).await;
    assert!(missing().await, "not before it is confirmed");
    let code = app.generate(test.clock.now().timestamp().try_into().unwrap()).to_string();
    test.store.sign_in().confirm_authenticator(&ben, &code, HERE).await.unwrap();
    assert!(!missing().await);
}

#[tokio::test]
async fn second_factor_reset_by_operator_lets_the_password_suffice() {
    let test = TestStore::new().await;
    let before =
        test.store.sign_in().with_password(&test.aya.user.email, PASSWORD, HERE).await.unwrap().session().unwrap();
    assert!(!test.store.sign_in().reset_second_factor(&test.aya.user.email).await.unwrap(), "there is none");
    assert!(test.store.sign_in().session(&before).await.unwrap().is_some());
    set_up(&test, &test.aya).await;
    let pending = password_given(&test).await;
    assert!(test.store.sign_in().reset_second_factor(" AYA@agency.example ").await.unwrap());
    assert!(matches!(test.store.sign_in().pending(&pending).await, Err(Error::Refused(Refusal::SignInOver))));
    assert_eq!(test.store.sign_in().session(&before).await.unwrap(), None, "whoever found the phone is signed out");
    test.store.sign_in().with_password(&test.aya.user.email, PASSWORD, HERE).await.unwrap().session().unwrap();
    let nobody = test.store.sign_in().reset_second_factor("nobody@agency.example").await;
    assert!(matches!(nobody, Err(Error::Refused(Refusal::NotFound))));
    let (action, details) = test.events().await.into_iter().rev().nth(1).unwrap();
    assert_eq!(
        (action.as_str(), &details["user"]),
        ("second_factor_switched_off", &test.aya.user.id.0.to_string().into())
    );
}
