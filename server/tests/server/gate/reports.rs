//! Reports at the gate: the catalogue, and reports that are answered at once.

use chrono::TimeDelta;
use domain::tokens::scope::Scope;
use http::StatusCode;
use serde_json::{Value, json};
use server::gate::Settings;

use crate::support::test_app::{Answer, TestApp};

/// Returns an app whose token has every scope for reports and jobs.
pub async fn open() -> TestApp {
    open_as(&Settings::default()).await
}

/// Returns such an app with these settings of the gate.
pub async fn open_as(settings: &Settings) -> TestApp {
    let mut app = TestApp::open_as(false, settings).await;
    let scopes = "listAllReports getReportMetadata runReport exportReport listJobs getJob downloadJobResult replayJob";
    let scopes: Vec<_> = scopes.split(' ').map(|id| Scope::find(id).unwrap()).collect();
    app.issued = app.issue(&scopes).await;
    app
}

/// Calls a path below the account, with one more header.
pub async fn call(app: &TestApp, method: &str, below: &str, (name, value): (&str, &str)) -> Answer {
    let sid = &app.issued.token.sid;
    let request = app.own_request(method, &format!("/Agencies/{sid}{below}")).header(name, value);
    app.send(request, []).await
}

pub async fn get(app: &TestApp, below: &str) -> Answer {
    call(app, "GET", below, ("accept", "application/json")).await
}

#[tokio::test]
async fn catalogue_gives_the_uris_of_each_report() {
    let app = open().await;
    let list = get(&app, "/Reports").await.json();
    let ids: Vec<_> = list.as_array().unwrap().iter().map(|report| &report["Id"]).collect();
    assert_eq!(ids, ["token_usage", "audit_log"]);
    let below = format!("/Agencies/{}", app.issued.token.sid);
    assert_eq!(
        list[0],
        json!({
            "Name": "Token Usage",
            "Id": "token_usage",
            "Category": "Operations",
            "Description": "The use of each access token, by day, operation and HTTP status.",
            "ApiAccessible": true,
            "ApiRunUri": format!("{below}/Reports/token_usage"),
            "DeferredApiRunUri": format!("{below}/ReportExport/token_usage"),
            "MetaDataUri": format!("{below}/Reports/token_usage/MetaData"),
        })
    );
    let two = call(&app, "GET", "/Reports", ("ir-version", "2")).await.json();
    assert_eq!((&two["@total"], &two["Reports"]), (&json!("2"), &list));
}

#[tokio::test]
async fn the_metadata_names_the_filters_and_each_field_of_the_records() {
    let app = open().await;
    for id in ["token_usage", "audit_log"] {
        let metadata = get(&app, &format!("/Reports/{id}/MetaData")).await.json();
        let filter =
            |name| json!({ "Name": name, "DataType": "Date (yyyy-MM-dd'T'HH:mm:ssZZ)", "Format": "yyyy-MM-dd" });
        assert_eq!(metadata["Filters"], json!([filter("Start Date"), filter("End Date")]));
        app.store.gate().flush_calls().await.unwrap();
        let records = get(&app, &format!("/Reports/{id}")).await.json();
        let record = records[0].as_object().unwrap();
        let names: Vec<_> = metadata["Attributes"].as_array().unwrap().iter().map(|one| one["Name"].as_str()).collect();
        assert!(
            names.len() == record.len() && names.iter().all(|name| record.contains_key(name.unwrap())),
            "{names:?}"
        );
    }
}

