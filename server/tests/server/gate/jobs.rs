//! Exports at the gate: ordering, following, downloading, replaying.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use domain::{
    members::user::{CurrentUser, UserId},
    reports::job::JobId,
    tokens::{scope::Scope, token::TokenForm},
};
use http::{StatusCode, header};
use serde_json::{Value, json};
use server::{config::Data, gate::exports};
use store::ResultLink;
use uuid::Uuid;

use crate::{
    gate::reports::{call, get, open},
    support::test_app::{TestApp, basic},
};

/// Returns the part of an address that is below the account.
pub fn below(uri: &Value) -> &str {
    let uri = uri.as_str().unwrap();
    &uri[uri.match_indices('/').nth(2).unwrap().0..]
}

/// Orders an export and returns the job's path.
pub async fn export(app: &TestApp, query: &str) -> String {
    let queued = get(app, &format!("/ReportExport/audit_log{query}")).await;
    assert_eq!(queued.status, StatusCode::OK);
    let queued = queued.json();
    assert_eq!(queued["Status"], "QUEUED", "{queued}");
    let job = below(&queued["QueuedUri"]).to_owned();
    assert_eq!(
        (below(&queued["ResultUri"]), below(&queued["ReplayUri"])),
        (&*format!("{job}/Download"), &*format!("{job}/Replay"))
    );
    job
}

/// Asks for the job until it has ended, and returns it.
pub async fn ended(app: &TestApp, job: &str) -> Value {
    let began = Instant::now();
    loop {
        let job = get(app, job).await.json();
        if !matches!(job["Status"].as_str(), Some("QUEUED" | "RUNNING")) {
            return job;
        }
        assert!(began.elapsed() < Duration::from_mins(1), "the job does not come to an end");
    }
}

pub fn work(app: &TestApp) {
    tokio::spawn(exports::work(app.store.clone()));
}

