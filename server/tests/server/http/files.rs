//! Files of the site: the time that browsers may cache them, and their compression.

use http::StatusCode;

use crate::support::test_app::TestApp;

#[tokio::test]
async fn frontend_is_cached_for_ever_and_sent_as_compressed_at_build() {
    let app = TestApp::open().await;
    for (accepted, body) in [("identity", "// as it is"), ("gzip, br", "brotli"), ("gzip", "gzip")] {
        let request = app.request("GET", "/pkg/kagitaba.0123.js").header("accept-encoding", accepted);
        let answer = app.send(request, []).await;
        assert_eq!((answer.status, answer.text().as_str()), (StatusCode::OK, body));
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        assert!(answer.header("content-type").contains("javascript"));
    }
}

#[tokio::test]
async fn other_files_are_cached_for_an_hour_and_missing_ones_never() {
    let app = TestApp::open().await;
    assert_eq!(app.get("/icon.svg").await.header("cache-control"), "public, max-age=3600");
    for path in ["/pkg/kagitaba.9999.js", "/none.svg"] {
        let answer = app.get(path).await;
        assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::NOT_FOUND, "no-store"), "{path}");
    }
}

#[tokio::test]
async fn file_outside_the_site_is_not_served() {
    let app = TestApp::open().await;
    std::fs::write(app.folder.path().with_extension("outside"), "a neighbour's file").unwrap();
    let name = app.folder.path().with_extension("outside");
    let name = name.file_name().unwrap().to_str().unwrap();
    for path in [format!("/pkg/..%2f..%2f{name}"), format!("/%2e%2e/{name}"), format!("/..%5c{name}")] {
        assert!(!app.get(&path).await.text().contains("a neighbour's file"), "{path}");
        assert_ne!(app.get(&path).await.status, StatusCode::OK, "{path}");
    }
    std::fs::remove_file(app.folder.path().with_extension("outside")).unwrap();
}

#[tokio::test]
async fn healthz_answers_ok() {
    let app = TestApp::open().await;
    let answer = app.get("/healthz").await;
    assert_eq!((answer.status, answer.text().as_str()), (StatusCode::OK, "ok"));
}
