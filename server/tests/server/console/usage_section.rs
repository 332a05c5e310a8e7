//! The section on a token's usage, as the page of all parts has it: the server draws it, so that it needs no wasm.

use http::header;

use crate::support::test_app::TestApp;

async fn parts(app: &TestApp, query: &str, language: &str) -> String {
    let request = app.request("GET", &format!("/parts{query}")).header(header::ACCEPT_LANGUAGE, language);
    app.send(request, []).await.text()
}

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
