//! No account reaches into another: every server function and every operation of the gate, called with ids of another
//! account, finds nothing and changes nothing.

use std::collections::BTreeSet;

use domain::{
    audit::trail::TrailFilter,
    gate::access::Caller,
    members::{role::Role, user::CurrentUser},
    reports::{
        advertiser::Advertiser,
        report::{Export, Period, Report, ResultFormat},
    },
    tokens::{filter::TokenFilter, scope::Scope, secret::AccountSid},
};
use http::{StatusCode, header};
use leptos::server_fn::axum::server_fn_paths;
use serde_json::{Value, json};
use store::{IssuedToken, NewUser};
use uuid::Uuid;

use crate::soft_passkey::{SoftPasskey, party};
use crate::support::test_app::{PASSWORD, TestApp, issue};

const FORM: &str = "application/x-www-form-urlencoded";

/// The way to call a server function with ids of another account, and the answer that it must give.
enum Case {
    /// Called with these arguments as JSON, it answers 404.
    Json(Value),
    /// Called with these arguments as a form, it answers 404.
    Form(String),
    /// Called with these arguments as JSON, it answers with an empty list: it searches the account only.
    Empty(Value),
    /// Called with these arguments as a form, it refuses the value (422), which is not among the choices.
    Refused(String),
    /// It takes no id that belongs to an account, for the reason given.
    NoId(&'static str),
}

/// Ids that belong to the app's account only.
struct Theirs {
    account: Uuid,
    user: Uuid,
    token: Uuid,
    sid: AccountSid,
    invitation: Uuid,
    session: Uuid,
    job: Uuid,
    advertiser: u64,
    passkey: Uuid,
    colleague: CurrentUser,
}

/// Returns an app with one item of every kind, and the ids of these items.
async fn open() -> (TestApp, Theirs) {
    let app = TestApp::open().await;
    let store = &app.store;
    let (invitation, _) = store.members().invite(&app.by, "guest@agency.example", Role::Analyst).await.unwrap();
    let client = std::net::IpAddr::from([192, 0, 2, 1]);
    let session = store.sign_in().with_password(&app.by.user.email, PASSWORD, client).await.unwrap().session().unwrap();
    let session = store.members().own_sessions(&app.by, &session).await.unwrap().remove(0);
    let caller = caller(&app).await;
    let day = "2026-05-01".parse().unwrap();
    let period = Period { from: day, to: day };
    let export = Export { report: Report::AuditLog, period, format: ResultFormat::Csv };
    let job = store.reports().create_job(&caller, export).await.unwrap();
    let claimed = store.reports().claim_job().await.unwrap().unwrap();
    store.reports().complete_job(&claimed, b"theirs").await.unwrap();
    let advertiser = Advertiser::imported([("Id", "7001"), ("Name", "Theirs alone")]).unwrap();
    store.reports().import_advertisers(app.account(), &[advertiser]).await.unwrap();
    let colleague = colleague(&app).await;
    let challenge = store.sign_in().begin_passkey(&colleague, &party(), client).await.unwrap();
    store.sign_in().add_passkey(&colleague, &SoftPasskey::create(&challenge).1, "Laptop").await.unwrap();
    let passkey = store.sign_in().second_factors(&colleague).await.unwrap().passkeys[0].id.0;
    let theirs = Theirs {
        account: app.account().0,
        user: app.by.user.id.0,
        token: app.issued.token.id.0,
        sid: app.issued.token.sid.clone(),
        invitation: invitation.id.0,
        session: session.id.0,
        job: job.id.0,
        advertiser: 7001,
        passkey,
        colleague,
    };
    (app, theirs)
}

/// Adds another user to the app's account.
async fn colleague(app: &TestApp) -> CurrentUser {
    let (name, email, role) = ("Mio".to_owned(), "mio@agency.example".to_owned(), Role::Analyst);
    let new = NewUser { name, email: email.clone(), password: PASSWORD.to_owned(), role };
    app.store.members().add(app.account(), new).await.unwrap();
    let mut people = app.store.members().people(app.account()).await.unwrap();
    people.retain(|person| person.email == email);
    CurrentUser { user: people.remove(0), role, ..app.by.clone() }
}

async fn caller(app: &TestApp) -> Caller {
    let IssuedToken { token, secret, .. } = &app.issued;
    app.store.gate().authenticate(&token.sid, secret).await.unwrap().unwrap()
}

/// Adds another account to the app. Returns its administrator and a token of it with every scope.
pub async fn stranger(app: &TestApp) -> (CurrentUser, IssuedToken) {
    let (name, role) = ("Otto", Role::AccountAdministrator);
    let account = app.store.account().add("Other").await.unwrap();
    let email = "otto@other.example".to_owned();
    let user = NewUser { name: name.to_owned(), email, password: PASSWORD.to_owned(), role };
    app.store.members().add(account, user).await.unwrap();
    let user = app.store.members().people(account).await.unwrap().remove(0);
    let otto = CurrentUser { user, account, account_name: "Other".to_owned(), role };
    app.store.account().enable_api_access(&otto).await.unwrap();
    let issued = issue(&app.store, &otto, &Scope::all().collect::<Vec<_>>()).await;
    (otto, issued)
}

/// Returns all data of the app's account, as text.
async fn everything(app: &TestApp) -> String {
    let (store, account) = (&app.store, app.account());
    let entries = store.audit().page(account, &TrailFilter::default()).await.unwrap();
    let tokens = store.tokens().list(account, &TokenFilter::default()).await.unwrap();
    let users = (store.members().list(account).await.unwrap(), store.members().invitations(account).await.unwrap());
    let data = (
        store.account().company_information(account).await.unwrap(),
        store.reports().advertisers(account, 0, 10).await.unwrap(),
    );
    let jobs = store.reports().jobs(account, (None, None), 0, 10).await.unwrap();
    let account = store.account().get(account).await.unwrap();
    format!("{account:?} {entries:?} {tokens:?} {users:?} {data:?} {jobs:?}")
}

/// Returns every server function by its path below `/api/`, with its case.
#[allow(clippy::too_many_lines)] // a table
fn cases(of: &Theirs) -> Vec<(&'static str, Case)> {
    const OWN_SESSION: &str = "acts on the session that asks, and its user";
    const OWN_ACCOUNT: &str = "acts on the account of the session that asks";
    const NOT_SIGNED_IN: &str = "is for people who are not signed in yet, and goes by a secret";

    let id = |id: Uuid| Case::Json(json!({ "id": id }));
    let request = Uuid::now_v7();
    let form = |contact: Uuid| {
        format!("form[name]=X&form[api_version]=3&form[primary_contact]={contact}&form[scopes][0]=getJob")
    };
    let trail = TrailFilter { token: Some(domain::tokens::token::TokenId(of.token)), ..TrailFilter::default() };
    vec![
        ("account", Case::NoId(OWN_ACCOUNT)),
        ("account/enable_api_access", Case::NoId(OWN_ACCOUNT)),
        ("account/disable_api_access", Case::NoId(OWN_ACCOUNT)),
        ("audit/trail", Case::Empty(json!({ "filter": trail }))),
        ("company_information/get", Case::NoId(OWN_ACCOUNT)),
        ("company_information/update", Case::NoId(OWN_ACCOUNT)),
        ("invitations/get", Case::NoId(NOT_SIGNED_IN)),
        ("invitations/accept", Case::NoId(NOT_SIGNED_IN)),
        ("passkeys/add", Case::NoId(OWN_SESSION)),
        ("passkeys/ask", Case::NoId(NOT_SIGNED_IN)),
        ("passkeys/ask_for_own", Case::NoId(OWN_SESSION)),
        ("passkeys/begin", Case::NoId(OWN_SESSION)),
        ("passkeys/give_again", Case::NoId(OWN_SESSION)),
        ("passkeys/remove", id(of.passkey)),
        ("passkeys/second_step", Case::NoId(NOT_SIGNED_IN)),
        ("passkeys/sign_in", Case::NoId(NOT_SIGNED_IN)),
        ("password/forgotten", Case::NoId(NOT_SIGNED_IN)),
        ("password/reset", Case::NoId(NOT_SIGNED_IN)),
        ("password/reset_link", Case::NoId(NOT_SIGNED_IN)),
        ("profile/accounts", Case::NoId(OWN_SESSION)),
        ("profile/change_password", Case::NoId(OWN_SESSION)),
        ("profile/end_session", id(of.session)),
        ("profile/give_password_again", Case::NoId(OWN_SESSION)),
        ("profile/sessions", Case::NoId(OWN_SESSION)),
        ("profile/sign_out_elsewhere", Case::NoId(OWN_SESSION)),
        ("profile/update", Case::NoId(OWN_SESSION)),
        ("profile/switch_account", Case::Form(format!("account={}", of.account))),
        ("second_factor/begin", Case::NoId(OWN_SESSION)),
        ("second_factor/confirm", Case::NoId(OWN_SESSION)),
        ("second_factor/get", Case::NoId(OWN_SESSION)),
        ("second_factor/renew_recovery_codes", Case::NoId(OWN_SESSION)),
        ("second_factor/switch_off", Case::NoId(OWN_SESSION)),
        ("security_policy/begin_trial", Case::NoId(OWN_ACCOUNT)),
        ("security_policy/consequences", Case::NoId(OWN_ACCOUNT)),
        ("security_policy/drop_trial", Case::NoId(OWN_ACCOUNT)),
        ("security_policy/enforce_trial", Case::NoId(OWN_ACCOUNT)),
        ("security_policy/get", Case::NoId(OWN_ACCOUNT)),
        ("security_policy/update", Case::NoId(OWN_ACCOUNT)),
        ("session/sign_in", Case::NoId(NOT_SIGNED_IN)),
        ("session/second_step", Case::NoId(NOT_SIGNED_IN)),
        ("session/second_step_awaited", Case::NoId(NOT_SIGNED_IN)),
        ("session/sign_out", Case::NoId(OWN_SESSION)),
        ("tokens/account_usage", Case::NoId(OWN_ACCOUNT)),
        (
            "tokens/begin_trial",
            Case::Json(json!({ "id": of.token, "scopes": [], "enforce_when_silent": false, "revision": 1 })),
        ),
        ("tokens/create", Case::Refused(format!("{}&request={request}", form(of.user)))),
        ("tokens/delete", id(of.token)),
        ("tokens/disable", id(of.token)),
        ("tokens/drop_trial", id(of.token)),
        ("tokens/duplicate", Case::Json(json!({ "id": of.token, "request": request }))),
        ("tokens/editable", id(of.token)),
        ("tokens/enable", id(of.token)),
        ("tokens/enforce_trial", id(of.token)),
        ("tokens/go_back_version", id(of.token)),
        ("tokens/history", Case::Empty(json!({ "id": of.token }))),
        ("tokens/list", Case::NoId(OWN_ACCOUNT)),
        ("tokens/moves", id(of.token)),
        ("tokens/overview", Case::NoId(OWN_ACCOUNT)),
        ("tokens/people", Case::NoId(OWN_ACCOUNT)),
        ("tokens/recent_calls", Case::Json(json!({ "id": of.token, "filter": {} }))),
        ("tokens/rehearse", Case::Json(json!({ "id": of.token, "change": "disable" }))),
        ("tokens/rehearse_all", Case::NoId(OWN_ACCOUNT)),
        ("tokens/reset", Case::Json(json!({ "id": of.token, "revision": 1 }))),
        ("tokens/stop_old_value", id(of.token)),
        ("tokens/terms", Case::NoId(OWN_ACCOUNT)),
        ("tokens/trials", Case::Empty(json!({ "token": of.token }))),
        ("tokens/undo_delete", id(of.token)),
        ("tokens/update", Case::Form(format!("id={}&revision=1&{}", of.token, form(of.user)))),
        ("tokens/upgrade_version", id(of.token)),
        ("tokens/usage", Case::Json(json!({ "id": of.token, "days": 30 }))),
        ("tokens/usage_by_hour", id(of.token)),
        ("tokens/view", id(of.token)),
        (
            "users/change_role",
            Case::Json(json!({ "id": of.user, "role": "analyst", "proof": { "password": PASSWORD } })),
        ),
        ("users/deactivate", id(of.user)),
        ("users/invite", Case::NoId(OWN_ACCOUNT)),
        ("users/list", Case::NoId(OWN_ACCOUNT)),
        ("users/make_reset_link", id(of.user)),
        ("users/reinstate", id(of.user)),
        ("users/withdraw_invitation", id(of.invitation)),
    ]
}

#[tokio::test]
async fn no_server_function_reaches_into_another_account() {
    let (app, theirs) = open().await;
    stranger(&app).await;
    let form = format!("email=otto%40other.example&password={}", PASSWORD.replace(' ', "+"));
    let signed_in = app.send(app.sign_in_request(), form).await;
    let mut cookie = signed_in.header("set-cookie").split(';').next().unwrap().to_owned();
    let before = everything(&app).await;
    for (path, case) in cases(&theirs) {
        let (content_type, body, status) = match &case {
            Case::Json(body) => ("application/json", body.to_string(), StatusCode::NOT_FOUND),
            Case::Form(body) => (FORM, body.clone(), StatusCode::NOT_FOUND),
            Case::Empty(body) => ("application/json", body.to_string(), StatusCode::OK),
            Case::Refused(body) => (FORM, body.clone(), StatusCode::UNPROCESSABLE_ENTITY),
            Case::NoId(_) => continue,
        };
        let request = app.request("POST", &format!("/api/{path}")).header("sec-fetch-site", "same-origin");
        let request = request.header(header::CONTENT_TYPE, content_type).header(header::COOKIE, &cookie);
        let answer = app.send(request, body).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        // A step-up replaces the session's cookie.
        if let Some(renewed) = answer.header("set-cookie").split(';').next().filter(|cookie| !cookie.is_empty()) {
            renewed.clone_into(&mut cookie);
        }
        if let Case::Empty(_) = case {
            let list = answer.json();
            let list = list.get("entries").unwrap_or(&list);
            assert_eq!(list, &json!([]), "{path}");
        }
        assert!(!answer.text().contains(theirs.sid.as_str()), "{path}");
        assert_eq!(everything(&app).await, before, "{path} changed something");
    }
    assert!(app.store.members().own_sessions(&app.by, &other_session(&app).await).await.unwrap().len() > 1);
    let opened = app.company_information(&app.issued.token.sid, &app.issued.secret).await;
    assert_eq!(opened.status, StatusCode::OK, "its Auth Token is what it was");
    assert_eq!(app.store.sign_in().second_factors(&theirs.colleague).await.unwrap().passkeys.len(), 1);
}

/// Opens one more session of the app's administrator, to list the others with.
async fn other_session(app: &TestApp) -> store::SessionToken {
    let client = std::net::IpAddr::from([192, 0, 2, 2]);
    app.store.sign_in().with_password(&app.by.user.email, PASSWORD, client).await.unwrap().session().unwrap()
}

#[tokio::test]
async fn table_of_server_functions_is_complete() {
    let (_house, theirs) = open().await;
    let listed: BTreeSet<_> = cases(&theirs).into_iter().map(|(path, _)| format!("/api/{path}")).collect();
    let there: BTreeSet<_> = server_fn_paths().map(|(path, _)| path.to_owned()).collect();
    let missing: Vec<_> = there.difference(&listed).collect();
    assert!(missing.is_empty(), "say in `cases` how these are called with another account's ids: {missing:#?}");
    let gone: Vec<_> = listed.difference(&there).collect();
    assert!(gone.is_empty(), "there are no such server functions any more: {gone:#?}");
    for (path, case) in cases(&theirs) {
        assert!(!matches!(case, Case::NoId(reason) if reason.is_empty()), "say why {path} takes no id");
    }
}

#[tokio::test]
async fn no_operation_of_the_gate_reaches_into_another_account() {
    let (app, theirs) = open().await;
    let (_, own) = stranger(&app).await;
    let call = async |method: &str, sid: &AccountSid, below: &str, body: &str| {
        let request = app.request_with(method, &format!("/Agencies/{sid}{below}"), &own.token.sid, &own.secret);
        app.send(request, body).await
    };
    let before = everything(&app).await;
    for scope in Scope::all() {
        let (method, path) = (scope.operation().method.as_str(), scope.operation().path);
        let parameter = path.split('/').find(|segment| segment.starts_with('{'));
        // The other account's id for the parameter; a new kind of parameter must be added here.
        let id = match parameter {
            Some("{AdvertiserId}") => Some(theirs.advertiser.to_string()),
            Some("{JobId}") => Some(theirs.job.to_string()),
            Some("{TokenId}") => Some(theirs.token.to_string()),
            // Submissions are on the agency's own server; this server has none.
            Some("{Id}") => Some(Uuid::now_v7().to_string()),
            // Reports belong to no account, and operations without a parameter name the account only.
            Some("{ReportId}") | None => None,
            Some(other) => panic!("{}: whose is {other}?", scope.id()),
        };
        if let (Some(id), Some(parameter)) = (&id, parameter) {
            let answer = call(method, &own.token.sid, &path.replace(parameter, id), "{}").await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}: {}", scope.id(), answer.text());
        }
        let id = id.unwrap_or_else(|| "audit_log".to_owned());
        let answer = call(method, &theirs.sid, &path.replace(parameter.unwrap_or("{}"), &id), "{}").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{} with their SID: {}", scope.id(), answer.text());
        assert_eq!(everything(&app).await, before, "{} changed something", scope.id());
    }
    let contact = json!({ "Name": "X", "PrimaryContactId": theirs.user, "Scopes": ["getJob"] }).to_string();
    let answer = call("POST", &own.token.sid, "/AccessTokens", &contact).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text());
    assert_eq!(answer.json()["Errors"][0]["Field"], "PrimaryContactId");
}
