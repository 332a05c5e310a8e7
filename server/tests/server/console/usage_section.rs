//! The section on a token's usage: the server draws it, so that it needs no wasm.

use app::routes;
use domain::{
    members::role::Role,
    tokens::{
        overlap::{Handover, Overlap},
        scope::Scope,
        secret::Secret,
        token::TokenId,
    },
};
use http::{StatusCode, header};
use uuid::Uuid;

use super::isolation::stranger;
use crate::support::test_app::{TestApp, company_information};

/// Returns an app whose token was called twice by one client, and once without the scope by another.
async fn called() -> TestApp {
    let app = TestApp::open().await;
    let sid = &app.issued.token.sid;
    for (path, client) in [
        (company_information(sid), "nightly-export"),
        (company_information(sid), "nightly-export"),
        (format!("/Agencies/{sid}/Jobs"), "<b>other</b>"),
    ] {
        app.send(app.own_request("GET", &path).header(header::USER_AGENT, client), []).await;
    }
    app.store.gate().flush_calls().await.unwrap();
    app
}

/// Returns the section of the token's page with this query, as a browser without scripts shows it.
async fn section(app: &TestApp, id: TokenId, query: &str) -> String {
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    let request = app.request("GET", &format!("{}{query}", routes::token(id))).header(header::COOKIE, cookie);
    let page = app.send(request.header(header::ACCEPT_LANGUAGE, "en"), []).await;
    assert_eq!(page.status, StatusCode::OK);
    let html = page.text();
    let section = html.split("id=\"usage\"").nth(1).and_then(|rest| rest.split("token-danger").next());
    section.unwrap_or_else(|| panic!("no section: {html}")).to_owned()
}

/// Returns the number of the last calls that the section lists.
fn listed(section: &str) -> usize {
    section.matches("data-label=\"Latency\"").count()
}

#[tokio::test]
async fn token_page_draws_its_calls() {
    let app = called().await;
    let id = app.issued.token.id;
    app.company_information(&app.issued.token.sid, &Secret::generate(&mut rand::rng())).await;
    app.store.gate().flush_calls().await.unwrap();
    for (query, columns, failed) in [("", 30, 2), ("?by=hour", 48, 1), ("?by=week", 26, 2)] {
        let html = section(&app, id, query).await;
        assert!(html.contains("class=\"chart-bars\""), "{html}");
        assert_eq!(html.matches("class=\"chart-column\"").count(), columns, "{query}: {html}");
        let label = format!("Calls by period: 2 succeeded, {failed} failed.");
        assert!(html.contains(&label), "refused calls are counted by day only, {query}: {html}");
        assert_eq!(html.matches("aria-current=\"true\"").count(), 1, "{query}: {html}");
        assert_eq!(listed(&html), 3, "{query}: {html}");
        for text in ["Retrieve company information", "127.0.0.1", "&lt;b&gt;other&lt;/b&gt;", "Wrong Auth Token"] {
            assert!(html.contains(text), "{text} in {html}");
        }
        assert!(!html.contains("<b>") && !html.contains("<button"), "{html}");
    }
}

#[tokio::test]
async fn link_of_token_page_narrows_the_last_calls() {
    let app = called().await;
    let id = app.issued.token.id;
    for (query, calls) in [
        ("?status=403", 1),
        ("?status=200&by=hour", 2),
        ("?operation=listJobs", 1),
        ("?version=3", 3),
        ("?version=2", 0),
        ("?address=127.0.0.1", 3),
        ("?address=192.0.2.1", 0),
        ("?client=nightly-export", 2),
        ("?client=nightly-export&status=403", 0),
        ("?client=", 0),
        ("?value=old", 0),
        ("?status=nonsense", 3),
    ] {
        let html = section(&app, id, query).await;
        assert_eq!(listed(&html), calls, "{query}: {html}");
        assert!(html.contains("class=\"chart-bars\""), "{query}: {html}");
    }
    let (html, path) = (section(&app, id, "?status=403").await, routes::token(id));
    for link in [
        format!("{path}?by=week&amp;status=403#usage\""),
        format!("{path}?status=403&amp;client=nightly-export#usage\""),
        format!("{path}#usage\" aria-label=\"Remove filter: 403\""),
        format!("{}?token={}&amp;status=403\"", routes::CALLS_CSV, id.0),
        format!("{}?token={}&amp;status=403\"", routes::CALLS_JSON_LINES, id.0),
    ] {
        assert!(html.contains(&format!("href=\"{link}")), "{link} in {html}");
    }
}

