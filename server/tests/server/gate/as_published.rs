//! The gate as the platform documents it: the ways to write a request, and the forms of answers.

use chrono::{DateTime, TimeDelta};
use domain::tokens::scope::Scope;
use http::{StatusCode, header};
use serde_json::{Value, json};
use server::gate::{GateFormat, Settings};

use crate::support::test_app::{Answer, TestApp, company_information};

const FORM: &str = "application/x-www-form-urlencoded";

/// Returns an app whose token has the given scopes.
async fn open(scopes: &[&str]) -> TestApp {
    open_as(scopes, &Settings::default()).await
}

async fn open_as(scopes: &[&str], settings: &Settings) -> TestApp {
    let mut app = TestApp::open_as(false, settings).await;
    app.issued = app.issue(&scopes.iter().map(|id| Scope::find(id).unwrap()).collect::<Vec<_>>()).await;
    app
}

/// Calls a path below the token's own Account SID.
async fn call(app: &TestApp, method: &str, below: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Answer {
    let request = app.own_request(method, &format!("/Agencies/{}{below}", app.issued.token.sid));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    app.send(request, body).await
}

fn code(answer: &Answer) -> String {
    answer.json()["Code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn path_suffix_names_the_format_of_answers_and_errors() {
    let app = open(&["getCompanyInformation"]).await;
    for (below, accept, kind) in [
        ("/CompanyInformation.xml", "application/json", "application/xml"),
        ("/CompanyInformation.xml/", "application/json", "application/xml"),
        ("/CompanyInformation.json", "application/xml", "application/json"),
        (".xml", "application/json", "application/xml"),
        ("/Nothing.xml", "application/json", "application/xml"),
        ("/Jobs.json", "application/xml", "application/json"),
    ] {
        let answer = call(&app, "GET", below, &[("accept", accept)], []).await;
        assert_eq!(answer.header("content-type"), kind, "{below}");
        let expected = match below {
            "/Nothing.xml" => StatusCode::NOT_FOUND,
            "/Jobs.json" => StatusCode::FORBIDDEN,
            _ => StatusCode::OK,
        };
        assert_eq!(answer.status, expected, "{below}");
    }
    let stranger = app.get("/Agencies/x/Jobs.xml").await;
    assert_eq!((stranger.status, stranger.header("content-type")), (StatusCode::UNAUTHORIZED, "application/xml"));
}

#[tokio::test]
async fn a_proxy_s_call_is_checked_without_suffix_and_by_its_method() {
    let app = open(&["getCompanyInformation", "updateCompanyInformation"]).await;
    let ask = async |method: &str, below: &str| {
        let address = format!("/Agencies/{}{below}", app.issued.token.sid);
        let request = app.own_request("GET", "/authorize").header("X-Original-Method", method);
        app.send(request.header("X-Original-URI", address), []).await
    };
    for (method, below) in [
        ("GET", "/CompanyInformation.xml"),
        ("GET", "/CompanyInformation/"),
        ("GET", "/CompanyInformation.json?Ir-Version=v3.0"),
        ("POST", "/CompanyInformation?_method=PUT"),
        ("GET", ""),
    ] {
        assert_eq!(ask(method, below).await.status, StatusCode::OK, "{method} {below}");
    }
    for (method, below) in [
        ("POST", "/CompanyInformation"),
        ("POST", "/CompanyInformation?_method=GET"),
        ("POST", "/CompanyInformation?_method=DELETE"),
        ("GET", "/Jobs.json"),
        ("GET", "/Jobs/7.xml"),
        ("PUT", ""),
    ] {
        assert_eq!(ask(method, below).await.status, StatusCode::FORBIDDEN, "{method} {below}");
    }
    assert_eq!(ask("GET", "/Jobs.xml").await.header("content-type"), "application/xml");
}

#[tokio::test]
async fn form_body_is_accepted_like_json() {
    let app = open(&["getCompanyInformation", "updateCompanyInformation", "createAccessToken"]).await;
    let form = [("content-type", FORM)];
    let put =
        call(&app, "PUT", "/CompanyInformation", &form, "Website=https%3A%2F%2Fa.example&BillingAddress.City=Kyoto")
            .await;
    assert_eq!(put.status, StatusCode::OK, "{}", put.text());
    let json = [("content-type", "application/json; charset=utf-8")];
    let put = call(&app, "PUT", "/CompanyInformation", &json, "\u{feff}{\"Currency\":\"JPY\"}").await;
    assert_eq!(put.status, StatusCode::OK, "{}", put.text());
    let profile = call(&app, "GET", "/CompanyInformation", &[], []).await.json();
    let read = [&profile["Website"], &profile["BillingAddress"]["City"], &profile["Currency"]];
    assert_eq!(read, ["https://a.example", "Kyoto", "JPY"]);

    let new = "Name=New&Scopes=getCompanyInformation&Scopes=updateCompanyInformation&Developers=";
    let created = call(&app, "POST", "/AccessTokens", &form, new).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.text());
    assert_eq!(created.json()["Scopes"], json!(["getCompanyInformation", "updateCompanyInformation"]));
    let unknown = call(&app, "PUT", "/CompanyInformation", &form, "BillingAddress.Planet=Mars&_method=DELETE").await;
    let fields: Vec<_> =
        unknown.json()["Errors"].as_array().unwrap().iter().map(|error| error["Field"].clone()).collect();
    assert_eq!(
        (unknown.status, fields),
        (StatusCode::BAD_REQUEST, vec![json!("BillingAddress.Planet"), json!("_method")])
    );
}

#[tokio::test]
async fn a_post_stands_for_put_or_delete_and_needs_their_scope() {
    let app = open(&["getAccessToken", "updateAccessToken", "getCompanyInformation"]).await;
    let token = app.issue(&[Scope::GET_COMPANY_INFORMATION]).await.token;
    let below = format!("/AccessTokens/{}", token.id.0);
    let form = [("content-type", FORM)];
    let put = call(&app, "POST", &below, &form, "_method=PUT&Name=Renamed").await;
    assert_eq!((put.status, &put.json()["Name"]), (StatusCode::OK, &json!("Renamed")), "{}", put.text());
    let put = call(&app, "POST", &format!("{below}?_method=PUT"), &[], "{\"Name\":\"Again\"}").await;
    assert_eq!((put.status, &put.json()["Name"]), (StatusCode::OK, &json!("Again")), "{}", put.text());

    let deleted = call(&app, "POST", &below, &form, "_method=DELETE").await;
    assert_eq!((deleted.status, code(&deleted)), (StatusCode::FORBIDDEN, "SCOPE_MISSING".to_owned()));
    for (method, query, body) in [("POST", "?_method=GET", ""), ("POST", "?_method=PUT", "_method=DELETE")] {
        let refused = call(&app, method, &format!("{below}{query}"), &form, body).await;
        assert_eq!(
            (refused.status, &refused.json()["Errors"][0]["Field"]),
            (StatusCode::BAD_REQUEST, &json!("_method"))
        );
    }
    // A GET stays a GET, whatever its query says.
    let get = call(&app, "GET", &format!("{below}?_method=DELETE"), &[], []).await;
    assert_eq!((get.status, &get.json()["Errors"][0]["Field"]), (StatusCode::BAD_REQUEST, &json!("_method")));
    assert_eq!(call(&app, "GET", &below, &[], []).await.json()["Name"], "Again");
}

#[tokio::test]
async fn bodies_that_can_t_be_read_answer_415() {
    let app = open(&["updateCompanyInformation"]).await;
    let gzip = [("content-encoding", "gzip"), ("content-type", "application/json")];
    let compressed = call(&app, "PUT", "/CompanyInformation", &gzip, [0x1f, 0x8b, 8]).await;
    let told = (compressed.status, code(&compressed), compressed.header("accept-encoding"));
    assert_eq!(told, (StatusCode::UNSUPPORTED_MEDIA_TYPE, "CONTENT_ENCODING_NOT_TAKEN".to_owned(), "identity"));
    let xml = call(&app, "PUT", "/CompanyInformation", &[("content-type", "application/xml")], "<a/>").await;
    assert_eq!((xml.status, code(&xml)), (StatusCode::UNSUPPORTED_MEDIA_TYPE, "CONTENT_TYPE_NOT_TAKEN".to_owned()));
    let stranger = app.request("PUT", &company_information(&app.issued.token.sid));
    assert_eq!(app.send(stranger.header("content-encoding", "gzip"), "x").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_uri_in_an_answer_can_be_fetched_as_it_stands() {
    let app = open(&["getCompanyInformation", "updateCompanyInformation", "listAllReports", "runReport"]).await;
    let done = call(&app, "PUT", "/CompanyInformation", &[], "{}").await.json();
    let uri = done["Uri"].as_str().unwrap();
    assert!(uri.ends_with('/'), "{uri}");
    let fetched = app.send(app.own_request("GET", uri), []).await;
    assert_eq!(fetched.status, StatusCode::OK);
    // The answer can be sent back, with or without the slash at the end of its address.
    let mut profile = fetched.json();
    for uri in [uri, uri.trim_end_matches('/')] {
        profile["Uri"] = uri.into();
        assert_eq!(call(&app, "PUT", "/CompanyInformation", &[], profile.to_string()).await.status, StatusCode::OK);
    }
    profile["Uri"] = "/elsewhere".into();
    let refused = call(&app, "PUT", "/CompanyInformation", &[], profile.to_string()).await;
    assert_eq!((refused.status, &refused.json()["Errors"][0]["Field"]), (StatusCode::BAD_REQUEST, &json!("Uri")));

    let reports = call(&app, "GET", "/Reports.json?PageSize=1", &[], []).await;
    let next = reports.header("link").split_once('>').unwrap().0.trim_start_matches('<').to_owned();
    assert!(next.contains("/Reports.json?"), "{next}");
    let next = app.send(app.own_request("GET", &next), []).await;
    assert_eq!((next.json()[0]["Id"].as_str(), next.header("x-page-size")), (Some("audit_log"), "1"));
    let run = app.send(app.own_request("GET", next.json()[0]["ApiRunUri"].as_str().unwrap()), []).await;
    assert_eq!(run.status, StatusCode::OK);
}

#[tokio::test]
async fn agency_address_describes_the_calling_token() {
    let app = TestApp::open().await;
    let token = &app.issued.token;
    for end in ["", "/", ".json"] {
        let answer = call(&app, "GET", end, &[], []).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let mut agency = answer.json();
        let limits = agency["RateLimits"].take();
        let expected = json!({
            "AccountSid": token.sid,
            "CompanyName": "Agency",
            "AccessTokenId": token.id,
            "AccessTokenName": "Nightly export",
            "ApiVersion": "3",
            "Scopes": ["getCompanyInformation"],
            "DateExpires": "",
            "RateLimits": null,
            "Uri": format!("/Agencies/{}", token.sid),
        });
        assert_eq!(agency, expected);
        let of = |group: usize, field: &str| limits[group][field].to_string();
        assert_eq!(of(0, "Remaining"), answer.header("x-ratelimit-remaining"));
        assert_eq!((limits[1]["Group"].as_str(), of(1, "Remaining")), (Some("ReportExport"), "100".to_owned()));
    }
    let head = call(&app, "HEAD", "", &[], []).await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    let other = call(&app, "DELETE", "", &[], []).await;
    assert_eq!((other.status, other.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD"));
    let beside = app.send(app.own_request("GET", "/Agencies/x"), []).await;
    assert_eq!((beside.status, code(&beside)), (StatusCode::FORBIDDEN, "OTHER_ACCOUNT_SID".to_owned()));
    app.store.tokens().disable(&app.by, token.id).await.unwrap();
    let disabled = call(&app, "GET", "", &[], []).await;
    assert_eq!((disabled.status, code(&disabled)), (StatusCode::FORBIDDEN, "TOKEN_DISABLED".to_owned()));
}

#[tokio::test]
async fn a_line_break_after_the_auth_token_is_named() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let app = TestApp::open().await;
    let (sid, secret) = (&app.issued.token.sid, app.issued.secret.reveal());
    let credentials = format!("Basic {}", STANDARD.encode(format!("{sid}:{secret}\n")));
    let request = app.request("GET", &company_information(sid)).header(header::AUTHORIZATION, credentials);
    let refused = app.send(request, []).await;
    assert_eq!((refused.status, code(&refused)), (StatusCode::UNAUTHORIZED, "AUTH_TOKEN_LINE_BREAK".to_owned()));
    assert!(!refused.text().contains(secret));
}

#[tokio::test]
async fn every_answer_to_a_known_token_gives_its_expiry() {
    let app = open(&["createAccessToken", "getCompanyInformation"]).await;
    let end = app.store.clock().now() + TimeDelta::days(30);
    let form = json!({ "Name": "Short", "Scopes": ["getCompanyInformation"], "DateExpires": end }).to_string();
    let created = call(&app, "POST", "/AccessTokens", &[], form).await.json();
    let shown = created["DateExpires"].as_str().unwrap();
    assert_eq!(DateTime::parse_from_rfc3339(shown).unwrap().timestamp(), end.timestamp());
    assert!(!shown.contains('.'), "to the second: {shown}");
    let credentials = format!("{}:{}", created["AccountSid"].as_str().unwrap(), created["AuthToken"].as_str().unwrap());
    let path = |below: &str| format!("/Agencies/{}{below}", created["AccountSid"].as_str().unwrap());
    let ask = async |address: std::net::SocketAddr, method: &str, path: String| {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let request = http::Request::builder().method(method).uri(format!("http://{address}{path}"));
        let credentials = format!("Basic {}", STANDARD.encode(&credentials));
        app.send(request.header(header::AUTHORIZATION, credentials), []).await
    };
    for (method, path, status) in [
        ("GET", path("/CompanyInformation"), StatusCode::OK),
        ("GET", path("/Jobs"), StatusCode::FORBIDDEN),
        ("GET", path("/Nothing"), StatusCode::NOT_FOUND),
        ("PATCH", path("/CompanyInformation"), StatusCode::METHOD_NOT_ALLOWED),
        ("GET", format!("/authorize{}", path("/CompanyInformation")), StatusCode::OK),
        ("GET", format!("/authorize{}", path("/Jobs")), StatusCode::FORBIDDEN),
    ] {
        let answer = ask(app.address, method, path.clone()).await;
        assert_eq!((answer.status, answer.header("x-token-expires")), (status, shown), "{method} {path}");
    }
    let later = app.at(&store::Clock::fixed(end)).await;
    let expired = ask(later, "GET", path("/CompanyInformation")).await;
    assert_eq!((expired.status, code(&expired)), (StatusCode::UNAUTHORIZED, "AUTH_TOKEN_EXPIRED".to_owned()));
    assert_eq!(expired.header("x-token-expires"), shown);
    let without = call(&app, "GET", "/CompanyInformation", &[], []).await;
    assert_eq!((without.status, without.header("x-token-expires")), (StatusCode::OK, ""));
}

#[tokio::test]
async fn unknown_or_invalid_parameters_are_named() {
    let app = open(&["listJobs", "getCompanyInformation"]).await;
    for (below, field) in [
        ("/Jobs?CreatedAftr=2026-01-01", "CreatedAftr"),
        ("/Jobs?page=2", "page"),
        ("/Jobs?Page=1&Page=2", "Page"),
        ("/Jobs?CreatedBefore=", "CreatedBefore"),
        ("/CompanyInformation?a=b", "a"),
        ("?Page=1", "Page"),
    ] {
        let refused = call(&app, "GET", below, &[], []).await;
        assert_eq!((refused.status, &refused.json()["Errors"][0]["Field"]), (StatusCode::BAD_REQUEST, &json!(field)));
    }
    let secret = app.issued.secret.reveal();
    let refused = call(&app, "GET", &format!("/Jobs?{secret}=1"), &[], []).await;
    assert!(refused.status == StatusCode::BAD_REQUEST && !refused.text().contains(secret));
}

#[tokio::test]
async fn page_size_beyond_the_largest_is_capped_and_reported() {
    let app = open(&["listAccessTokens"]).await;
    for (query, size) in [("", "1000"), ("?PageSize=5000", "1000"), ("?PageSize=1", "1")] {
        let list = call(&app, "GET", &format!("/AccessTokens{query}"), &[], []).await;
        assert_eq!((list.status, list.header("x-page-size")), (StatusCode::OK, size), "{query}");
    }
    let two = call(&app, "GET", "/AccessTokens?PageSize=5000&IrVersion=2", &[], []).await.json();
    assert_eq!((&two["@pagesize"], &two["@total"]), (&json!("1000"), &json!("2")));
    assert!(two["@uri"].as_str().unwrap().contains("PageSize=1000"), "{two}");
}

#[tokio::test]
async fn published_format_is_xml_in_its_root() {
    let settings = Settings { gate_format: GateFormat::Published, ..Settings::default() };
    let app = open_as(&["getCompanyInformation", "listAllReports"], &settings).await;
    for accept in [None, Some(("accept", "*/*"))] {
        let answer = call(&app, "GET", "/CompanyInformation", accept.as_slice(), []).await;
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/xml"));
        let text = answer.text();
        assert!(text.contains("?><ImpactRadiusResponse><CompanyInformation><CompanyName>Agency<"), "{text}");
        assert!(text.ends_with("</CompanyInformation></ImpactRadiusResponse>"), "{text}");
    }
    let list = call(&app, "GET", "/Reports", &[], []).await.text();
    assert!(list.contains("<ImpactRadiusResponse><Reports><Report><Name>Token Usage<"), "{list}");
    let error = call(&app, "GET", "/Nothing", &[], []).await.text();
    assert!(error.contains("<ImpactRadiusResponse><Status>ERROR</Status><Message>"), "{error}");
    let wrong = app.send(app.request("GET", "/oauth2/introspect"), []).await.text();
    assert!(wrong.contains("<ImpactRadiusResponse><Status>ERROR</Status>"), "{wrong}");
    for (below, accept) in [("/CompanyInformation", "application/json"), ("/CompanyInformation.json", "*/*")] {
        let json: Value = call(&app, "GET", below, &[("accept", accept)], []).await.json();
        assert_eq!(json["CompanyName"], "Agency");
    }
}
