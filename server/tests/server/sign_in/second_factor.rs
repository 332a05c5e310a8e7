//! Signing in in two steps, and the restrictions on users who must set a second factor up first.

use app::routes;
use domain::members::role::Role;
use http::{StatusCode, header};
use totp_rs::{Builder, Secret, Totp};

use crate::support::test_app::{Answer, PASSWORD, TestApp, email, sign_in_form};

const PENDING: &str = "kagitaba_sign_in=";

/// Sets two-step sign-in up through the page's server functions. Returns the authenticator and the recovery codes.
async fn set_up(app: &TestApp, cookie: &str) -> (Totp, Vec<String>) {
    let begun = app.function("/api/second_factor/begin", Some(cookie), "{}").await;
    assert_eq!(begun.status, StatusCode::OK, "{}", begun.text());
    let begun = begun.json();
    let secret = begun["secret"].as_str().unwrap().replace(' ', "");
    assert!(begun["url"].as_str().unwrap().contains(&secret));
    assert!(begun["picture"]["path"].as_str().unwrap().starts_with("M4 4h7v1h-7z"));
    let authenticator = Builder::new().with_secret(Secret::try_from_base32(secret).unwrap()).build().unwrap();
    let body = format!(r#"{{"code":"{}"}}"#, code(app, &authenticator));
    let confirmed = app.function("/api/second_factor/confirm", Some(cookie), &body).await;
    assert_eq!(confirmed.status, StatusCode::OK, "{}", confirmed.text());
    let codes: Vec<String> = serde_json::from_slice(&confirmed.body).unwrap();
    assert_eq!(codes.len(), 10);
    (authenticator, codes)
}

fn code(app: &TestApp, authenticator: &Totp) -> String {
    authenticator.generate(app.store.clock().now().timestamp().try_into().unwrap()).to_string()
}

fn set_cookies(answer: &Answer) -> Vec<&str> {
    answer.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect()
}

/// Gives the password. Returns the cookie of the second step, and the answer.
async fn password_given(app: &TestApp, role: Role, next: &str) -> (String, Answer) {
    let form = format!("{}&next={next}", sign_in_form(role));
    let answer = app.send(app.sign_in_request(), form).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let cookies = set_cookies(&answer);
    let [cookie] = cookies[..] else { panic!("{cookies:?}") };
    assert!(cookie.starts_with(PENDING), "no session yet: {cookie}");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Max-Age=600"),
        "{cookie}"
    );
    (cookie.split(';').next().unwrap().to_owned(), answer)
}

