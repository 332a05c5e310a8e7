//! The network address of a request, as a trusted proxy gives it.

use domain::members::role::Role;
use http::StatusCode;
use server::gate;

use crate::support::test_app::{Answer, TestApp, company_information, sign_in_form};

async fn call(app: &TestApp, header: (&str, &str)) -> Answer {
    let path = company_information(&app.issued.token.sid);
    app.send(app.own_request("GET", &path).header(header.0, header.1), []).await
}

async fn allow(app: &TestApp, range: &str) {
    let (mut policy, revision) = app.store.account().security_policy(app.account()).await.unwrap();
    policy.allowed_addresses = [range.parse().unwrap()].into();
    app.store.account().update_security_policy(&app.by, &policy, revision).await.unwrap();
}

#[tokio::test]
async fn an_address_that_can_not_be_read_is_never_the_proxy_s() {
    let app = TestApp::open_as(true, &gate::Settings::default()).await;
    allow(&app, "127.0.0.0/8").await;
    for header in [
        ("x-forwarded-for", "203.0.113.7:51234"),
        ("x-forwarded-for", "unknown"),
        ("x-forwarded-for", "127.0.0.1:x"),
        ("forwarded", "for=_hidden"),
        ("forwarded", "for=127.0.0.1;host=\", for=203.0.113.7"),
    ] {
        assert_eq!(call(&app, header).await.status, StatusCode::FORBIDDEN, "{header:?}");
    }
    assert_eq!(call(&app, ("x-forwarded-for", "127.0.0.1:51234")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_range_is_open_to_clients_in_it_in_each_form() {
    let app = TestApp::open_as(true, &gate::Settings::default()).await;
    allow(&app, "203.0.113.0/24").await;
    for header in [
        ("x-forwarded-for", "203.0.113.7:51234"),
        ("x-forwarded-for", "127.0.0.1, 203.0.113.7"),
        ("forwarded", "for=\"203.0.113.7:51234\";proto=https"),
        ("forwarded", "for=\"[::ffff:203.0.113.7]\""),
    ] {
        assert_eq!(call(&app, header).await.status, StatusCode::OK, "{header:?}");
    }
    let without_proxy = TestApp::open().await;
    allow(&without_proxy, "203.0.113.0/24").await;
    let ignored = call(&without_proxy, ("x-forwarded-for", "203.0.113.7")).await;
    assert_eq!(ignored.status, StatusCode::FORBIDDEN, "its peer is no trusted proxy");
    assert!(crate::support::log::text().contains("isn't a trusted proxy"));
}

#[tokio::test]
async fn wrong_sign_ins_of_unknown_clients_lock_out_no_others() {
    let app = TestApp::open_as(true, &gate::Settings::default()).await;
    let sign_in = async |from: &str, form: String| {
        app.send(app.sign_in_request().header("x-forwarded-for", from), form).await.status
    };
    for number in 0..20 {
        let wrong = format!("email=nobody{number}%40agency.example&password=wrong+horse+battery");
        assert_eq!(sign_in("unknown", wrong).await, StatusCode::UNAUTHORIZED);
    }
    let right = || sign_in_form(Role::Analyst);
    assert_eq!(sign_in("unknown", right()).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(sign_in("203.0.113.7:51234", right()).await, StatusCode::OK);
}
