//! The weight of pages: what a browser has to read before it can show them.

use app::routes;
use domain::{
    members::role::Role,
    tokens::{filter::PAGE_SIZE, token::TokenForm},
};
use http::StatusCode;
use uuid::Uuid;

use crate::support::test_app::TestApp;

/// The most bytes of a full page of tokens, uncompressed.
const FULL_LIST_MAX: usize = 45_000;

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
