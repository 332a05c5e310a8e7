//! Advertisers at the gate.

use domain::{reports::advertiser::Advertiser, tokens::scope::Scope};
use http::StatusCode;
use serde_json::json;

use crate::support::test_app::{Answer, TestApp};

/// Returns an app with three advertisers, whose token may list and get them, and another account with one.
async fn open() -> TestApp {
    let mut app = TestApp::open().await;
    app.issued = app.issue(&["listAdvertisers", "getAdvertiser"].map(|id| Scope::find(id).unwrap())).await;
    let whole = [
        ("Id", "1048291"),
        ("Name", "Nutt & Co. Outdoors"),
        ("TaxId", "12-3454832"),
        ("DateCreated", "2021-03-15T09:22:11-07:00"),
        ("AccountManager", "Carrie Oakey"),
    ];
    let ours = [
        advertiser(&[("Id", "90"), ("Name", "Ninety")]),
        advertiser(&whole),
        advertiser(&[("Id", "7"), ("Name", "七")]),
    ];
    app.store.reports().import_advertisers(app.account(), &ours).await.unwrap();
    let other = app.store.account().add("Other").await.unwrap();
    app.store.reports().import_advertisers(other, &[advertiser(&[("Id", "8"), ("Name", "Theirs")])]).await.unwrap();
    app
}

fn advertiser(record: &[(&str, &str)]) -> Advertiser {
    Advertiser::imported(record.iter().copied()).unwrap()
}

/// Gets a path below `/Advertisers`, with one more header.
async fn get(app: &TestApp, below: &str, (name, value): (&str, &str)) -> Answer {
    let sid = &app.issued.token.sid;
    let request = app.own_request("GET", &format!("/Agencies/{sid}/Advertisers{below}")).header(name, value);
    app.send(request, []).await
}

const JSON: (&str, &str) = ("accept", "application/json");
const XML: (&str, &str) = ("accept", "application/xml");
const VERSION_2: (&str, &str) = ("ir-version", "2");

fn ids(list: &serde_json::Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|advertiser| advertiser["Id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_import_between_two_pages_repeats_no_advertiser() {
    let app = open().await;
    assert_eq!(ids(&get(&app, "?PageSize=2", JSON).await.json()), ["7", "90"]);
    app.store
        .reports()
        .import_advertisers(app.account(), &[advertiser(&[("Id", "1"), ("Name", "One")])])
        .await
        .unwrap();
    assert_eq!(ids(&get(&app, "?PageSize=2&Page=2", JSON).await.json()), ["1048291", "1"]);
}

#[tokio::test]
async fn version_3_lists_the_account_s_advertisers_by_number() {
    let app = open().await;
    let list = get(&app, "", JSON).await;
    assert_eq!(list.status, StatusCode::OK, "{}", list.text());
    let list = list.json();
    assert_eq!(ids(&list), ["7", "90", "1048291"]);
    assert_eq!(list[2], get(&app, "/1048291", JSON).await.json());
}

#[tokio::test]
async fn an_advertiser_has_the_published_fields_and_no_secret() {
    let app = open().await;
    let published = "Id Name Description State Website AddressLine1 AddressLine2 City CountryState PostalCode Country \
        IndirectTaxJurisdiction VatRegistered OrganizationType TaxId IndirectTaxNumber Timezone Currency PhoneNumber \
        DateCreated FinancialSetup AgencyOfRecord AccountManager RestAccountURL Uri";
    let published: Vec<_> = published.split_whitespace().collect();
    let one = get(&app, "/1048291", JSON).await.json();
    assert_eq!(one.as_object().unwrap().keys().collect::<Vec<_>>(), published);
    assert!(one.as_object().unwrap().values().all(serde_json::Value::is_string));
    assert_eq!(
        (&one["TaxId"], &one["RestAccountURL"], &one["State"]),
        (&json!("XXXXX4832"), &json!(""), &json!("ACTIVE"))
    );
    assert_eq!(one["Uri"], format!("/Agencies/{}/Advertisers/1048291", app.issued.token.sid));

    let without = get(&app, "/7", JSON).await.json();
    assert!(without.get("AccountManager").is_none() && without.get("DateCreated").is_none());
}

#[tokio::test]
async fn version_2_answers_name_the_pages_around_them() {
    let app = open().await;
    let page = get(&app, "?PageSize=2&Page=2", VERSION_2).await.json();
    assert_eq!(ids(&page["Advertisers"]), ["1048291"]);
    let said =
        ["@page", "@numpages", "@pagesize", "@total", "@start", "@end", "@nextpageuri"].map(|key| page[key].as_str());
    assert_eq!(said, ["2", "2", "2", "3", "2", "2", ""].map(Some));
    let uri = format!("/Agencies/{}/Advertisers?PageSize=2&Page=1", app.issued.token.sid);
    assert_eq!(page["@previouspageuri"], uri);
    assert_eq!(get(&app, "/7", VERSION_2).await.json()["Name"], "七");
}

#[tokio::test]
async fn advertisers_are_answered_as_xml_on_request() {
    let app = open().await;
    let list = get(&app, "?PageSize=1", XML).await;
    assert_eq!((list.status, list.header("content-type")), (StatusCode::OK, "application/xml"));
    let text = list.text();
    assert!(text.contains("<Advertisers><Advertiser>") && text.contains("<Id>7</Id>"), "{text}");
    let one = get(&app, "/1048291", XML).await.text();
    assert!(one.contains("<Advertiser>") && one.contains("<Name>Nutt &amp; Co. Outdoors</Name>"), "{one}");
    let missing = get(&app, "/1", XML).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(missing.text().contains("<Status>ERROR</Status>"), "{}", missing.text());
}

#[tokio::test]
async fn pages_follow_one_another_until_they_are_empty() {
    let app = open().await;
    for (query, expected) in [
        ("?PageSize=2", &["7", "90"][..]),
        ("?PageSize=2&Page=2", &["1048291"]),
        ("?PageSize=2&Page=3", &[]),
        ("?PageSize=1000&Page=4294967296", &[]),
        ("?PageSize=99999999999999999999&Page=99999999999999999999", &[]),
    ] {
        assert_eq!(ids(&get(&app, query, JSON).await.json()), expected, "{query}");
    }
}

#[tokio::test]
async fn invalid_page_numbers_are_refused_with_the_field_named() {
    let app = open().await;
    for (query, field) in
        [("?PageSize=0", "PageSize"), ("?PageSize=", "PageSize"), ("?Page=0", "Page"), ("?Page=x", "Page")]
    {
        let answer = get(&app, query, JSON).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(answer.json()["Errors"][0]["Field"], field, "{query}");
    }
}

#[tokio::test]
async fn unknown_foreign_or_invalid_id_answers_404() {
    let app = open().await;
    for id in ["8", "1", "0", "-7", "+7", "007", "7x", "%207", "x", "99999999999999999999", "%E4%B8%83"] {
        let answer = get(&app, &format!("/{id}"), JSON).await;
        assert_eq!((answer.status, &answer.json()["Status"]), (StatusCode::NOT_FOUND, &json!("ERROR")), "{id}");
    }
}

#[tokio::test]
async fn a_token_without_the_scope_sees_none() {
    let mut app = open().await;
    app.issued = app.issue(&[Scope::find("getAdvertiser").unwrap()]).await;
    assert_eq!(get(&app, "", JSON).await.status, StatusCode::FORBIDDEN);
    assert_eq!(get(&app, "/7", JSON).await.status, StatusCode::OK);
}
