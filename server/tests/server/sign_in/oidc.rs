//! Signing in at identity providers that behave as real ones do.

use std::sync::Arc;

use app::routes;
use domain::members::role::Role;
use http::{StatusCode, header};
use serde_json::{Value, json};
use server::{
    gate,
    oidc::{ClientAuth, Settings},
    router::Services,
};
use url::Url;

use crate::support::log;
use crate::support::oidc_provider::{CLIENT, Manner, OidcProvider, SECRET};
use crate::support::test_app::{Answer, TestApp, email};

/// Returns the manner of Keycloak and Google: one audience, `azp`, and all claims about the address in the ID token.
fn keycloak(address: &str) -> Manner {
    let claims =
        json!({ "sub": "person", "azp": CLIENT, "email": address, "email_verified": true, "name": "Nao Hara" });
    Manner { issuer_ends: "", secret_in_body: false, claims, user_info: None, status: StatusCode::OK }
}

/// Returns the manner of Zitadel: several audiences, and the address from the user info endpoint only.
fn zitadel(address: &str) -> Manner {
    let claims = json!({ "sub": "person", "azp": CLIENT, "aud": [CLIENT, "another-client", "project"] });
    let said = json!({ "sub": "person", "email": address, "email_verified": true, "updated_at": 1_800_000_000 });
    Manner { claims, user_info: Some(said), ..keycloak(address) }
}

/// Returns the manner of Microsoft Entra ID: only a proprietary claim says whether the address is the person's own, and
/// it is a string.
fn entra(address: &str) -> Manner {
    let claims = json!({ "sub": "person", "email": address, "preferred_username": address, "xms_edov": "1" });
    Manner { claims, user_info: Some(json!({ "sub": "person", "email": address })), ..keycloak(address) }
}

/// Starts a server with this provider.
async fn open(provider: &OidcProvider, settings: Settings) -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, SECRET).unwrap();
    let issuer = settings.oidc_issuer.clone().unwrap_or_else(|| provider.origin.clone());
    let settings = Settings {
        oidc_issuer: Some(issuer),
        oidc_client_id: Some(CLIENT.to_owned()),
        oidc_client_secret_file: Some(file),
        oidc_name: "ID".to_owned(),
        ..settings
    };
    let known = settings.identity_provider(Some(&"http://localhost:3000".parse().unwrap())).unwrap().map(Arc::new);
    let services = Services { identity_provider: known, ..Services::default() };
    TestApp::open_with(false, &gate::Settings::default(), services).await
}

/// A browser: its cookies by name.
#[derive(Default)]
struct Browser(std::collections::BTreeMap<String, String>);

impl Browser {
    async fn get(&mut self, app: &TestApp, path: &str) -> Answer {
        let cookies = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let answer = app.send(app.request("GET", path).header(header::COOKIE, cookies), []).await;
        for set in answer.headers.get_all(header::SET_COOKIE) {
            let (name, rest) = set.to_str().unwrap().split_once('=').unwrap();
            match rest.split(';').next().unwrap() {
                "" => _ = self.0.remove(name),
                value => _ = self.0.insert(name.to_owned(), value.to_owned()),
            }
        }
        answer
    }

    /// Goes to the provider, and returns state and nonce.
    async fn begin(&mut self, app: &TestApp, next: &str) -> [String; 2] {
        let answer = self.get(app, &format!("{}?next={next}", routes::IDENTITY_PROVIDER)).await;
        let address = Url::parse(answer.header("location")).unwrap_or_else(|_| panic!("{}", answer.header("location")));
        let value = |name: &str| address.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
        [value("state"), value("nonce")]
    }

    /// Comes back from the provider, and returns the address that the answer redirects to.
    async fn end(&mut self, app: &TestApp, state: &str) -> String {
        let answer = self.get(app, &format!("{}?code=a-code&state={state}", routes::IDENTITY_PROVIDER_CALLBACK)).await;
        answer.header("location").to_owned()
    }
}

