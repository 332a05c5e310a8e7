//! The security policy of an account, at the gate and in the console.

use app::routes;
use chrono::TimeDelta;
use domain::{
    account::security_policy::{SecurityPolicy, SecurityPolicyForm},
    members::role::Role,
    tokens::{scope::Scope, token::TokenSettings},
};
use http::{StatusCode, header};
use serde_json::{Value, json};
use server::{commands::keys, config::Data, gate};
use store::{Clock, IssuedToken};
use uuid::Uuid;

use crate::support::test_app::{Answer, TestApp, basic, company_information};

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

async fn demand(app: &TestApp, policy: &SecurityPolicy) {
    let (_, revision) = app.store.account().security_policy(app.account()).await.unwrap();
    app.store.account().update_security_policy(&app.by, policy, revision).await.unwrap();
}

/// Issues a token as of that long ago, for that term.
async fn issued_ago(app: &TestApp, ago: TimeDelta, term: Option<TimeDelta>) -> IssuedToken {
    let then = Clock::system().now() - ago;
    let settings = app.issued.token.settings.clone();
    let settings = TokenSettings { expires_at: term.map(|term| then + term), ..settings };
    app.store.at(Clock::fixed(then)).tokens().create(&app.by, settings, Uuid::now_v7()).await.unwrap()
}

/// Retrieves the company profile as a proxy forwards it from that network address.
async fn call_from(app: &TestApp, address: &str) -> Answer {
    let path = company_information(&app.issued.token.sid);
    app.send(app.own_request("GET", &path).header("x-forwarded-for", address), []).await
}

