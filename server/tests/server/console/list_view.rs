//! The view of the list of access tokens: the one that the link names, else the one that the browser remembers.

use app::{request::cookies, routes};
use domain::{members::role::Role, tokens::list_view::ListView};
use http::StatusCode;

use crate::support::test_app::TestApp;

#[tokio::test]
async fn list_is_shown_as_linked_or_else_as_remembered() {
    let app = TestApp::open().await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    let remembers = |view: &str| format!("{cookie}; {}={view}", cookies::LIST_VIEW);
    let (cards, table, neither) = (remembers("cards"), remembers("table"), remembers("<rows>"));
    for (cookie, query, view) in [
        (&cookie, "", ListView::Cards),
        (&cookie, "?view=table", ListView::Table),
        (&cookie, "?view=rows", ListView::Cards),
        (&cards, "?view=table", ListView::Table),
        (&table, "", ListView::Table),
        (&table, "?view=cards", ListView::Cards),
        (&neither, "", ListView::Cards),
    ] {
        let page = app.get_as(&format!("{}{query}", routes::TOKENS), cookie).await;
        assert_eq!(page.status, StatusCode::OK, "{cookie} {query}");
        let html = page.text();
        let shown = [html.contains("<article"), html.contains("role=\"rowheader\"")];
        assert_eq!(shown, ListView::ALL.map(|one| one == view), "{cookie} {query}");
    }
}
