//! Access tokens over the API: automated rotation, and the scopes that a token can't grant.

use domain::tokens::{
    scope::Scope,
    secret::{AccountSid, Secret},
    token::TokenId,
};
use http::StatusCode;
use serde_json::{Value, json};
use store::IssuedToken;
use uuid::Uuid;

use crate::support::test_app::{Answer, TestApp};

const ALL: [&str; 10] = [
    "listAccessTokens",
    "getAccessToken",
    "createAccessToken",
    "updateAccessToken",
    "resetAccessToken",
    "enableAccessToken",
    "disableAccessToken",
    "deleteAccessToken",
    "listAuthTokens",
    "stopOldAuthToken",
];

/// Returns a token that may manage tokens and retrieve the company profile.
async fn manager(app: &TestApp) -> IssuedToken {
    let scopes = ALL.iter().chain(&["getCompanyInformation"]).map(|id| Scope::find(id).unwrap());
    app.issue(&scopes.collect::<Vec<_>>()).await
}

async fn call(app: &TestApp, by: &IssuedToken, method: &str, below: &str, body: Value) -> Answer {
    let path = format!("/Agencies/{}/AccessTokens{below}", by.token.sid);
    let request = app.request_with(method, &path, &by.token.sid, &by.secret);
    app.send(request, if body.is_null() { String::new() } else { body.to_string() }).await
}

/// Returns the credentials in an answer.
fn credentials(token: &Value) -> (AccountSid, Secret) {
    let sid = AccountSid::try_from(token["AccountSid"].as_str().unwrap().to_owned()).unwrap();
    (sid, Secret::parse(token["AuthToken"].as_str().unwrap()).unwrap())
}