#[tokio::test]
async fn token_page_tells_both_auth_tokens_of_an_overlap_apart() {
    let app = called().await;
    let (token, old) = (&app.issued.token, &app.issued.secret);
    assert!(!section(&app, token.id, "").await.contains("value=old"));
    let handover = Handover { overlap: Overlap::OneHour, close_when_moved: false };
    let tokens = app.store.tokens();
    let new = tokens.reset_with_overlap(&app.by, token.id, token.revision, handover).await.unwrap().secret;
    for secret in [old, &new, &new] {
        app.company_information(&token.sid, secret).await;
    }
    app.store.gate().flush_calls().await.unwrap();
    for (query, calls) in [("", 6), ("?value=old", 1), ("?value=current", 2)] {
        let html = section(&app, token.id, query).await;
        assert_eq!(listed(&html), calls, "{query}: {html}");
        assert_eq!(html.matches("data-label=\"Auth Token\"").count(), calls, "{query}: {html}");
        let current = format!("href=\"{}{query}#usage\" aria-current=\"true\"", routes::token(token.id));
        assert_eq!(html.matches(&current).count(), 2, "both the days and the Auth Token, {current} in {html}");
    }
}

#[tokio::test]
async fn token_without_calls_has_a_text_in_place_of_the_chart() {
    let app = called().await;
    let unused = app.issue(&[Scope::GET_COMPANY_INFORMATION]).await.token;
    let html = section(&app, unused.id, "").await;
    assert!(html.contains("No calls in this period.") && html.contains("No matching calls."), "{html}");
    assert!(!html.contains("chart-bars") && !html.contains("<table"), "{html}");
}

#[tokio::test]
async fn token_page_of_another_account_is_not_found() {
    let app = called().await;
    let (_, theirs) = stranger(&app).await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    for id in [theirs.token.id, TokenId(Uuid::now_v7())] {
        let page = app.get_as(&routes::token(id), &cookie).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
        assert!(!page.text().contains("id=\"usage\"") && !page.text().contains(theirs.token.sid.as_str()));
    }
}

#[cfg(debug_assertions)] // as the page of all parts
async fn parts(app: &TestApp, query: &str, language: &str) -> String {
    let request = app.request("GET", &format!("/parts{query}")).header(header::ACCEPT_LANGUAGE, language);
    app.send(request, []).await.text()
}

#[cfg(debug_assertions)]
#[tokio::test]
async fn usage_is_drawn_by_the_server_in_both_languages() {
    let app = TestApp::open().await;
    for (language, title, caption) in [("en", "Usage", "By operation"), ("ja", "利用状況", "操作別")] {
        let html = parts(&app, "", language).await;
        assert!(html.contains(&format!("aria-label=\"{title}\"")), "{html}");
        assert!(html.contains(caption), "{html}");
        assert!(html.contains("class=\"chart-bars\"") && html.contains("class=\"sparkline\""), "{html}");
        assert!(html.contains("nightly-export/2.0 (&lt;b&gt;&amp;amp;)") && !html.contains("(<b>"), "{html}");
    }
}

#[cfg(debug_assertions)]
#[tokio::test]
async fn links_of_usage_change_one_thing_and_keep_the_rest() {
    let app = TestApp::open().await;
    let html = parts(&app, "?by=hour&status=403", "en").await;
    for (link, what) in [
        ("/parts?by=hour&amp;status=403\" aria-current=\"true\"", "the chart that is shown"),
        ("/parts?by=week&amp;status=403\"", "another chart"),
        ("/parts?by=hour&amp;status=403&amp;version=3\"", "the calls of a version, too"),
        ("/parts?by=hour&amp;status=200\"", "the calls with another status"),
        ("/parts?by=hour&amp;status=403&amp;client=\"", "the calls that name no client, too"),
        ("/parts?by=hour\" aria-label=\"Remove filter: 403\"", "the calls with any status"),
    ] {
        assert!(html.contains(&format!("href=\"{link}")), "{what}: {link} in {html}");
    }
}