async fn introspected(app: &TestApp, about: &IssuedToken) -> Value {
    let service = app.issue(&[Scope::GET_ACCESS_TOKEN]).await;
    let request = app.request_with("POST", "/oauth2/introspect", &service.token.sid, &service.secret);
    let pair = format!("{}:{}", about.token.sid, about.secret.reveal());
    let form = form_urlencoded::Serializer::new(String::new()).append_pair("token", &pair).finish();
    app.send(request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"), form).await.json()
}

/// Sends a form as a page does, and returns the answer.
async fn send_form(app: &TestApp, path: &str, cookie: &str, form: &str) -> Answer {
    let request = app.request("POST", path).header("sec-fetch-site", "same-origin").header(header::COOKIE, cookie);
    app.send(request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"), form).await
}

#[tokio::test]
async fn expired_auth_token_is_named_as_such_and_is_not_active() {
    let app = TestApp::open().await;
    let issued = issued_ago(&app, TimeDelta::days(31), Some(TimeDelta::days(30))).await;
    let answer = app.company_information(&issued.token.sid, &issued.secret).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.header("www-authenticate").starts_with("Basic"));
    let body = answer.json();
    assert_eq!(body["Status"], "ERROR");
    assert!(body["Message"].as_str().unwrap().contains("expired; reset"), "{body}");
    let wrong = app.company_information(&issued.token.sid, &app.issued.secret).await;
    assert!(!wrong.text().contains("expired"), "whoever does not know it learns nothing");
    let original = [("x-original-method", "GET"), ("x-original-uri", &company_information(&issued.token.sid))];
    let mut request = app.request_with("GET", "/authorize", &issued.token.sid, &issued.secret);
    for (name, value) in original {
        request = request.header(name, value);
    }
    assert_eq!(app.send(request, []).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(introspected(&app, &issued).await, json!({ "active": false }));
}

#[tokio::test]
async fn introspection_gives_the_expiry_of_an_auth_token() {
    let app = TestApp::open().await;
    let issued = issued_ago(&app, TimeDelta::days(1), Some(TimeDelta::days(30))).await;
    let told = introspected(&app, &issued).await;
    assert_eq!(told["active"], true);
    assert_eq!(told["exp"], issued.token.ends_at.unwrap().timestamp());
}

#[tokio::test]
async fn a_longest_lifetime_holds_from_the_next_call_on() {
    let app = TestApp::open().await;
    let issued = issued_ago(&app, TimeDelta::days(31), None).await;
    let call = async || app.company_information(&issued.token.sid, &issued.secret).await.status;
    assert_eq!(call().await, StatusCode::OK);
    demand(&app, &policy("30", "", false)).await;
    assert_eq!(call().await, StatusCode::UNAUTHORIZED);
    demand(&app, &policy("32", "", false)).await;
    assert_eq!(call().await, StatusCode::OK);
}

#[tokio::test]
async fn calls_from_elsewhere_are_refused_and_cost_nothing() {
    let app = TestApp::open_as(true, &gate::Settings::default()).await;
    assert_eq!(call_from(&app, "203.0.113.9").await.status, StatusCode::OK);
    demand(&app, &policy("", "192.0.2.0/24\n2001:db8::/32", false)).await;
    let left = |answer: &Answer| answer.header("x-ratelimit-remaining").parse::<u32>().unwrap();
    let before = left(&call_from(&app, "192.0.2.1").await);
    for outside in ["203.0.113.9", "2001:db9::1", "192.0.2.1, 203.0.113.9"] {
        let answer = call_from(&app, outside).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{outside}");
        assert!(answer.json()["Message"].as_str().unwrap().contains("network address"), "{}", answer.text());
        assert!(left(&answer) >= before);
    }
    for inside in ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "203.0.113.9, 192.0.2.1"] {
        assert_eq!(call_from(&app, inside).await.status, StatusCode::OK, "{inside}");
    }
    demand(&app, &policy("", "", false)).await;
    assert_eq!(call_from(&app, "203.0.113.9").await.status, StatusCode::OK);
}

#[tokio::test]
async fn authorize_and_introspection_check_the_caller_s_address_too() {
    let app = TestApp::open_as(true, &gate::Settings::default()).await;
    demand(&app, &policy("", "192.0.2.0/24", false)).await;
    let path = company_information(&app.issued.token.sid);
    let service = app.issue(&[Scope::GET_ACCESS_TOKEN]).await;
    for (address, expected) in [("192.0.2.1", StatusCode::OK), ("203.0.113.9", StatusCode::FORBIDDEN)] {
        let request = app.own_request("GET", "/authorize").header("x-forwarded-for", address);
        let request = request.header("x-original-method", "GET").header("x-original-uri", &path);
        assert_eq!(app.send(request, []).await.status, expected, "{address}");
        let request = app.request("POST", "/oauth2/introspect").header("x-forwarded-for", address);
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = request.header(header::AUTHORIZATION, basic(&service.token.sid, &service.secret));
        assert_eq!(app.send(request, "token=x").await.status, expected, "{address}");
    }
}

#[tokio::test]
async fn expiry_is_set_over_the_api_within_the_account_s_policy() {
    let app = TestApp::open().await;
    let ids = ["createAccessToken", "updateAccessToken", "getAccessToken", "resetAccessToken"];
    let scopes: Vec<_> = ids.map(|id| Scope::find(id).unwrap()).into_iter().collect();
    let by = app.issue(&scopes).await;
    let call = async |method: &str, below: &str, body: Value| {
        let path = format!("/Agencies/{}/AccessTokens{below}", by.token.sid);
        app.send(app.request_with(method, &path, &by.token.sid, &by.secret), body.to_string()).await
    };
    let new = |expires: Value| json!({ "Name": "Rotated", "Scopes": ["getAccessToken"], "DateExpires": expires });
    let in_days = |days| json!((Clock::system().now() + TimeDelta::days(days)).to_rfc3339());
    let created = call("POST", "", new(in_days(10))).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.text());
    let token = created.json();
    let (id, end) = (token["Id"].as_str().unwrap(), token["DateExpires"].as_str().unwrap());
    assert!(!end.is_empty());
    let never = call("PUT", &format!("/{id}"), json!({ "DateExpires": "" })).await.json();
    assert_eq!(never["DateExpires"], "");
    // A well-formed time that is not possible now, and text that is not a time.
    let (not_now, not_a_time) = (StatusCode::CONFLICT, StatusCode::BAD_REQUEST);
    let wrong =
        [(in_days(-1), not_now), (in_days(4_000), not_now), (json!("tomorrow"), not_a_time), (json!(7), not_a_time)];
    for (wrong, status) in wrong {
        let answer = call("POST", "", new(wrong.clone())).await;
        assert_eq!(answer.status, status, "{wrong}");
        assert_eq!(answer.json()["Errors"][0]["Field"], "DateExpires");
    }
    demand(&app, &policy("30", "", false)).await;
    for wrong in [in_days(31), json!("")] {
        assert_eq!(call("POST", "", new(wrong.clone())).await.status, StatusCode::CONFLICT, "{wrong}");
    }
    let silent = call("POST", "", json!({ "Name": "Rotated", "Scopes": ["getAccessToken"] })).await;
    assert_eq!(silent.status, StatusCode::CREATED, "{}", silent.text());
    assert!(!silent.json()["DateExpires"].as_str().unwrap().is_empty());
    let renamed = call("PUT", &format!("/{id}"), json!({ "Name": "Renamed" })).await;
    assert_eq!(renamed.status, StatusCode::OK, "what it has it may keep: {}", renamed.text());
}

