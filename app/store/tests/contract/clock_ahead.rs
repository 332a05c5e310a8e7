//! A clock that was ahead for a while: once it is set right, the times stored meanwhile lock no user out and extend
//! nothing.

use crate::test_store::{HERE, PASSWORD, TestStore};
use chrono::TimeDelta;
use domain::Refusal;
use domain::members::role::Role;
use domain::tokens::token::TokenSettings;
use std::net::{IpAddr, Ipv4Addr};
use store::{Error, Identity, RelyingParty, SESSION_IDLE, SESSION_LIFETIME, SignIn, VerifiedPerson};
use totp_rs::{Builder, Secret};
use uuid::Uuid;

/// The time that the clock was ahead.
const AHEAD: TimeDelta = TimeDelta::days(365);

/// Runs the action while the clock is ahead.
async fn ahead<T>(test: &TestStore, act: impl AsyncFnOnce() -> T) -> T {
    test.later(AHEAD);
    let done = act().await;
    test.later(-AHEAD);
    done
}

async fn sign_in(test: &TestStore, password: &str) -> Result<SignIn, Error> {
    test.store.sign_in().with_password(&test.aya.user.email, password, HERE).await
}

#[tokio::test]
async fn failures_of_a_clock_ahead_throttle_no_user() {
    let test = TestStore::new().await;
    ahead(&test, async || {
        for _ in 0..6 {
            assert!(sign_in(&test, "wrong").await.is_err());
        }
        assert!(matches!(sign_in(&test, PASSWORD).await, Err(Error::Refused(Refusal::Throttled { .. }))));
    })
    .await;
    sign_in(&test, PASSWORD).await.unwrap().session().unwrap();
    for _ in 0..5 {
        assert!(matches!(sign_in(&test, "wrong").await, Err(Error::Refused(Refusal::WrongCredentials))));
    }
    assert!(
        matches!(sign_in(&test, PASSWORD).await, Err(Error::Refused(Refusal::Throttled { .. }))),
        "those of now count"
    );
    test.later(TimeDelta::minutes(15));
    assert!(test.store.sign_in().remove_ended_sessions().await.unwrap() > 0);
    ahead(&test, async || sign_in(&test, PASSWORD).await.unwrap()).await.session().unwrap();
}

#[tokio::test]
async fn session_of_a_clock_ahead_is_over_once_it_is_set_right() {
    let test = TestStore::new().await;
    let session = ahead(&test, async || sign_in(&test, PASSWORD).await.unwrap()).await.session().unwrap();
    assert_eq!(test.store.sign_in().session(&session).await.unwrap(), None);
    assert!(matches!(
        test.store.members().require_recent_password(&session).await,
        Err(Error::Refused(Refusal::StepUpNeeded))
    ));
    assert!(test.store.members().own_sessions(&test.aya, &session).await.unwrap().is_empty());
    assert_eq!(test.store.sign_in().remove_ended_sessions().await.unwrap(), 1);
    sign_in(&test, PASSWORD).await.unwrap().session().unwrap();
}

#[tokio::test]
async fn session_used_by_a_clock_ahead_goes_on_no_longer_than_others() {
    let test = TestStore::new().await;
    let session = sign_in(&test, PASSWORD).await.unwrap().session().unwrap();
    test.later(SESSION_IDLE - TimeDelta::minutes(5));
    assert!(test.store.sign_in().session(&session).await.unwrap().is_some());
    test.later(TimeDelta::minutes(-100));
    assert!(test.store.sign_in().session(&session).await.unwrap().is_some(), "this use counts, not that of later");
    test.later(SESSION_IDLE);
    assert_eq!(test.store.sign_in().session(&session).await.unwrap(), None);
    assert!(SESSION_LIFETIME > SESSION_IDLE + TimeDelta::minutes(15), "it was the idle time that ended it");
}