#[tokio::test]
async fn a_report_is_run_for_the_days_that_are_asked_for() {
    let app = open().await;
    get(&app, "/Reports").await;
    get(&app, "/Reports").await;
    app.store.gate().flush_calls().await.unwrap();
    let today = app.store.clock().now().date_naive();
    let records = get(&app, &format!("/Reports/token_usage?START_DATE={today}&END_DATE={today}")).await.json();
    let [record] = records.as_array().unwrap().as_slice() else { panic!("{records}") };
    assert!(record.as_object().unwrap().values().all(Value::is_string));
    assert_eq!(
        (&record["Operation"], &record["Status"], &record["Calls"]),
        (&json!("listAllReports"), &json!("200"), &json!("2"))
    );
    assert_eq!(record["Day"], format!("{today}T00:00:00+00:00"));
    assert_eq!(record["AccountSid"], app.issued.token.sid.as_str());

    let yesterday = today - TimeDelta::days(1);
    let none = get(&app, &format!("/Reports/token_usage?END_DATE={yesterday}")).await.json();
    assert_eq!(none, json!([]));
    let log = get(&app, "/Reports/audit_log").await.json();
    let actions: Vec<_> = log.as_array().unwrap().iter().map(|event| event["Action"].as_str().unwrap()).collect();
    assert!(actions.contains(&"account_added") && actions.last() == Some(&"token_created"), "{actions:?}");
    assert_eq!(log.as_array().unwrap().last().unwrap()["Actor"], app.by.user.email);
    assert_eq!(get(&app, "/Reports/audit_log?Page=2").await.json(), json!([]));
    let two = call(&app, "GET", "/Reports/audit_log?PageSize=1", ("ir-version", "2")).await.json();
    assert_eq!((&two["@pagesize"], &two["Records"]), (&json!("20000"), &log));
    let xml = call(&app, "GET", "/Reports/audit_log", ("accept", "application/xml")).await;
    assert!(
        xml.text().contains("<Records><Record>") && xml.text().contains("<Action>account_added</Action>"),
        "{}",
        xml.text()
    );
}

#[tokio::test]
async fn errors_of_a_report_are_answered_with_status_200() {
    let app = open().await;
    for (below, message) in [
        ("/Reports/nonexistent", "Not permitted to run report nonexistent"),
        ("/Reports/nonexistent/MetaData", "Not permitted to run report nonexistent"),
        ("/ReportExport/nonexistent", "Not permitted to run report nonexistent"),
        ("/ReportExport/token_usage?ResultFormat=PDF", "Invalid result format. Must be one of CSV, JSON or XML"),
        ("/Reports/token_usage?START_DATE=May", "START_DATE: write a date as YYYY-MM-DD"),
        ("/ReportExport/audit_log?END_DATE=2026-02-30", "END_DATE: write a date as YYYY-MM-DD"),
        ("/Reports/token_usage?START_DATE=2026-05-02&END_DATE=2026-05-01", "END_DATE is before START_DATE; swap them"),
        (
            "/Reports/token_usage?START_DATE=2024-01-01&END_DATE=2025-01-01",
            "A report covers at most 366 days; run it for shorter periods",
        ),
        ("/Reports/token_usage?END_DATE=", "END_DATE: write a date as YYYY-MM-DD"),
        ("/Reports/token_usage?RQueryIDx=1", "RQueryIDx: this report has one table; ask for 0"),
        ("/Reports/token_usage?Page=0", "Page: write a whole number, 1 or more"),
    ] {
        let answer = get(&app, below).await;
        assert_eq!(answer.status, StatusCode::OK, "{below}");
        assert_eq!(answer.json(), json!({ "Status": "ERROR", "Message": message, "Code": "INVALID_REQUEST" }));
    }
    assert_eq!(get(&app, "/Jobs").await.json(), json!([]), "nothing was ordered");
}

#[tokio::test]
async fn auth_token_in_a_wrong_place_is_not_echoed() {
    let app = open().await;
    let secret = app.issued.secret.reveal();
    let named = get(&app, &format!("/Reports/{secret}")).await;
    assert_eq!(named.json()["Message"], "Not permitted to run report kgt_…");
    for below in ["/Reports/audit_log", "/ReportExport/audit_log", "/Jobs", "/Jobs/x/Download", "/Nothing"] {
        for query in [format!("Mode={secret}"), format!("{secret}=1"), format!("START_DATE={secret}&Page={secret}")] {
            let answer = call(&app, "GET", &format!("{below}?{query}"), ("ir-version", "2")).await;
            let headers = format!("{:?}", answer.headers);
            assert!(!answer.text().contains(secret) && !headers.contains(secret), "{below} {}", answer.text());
        }
    }
}
