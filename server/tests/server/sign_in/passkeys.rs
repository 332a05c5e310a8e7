//! Passkeys over HTTP: adding them on the profile, and using them in place of the password, as the second step, and as
//! step-up.

use app::routes;
use domain::members::role::Role;
use http::{StatusCode, header};
use serde_json::{Value, json};
use server::{gate, router::Services};
use store::{Challenge, ChallengeToken, PasskeyAnswer};

use crate::soft_passkey::{SoftPasskey, party};
use crate::support::test_app::{Answer, TestApp, sign_in_form};

/// Starts a server that has a domain.
async fn open() -> TestApp {
    let services = Services { passkeys: Some(party()), ..Services::default() };
    TestApp::open_with(false, &gate::Settings::default(), services).await
}

/// Returns the challenge that the browser is given to have signed.
fn challenge(answer: &Answer) -> Challenge {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let answer = answer.json();
    let token = ChallengeToken::parse(answer["token"].as_str().unwrap()).unwrap();
    Challenge { token, options: answer["options"].as_str().unwrap().to_owned() }
}

/// Returns the JSON that the browser sends back.
fn given(answer: &PasskeyAnswer) -> Value {
    json!({ "token": answer.token.reveal(), "answer": answer.json })
}

async fn ask(app: &TestApp) -> Challenge {
    challenge(&app.function("/api/passkeys/ask", None, "{}").await)
}

/// Adds a passkey for the session's user.
async fn add(app: &TestApp, cookie: &str) -> (SoftPasskey, Vec<String>) {
    let challenge = challenge(&app.function("/api/passkeys/begin", Some(cookie), "{}").await);
    let (passkey, answer) = SoftPasskey::create(&challenge);
    let body = json!({ "given": given(&answer), "name": " Work  laptop " }).to_string();
    let added = app.function("/api/passkeys/add", Some(cookie), &body).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.text());
    (passkey, serde_json::from_slice(&added.body).unwrap())
}

async fn sign_in(app: &TestApp, answer: &PasskeyAnswer, next: &str) -> Answer {
    let body = json!({ "given": given(answer), "next": next }).to_string();
    app.function("/api/passkeys/sign_in", None, &body).await
}

fn cookies(answer: &Answer) -> Vec<&str> {
    answer.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect()
}

/// Returns the cookie of that name, as a browser sends it.
fn cookie(answer: &Answer, name: &str) -> String {
    let cookies = cookies(answer);
    let cookie = cookies.iter().find(|cookie| cookie.starts_with(name)).unwrap_or_else(|| panic!("{cookies:?}"));
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_passkey_signs_in_once_and_never_leads_to_another_site() {
    let app = open().await;
    let session = app.sign_in(Role::Analyst).await;
    let (mut passkey, codes) = add(&app, &session).await;
    assert_eq!(codes.len(), 10);
    let factors = app.function("/api/second_factor/get", Some(&session), "").await.json();
    assert_eq!(factors["passkeys"][0]["name"], "Work laptop");

    let answer = passkey.get(&ask(&app).await);
    let signed_in = sign_in(&app, &answer, routes::PROFILE).await;
    assert_eq!((signed_in.status, signed_in.json()), (StatusCode::OK, routes::PROFILE.into()));
    let own = app.function("/api/profile/sessions", Some(&cookie(&signed_in, "kagitaba_session=")), "").await;
    assert_eq!(own.status, StatusCode::OK, "{}", own.text());
    let again = sign_in(&app, &answer, routes::SETTINGS).await;
    assert_eq!((again.status, again.json()), (StatusCode::UNAUTHORIZED, json!({ "Refused": "WrongPasskey" })));
    assert!(cookies(&again).is_empty());
    let elsewhere = sign_in(&app, &passkey.get(&ask(&app).await), "//evil.example").await;
    assert_eq!(elsewhere.json(), routes::OVERVIEW);
}

#[tokio::test]
async fn after_the_password_a_passkey_is_the_second_step() {
    let app = open().await;
    let (mut passkey, _) = add(&app, &app.sign_in(Role::Analyst).await).await;
    let first = app.send(app.sign_in_request(), sign_in_form(Role::Analyst)).await;
    let pending = cookie(&first, "kagitaba_sign_in=");
    let awaited = app.function("/api/session/second_step_awaited", Some(&pending), "").await;
    assert_eq!(awaited.json(), json!({ "authenticator": false, "passkey": true }));
    let body = json!({ "given": given(&passkey.get(&ask(&app).await)), "next": routes::PROFILE }).to_string();
    let nobody = app.function("/api/passkeys/second_step", None, &body).await;
    assert_eq!((nobody.status, nobody.json()), (StatusCode::UNAUTHORIZED, json!({ "Refused": "SignInOver" })));
    let second = app.function("/api/passkeys/second_step", Some(&pending), &body).await;
    assert_eq!((second.status, second.json()), (StatusCode::OK, routes::PROFILE.into()), "{}", second.text());
    assert!(cookie(&second, "kagitaba_session=").len() > 40);
    assert_eq!(cookie(&second, "kagitaba_sign_in="), "kagitaba_sign_in=", "the first step is over");
}

#[tokio::test]
async fn passkey_stands_in_for_a_recent_password() {
    let app = open().await;
    let session = app.sign_in(Role::AccountAdministrator).await;
    let asked = app.function("/api/passkeys/ask_for_own", Some(&session), "{}").await;
    assert_eq!((asked.status, asked.json()), (StatusCode::OK, Value::Null), "they have none yet");
    let (mut passkey, _) = add(&app, &session).await;
    app.age_passwords().await;
    let refused = app.function("/api/passkeys/begin", Some(&session), "{}").await;
    assert_eq!((refused.status, refused.json()), (StatusCode::UNAUTHORIZED, json!({ "Refused": "StepUpNeeded" })));
    let asked = challenge(&app.function("/api/passkeys/ask_for_own", Some(&session), "{}").await);
    let body = json!({ "given": given(&passkey.get(&asked)) }).to_string();
    let renewed = app.function("/api/passkeys/give_again", Some(&session), &body).await;
    assert_eq!(renewed.status, StatusCode::OK, "{}", renewed.text());
    let renewed = cookie(&renewed, "kagitaba_session=");
    challenge(&app.function("/api/passkeys/begin", Some(&renewed), "{}").await);
}

#[tokio::test]
async fn a_nameless_passkey_is_refused_in_words() {
    let app = open().await;
    let session = app.sign_in(Role::Analyst).await;
    let challenge = challenge(&app.function("/api/passkeys/begin", Some(&session), "{}").await);
    let (_, answer) = SoftPasskey::create(&challenge);
    for name in ["", "  \u{200b} ", &"x".repeat(61)] {
        let body = json!({ "given": given(&answer), "name": name }).to_string();
        let refused = app.function("/api/passkeys/add", Some(&session), &body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}: {}", refused.text());
    }
}

#[tokio::test]
async fn a_server_without_a_domain_offers_no_passkeys() {
    let app = TestApp::open().await;
    assert!(!app.get(routes::SIGN_IN).await.text().contains("Sign in with a passkey"));
    let asked = app.function("/api/passkeys/ask", None, "{}").await;
    assert_eq!((asked.status, asked.json()), (StatusCode::MISDIRECTED_REQUEST, "PasskeysUnsupported".into()));
    assert!(open().await.get(routes::SIGN_IN).await.text().contains("Sign in with a passkey"));
}