/// Signs in once, and returns the address that this leads to.
async fn sign_in(app: &TestApp, provider: &OidcProvider) -> String {
    let mut browser = Browser::default();
    let answer = browser.get(app, routes::IDENTITY_PROVIDER).await;
    let Ok(address) = Url::parse(answer.header("location")) else { return answer.header("location").to_owned() };
    let value = |name: &str| address.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    provider.expect(&value("nonce"));
    let next = browser.end(app, &value("state")).await;
    assert_eq!(browser.0.contains_key("kagitaba_session"), next == routes::OVERVIEW, "{next}");
    next
}

fn failed(reason: &str) -> String {
    format!("{}?reason={reason}", routes::SIGN_IN_FAILED)
}

#[tokio::test]
async fn each_kind_of_provider_signs_people_in() {
    let address = email(Role::Analyst);
    let xms_edov = Settings { oidc_email_verified_claim: Some("xms_edov".to_owned()), ..Settings::default() };
    let name = Settings { oidc_email_claim: Some("preferred_username".to_owned()), ..xms_edov.clone() };
    let trusting = Settings { oidc_trust_email: true, ..Settings::default() };
    for (manner, settings) in [
        (keycloak(&address), Settings::default()),
        (zitadel(&address), Settings::default()),
        (entra(&address), xms_edov),
        (entra(&address), name),
        (entra(&address), trusting),
    ] {
        let provider = OidcProvider::open(manner.clone()).await;
        let app = open(&provider, settings).await;
        assert_eq!(sign_in(&app, &provider).await, routes::OVERVIEW, "{manner:?}");
        // The identity is linked now, so the address is no longer asked for.
        provider.change(|manner| manner.user_info = None);
        assert_eq!(sign_in(&app, &provider).await, routes::OVERVIEW, "{manner:?}");
    }
}

#[tokio::test]
async fn id_token_for_another_client_signs_no_user_in() {
    let address = email(Role::Analyst);
    let provider = OidcProvider::open(zitadel(&address)).await;
    let app = open(&provider, Settings::default()).await;
    for (aud, azp) in [
        (json!([CLIENT, "another"]), json!("another")),
        (json!([CLIENT, "another"]), Value::Null),
        (json!(["another"]), json!(CLIENT)),
        (json!(CLIENT), json!("another")),
        (json!([]), json!(CLIENT)),
    ] {
        provider.change(|manner| {
            manner.claims["aud"] = aud.clone();
            manner.claims["azp"] = azp.clone();
        });
        assert_eq!(sign_in(&app, &provider).await, failed("rejected"), "{aud} {azp}");
    }
}

#[tokio::test]
async fn unverified_email_signs_no_user_in() {
    let address = email(Role::AccountAdministrator);
    for (claims, trust, reason) in [
        (json!({ "email": address }), false, "unvouched"),
        (json!({ "email": address, "email_verified": false }), false, "unverified"),
        // An address that the provider calls unverified is not trusted, even with the option.
        (json!({ "email": address, "email_verified": false }), true, "unverified"),
        (json!({ "email": address, "email_verified": "false" }), true, "unverified"),
        (json!({ "email_verified": true }), true, "unvouched"),
    ] {
        let mut manner = Manner { claims: json!({ "sub": "person" }), ..keycloak(&address) };
        manner.claims.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        let provider = OidcProvider::open(manner).await;
        let app = open(&provider, Settings { oidc_trust_email: trust, ..Settings::default() }).await;
        assert_eq!(sign_in(&app, &provider).await, failed(reason), "{claims}");
    }
    assert!(log::text().contains("--oidc-email-verified-claim"), "the log names the options");

    // Verification of one address says nothing about another.
    let provider =
        OidcProvider::open(Manner { claims: json!({ "sub": "person", "email": address }), ..keycloak("") }).await;
    provider.change(|manner| {
        let own = json!({ "sub": "person", "email": "mallory@agency.example", "email_verified": true });
        manner.user_info = Some(own);
    });
    let app = open(&provider, Settings::default()).await;
    assert_eq!(sign_in(&app, &provider).await, failed("not-invited"));
}

