//! A clock that was ahead for a while: once it is set right, the times stored meanwhile lock no user out and extend
//! nothing.

use crate::house::{HERE, House, PASSWORD};
use chrono::TimeDelta;
use domain::members::role::Role;
use domain::tokens::token::TokenSettings;
use std::net::{IpAddr, Ipv4Addr};
use store::{Error, RelyingParty, SESSION_IDLE, SESSION_LIFETIME, SessionToken};
use totp_rs::{Builder, Secret};
use uuid::Uuid;

/// The time that the clock was ahead.
const AHEAD: TimeDelta = TimeDelta::days(365);

/// Runs the action while the clock is ahead.
async fn ahead<T>(house: &House, act: impl AsyncFnOnce() -> T) -> T {
    house.later(AHEAD);
    let done = act().await;
    house.later(-AHEAD);
    done
}

async fn sign_in(house: &House, password: &str) -> Result<SessionToken, Error> {
    house.store.sign_in(&house.aya.user.email, password, HERE).await
}

#[tokio::test]
async fn failures_of_a_clock_ahead_throttle_no_user() {
    let house = House::new().await;
    ahead(&house, async || {
        for _ in 0..6 {
            assert!(sign_in(&house, "wrong").await.is_err());
        }
        assert!(matches!(sign_in(&house, PASSWORD).await, Err(Error::Throttled { .. })));
    })
    .await;
    sign_in(&house, PASSWORD).await.unwrap();
    for _ in 0..5 {
        assert!(matches!(sign_in(&house, "wrong").await, Err(Error::WrongCredentials)));
    }
    assert!(matches!(sign_in(&house, PASSWORD).await, Err(Error::Throttled { .. })), "those of now count");
    house.later(TimeDelta::minutes(15));
    assert!(house.store.remove_ended_sessions().await.unwrap() > 0);
    ahead(&house, async || sign_in(&house, PASSWORD).await.unwrap()).await;
}

#[tokio::test]
async fn session_of_a_clock_ahead_is_over_once_it_is_set_right() {
    let house = House::new().await;
    let session = ahead(&house, async || sign_in(&house, PASSWORD).await.unwrap()).await;
    assert_eq!(house.store.session(&session).await.unwrap(), None);
    assert!(matches!(house.store.require_recent_password(&session).await, Err(Error::StepUpNeeded)));
    assert!(house.store.own_sessions(&house.aya, &session).await.unwrap().is_empty());
    assert_eq!(house.store.remove_ended_sessions().await.unwrap(), 1);
    sign_in(&house, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn session_used_by_a_clock_ahead_goes_on_no_longer_than_others() {
    let house = House::new().await;
    let session = sign_in(&house, PASSWORD).await.unwrap();
    house.later(SESSION_IDLE - TimeDelta::minutes(5));
    assert!(house.store.session(&session).await.unwrap().is_some());
    house.later(TimeDelta::minutes(-100));
    assert!(house.store.session(&session).await.unwrap().is_some(), "this use counts, not that of later");
    house.later(SESSION_IDLE);
    assert_eq!(house.store.session(&session).await.unwrap(), None);
    assert!(SESSION_LIFETIME > SESSION_IDLE + TimeDelta::minutes(15), "it was the idle time that ended it");
}

#[tokio::test]
async fn code_taken_by_a_clock_ahead_does_not_block_later_codes() {
    let house = House::new().await;
    let new = house.store.begin_authenticator(&house.aya).await.unwrap();
    let app = Builder::new().with_secret(Secret::try_from_base32(new.secret.as_str()).unwrap()).build().unwrap();
    let code = || app.generate(house.clock.now().timestamp().try_into().unwrap()).to_string();
    house.store.confirm_authenticator(&house.aya, &code(), HERE).await.unwrap();
    house.later(TimeDelta::minutes(1));
    let attempt = async |host: u8| {
        let Err(Error::SecondStepNeeded(pending)) = sign_in(&house, PASSWORD).await else { panic!("no second step") };
        let from = IpAddr::V4(Ipv4Addr::new(198, 51, 100, host));
        (house.store.second_step(&pending, &code(), from).await, pending)
    };
    let (signed_in, _) = ahead(&house, async || attempt(1).await).await;
    signed_in.unwrap();
    attempt(2).await.0.unwrap();
    assert!(matches!(attempt(3).await.0, Err(Error::WrongCode)), "a code works once all the same");

    let Err(Error::SecondStepNeeded(pending)) = ahead(&house, async || sign_in(&house, PASSWORD).await).await else {
        panic!("no second step")
    };
    assert!(matches!(house.store.pending_sign_in(&pending).await, Err(Error::SignInOver)));
}

#[tokio::test]
async fn challenges_of_a_clock_ahead_use_up_no_network_s_share() {
    let house = House::new().await;
    let party = RelyingParty::of("https://keys.example").unwrap();
    let ask = async || house.store.ask_for_passkey(&party, HERE).await;
    ahead(&house, async || while ask().await.is_ok() {}).await;
    ask().await.unwrap();
}

#[tokio::test]
async fn invitation_of_a_clock_ahead_is_over_once_it_is_set_right() {
    let house = House::new().await;
    let invite = async || house.store.invite(&house.aya, "nao@agency.example", Role::Finance).await.unwrap();
    let (_, token) = ahead(&house, invite).await;
    assert!(matches!(house.store.invitation(&token, HERE).await, Err(Error::InvitationOver)));
    assert_eq!(house.store.invitations(house.aya.account).await.unwrap(), []);
    assert_eq!(house.store.remove_expired_invitations().await.unwrap(), 1);
    let (_, token) = invite().await;
    house.store.invitation(&token, HERE).await.unwrap();
}

#[tokio::test]
async fn token_deleted_by_a_clock_ahead_is_gone_for_good() {
    let house = House::new().await;
    let token = house.issue("Export").await.token;
    ahead(&house, async || house.store.delete(&house.aya, token.id).await.unwrap()).await;
    assert!(matches!(house.store.undo_delete(&house.aya, token.id).await, Err(Error::NotFound)));
    assert_eq!(house.store.remove_deleted().await.unwrap(), 1);
}

#[tokio::test]
async fn last_use_by_a_clock_ahead_gives_way_to_the_next() {
    let house = House::new().await;
    let token = house.issue("Export").await.token;
    ahead(&house, async || house.store.record_use(token.id).await.unwrap()).await;
    house.store.record_use(token.id).await.unwrap();
    assert_eq!(house.token(&token).await.last_used_at, Some(house.clock.now()));
}

#[tokio::test]
async fn job_begun_by_a_clock_ahead_is_taken_up_again() {
    use domain::reports::report::{Export, Period, Report, ResultFormat};
    let house = House::new().await;
    let settings = TokenSettings { primary_contact: house.aya.user.id, ..house.settings("Export") };
    let issued = house.store.create(&house.aya, settings, Uuid::now_v7()).await.unwrap();
    let by = house.store.authenticate(&issued.token.sid, &issued.secret).await.unwrap().unwrap();
    let day = house.clock.now().date_naive();
    let export = Export { report: Report::AuditLog, period: Period { from: day, to: day }, format: ResultFormat::Csv };
    house.store.create_job(&by, export).await.unwrap();
    ahead(&house, async || house.store.claim_job().await.unwrap().unwrap()).await;
    assert_eq!(house.store.take_up_jobs().await.unwrap(), 1);
}