#[tokio::test]
async fn token_goes_through_its_whole_life_over_the_api() {
    let app = TestApp::open().await;
    let by = manager(&app).await;
    let form = json!({ "Name": "Rotated", "Scopes": ["getCompanyInformation"], "Developers": ["dev@partner.example"] });
    let created = call(&app, &by, "POST", "", form).await;
    assert_eq!(
        (created.status, created.header("cache-control")),
        (StatusCode::CREATED, "no-store"),
        "{}",
        created.text()
    );
    let created = created.json();
    assert_eq!((&created["State"], &created["ApiVersion"]), (&json!("ENABLED"), &json!("3")));
    let (sid, old) = credentials(&created);
    assert_eq!(app.company_information(&sid, &old).await.status, StatusCode::OK);

    let below = format!("/{}", created["Id"].as_str().unwrap());
    let reset = call(&app, &by, "PUT", &format!("{below}/Reset"), Value::Null).await.json();
    let (_, new) = credentials(&reset);
    assert_eq!(app.company_information(&sid, &old).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(app.company_information(&sid, &new).await.status, StatusCode::OK);

    let updated = call(&app, &by, "PUT", &below, json!({ "Name": "Renamed" })).await.json();
    assert_eq!((&updated["Name"], &updated["Developers"]), (&json!("Renamed"), &json!(["dev@partner.example"])));
    assert_eq!(updated.get("AuthToken"), None);
    for (item, status) in [("Disable", StatusCode::FORBIDDEN), ("Enable", StatusCode::OK)] {
        assert_eq!(call(&app, &by, "PUT", &format!("{below}/{item}"), Value::Null).await.status, StatusCode::OK);
        assert_eq!(app.company_information(&sid, &new).await.status, status);
    }
    assert_eq!(call(&app, &by, "GET", &below, Value::Null).await.json()["Name"], "Renamed");
    assert_eq!(call(&app, &by, "DELETE", &below, Value::Null).await.status, StatusCode::OK);
    assert_eq!(app.company_information(&sid, &new).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(call(&app, &by, "GET", &below, Value::Null).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn deactivated_user_stays_contact_but_cannot_become_one_again() {
    let app = TestApp::open().await;
    let by = manager(&app).await;
    let people = app.store.members().people(app.account()).await.unwrap();
    let other = people.into_iter().find(|person| person.id != app.by.user.id).unwrap().id;
    let form = json!({ "Name": "Theirs", "Scopes": ["getCompanyInformation"], "PrimaryContactId": other });
    let created = call(&app, &by, "POST", "", form.clone()).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.text());
    let below = format!("/{}", created.json()["Id"].as_str().unwrap());

    app.store.members().deactivate(&app.by, other).await.unwrap();
    let renamed = call(&app, &by, "PUT", &below, json!({ "Name": "Still theirs" })).await;
    assert_eq!(renamed.status, StatusCode::OK, "{}", renamed.text());
    assert_eq!(renamed.json()["PrimaryContactId"], json!(other));
    let refused = call(&app, &by, "POST", "", form).await;
    assert_eq!(
        (refused.status, &refused.json()["Errors"][0]["Field"]),
        (StatusCode::CONFLICT, &json!("PrimaryContactId"))
    );

    let own = app.by.user.id;
    let moved = call(&app, &by, "PUT", &below, json!({ "PrimaryContactId": own })).await;
    assert_eq!(moved.status, StatusCode::OK, "{}", moved.text());
    let back = call(&app, &by, "PUT", &below, json!({ "PrimaryContactId": other })).await;
    assert_eq!(back.status, StatusCode::CONFLICT, "{}", back.text());
}

#[tokio::test]
async fn a_token_rotates_itself() {
    let app = TestApp::open().await;
    let mut by = manager(&app).await;
    for _ in 0..3 {
        let reset = call(&app, &by, "PUT", &format!("/{}/Reset", by.token.id.0), Value::Null).await;
        assert_eq!(reset.status, StatusCode::OK, "{}", reset.text());
        by.secret = credentials(&reset.json()).1;
    }
}

#[tokio::test]
async fn reset_with_overlap_passes_both_until_the_old_is_stopped() {
    let app = TestApp::open().await;
    let by = manager(&app).await;
    let issued = app.issue(&[Scope::GET_COMPANY_INFORMATION]).await;
    let (sid, old, below) = (&issued.token.sid, &issued.secret, format!("/{}", issued.token.id.0));
    let reset = call(&app, &by, "PUT", &format!("{below}/Reset"), json!({ "Overlap": "PT24H" })).await;
    assert_eq!(reset.status, StatusCode::OK, "{}", reset.text());
    let (_, new) = credentials(&reset.json());
    let [with_old, with_new] = [app.company_information(sid, old).await, app.company_information(sid, &new).await];
    assert_eq!((with_old.status, with_new.status), (StatusCode::OK, StatusCode::OK));
    assert_eq!(with_new.header("x-token-expires"), "");

    let values = call(&app, &by, "GET", &format!("{below}/AuthTokens"), Value::Null).await.json();
    assert_eq!(values.as_array().map(Vec::len), Some(2));
    assert_eq!((&values[0]["Value"], &values[0]["Ending"]), (&json!("CURRENT"), &json!(new.ending())));
    assert_eq!((&values[1]["Value"], &values[1]["Ending"]), (&json!("OLD"), &json!(old.ending())));
    assert_eq!(values[1]["DateExpires"], with_old.header("x-token-expires"), "the old one has an end of its own");
    assert!(!values.to_string().contains(old.reveal()) && !values.to_string().contains(new.reveal()));

    for _ in 0..2 {
        let stopped = call(&app, &by, "PUT", &format!("{below}/StopOldAuthToken"), Value::Null).await;
        assert_eq!(stopped.status, StatusCode::OK, "{}", stopped.text());
        assert_eq!(app.company_information(sid, old).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(app.company_information(sid, &new).await.status, StatusCode::OK);
    }
    let values = call(&app, &by, "GET", &format!("{below}/AuthTokens"), Value::Null).await.json();
    assert_eq!(values.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn reset_with_wrong_or_too_long_overlap_changes_nothing() {
    let app = TestApp::open().await;
    let by = manager(&app).await;
    let issued = app.issue(&[Scope::GET_COMPANY_INFORMATION]).await;
    let below = format!("/{}/Reset", issued.token.id.0);
    for (body, status, field) in [
        (json!({ "Overlap": "a while" }), StatusCode::BAD_REQUEST, "Overlap"),
        (json!({ "Overlp": "PT1H" }), StatusCode::BAD_REQUEST, "Overlp"),
        (json!({ "Overlap": "2000-01-01T00:00:00Z" }), StatusCode::CONFLICT, "Overlap"),
        (json!({ "Overlap": "9999-01-01T00:00:00Z" }), StatusCode::CONFLICT, "Overlap"),
    ] {
        let answer = call(&app, &by, "PUT", &below, body).await;
        assert_eq!((answer.status, &answer.json()["Errors"][0]["Field"]), (status, &json!(field)), "{}", answer.text());
    }
    assert_eq!(app.company_information(&issued.token.sid, &issued.secret).await.status, StatusCode::OK);
}

#[tokio::test]
async fn token_cannot_grant_a_scope_that_it_lacks() {
    let app = TestApp::open().await;
    let by = manager(&app).await;
    let beyond = json!({ "Name": "More", "Scopes": ["getCompanyInformation", "listJobs"] });
    let refused = call(&app, &by, "POST", "", beyond.clone()).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.json()["Message"].as_str().unwrap().contains("listJobs"), "{}", refused.text());

    // It cannot get the secret of a token with more scopes, or change that token.
    let more = app.issue(&[Scope::find("listJobs").unwrap()]).await;
    let below = format!("/{}", more.token.id.0);
    for (method, item, body) in [
        ("PUT", "/Reset", Value::Null),
        ("PUT", "/Enable", Value::Null),
        ("PUT", "", json!({ "Scopes": ["getCompanyInformation"] })),
        ("PUT", "", json!({ "Name": "x" })),
    ] {
        let answer = call(&app, &by, method, &format!("{below}{item}"), body).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {item}");
    }
    let own = format!("/{}", by.token.id.0);
    assert_eq!(call(&app, &by, "PUT", &own, json!({ "Scopes": ["listJobs"] })).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn tokens_of_other_accounts_are_not_found() {
    let app = TestApp::open().await;
    let by = manager(&app).await;
    let other = TestApp::open().await;
    for id in [other.issued.token.id, TokenId(Uuid::nil())] {
        for (method, item) in
            [("GET", ""), ("PUT", ""), ("DELETE", ""), ("PUT", "/Reset"), ("PUT", "/Enable"), ("PUT", "/Disable")]
        {
            let answer = call(&app, &by, method, &format!("/{}{item}", id.0), Value::Null).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {item}");
        }
    }
    assert_eq!(call(&app, &by, "GET", "/not-an-id", Value::Null).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn errors_of_a_new_token_are_given_field_by_field() {
    let app = TestApp::open().await;
    let by = manager(&app).await;
    let wrong = json!({ "Name": " ", "ApiVersion": "9", "Scopes": ["nothing"], "Developers": ["nobody"], "PrimaryContactId": "x" });
    let answer = call(&app, &by, "POST", "", wrong).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let fields: Vec<_> =
        answer.json()["Errors"].as_array().unwrap().iter().map(|error| error["Field"].clone()).collect();
    assert_eq!(fields, ["Name", "ApiVersion", "PrimaryContactId", "Developers", "Scopes"]);
    for body in [json!([]), json!({ "Name": 5 }), json!({ "Scopes": "x" }), json!({ "Secret": "x" })] {
        assert_eq!(call(&app, &by, "POST", "", body).await.status, StatusCode::BAD_REQUEST);
    }
    // An Auth Token sent in the wrong place is not echoed.
    let secret = by.secret.reveal();
    for field in ["Name", "ApiVersion", "PrimaryContactId", "DateExpires"] {
        let answer = call(&app, &by, "POST", "", json!({ field: secret })).await;
        assert_eq!((answer.status, answer.text().contains(secret)), (StatusCode::BAD_REQUEST, false), "{field}");
    }
    for field in ["Developers", "Scopes"] {
        let answer = call(&app, &by, "POST", "", json!({ field: [secret] })).await;
        assert_eq!((answer.status, answer.text().contains(secret)), (StatusCode::BAD_REQUEST, false), "{field}");
    }
    let answer = call(&app, &by, "POST", "", json!({ "Developers": [secret] })).await.json();
    let developers = answer["Errors"].as_array().unwrap().iter().find(|error| error["Field"] == "Developers").unwrap();
    assert_eq!(developers["Message"], "this looks like an Auth Token; send it in the Authorization header only");
}

#[tokio::test]
async fn list_filters_tokens_by_name_and_state_without_secrets() {
    let app = TestApp::open().await;
    let by = manager(&app).await;
    app.store.tokens().disable(&app.by, app.issued.token.id).await.unwrap();
    let all = call(&app, &by, "GET", "", Value::Null).await.json();
    assert_eq!(all.as_array().unwrap().len(), 2);
    assert!(all.as_array().unwrap().iter().all(|token| token.get("AuthToken").is_none()));
    let disabled = call(&app, &by, "GET", "?State=DISABLED", Value::Null).await.json();
    assert_eq!(disabled[0]["Id"], json!(app.issued.token.id));
    assert_eq!(call(&app, &by, "GET", "?Page=2", Value::Null).await.json(), json!([]));
    let small = ["?PageSize=1", "?PageSize=1&Page=2", "?PageSize=1&Page=3"];
    let mut pages = Vec::new();
    for query in small {
        pages.push(call(&app, &by, "GET", query, Value::Null).await.json());
    }
    assert_eq!(pages, [json!([all[0]]), json!([all[1]]), json!([])]);
    assert_eq!(call(&app, &by, "GET", "?PageSize=0", Value::Null).await.status, StatusCode::BAD_REQUEST);
    let two = call(&app, &by, "GET", "?IrVersion=2&Name=nightly", Value::Null).await.json();
    assert_eq!((&two["@total"], &two["@page"]), (&json!("2"), &json!("1")));
    assert_eq!(call(&app, &by, "GET", "?State=BROKEN", Value::Null).await.status, StatusCode::BAD_REQUEST);
    let sid = &app.issued.token.sid;
    let one = call(&app, &by, "GET", &format!("?Name=%20{sid}%20"), Value::Null).await.json();
    assert_eq!((&one[0]["Id"], one.as_array().unwrap().len()), (&json!(app.issued.token.id), 1));
    let all_of = call(&app, &by, "GET", &format!("?Name={}", app.by.user.email), Value::Null).await.json();
    assert_eq!(all_of, all, "by their contact");
}

#[tokio::test]
async fn list_filters_tokens_by_condition() {
    let app = TestApp::open().await;
    let by = manager(&app).await;
    let expires = json!(app.store.clock().now() + chrono::TimeDelta::days(10));
    let soon = json!({ "Name": "Soon", "Scopes": ["getCompanyInformation"], "DateExpires": expires });
    assert_eq!(call(&app, &by, "POST", "", soon).await.status, StatusCode::CREATED);
    for (query, found) in [
        ("?Condition=EXPIRING", 1),
        ("?Condition=EXPIRING&Name=soon", 1),
        ("?Condition=EXPIRING&Name=late", 0),
        ("?Condition=EXPIRING&State=DISABLED", 0),
        ("?Condition=WORKING", 3),
        ("?Condition=WORKING&PageSize=2&Page=2", 1),
        ("?Condition=EXPIRED_IN_USE", 0),
        ("?Condition=CONTACT_DEACTIVATED", 0),
        ("?Condition=OLD_VERSION", 0),
        ("?Condition=UNUSED", 0),
        ("?Condition=NEVER_USED", 0),
    ] {
        let list = call(&app, &by, "GET", query, Value::Null).await.json();
        assert_eq!(list.as_array().map(Vec::len), Some(found), "{query}: {list}");
    }
    for wrong in ["", "expiring", "EXPIRED"] {
        let refused = call(&app, &by, "GET", &format!("?Condition={wrong}"), Value::Null).await;
        let answer = refused.json();
        let field = &answer["Errors"][0]["Field"];
        assert_eq!((refused.status, field), (StatusCode::BAD_REQUEST, &json!("Condition")), "{wrong}");
    }
}

#[tokio::test]
async fn a_token_created_between_two_pages_repeats_none() {
    let app = TestApp::open().await;
    let by = manager(&app).await;
    let ids = async |page: u32| -> Vec<Value> {
        let list = call(&app, &by, "GET", &format!("?PageSize=1&Page={page}"), Value::Null).await.json();
        list.as_array().unwrap().iter().map(|token| token["Id"].clone()).collect()
    };
    assert_eq!(ids(1).await, [json!(app.issued.token.id)], "the oldest comes first");
    let new = app.issue(&[Scope::GET_COMPANY_INFORMATION]).await;
    assert_eq!((ids(2).await, ids(3).await), (vec![json!(by.token.id)], vec![json!(new.token.id)]));
}

#[tokio::test]
async fn put_accepts_the_answer_of_get_and_changes_nothing() {
    let app = TestApp::open().await;
    let by = manager(&app).await;
    let form = json!({ "Name": "Rotated", "Scopes": ["getCompanyInformation"], "Description": "a\nb" });
    for expires in [json!(""), json!(app.store.clock().now() + chrono::TimeDelta::days(30))] {
        let mut form = form.clone();
        form["DateExpires"] = expires;
        let created = call(&app, &by, "POST", "", form).await.json();
        let below = format!("/{}", created["Id"].as_str().unwrap());
        let id = TokenId(created["Id"].as_str().unwrap().parse().unwrap());
        let read = call(&app, &by, "GET", &below, Value::Null).await.json();
        let before = app.store.tokens().get(app.account(), id).await.unwrap();
        let put = call(&app, &by, "PUT", &below, read.clone()).await;
        assert_eq!((put.status, put.json()), (StatusCode::OK, read.clone()));
        let after = app.store.tokens().get(app.account(), id).await.unwrap();
        assert_eq!((after.settings, after.ends_at), (before.settings, before.ends_at), "to the microsecond");

        // The token was used meanwhile, so its last use is later than in the answer read before.
        let (sid, secret) = credentials(&created);
        assert_eq!(app.company_information(&sid, &secret).await.status, StatusCode::OK);
        app.store.gate().flush_calls().await.unwrap();
        assert_eq!(call(&app, &by, "PUT", &below, read.clone()).await.status, StatusCode::OK);
        for (field, value) in [
            ("Id", json!(app.issued.token.id)),
            ("AccountSid", json!(by.token.sid)),
            ("State", json!("DISABLED")),
            ("DateCreated", json!("2020-01-01T00:00:00+00:00")),
            ("DateLastUsed", json!("2999-01-01T00:00:00+00:00")),
            ("Uri", json!("/elsewhere")),
        ] {
            let mut changed = read.clone();
            changed[field] = value;
            let refused = call(&app, &by, "PUT", &below, changed).await;
            assert_eq!(
                (refused.status, &refused.json()["Errors"][0]["Field"]),
                (StatusCode::BAD_REQUEST, &json!(field))
            );
        }
    }
}

#[tokio::test]
async fn settings_that_the_account_does_not_allow_answer_409() {
    let app = TestApp::open().await;
    let by = manager(&app).await;
    let below = format!("/{}", by.token.id.0);
    for (body, field) in [
        (json!({ "ApiVersion": "2" }), "ApiVersion"),
        (json!({ "PrimaryContactId": Uuid::nil() }), "PrimaryContactId"),
        (json!({ "DateExpires": "2001-01-01T00:00:00Z" }), "DateExpires"),
    ] {
        let refused = call(&app, &by, "PUT", &below, body).await;
        let told = refused.json();
        assert_eq!((refused.status, &told["Code"]), (StatusCode::CONFLICT, &json!("NOT_APPLICABLE")), "{field}");
        assert_eq!(told["Errors"][0]["Field"], field);
    }
    let both = json!({ "ApiVersion": "2", "Developers": ["a@b.example, c@d.example"] });
    let both = call(&app, &by, "PUT", &below, both).await;
    assert_eq!((both.status, &both.json()["Code"]), (StatusCode::BAD_REQUEST, &json!("INVALID_REQUEST")));
}