#[tokio::test]
async fn invited_person_joins_at_the_provider() {
    let provider = OidcProvider::open(zitadel("nao@partner.example")).await;
    let app = open(&provider, Settings::default()).await;
    assert_eq!(sign_in(&app, &provider).await, failed("not-invited"));
    app.store.members().invite(&app.by, "Nao@partner.example", Role::Finance).await.unwrap();
    assert_eq!(sign_in(&app, &provider).await, routes::OVERVIEW);
    let members = app.store.members().list(app.account()).await.unwrap();
    let nao = members.iter().find(|member| member.person.email == "nao@partner.example").unwrap();
    assert_eq!((nao.role, nao.person.name.as_str()), (Role::Finance, "nao"));
    assert!(app.store.members().invitations(app.account()).await.unwrap().is_empty());
}

#[tokio::test]
async fn sign_ins_begun_in_several_tabs_all_succeed() {
    let provider = OidcProvider::open(keycloak(&email(Role::Analyst))).await;
    let app = open(&provider, Settings::default()).await;
    let mut browser = Browser::default();
    let mut tabs = Vec::new();
    for number in 0..9 {
        tabs.push(browser.begin(&app, &format!("{}?{number}", routes::PROFILE)).await);
        assert!(browser.0.len() <= 5, "{number}");
    }
    for (number, [state, nonce]) in tabs.iter().enumerate() {
        provider.expect(nonce);
        let next = if number < 4 { failed("over") } else { format!("{}?{number}", routes::PROFILE) };
        assert_eq!(browser.end(&app, state).await, next, "{number}");
        assert_eq!(browser.end(&app, state).await, failed("over"), "each counts once");
    }
    assert_eq!(browser.0.keys().collect::<Vec<_>>(), ["kagitaba_session"]);
    // A path that is too long to be kept leads to the overview.
    let [state, nonce] = browser.begin(&app, &format!("/{}", "a".repeat(5000))).await;
    provider.expect(&nonce);
    assert_eq!(browser.end(&app, &state).await, routes::OVERVIEW);
}

#[tokio::test]
async fn issuer_may_differ_by_its_last_slash() {
    for (ours, theirs) in [("", "/"), ("/", ""), ("/", "/")] {
        let manner = Manner { issuer_ends: theirs, ..keycloak(&email(Role::Analyst)) };
        let provider = OidcProvider::open(manner).await;
        let issuer = Some(format!("{}{ours}", provider.origin));
        let app = open(&provider, Settings { oidc_issuer: issuer, ..Settings::default() }).await;
        assert_eq!(sign_in(&app, &provider).await, routes::OVERVIEW, "{ours:?} {theirs:?}");
    }
}

#[tokio::test]
async fn wrong_issuer_and_unreachable_provider_are_told_apart() {
    let provider = OidcProvider::open(Manner { issuer_ends: "/realms/a", ..keycloak("") }).await;
    let app = open(&provider, Settings::default()).await;
    assert_eq!(sign_in(&app, &provider).await, failed("misconfigured"));
    let told = format!("unexpected issuer URI `{}/realms/a` (expected `{}`)", provider.origin, provider.origin);
    assert!(log::text().contains(&told), "the log says how the provider calls itself");
    provider.change(|manner| *manner = Manner { status: StatusCode::NOT_FOUND, ..keycloak("") });
    assert_eq!(sign_in(&app, &provider).await, failed("misconfigured"));
    provider.change(|manner| manner.status = StatusCode::BAD_GATEWAY);
    assert_eq!(sign_in(&app, &provider).await, failed("unreachable"));
    let page = app.get(&failed("misconfigured")).await;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY);
    assert!(page.text().contains("settings for the identity provider are wrong"), "{}", page.text());
}

#[tokio::test]
async fn client_secret_is_sent_as_the_option_says() {
    let address = email(Role::Analyst);
    for (in_body, auth, lets_in) in [
        (true, Some(ClientAuth::Post), true),
        (true, Some(ClientAuth::Basic), false),
        (true, None, false),
        (false, Some(ClientAuth::Basic), true),
        (false, Some(ClientAuth::Post), false),
    ] {
        let provider = OidcProvider::open(Manner { secret_in_body: in_body, ..keycloak(&address) }).await;
        let app = open(&provider, Settings { oidc_client_auth: auth, ..Settings::default() }).await;
        let next = if lets_in { routes::OVERVIEW.to_owned() } else { failed("rejected") };
        assert_eq!(sign_in(&app, &provider).await, next, "{in_body} {auth:?}");
    }
}