async fn second_step(app: &TestApp, cookie: &str, form: &str, accept: &str) -> Answer {
    let request = app.request("POST", "/api/session/second_step").header("sec-fetch-site", "same-origin");
    let request = request.header(header::COOKIE, cookie).header(header::ACCEPT, accept);
    app.send(request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"), form).await
}

#[tokio::test]
async fn second_step_gives_the_session_and_leads_to_the_asked_page() {
    let app = TestApp::open().await;
    let cookie = app.sign_in(Role::Analyst).await;
    let (_, codes) = set_up(&app, &cookie).await;
    let (pending, answer) = password_given(&app, Role::Analyst, "%2Fsettings%2Fprofile").await;
    assert_eq!(answer.json(), routes::second_step_then(routes::PROFILE));
    let page = app.send(app.request("GET", routes::PROFILE).header(header::COOKIE, &pending), []).await;
    assert!(page.header("location").starts_with(routes::SIGN_IN), "the first step opens nothing");
    let own = app.function("/api/profile/sessions", Some(&pending), "").await;
    assert_eq!(own.status, StatusCode::UNAUTHORIZED);

    let wrong = second_step(&app, &pending, "code=no+code", "application/json").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert!(set_cookies(&wrong).is_empty());
    let form = format!("code={}&next=%2Fsettings%2Fprofile", codes[0]);
    let right = second_step(&app, &pending, &form, "application/json").await;
    assert_eq!((right.status, right.json()), (StatusCode::OK, routes::PROFILE.into()), "{}", right.text());
    let cookies = set_cookies(&right);
    assert!(cookies[0].starts_with("kagitaba_session=") && cookies[0].contains("HttpOnly"), "{cookies:?}");
    assert!(cookies[1].starts_with(PENDING) && cookies[1].contains("Max-Age=0"), "{cookies:?}");
    let session = cookies[0].split(';').next().unwrap();
    let own = app.function("/api/profile/sessions", Some(session), "").await;
    assert_eq!(own.status, StatusCode::OK, "{}", own.text());
    let again = second_step(&app, &pending, &format!("code={}", codes[1]), "application/json").await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn plain_form_takes_both_steps_and_leads_to_no_other_site() {
    let app = TestApp::open().await;
    let cookie = app.sign_in(Role::Analyst).await;
    let (_, codes) = set_up(&app, &cookie).await;
    let form = format!("{}&next=%2F%2Fevil.example", sign_in_form(Role::Analyst));
    let request = app.sign_in_request().header(header::ACCEPT, "text/html");
    let first = app.send(request, form).await;
    assert_eq!(
        (first.status, first.header("location")),
        (StatusCode::FOUND, &*routes::second_step_then(routes::OVERVIEW))
    );
    let pending = set_cookies(&first)[0].split(';').next().unwrap().to_owned();
    let page = app.send(app.request("GET", routes::SECOND_STEP).header(header::COOKIE, &pending), []).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("autocomplete=\"one-time-code\""), "{}", page.text());

    let form = format!("code={}&next=https%3A%2F%2Fevil.example", codes[0]);
    let second = second_step(&app, &pending, &form, "text/html").await;
    assert_eq!((second.status, second.header("location")), (StatusCode::FOUND, routes::OVERVIEW));
}

#[tokio::test]
async fn without_a_first_step_the_page_says_so_and_takes_no_code() {
    let app = TestApp::open().await;
    let page = app.get(routes::SECOND_STEP).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert!(!page.text().contains("one-time-code"));
    for cookie in ["", "kagitaba_sign_in=", "kagitaba_sign_in=x", &format!("{PENDING}{}", "0".repeat(43))] {
        let answer = second_step(&app, cookie, "code=123456", "application/json").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{cookie}");
    }
}

#[tokio::test]
async fn user_without_a_required_second_factor_can_only_set_one_up() {
    let app = TestApp::open().await;
    let admin = app.sign_in(Role::AccountAdministrator).await;
    let require = async |cookie: &str, on: bool| {
        let (_, revision) = app.store.account().security_policy(app.account()).await.unwrap();
        let form = format!("form[second_factor_required]={on}&revision={revision}");
        let request = app.request("POST", "/api/security_policy/update").header("sec-fetch-site", "same-origin");
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        app.send(request.header(header::COOKIE, cookie), form).await
    };
    assert_eq!(require(&admin, true).await.status, StatusCode::FORBIDDEN, "an administrator without one requires none");
    let (_, codes) = set_up(&app, &admin).await;
    assert_eq!(require(&admin, true).await.status, StatusCode::OK);
    let specialist = app.sign_in(Role::ImplementationSpecialist).await;
    assert_eq!(require(&specialist, false).await.status, StatusCode::FORBIDDEN);

    for (function, body) in
        [("account/get", "{}"), ("tokens/people", ""), ("users/list", "{}"), ("company_information/get", "")]
    {
        let answer = app.function(&format!("/api/{function}"), Some(&specialist), body).await;
        if answer.status != StatusCode::NOT_FOUND {
            assert_eq!(
                (answer.status, answer.text().as_str()),
                (StatusCode::FORBIDDEN, r#"{"Refused":"SecondFactorNeeded"}"#),
                "{function}"
            );
        }
    }
    let page = async |path: &str| {
        let request = app.request("GET", path).header(header::COOKIE, &specialist);
        let answer = app.send(request.header(header::ACCEPT, "text/html"), []).await;
        (answer.status, answer.header("location").to_owned())
    };
    for path in [routes::OVERVIEW, routes::SETTINGS, routes::TOKENS, &format!("{}?x=1", routes::ACCOUNT_USERS)] {
        assert_eq!(page(path).await, (StatusCode::FOUND, routes::PROFILE.to_owned()), "{path}");
    }
    assert_eq!(page(routes::PROFILE).await.0, StatusCode::OK);
    let file = page(routes::AUDIT_TRAIL_CSV).await;
    assert_eq!(file.0, StatusCode::UNAUTHORIZED);
    let own = app.function("/api/profile/sessions", Some(&specialist), "").await;
    assert_eq!(own.status, StatusCode::OK, "one's own profile stays open");

    set_up(&app, &specialist).await;
    assert_eq!(page(routes::SETTINGS).await.0, StatusCode::OK);
    assert_eq!(app.function("/api/tokens/people", Some(&specialist), "").await.status, StatusCode::OK);

    // The administrator signs in again, with a recovery code.
    let (pending, _) = password_given(&app, Role::AccountAdministrator, "").await;
    let right = second_step(&app, &pending, &format!("code={}", codes[3]), "application/json").await;
    assert_eq!(right.json(), routes::OVERVIEW);
}

#[tokio::test]
async fn an_invited_user_with_a_second_factor_is_asked_for_it_too() {
    let app = TestApp::open().await;
    let cookie = app.sign_in(Role::Analyst).await;
    set_up(&app, &cookie).await;
    let other = app.store.account().add("Other").await.unwrap();
    let user = store::NewUser {
        name: "Olga".to_owned(),
        email: "olga@agency.example".to_owned(),
        password: PASSWORD.to_owned(),
        role: Role::AccountAdministrator,
    };
    let id = app.store.members().add(other, user).await.unwrap();
    let by = domain::members::user::CurrentUser {
        user: domain::members::user::Person { id, name: "Olga".to_owned(), email: "olga@agency.example".to_owned() },
        account: other,
        account_name: "Other".to_owned(),
        role: Role::AccountAdministrator,
    };
    let (_, token) = app.store.members().invite(&by, &email(Role::Analyst), Role::Finance).await.unwrap();
    let form = format!("token={}&form[password]={}", token.reveal(), PASSWORD.replace(' ', "+"));
    let request = app.request("POST", "/api/invitations/accept").header("sec-fetch-site", "same-origin");
    let answer = app.send(request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"), form).await;
    assert_eq!(answer.json(), routes::second_step_then(routes::OVERVIEW), "{}", answer.text());
    assert!(set_cookies(&answer).iter().all(|cookie| cookie.starts_with(PENDING)));
}
