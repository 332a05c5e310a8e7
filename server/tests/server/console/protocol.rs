//! Calls to server functions: the content types, the fields, and the proof that some functions need each time.

use app::routes;
use domain::members::role::Role;
use http::{StatusCode, header};
use leptos::server_fn::axum::server_fn_paths;
use serde_json::json;
use store::Store;

use crate::support::test_app::{Answer, PASSWORD, TestApp, email};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// Calls a server function from one of our own pages, with a body declared as that content type.
async fn call(app: &TestApp, path: &str, cookie: &str, content_type: Option<&str>, body: &str) -> Answer {
    let mut request = app.request("POST", path).header("sec-fetch-site", "same-origin");
    request = request.header(header::COOKIE, cookie);
    if let Some(content_type) = content_type {
        request = request.header(header::CONTENT_TYPE, content_type);
    }
    app.send(request, body).await
}

#[tokio::test]
async fn each_function_takes_json_or_forms_and_nothing_else() {
    let app = TestApp::open().await;
    let refused = async |path: &str, content_type| {
        let answer = call(&app, path, "", content_type, "x").await;
        answer.status == StatusCode::UNSUPPORTED_MEDIA_TYPE
    };
    for (path, _) in server_fn_paths() {
        for wrong in [
            None,
            Some("text/plain"),
            Some("text/plain; charset=application/json"),
            Some("multipart/form-data; boundary=x"),
            Some("application/octet-stream"),
            Some("application/json-patch+json"),
        ] {
            assert!(refused(path, wrong).await, "{path} takes {wrong:?}");
        }
        let [json, form] = [refused(path, Some(JSON)).await, refused(path, Some(FORM)).await];
        assert!(json != form, "{path} takes JSON or a form, and not both");
        let right =
            if json { "application/x-www-form-urlencoded;charset=UTF-8" } else { "Application/JSON; charset=utf-8" };
        assert!(!refused(path, Some(right)).await, "{path} takes {right}");
    }
}

#[tokio::test]
async fn json_with_an_unknown_field_is_refused_at_any_depth() {
    let app = TestApp::open().await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    let (id, revision) = (app.issued.token.id, app.issued.token.revision);
    let filter = json!({ "name": "", "created": null, "state": null, "sort": "created", "place": "first", "x": 1 });
    for (path, body) in [
        ("account", json!({ "x": 1 })),
        ("tokens/list", json!({ "filter": filter })),
        ("tokens/disable", json!({ "id": id, "": "=" })),
        ("tokens/reset", json!({ "id": id, "revision": revision, "x": "=" })),
    ] {
        let answer = app.function(&format!("/api/{path}"), Some(&cookie), &body.to_string()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}: {}", answer.text());
        assert!(answer.text().contains("there is no field"), "{path}: {}", answer.text());
    }
    let opened = app.company_information(&app.issued.token.sid, &app.issued.secret).await;
    assert_eq!(opened.status, StatusCode::OK, "nothing was done");
}

/// A form with `enctype="text/plain"` can send JSON, with a field for the `=` that the browser inserts.
#[tokio::test]
async fn plain_text_form_changes_no_role() {
    let app = TestApp::open().await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    let id = user_id(&app.store, &app, Role::ImplementationSpecialist).await;
    let smuggled = format!("{{\"id\":\"{id}\",\"role\":\"account_administrator\",\"x\":\"=\"}}\r\n");
    for content_type in ["text/plain", JSON, FORM] {
        for accept in ["text/html", "*/*"] {
            let request = app.request("POST", "/api/users/change_role").header("sec-fetch-site", "same-origin");
            let request = request.header(header::COOKIE, &cookie).header(header::CONTENT_TYPE, content_type);
            app.send(request.header(header::ACCEPT, accept), smuggled.clone()).await;
            assert_eq!(
                role(&app, Role::ImplementationSpecialist).await,
                Role::ImplementationSpecialist,
                "{content_type}"
            );
        }
    }
}