#[tokio::test]
async fn code_taken_by_a_clock_ahead_does_not_block_later_codes() {
    let test = TestStore::new().await;
    let new = test.store.sign_in().begin_authenticator(&test.aya).await.unwrap();
    let app = Builder::new().with_secret(Secret::try_from_base32(new.secret.as_str()).unwrap()).build().unwrap();
    let code = || app.generate(test.clock.now().timestamp().try_into().unwrap()).to_string();
    test.store.sign_in().confirm_authenticator(&test.aya, &code(), HERE).await.unwrap();
    test.later(TimeDelta::minutes(1));
    let attempt = async |host: u8| {
        let Ok(SignIn::SecondStep(pending)) = sign_in(&test, PASSWORD).await else { panic!("no second step") };
        let from = IpAddr::V4(Ipv4Addr::new(198, 51, 100, host));
        (test.store.sign_in().second_step(&pending, &code(), from).await, pending)
    };
    let (signed_in, _) = ahead(&test, async || attempt(1).await).await;
    signed_in.unwrap();
    attempt(2).await.0.unwrap();
    assert!(matches!(attempt(3).await.0, Err(Error::Refused(Refusal::WrongCode))), "a code works once all the same");

    let Ok(SignIn::SecondStep(pending)) = ahead(&test, async || sign_in(&test, PASSWORD).await).await else {
        panic!("no second step")
    };
    assert!(matches!(test.store.sign_in().pending(&pending).await, Err(Error::Refused(Refusal::SignInOver))));
}

#[tokio::test]
async fn challenges_of_a_clock_ahead_use_up_no_network_s_share() {
    let test = TestStore::new().await;
    let party = RelyingParty::of("https://keys.example").unwrap();
    let ask = async || test.store.sign_in().ask_for_passkey(&party, HERE).await;
    ahead(&test, async || while ask().await.is_ok() {}).await;
    ask().await.unwrap();
}

#[tokio::test]
async fn invitation_of_a_clock_ahead_is_over_once_it_is_set_right() {
    let test = TestStore::new().await;
    let invite = async || test.store.members().invite(&test.aya, "nao@agency.example", Role::Finance).await.unwrap();
    let (_, token) = ahead(&test, invite).await;
    assert!(matches!(
        test.store.members().invitation(&token, HERE).await,
        Err(Error::Refused(Refusal::InvitationOver))
    ));
    let identity = Identity { issuer: "https://id.example".to_owned(), subject: "nao".to_owned() };
    let nao = VerifiedPerson { email: "nao@agency.example".to_owned(), name: None };
    let joined = test.store.sign_in().link_identity(&identity, &nao, HERE).await;
    assert!(
        matches!(joined, Err(Error::Refused(Refusal::NotInvited))),
        "nor does an identity provider vouch anybody in"
    );
    assert_eq!(test.store.members().invitations(test.aya.account).await.unwrap(), []);
    assert_eq!(test.store.members().remove_expired_invitations().await.unwrap(), 1);
    let (_, token) = invite().await;
    test.store.members().invitation(&token, HERE).await.unwrap();
}

#[tokio::test]
async fn token_deleted_by_a_clock_ahead_is_gone_for_good() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    ahead(&test, async || test.store.tokens().delete(&test.aya, token.id).await.unwrap()).await;
    assert!(matches!(
        test.store.tokens().undo_delete(&test.aya, token.id).await,
        Err(Error::Refused(Refusal::NotFound))
    ));
    assert_eq!(test.store.tokens().remove_deleted().await.unwrap(), 1);
}

#[tokio::test]
async fn last_use_by_a_clock_ahead_gives_way_to_the_next() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    ahead(&test, async || test.store.gate().record_use(token.id).await.unwrap()).await;
    test.store.gate().record_use(token.id).await.unwrap();
    assert_eq!(test.token(&token).await.last_used_at, Some(test.clock.now()));
}

#[tokio::test]
async fn job_begun_by_a_clock_ahead_is_taken_up_again() {
    use domain::reports::report::{Export, Period, Report, ResultFormat};
    let test = TestStore::new().await;
    let settings = TokenSettings { primary_contact: test.aya.user.id, ..test.settings("Export") };
    let issued = test.store.tokens().create(&test.aya, settings, Uuid::now_v7()).await.unwrap();
    let by = test.store.gate().authenticate(&issued.token.sid, &issued.secret).await.unwrap().unwrap();
    let day = test.clock.now().date_naive();
    let export = Export { report: Report::AuditLog, period: Period { from: day, to: day }, format: ResultFormat::Csv };
    test.store.reports().create_job(&by, export).await.unwrap();
    ahead(&test, async || test.store.reports().claim_job().await.unwrap().unwrap()).await;
    assert_eq!(test.store.reports().take_up_jobs().await.unwrap(), 1);
}
