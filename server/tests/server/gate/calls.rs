//! The calls that a token may make at the gate, and those that it may not.

use std::{
    num::NonZeroU32,
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use domain::tokens::{
    overlap::{Handover, Overlap},
    scope::Scope,
    secret::Secret,
    token::TokenState,
};
use http::{StatusCode, header};
use serde_json::json;
use server::gate::Settings;

use crate::support::test_app::{Answer, TestApp, basic, company_information};

/// Asserts an error in the API's envelope.
fn assert_error(answer: &Answer, status: StatusCode) {
    assert_eq!(answer.status, status, "{}", answer.text());
    let envelope = answer.json();
    assert_eq!((&envelope["Status"], &envelope["Errors"]), (&json!("ERROR"), &json!([])));
    assert!(envelope["Message"].as_str().is_some_and(|message| !message.is_empty()));
    assert!(envelope["Code"].as_str().is_some_and(|code| code.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')));
    assert_eq!(envelope.as_object().unwrap().len(), 4);
    assert_eq!(answer.header("cache-control"), "no-store");
    let challenge = if status == StatusCode::UNAUTHORIZED {
        r#"Basic realm="Platform REST Web Services", charset="UTF-8""#
    } else {
        ""
    };
    assert_eq!(answer.header("www-authenticate"), challenge);
}

#[tokio::test]
async fn a_token_retrieves_its_agency_s_profile_in_the_published_form() {
    let app = TestApp::open().await;
    let (sid, secret) = (&app.issued.token.sid, &app.issued.secret);
    let answer = app.company_information(sid, secret).await;

    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("cache-control"), "no-store");
    let profile = answer.json();
    assert_eq!(profile["CompanyName"], "Agency");
    assert_eq!(profile["Uri"], company_information(sid));
    let published = "CompanyName Website PrimaryPhoneNumber PrimaryPhoneNumberCountry SecondaryPhoneNumber \
        SecondaryPhoneNumberCountry MinimumContactRating Timezone Currency RegisteredForIndirectTax IndirectTaxNumber \
        OrganizationType EinSsnForeignTaxId CorporateAddress BillingAddress FinancialContact TechnicalContact \
        SecurityContact CommercialContact Uri";
    let published: Vec<_> = published.split_whitespace().collect();
    assert_eq!(profile.as_object().unwrap().keys().collect::<Vec<_>>(), published);
    let address = profile["CorporateAddress"].as_object().unwrap();
    assert!(address.contains_key("AddressLine1") && address.contains_key("PostalCode"));
}

#[tokio::test]
async fn use_of_a_token_is_noted_only_if_the_call_passed() {
    let app = TestApp::open().await;
    let (token, secret) = (&app.issued.token, &app.issued.secret);
    let last_used = async || app.store.tokens().get(app.account(), token.id).await.unwrap().last_used_at;

    app.call("GET", &format!("/Agencies/{}/Jobs", token.sid), &token.sid, secret).await;
    app.store.gate().flush_calls().await.unwrap();
    assert_eq!(last_used().await, None);
    app.company_information(&token.sid, secret).await;
    app.store.gate().flush_calls().await.unwrap();
    assert!(last_used().await.is_some());
}

#[tokio::test]
async fn head_answers_as_get_does_without_the_body() {
    let app = TestApp::open().await;
    let (sid, secret) = (&app.issued.token.sid, &app.issued.secret);
    let get = app.company_information(sid, secret).await;
    let head = app.call("HEAD", &company_information(sid), sid, secret).await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    assert_eq!(head.header("content-length"), get.body.len().to_string());
}

#[tokio::test]
async fn missing_doubled_malformed_or_wrong_credentials_answer_401() {
    let app = TestApp::open().await;
    let (sid, right) = (&app.issued.token.sid, basic(&app.issued.token.sid, &app.issued.secret));
    let other = basic(sid, &Secret::generate(&mut rand::rng()));
    let bearer = right.replace("Basic", "Bearer");
    let long = format!("Basic {}", "A".repeat(10_000));
    let sets: [&[&[u8]]; 10] = [
        &[],
        &[b""],
        &[b"Basic"],
        &[b"Basic %%%"],
        &[b"Basic /////w=="],
        &[b"Basic Og=="],
        &[other.as_bytes()],
        &[bearer.as_bytes()],
        &[long.as_bytes()],
        &[right.as_bytes(), right.as_bytes()],
    ];
    for values in sets {
        let mut request = app.request("GET", &company_information(sid));
        for value in values {
            request = request.header(header::AUTHORIZATION, *value);
        }
        assert_error(&app.send(request, []).await, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn reset_rejects_the_old_auth_token_and_passes_the_new_one() {
    let app = TestApp::open().await;
    let (token, old) = (&app.issued.token, &app.issued.secret);
    let reset = app.store.tokens().reset(&app.by, token.id, token.revision).await.unwrap();
    assert_eq!(reset.token.sid, token.sid);
    assert_error(&app.company_information(&token.sid, old).await, StatusCode::UNAUTHORIZED);
    assert_eq!(app.company_information(&token.sid, &reset.secret).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_disabled_token_is_refused_until_it_is_enabled_again() {
    let app = TestApp::open().await;
    let (token, secret) = (&app.issued.token, &app.issued.secret);
    app.store.tokens().disable(&app.by, token.id).await.unwrap();
    assert_error(&app.company_information(&token.sid, secret).await, StatusCode::FORBIDDEN);
    app.store.tokens().enable(&app.by, token.id).await.unwrap();
    assert_eq!(app.company_information(&token.sid, secret).await.status, StatusCode::OK);
}

#[tokio::test]
async fn deleted_token_is_unknown_until_the_deletion_is_undone() {
    let app = TestApp::open().await;
    let (token, secret) = (&app.issued.token, &app.issued.secret);
    app.store.tokens().delete(&app.by, token.id).await.unwrap();
    assert_error(&app.company_information(&token.sid, secret).await, StatusCode::UNAUTHORIZED);
    app.store.tokens().undo_delete(&app.by, token.id).await.unwrap();
    assert_eq!(app.company_information(&token.sid, secret).await.status, StatusCode::OK);
}

#[tokio::test]
async fn no_token_passes_while_the_account_s_api_access_is_off() {
    let app = TestApp::open().await;
    let (token, secret) = (&app.issued.token, &app.issued.secret);
    app.store.account().disable_api_access(&app.by).await.unwrap();
    assert_error(&app.company_information(&token.sid, secret).await, StatusCode::FORBIDDEN);
    app.store.account().enable_api_access(&app.by).await.unwrap();
    assert_eq!(app.company_information(&token.sid, secret).await.status, StatusCode::OK);
}

#[tokio::test]
async fn duplicate_passes_only_with_its_own_credentials_and_sid() {
    let app = TestApp::open().await;
    let (sid, secret) = (&app.issued.token.sid, &app.issued.secret);
    let copy = app.store.tokens().duplicate(&app.by, app.issued.token.id, uuid::Uuid::now_v7()).await.unwrap();
    assert_eq!(copy.token.state, TokenState::Enabled);
    assert_eq!(app.company_information(&copy.token.sid, &copy.secret).await.status, StatusCode::OK);

    assert_error(&app.company_information(&copy.token.sid, secret).await, StatusCode::UNAUTHORIZED);
    let beside = app.call("GET", &company_information(&copy.token.sid), sid, secret).await;
    assert_error(&beside, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_token_without_the_operation_s_scope_is_refused() {
    let app = TestApp::open().await;
    let other = app.issue(&[Scope::find("updateCompanyInformation").unwrap()]).await;
    assert_error(&app.company_information(&other.token.sid, &other.secret).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn unknown_paths_answer_404_only_with_right_credentials() {
    let app = TestApp::open().await;
    let (sid, secret) = (&app.issued.token.sid, &app.issued.secret);
    let below = [
        "//",
        "/Nothing",
        "/CompanyInformation//",
        "/companyinformation",
        "/CompanyInformation/x",
        "//CompanyInformation",
    ];
    let odd = ["/Agencies", "/Agencies/", "/Agencies/%ff/CompanyInformation", "/Agencies/%00%0a/x"];
    for path in below.map(|path| format!("/Agencies/{sid}{path}")).into_iter().chain(odd.map(str::to_owned)) {
        assert_error(&app.call("GET", &path, sid, secret).await, StatusCode::NOT_FOUND);
        assert_error(&app.get(&path).await, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn invalid_sid_in_the_path_answers_403() {
    let app = TestApp::open().await;
    let (sid, secret) = (&app.issued.token.sid, &app.issued.secret);
    for path in [
        "/Agencies//CompanyInformation",
        "/Agencies/x/CompanyInformation",
        "/Agencies/%2e%2e/CompanyInformation",
        "/Agencies/%E9%8D%B5/CompanyInformation",
    ] {
        assert_error(&app.call("GET", path, sid, secret).await, StatusCode::FORBIDDEN);
    }
    let encoded = company_information(sid).replacen("IR", "%49%52", 1);
    assert_eq!(app.call("GET", &encoded, sid, secret).await.status, StatusCode::OK);
}

#[tokio::test]
async fn other_methods_answer_405_and_say_which_ones_there_are() {
    let app = TestApp::open().await;
    let (sid, secret) = (&app.issued.token.sid, &app.issued.secret);
    for method in ["POST", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"] {
        let answer = app.call(method, &company_information(sid), sid, secret).await;
        assert_error(&answer, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(answer.header("allow"), "GET, HEAD, PUT", "{method}");
    }
    assert_error(&app.send(app.request("POST", &company_information(sid)), []).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_body_of_ten_megabytes_is_too_large() {
    let app = TestApp::open().await;
    let request = app.request("POST", &company_information(&app.issued.token.sid));
    assert_error(&app.send(request, vec![b'x'; 10_000_000]).await, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn gate_ignores_origin_and_cookie_headers() {
    let app = TestApp::open().await;
    let path = company_information(&app.issued.token.sid);
    let request = app.request("GET", &path).header("sec-fetch-site", "cross-site").header(header::COOKIE, "a=b");
    let request = request.header(header::AUTHORIZATION, basic(&app.issued.token.sid, &app.issued.secret));
    assert_eq!(app.send(request, []).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn reset_rejects_old_auth_token_at_once_in_a_thousand_resets() {
    let app =
        TestApp::open_as(false, &Settings { calls_per_hour: NonZeroU32::new(10_000_000), ..Settings::default() }).await;
    let mut token = app.issued.token.clone();
    // All Auth Tokens so far. The count at the last answered reset tells which of them must not pass.
    let secrets = Arc::new(RwLock::new(vec![app.issued.secret.clone()]));
    let over = Arc::new(AtomicBool::new(false));
    let url = format!("http://{}{}", app.address, company_information(&token.sid));
    let hammers: Vec<_> = (0..8)
        .map(|_| {
            let (secrets, over, url, sid) = (secrets.clone(), over.clone(), url.clone(), token.sid.clone());
            tokio::task::spawn_blocking(move || {
                let config = ureq::Agent::config_builder().http_status_as_error(false).build();
                let agent = ureq::Agent::new_with_config(config); // one connection, kept open
                let (mut calls, mut stale) = (0_u32, 0_u32);
                while !over.load(Ordering::Relaxed) {
                    let (secret, replaced) = {
                        let secrets = secrets.read().unwrap();
                        let index = secrets.len().saturating_sub(1 + (calls as usize % 2));
                        (secrets[index].clone(), index + 1 < secrets.len())
                    };
                    let answer = agent.get(&url).header("authorization", basic(&sid, &secret)).call().unwrap();
                    calls += 1;
                    stale += u32::from(replaced && answer.status() == StatusCode::OK);
                }
                (calls, stale)
            })
        })
        .collect();
    for _ in 0..1_000 {
        let reset = app.store.tokens().reset(&app.by, token.id, token.revision).await.unwrap();
        token = reset.token;
        secrets.write().unwrap().push(reset.secret);
    }
    over.store(true, Ordering::Relaxed);
    let mut calls = 0;
    for hammer in hammers {
        let (made, stale) = hammer.await.unwrap();
        assert_eq!(stale, 0);
        calls += made;
    }
    assert!(calls > 1_000, "only {calls} calls were made meanwhile");
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_rejects_old_auth_token_at_once_in_a_thousand_stops() {
    let app =
        TestApp::open_as(false, &Settings { calls_per_hour: NonZeroU32::new(10_000_000), ..Settings::default() }).await;
    let mut token = app.issued.token.clone();
    let mut current = app.issued.secret.clone();
    // The Auth Tokens that were stopped so far, of which none may pass, and the one that passes beside the current one.
    let stopped = Arc::new(RwLock::new(Vec::<Secret>::new()));
    let passing = Arc::new(RwLock::new(current.clone()));
    let over = Arc::new(AtomicBool::new(false));
    let url = format!("http://{}{}", app.address, company_information(&token.sid));
    let hammers: Vec<_> = (0..8)
        .map(|_| {
            let (stopped, passing, over) = (stopped.clone(), passing.clone(), over.clone());
            let (url, sid) = (url.clone(), token.sid.clone());
            tokio::task::spawn_blocking(move || {
                let config = ureq::Agent::config_builder().http_status_as_error(false).build();
                let agent = ureq::Agent::new_with_config(config); // one connection, kept open
                let (mut calls, mut stale, mut passed) = (0_u32, 0_u32, 0_u32);
                while !over.load(Ordering::Relaxed) {
                    let last = stopped.read().unwrap().last().cloned().filter(|_| calls % 2 == 0);
                    let was_stopped = last.is_some();
                    let secret = last.unwrap_or_else(|| passing.read().unwrap().clone());
                    let answer = agent.get(&url).header("authorization", basic(&sid, &secret)).call().unwrap();
                    let is_ok = answer.status() == StatusCode::OK;
                    calls += 1;
                    stale += u32::from(was_stopped && is_ok);
                    passed += u32::from(!was_stopped && is_ok);
                }
                (calls, stale, passed)
            })
        })
        .collect();
    let handover = Handover { overlap: Overlap::OneHour, close_when_moved: false };
    for _ in 0..1_000 {
        let tokens = app.store.tokens();
        let reset = tokens.reset_with_overlap(&app.by, token.id, token.revision, handover).await.unwrap();
        let old = std::mem::replace(&mut current, reset.secret);
        *passing.write().unwrap() = old.clone();
        token = tokens.stop_old_value(&app.by, token.id).await.unwrap();
        stopped.write().unwrap().push(old);
    }
    over.store(true, Ordering::Relaxed);
    let (mut calls, mut passed) = (0, 0);
    for hammer in hammers {
        let (made, stale, old_passed) = hammer.await.unwrap();
        assert_eq!(stale, 0);
        (calls, passed) = (calls + made, passed + old_passed);
    }
    assert!(
        calls > 1_000 && passed > 0,
        "only {calls} calls were made meanwhile, {passed} with an old value that passed"
    );
    assert_eq!(app.company_information(&token.sid, &current).await.status, StatusCode::OK);
}