#[tokio::test]
async fn only_administrators_see_and_change_the_policy() {
    let app = TestApp::open().await;
    let form = "form[token_lifetime]=90&form[allowed_addresses]=192.0.2.0%2F24%0D%0A%3A%3A1&revision=1";
    let functions = ["get", "consequences", "update"];
    for role in Role::ALL.into_iter().filter(|role| *role != Role::AccountAdministrator) {
        let cookie = app.sign_in(role).await;
        for function in functions {
            let answer = send_form(&app, &format!("/api/security_policy/{function}"), &cookie, form).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role:?} {function}");
        }
    }
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    let wrong = send_form(&app, "/api/security_policy/update", &cookie, &form.replace("%2F24", "%2F99")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.text());
    let saved = send_form(&app, "/api/security_policy/update", &cookie, form).await;
    assert_eq!(saved.status, StatusCode::OK, "{}", saved.text());
    let again = send_form(&app, "/api/security_policy/update", &cookie, &form.replace("90", "80")).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let read = send_form(&app, "/api/security_policy/get", &cookie, "").await.json();
    let expected = json!({
        "token_lifetime": 90,
        "longest_overlap": 30,
        "allowed_addresses": ["192.0.2.0/24", "::1/128"],
        "tokens_viewable": false,
        "second_factor_required": false,
    });
    assert_eq!((&read["policy"], &read["revision"]), (&expected, &json!(2)));
    assert_eq!(read["own_address"], "127.0.0.1");
}

#[tokio::test]
async fn viewed_auth_token_is_in_one_uncacheable_answer_only() {
    let app = TestApp::open().await;
    demand(&app, &policy("", "", true)).await;
    let issued = app.issue(&[Scope::GET_COMPANY_INFORMATION]).await;
    let specialist = app.sign_in(Role::ImplementationSpecialist).await;
    let question = json!({ "id": issued.token.id }).to_string();
    let viewed = app.function("/api/tokens/view", Some(&specialist), &question).await;
    assert_eq!((viewed.status, viewed.header("cache-control")), (StatusCode::OK, "no-store"));
    assert_eq!(viewed.json()["auth_token"], issued.secret.reveal());
    let analyst = app.sign_in(Role::Analyst).await;
    assert_eq!(app.function("/api/tokens/view", Some(&analyst), &question).await.status, StatusCode::FORBIDDEN);
    assert_eq!(app.function("/api/tokens/view", None, &question).await.status, StatusCode::UNAUTHORIZED);
    let old = json!({ "id": app.issued.token.id }).to_string();
    assert_eq!(app.function("/api/tokens/view", Some(&specialist), &old).await.status, StatusCode::CONFLICT);

    let page = routes::token(issued.token.id);
    for path in [routes::TOKENS, &page, routes::AUDIT_TRAIL] {
        let admin = app.sign_in(Role::AccountAdministrator).await;
        let answer = app.send(app.request("GET", path).header(header::COOKIE, admin), []).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(!answer.text().contains(&issued.secret.reveal()[4..]), "{path}");
    }
}

#[tokio::test]
async fn sealing_keys_rotate_under_a_server_and_after_a_cut_off() {
    let app = TestApp::open().await;
    demand(&app, &policy("", "", true)).await;
    let issued = app.issue(&[Scope::GET_COMPANY_INFORMATION]).await;
    let data = Data::within(&app.folder.path().join("data"));
    let file = data.folder.join("sealing.key");
    let keys = || std::fs::read_to_string(&file).unwrap();
    let view =
        async |issued: &IssuedToken| app.store.tokens().view_secret(&app.by, issued.token.id).await.unwrap().secret;
    let before = keys();

    keys::rotate(&data).await.unwrap();
    let after = keys();
    assert!(after != before && after.lines().count() == 1);
    assert_eq!(view(&issued).await.reveal(), issued.secret.reveal());

    // The state after a rotation was interrupted once the new key was made.
    let cut_off = store::SealingKeys::from_text(&after).unwrap().with_new(&mut rand::rng());
    std::fs::write(&file, cut_off.to_text().as_bytes()).unwrap();
    let meanwhile = app.issue(&[Scope::GET_COMPANY_INFORMATION]).await;
    keys::rotate(&data).await.unwrap();
    assert_eq!(keys(), cut_off.current_alone().to_text().as_str(), "no further key was made");
    for issued in [&issued, &meanwhile] {
        assert_eq!(view(issued).await.reveal(), issued.secret.reveal());
    }
}

#[tokio::test]
async fn damaged_file_of_sealing_keys_is_an_error_and_is_kept() {
    let app = TestApp::open().await;
    let data = Data::within(&app.folder.path().join("data"));
    let file = data.folder.join("sealing.key");
    std::fs::write(&file, "abc").unwrap();
    let (_, revision) = app.store.account().security_policy(app.account()).await.unwrap();
    let refused = app.store.account().update_security_policy(&app.by, &policy("", "", true), revision).await;
    assert!(refused.unwrap_err().to_string().contains("sealing.key"));
    assert!(keys::rotate(&data).await.is_err());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "abc");
}
