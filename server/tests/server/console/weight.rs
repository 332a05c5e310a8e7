//! The weight of pages: what a browser has to read before it can show them.

use std::{net::IpAddr, time::Duration};

use app::routes;
use chrono::TimeDelta;
use domain::{
    members::role::Role,
    tokens::{
        client_name::ClientName,
        filter::{PAGE_SIZE, TokenFilter},
        overlap::TokenValue,
        scope::Scope,
        token::TokenForm,
    },
};
use http::StatusCode;
use store::Call;
use uuid::Uuid;

use crate::support::test_app::TestApp;

/// The most bytes of a full page of tokens, uncompressed.
const FULL_LIST_MAX: usize = 45_000;
/// The most bytes that the calls of 30 days add for each token: the drawing, and the numbers for our wasm.
const CALLS_MAX: usize = 600;

/// Creates as many tokens as a page shows, so that there is a second page, too.
async fn fill(app: &TestApp) {
    let terms = app.store.account().terms(app.account()).await.unwrap();
    for number in 1..=PAGE_SIZE {
        let form = TokenForm {
            name: format!("Conversion export {number}"),
            developers: "ops@partner.example".to_owned(),
            scopes: ["listJobs", "getJob", "exportReport"].map(str::to_owned).to_vec(),
            ..TokenForm::blank(app.by.user.id)
        };
        let settings = form.validate(std::slice::from_ref(&app.by.user), None, &terms).unwrap();
        app.store.tokens().create(&app.by, settings, Uuid::now_v7()).await.unwrap();
    }
}

#[tokio::test]
async fn full_list_is_light_and_holds_no_closed_menu() {
    let app = TestApp::open().await;
    fill(&app).await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    let page = app.get_as(routes::TOKENS, &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    let html = page.text();
    let count = |text: &str| html.matches(text).count();
    assert_eq!(count("<article"), PAGE_SIZE as usize);
    assert_eq!(count("aria-label=\"More: "), PAGE_SIZE as usize, "each card has a button for its menu");
    assert_eq!(count("role=\"menu"), 0, "a menu comes when it is opened");
    assert!(html.len() <= FULL_LIST_MAX, "{} bytes", html.len());
}

/// Records different numbers of calls of each token on each of the last 30 days; some failed.
async fn record_calls(app: &TestApp) {
    let now = app.store.clock().now();
    let list = app.store.tokens().list(app.account(), &TokenFilter::default()).await.unwrap();
    for (number, token) in (0_i64..).zip(&list.tokens) {
        for day in 0..30 {
            for call in 0..=(day * 7 + number) % 13 {
                app.store.gate().record_call(Call {
                    account: app.account(),
                    token: token.id,
                    scope: Scope::GET_COMPANY_INFORMATION,
                    version: None,
                    value: TokenValue::Current.number(),
                    client: ClientName::Unnamed,
                    status: if call == 0 && day % 9 == 4 { 403 } else { 200 },
                    at: now - TimeDelta::days(day),
                    address: IpAddr::from([192, 0, 2, 1]),
                    latency: Duration::ZERO,
                });
            }
        }
    }
    app.store.gate().flush_calls().await.unwrap();
}

#[tokio::test]
async fn calls_of_the_last_days_add_little_to_a_full_list() {
    let app = TestApp::open().await;
    fill(&app).await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    let page = async || app.get_as(routes::TOKENS, &cookie).await.text();
    let without = page().await;
    record_calls(&app).await;
    let with = page().await;
    assert_eq!(with.matches("class=\"sparkline\"").count(), PAGE_SIZE as usize);
    let each = (with.len() - without.len()) / PAGE_SIZE as usize;
    assert!(each <= CALLS_MAX, "{each} bytes for each token");
}

#[tokio::test]
async fn each_icon_of_a_page_has_its_outline_once() {
    let app = TestApp::open().await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    for path in [routes::OVERVIEW, routes::TOKENS, routes::NEW_TOKEN, "/no-such-page"] {
        let page = app.get_as(path, &cookie).await;
        let html = page.text();
        let mut icons: Vec<_> = html.split("<use href=\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        icons.sort_unstable();
        icons.dedup();
        assert!(!icons.is_empty(), "{path}");
        for icon in icons {
            assert_eq!(html.matches(&format!("<path id=\"{icon}\"")).count(), 1, "{path}: {icon}");
        }
    }
}