#[tokio::test]
async fn guarded_functions_need_a_recent_password() {
    let app = TestApp::open().await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    app.age_passwords().await;
    let user = json!({ "id": user_id(&app.store, &app, Role::Analyst).await }).to_string();
    let token = json!({ "id": app.issued.token.id, "revision": app.issued.token.revision });
    let (token, id) = (token.to_string(), json!({ "id": app.issued.token.id }).to_string());
    let own_passkey = r#"{"id":"00000000-0000-7000-8000-000000000000"}"#;
    for (function, content_type, body) in [
        ("tokens/reset", JSON, token.as_str()),
        ("tokens/stop_old_value", JSON, &id),
        ("tokens/view", JSON, &id),
        ("tokens/delete", JSON, &id),
        ("users/invite", FORM, "form[email]=nao%40agency.example&form[role]=analyst"),
        ("users/change_role", JSON, &user.replace('}', r#","role":"finance"}"#)),
        ("users/deactivate", JSON, &user),
        ("users/reinstate", JSON, &user),
        ("users/make_reset_link", JSON, &user),
        ("security_policy/begin_trial", JSON, r#"{"form":{},"enforce_when_silent":false,"revision":0}"#),
        ("security_policy/enforce_trial", JSON, "{}"),
        ("security_policy/update", FORM, "form[token_lifetime]=90&form[allowed_addresses]=&revision=0"),
        ("second_factor/begin", JSON, "{}"),
        ("second_factor/confirm", JSON, r#"{"code":"123456"}"#),
        ("second_factor/renew_recovery_codes", JSON, "{}"),
        ("second_factor/switch_off", JSON, "{}"),
        ("passkeys/begin", JSON, "{}"),
        ("passkeys/add", JSON, r#"{"given":{"token":"","answer":""},"name":"X"}"#),
        ("passkeys/remove", JSON, own_passkey),
    ] {
        let path = format!("/api/{function}");
        let answer = call(&app, &path, &cookie, Some(content_type), body).await;
        assert_eq!(
            (answer.status, answer.text().as_str()),
            (StatusCode::UNAUTHORIZED, r#"{"Refused":"StepUpNeeded"}"#),
            "{function}"
        );
        let stranger = call(&app, &path, "", Some(content_type), body).await;
        assert_eq!(
            (stranger.status, stranger.text().as_str()),
            (StatusCode::UNAUTHORIZED, r#""SignInNeeded""#),
            "{function}"
        );
    }
    let (sid, secret) = (&app.issued.token.sid, &app.issued.secret);
    assert_eq!(app.company_information(sid, secret).await.status, StatusCode::OK, "the token is as it was");
}

#[tokio::test]
async fn changing_a_role_takes_a_proof_each_time() {
    let app = TestApp::open().await;
    let mut cookie = app.sign_in(Role::AccountAdministrator).await;
    let id = user_id(&app.store, &app, Role::Analyst).await;
    let change = async |cookie: &str, proof: Option<&str>| {
        let mut body = json!({ "id": id, "role": "finance" });
        if let Some(password) = proof {
            body["proof"] = json!({ "password": password });
        }
        app.function("/api/users/change_role", Some(cookie), &body.to_string()).await
    };
    for _ in 0..2 {
        // A proof is needed although the password was given a moment ago.
        let none = change(&cookie, None).await;
        assert_eq!((none.status, none.json()), (StatusCode::UNAUTHORIZED, json!({ "Refused": "StepUpNeeded" })));
        let wrong = change(&cookie, Some("not the password")).await;
        assert_eq!((wrong.status, wrong.json()), (StatusCode::UNAUTHORIZED, json!({ "Refused": "WrongPassword" })));
        assert_ne!(role(&app, Role::Analyst).await, Role::Finance);
        let right = change(&cookie, Some(PASSWORD)).await;
        assert_eq!(right.status, StatusCode::OK, "{}", right.text());
        assert_eq!(role(&app, Role::Analyst).await, Role::Finance);
        right.header("set-cookie").split(';').next().unwrap().clone_into(&mut cookie);
        app.store.members().change_role(&app.by, domain::members::user::UserId(id), Role::Analyst).await.unwrap();
    }
    let specialist = app.sign_in(Role::ImplementationSpecialist).await;
    assert_eq!(change(&specialist, Some(PASSWORD)).await.status, StatusCode::FORBIDDEN);
}

async fn user_id(store: &Store, app: &TestApp, role: Role) -> uuid::Uuid {
    let members = store.members().list(app.account()).await.unwrap();
    members.into_iter().find(|member| member.person.email == email(role)).unwrap().person.id.0
}

/// Returns the present role of the user who began with this one.
async fn role(app: &TestApp, began_as: Role) -> Role {
    let members = app.store.members().list(app.account()).await.unwrap();
    members.into_iter().find(|member| member.person.email == email(began_as)).unwrap().role
}

#[tokio::test]
async fn cookies_of_other_applications_end_no_session() {
    let app = TestApp::open().await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    let with = |cookies: &[&[u8]]| {
        let mut request = app.request("GET", routes::PROFILE);
        for cookie in cookies {
            request = request.header(header::COOKIE, http::HeaderValue::from_bytes(cookie).unwrap());
        }
        app.send(request, [])
    };
    let japanese = "kagitaba_language=ja; n=鍵; kagitaba_theme=dark";
    for cookies in [
        vec![format!("n=鍵; {cookie}; {japanese}").into_bytes()],
        vec![format!("{japanese}; {cookie}").into_bytes()],
        vec![japanese.as_bytes().to_vec(), cookie.clone().into_bytes()],
        vec![[b"n=\xff\xfe; ".as_slice(), format!("{cookie}; {japanese}").as_bytes()].concat()],
    ] {
        let page = with(&cookies.iter().map(Vec::as_slice).collect::<Vec<_>>()).await;
        assert_eq!(page.status, StatusCode::OK, "{cookies:?}");
        assert!(page.text().contains("data-theme=\"dark\"") && page.text().contains("lang=\"ja\""), "{cookies:?}");
    }
}

#[tokio::test]
async fn sign_in_page_warns_where_signing_in_can_not_work() {
    let [app, production] = [false, true]
        .map(|production| async move { TestApp::open_as(production, &server::gate::Settings::default()).await });
    let (app, production) = (app.await, production.await);
    let told = async |app: &TestApp, host: &str, headers: &[(&str, &str)]| {
        let mut request = app.request("GET", routes::SIGN_IN).header(header::HOST, host);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let page = app.send(request, []).await.text();
        ["over http://", "http:// で"].into_iter().any(|words| page.contains(words))
    };
    let port = app.address.port();
    for app in [&app, &production] {
        assert!(told(app, &format!("10.0.0.5:{port}"), &[]).await);
        assert!(told(app, "keys.example", &[("x-forwarded-proto", "http")]).await);
        assert!(told(app, "keys.example", &[("accept-language", "ja")]).await);
        for local in [format!("localhost:{port}"), format!("127.0.0.1:{port}"), "[::1]".to_owned()] {
            assert!(!told(app, &local, &[]).await, "{local}");
        }
        for (name, value) in [
            ("sec-fetch-mode", "navigate"),
            ("x-forwarded-proto", "https"),
            ("forwarded", "for=192.0.2.1;proto=\"https\""),
        ] {
            assert!(!told(app, "keys.example", &[(name, value)]).await, "{name}");
        }
    }
}

#[tokio::test]
async fn rejected_origin_names_host_port_and_option() {
    let app = TestApp::open().await;
    let request = app.request("POST", "/api/session/sign_in").header(header::ORIGIN, "https://keys.example:8443");
    let answer = app.send(request.header(header::CONTENT_TYPE, FORM), "").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    for part in ["https://keys.example:8443", &app.address.to_string(), "--public-url", "Host"] {
        assert!(answer.text().contains(part), "{part}: {}", answer.text());
    }
}