#[tokio::test]
async fn an_export_is_downloaded_in_each_format_and_in_both_modes() {
    let app = open().await;
    work(&app);
    for (query, name, expected) in [
        ("", ".csv", "\u{feff}Time,Actor,Action,TokenId,Details\n"),
        ("?ResultFormat=CSV", ".csv", "\u{feff}Time,Actor,Action,TokenId,Details\n"),
        ("?ResultFormat=JSON", ".json", r#""Action":"account_added""#),
        ("?ResultFormat=XML", ".xml", "<Action>account_added</Action>"),
    ] {
        let job = export(&app, query).await;
        let done = ended(&app, &job).await;
        assert_eq!((&done["Status"], &done["PercentageComplete"]), (&json!("COMPLETED"), &json!(100)), "{done}");
        assert!(done["RecordsProcessed"].as_u64().unwrap() > 3, "{done}");
        let result = below(&done["ResultUri"]);

        let file = get(&app, &format!("{result}?Mode=Stream")).await;
        assert_eq!((file.status, file.header("content-type")), (StatusCode::OK, "application/octet-stream"));
        assert!(file.text().contains(expected), "{}", file.text());
        let disposition = file.header("content-disposition");
        assert!(disposition.starts_with("attachment; filename=\"audit_log_20"), "{disposition}");
        assert!(disposition.ends_with(&format!("{name}\"")), "{disposition}");

        let found = get(&app, result).await;
        assert_eq!(found.status, StatusCode::FOUND);
        let signed = app.get(found.header("location")).await; // without credentials
        assert_eq!((signed.status, &signed.body), (StatusCode::OK, &file.body));
        assert_eq!((signed.header("content-disposition"), signed.header("cache-control")), (disposition, "no-store"));
    }
    let refused = get(&app, &format!("/Jobs/{}/Download?Mode=Fast", Uuid::nil())).await;
    assert_eq!((refused.status, &refused.json()["Errors"][0]["Field"]), (StatusCode::BAD_REQUEST, &json!("Mode")));
}

#[tokio::test]
async fn head_request_for_an_export_orders_nothing() {
    let app = open().await;
    for below in ["/ReportExport/audit_log", "/ReportExport/nonexistent"] {
        for method in ["HEAD", "POST", "OPTIONS"] {
            let refused = call(&app, method, below, ("accept", "*/*")).await;
            let got = (refused.status, refused.header("allow"));
            assert_eq!(got, (StatusCode::METHOD_NOT_ALLOWED, "GET"), "{method} {below}");
        }
    }
    let asked = app.own_request("GET", "/authorize").header("X-Original-Method", "HEAD");
    let address = format!("/Agencies/{}/ReportExport/audit_log", app.issued.token.sid);
    let asked = app.send(asked.header("X-Original-URI", address), []).await;
    assert_eq!(asked.status, StatusCode::FORBIDDEN);
    assert_eq!(get(&app, "/Jobs").await.json(), json!([]));

    let job = export(&app, "").await;
    let replay = call(&app, "HEAD", &format!("{job}/Replay"), ("accept", "*/*")).await;
    assert_eq!((replay.status, replay.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "PUT"));
    let waiting = call(&app, "HEAD", &format!("{job}/Download"), ("accept", "*/*")).await;
    assert_eq!((waiting.status, waiting.body.len()), (StatusCode::ACCEPTED, 0));
    assert_eq!(get(&app, "/Jobs").await.json().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn job_has_the_published_fields_and_missing_values_are_empty() {
    let app = open().await;
    let job = export(&app, "").await;
    let queued = get(&app, &job).await.json();
    let published = "AbandonedDate CancelledDate CompletedDate CreatedBy CreatedDate FailedDate Id \
        LastProgressUpdateDate PercentageComplete ProgramId RecordsProcessed Replayable ResultUri StartedDate Status \
        StatusMessage Type";
    let mut names: Vec<_> = queued.as_object().unwrap().keys().collect();
    names.sort_unstable();
    assert_eq!(names, published.split_whitespace().collect::<Vec<_>>());
    for empty in ["StartedDate", "CompletedDate", "FailedDate", "LastProgressUpdateDate", "ResultUri", "ProgramId"] {
        assert_eq!(queued[empty], "", "{empty}");
    }
    assert_eq!((&queued["Type"], &queued["Status"]), (&json!("ApiReport"), &json!("QUEUED")));
    assert_eq!(queued["CreatedBy"], app.issued.token.sid.as_str());
    assert_eq!((&queued["Replayable"], &queued["RecordsProcessed"]), (&json!(false), &json!(0)));

    let waiting = get(&app, &format!("{job}/Download")).await;
    assert_eq!((waiting.status, waiting.json()), (StatusCode::ACCEPTED, queued));
    work(&app);
    let done = ended(&app, &job).await;
    assert!(
        ["StartedDate", "CompletedDate", "LastProgressUpdateDate", "ResultUri"].iter().all(|name| done[name] != "")
    );
    assert_eq!((&done["FailedDate"], &done["Replayable"]), (&json!(""), &json!(true)));
    let xml = call(&app, "GET", &job, ("accept", "application/xml")).await.text();
    assert!(xml.contains("<Job>") && xml.contains("<Status>COMPLETED</Status>"), "{xml}");
}

#[tokio::test]
async fn a_signed_address_that_is_forged_or_has_expired_answers_404() {
    let app = open().await;
    work(&app);
    let jobs = [export(&app, "").await, export(&app, "").await];
    for job in &jobs {
        ended(&app, job).await;
    }
    let found = get(&app, &format!("{}/Download", jobs[0])).await;
    let address = found.header("location");
    let (path, query) = address.split_once('?').unwrap();
    let [token, expires, signature] = query.split('&').collect::<Vec<_>>().try_into().unwrap();
    let until: i64 = expires.strip_prefix("expires=").unwrap().parse().unwrap();
    let id = JobId(path.strip_prefix("/downloads/").unwrap().parse().unwrap());
    let other = format!("/downloads/{}", jobs[1].strip_prefix("/Jobs/").unwrap());
    let past = app.store.clock().now().timestamp() - 1;
    let signed_before = {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        let link = ResultLink { job: id, token: app.issued.token.id, until: past };
        URL_SAFE_NO_PAD.encode(app.store.reports().sign_result(link).await.unwrap().unwrap())
    };
    for forged in [
        path.to_owned(),
        format!("{path}?{token}&{expires}"),
        format!("{path}?{token}&{signature}"),
        format!("{path}?{expires}&{signature}"),
        format!("{path}?token={}&{expires}&{signature}", Uuid::nil()),
        format!("{path}?token=x&{expires}&{signature}"),
        format!("{path}?{token}&{expires}&signature="),
        format!("{path}?{token}&expires={}&{signature}", until + 1),
        format!("{path}?{token}&{expires}&signature={}", "A".repeat(43)),
        format!("{path}?{token}&expires=x&{signature}"),
        format!("{other}?{query}"),
        format!("/downloads/x?{query}"),
        format!("/downloads/%ff?{query}"),
        format!("{path}?{token}&expires={past}&signature={signed_before}"),
    ] {
        let answer = app.get(&forged).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{forged}");
        assert!(!answer.text().contains("account_added"));
    }
    assert_eq!(app.get(address).await.status, StatusCode::OK);
    app.store.account().disable_api_access(&app.by).await.unwrap();
    assert_eq!(app.get(address).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn signed_address_ends_with_the_token_it_was_given_to() {
    let app = open().await;
    work(&app);
    let job = export(&app, "").await;
    ended(&app, &job).await;
    let found = get(&app, &format!("{job}/Download")).await;
    let address = found.header("location");
    let (store, by, id) = (&app.store, &app.by, app.issued.token.id);
    assert_eq!(app.get(address).await.status, StatusCode::OK);
    store.tokens().disable(by, id).await.unwrap();
    assert_eq!(app.get(address).await.status, StatusCode::NOT_FOUND, "disabled");
    let token = store.tokens().enable(by, id).await.unwrap();
    assert_eq!(app.get(address).await.status, StatusCode::OK);
    store.tokens().reset(by, id, token.revision).await.unwrap();
    assert_eq!(app.get(address).await.status, StatusCode::NOT_FOUND, "reset");
}

#[tokio::test]
async fn job_can_be_replayed_once_it_has_ended() {
    let app = open().await;
    let job = export(&app, "?ResultFormat=JSON&START_DATE=2026-01-01&END_DATE=2026-01-31").await;
    let replay = |job: &str| format!("{job}/Replay");
    let early = call(&app, "PUT", &replay(&job), ("accept", "*/*")).await;
    assert_eq!(early.status, StatusCode::FORBIDDEN);
    assert!(early.json()["Message"].as_str().unwrap().contains("is QUEUED and can't be replayed yet"), "{early:?}");

    work(&app);
    let done = ended(&app, &job).await;
    let again = call(&app, "PUT", &replay(&job), ("accept", "*/*")).await;
    assert_eq!(again.status, StatusCode::OK);
    let again = again.json();
    assert!(again["Id"] != done["Id"] && again["Status"] != "ERROR");
    let again = format!("/Jobs/{}", again["Id"].as_str().unwrap());
    ended(&app, &again).await;
    let file = get(&app, &format!("{again}/Download?Mode=Stream")).await;
    assert!(file.header("content-disposition").contains("audit_log_2026-01-01_2026-01-31.json"), "{file:?}");
    assert_eq!(get(&app, &job).await.json(), done, "it stays as it is");
}

#[tokio::test]
async fn job_running_when_the_server_was_killed_is_done_after_restart() {
    let app = open().await;
    let job = export(&app, "").await;
    app.store.reports().claim_job().await.unwrap().unwrap();
    assert_eq!(get(&app, &job).await.json()["Status"], "RUNNING");
    let store = Data::within(&app.folder.path().join("data")).open().await.unwrap();
    tokio::spawn(exports::work(store));
    assert_eq!(ended(&app, &job).await["Status"], "COMPLETED");
}

#[tokio::test]
async fn jobs_are_listed_by_the_day_of_their_creation() {
    let app = open().await;
    export(&app, "").await;
    export(&app, "").await;
    let today = app.store.clock().now().date_naive();
    let (yesterday, tomorrow) = (today - TimeDelta::days(1), today + TimeDelta::days(1));
    for (query, count) in [
        (String::new(), 2),
        (format!("?CreatedAfter={today}"), 2),
        (format!("?CreatedBefore={today}&CreatedAfter={today}"), 2),
        (format!("?CreatedBefore={yesterday}"), 0),
        (format!("?CreatedAfter={tomorrow}"), 0),
        ("?PageSize=1&Page=2".to_owned(), 1),
    ] {
        let list = get(&app, &format!("/Jobs{query}")).await.json();
        assert_eq!(list.as_array().unwrap().len(), count, "{query}");
    }
    let two = call(&app, "GET", "/Jobs", ("ir-version", "2")).await.json();
    assert_eq!((&two["@total"], two["Jobs"].as_array().unwrap().len()), (&json!("2"), 2));
    let refused = get(&app, "/Jobs?CreatedAfter=yesterday").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused.json()["Errors"][0]["Field"], "CreatedAfter");
}

#[tokio::test]
async fn job_of_another_account_or_unknown_answers_404() {
    let app = open().await;
    work(&app);
    let job = export(&app, "").await;
    ended(&app, &job).await;

    let account = app.store.account().add("Other").await.unwrap();
    let user = store::NewUser {
        name: "Otto".to_owned(),
        email: "otto@other.example".to_owned(),
        password: crate::support::test_app::PASSWORD.to_owned(),
        role: app.by.role,
    };
    let id: UserId = app.store.members().add(account, user).await.unwrap();
    let user = app.store.members().people(account).await.unwrap().remove(0);
    let other = CurrentUser { user, account, account_name: "Other".to_owned(), role: app.by.role };
    app.store.account().enable_api_access(&other).await.unwrap();
    let scopes = ["getJob", "downloadJobResult", "replayJob", "listJobs"].map(str::to_owned).to_vec();
    let form = TokenForm { name: "Theirs".to_owned(), scopes, ..TokenForm::blank(id) };
    let terms = app.store.account().terms(other.account).await.unwrap();
    let settings = form.validate(std::slice::from_ref(&other.user), None, &terms).unwrap();
    let theirs = app.store.tokens().create(&other, settings, Uuid::now_v7()).await.unwrap();
    let sid = &theirs.token.sid;
    for (method, below) in [
        ("GET", job.clone()),
        ("GET", format!("{job}/Download")),
        ("GET", format!("{job}/Download?Mode=Stream")),
        ("PUT", format!("{job}/Replay")),
    ] {
        let request = app.request(method, &format!("/Agencies/{sid}{below}"));
        let request = request.header(header::AUTHORIZATION, basic(sid, &theirs.secret));
        assert_eq!(app.send(request, []).await.status, StatusCode::NOT_FOUND, "{method} {below}");
    }
    for id in ["x", "0", &Uuid::nil().to_string()] {
        assert_eq!(get(&app, &format!("/Jobs/{id}")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(get(&app, &format!("/Jobs/{id}/Download")).await.status, StatusCode::NOT_FOUND);
        let replay = call(&app, "PUT", &format!("/Jobs/{id}/Replay"), ("accept", "*/*")).await;
        assert_eq!(replay.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn token_name_that_looks_like_a_formula_is_text_in_csv() {
    let app = open().await;
    let form = TokenForm {
        name: "=HYPERLINK(\"https://evil.example\")".to_owned(),
        scopes: vec![Scope::GET_COMPANY_INFORMATION.id().to_owned()],
        ..TokenForm::blank(app.by.user.id)
    };
    let terms = app.store.account().terms(app.account()).await.unwrap();
    let settings = form.validate(std::slice::from_ref(&app.by.user), None, &terms).unwrap();
    let issued = app.store.tokens().create(&app.by, settings, Uuid::now_v7()).await.unwrap();
    app.company_information(&issued.token.sid, &issued.secret).await;
    app.store.gate().flush_calls().await.unwrap();
    work(&app);
    let queued = get(&app, "/ReportExport/token_usage").await.json();
    let job = below(&queued["QueuedUri"]).to_owned();
    ended(&app, &job).await;
    let file = get(&app, &format!("{job}/Download?Mode=Stream")).await.text();
    assert!(file.contains(r#","'=HYPERLINK(""https://evil.example"")","#), "{file}");
}
