//! Text that looks like markup, in every stored field: every page shows it as text. And a page may send exactly the
//! forms that it has.

use std::collections::{BTreeMap, BTreeSet};

use app::routes::{self, Notice, SignInFailure};
use domain::{members::role::Role, tokens::token::TokenId};
use html5gum::{DefaultEmitter, Token, Tokenizer};
use http::{StatusCode, header};
use leptos_axum::{AxumRouteListing, generate_route_list};
use server::{gate, router::Services};
use sqlx::SqlitePool;
use uuid::Uuid;

use crate::sign_in::mail::Postbox;
use crate::soft_passkey::party;
use crate::support::test_app::{TestApp, email, plain_pages};

/// The name of an element that no page has.
const ELEMENT: &str = "x-hostile";

/// Returns text that closes every element that can hold text, opens an element, and changes if it is decoded twice.
fn hostile(field: &str) -> String {
    format!("{field}</textarea></title></script></style></option><{ELEMENT}>\"' {ELEMENT}=1 &copy=2 &amp; <!-- <script")
}

/// The stored fields, each shown by some page. The browser's name is in a page's data only.
const FIELDS: [&str; 16] = [
    "account",
    "other account",
    "administrator",
    "administrator's address",
    "colleague",
    "colleague's address",
    "token",
    "description",
    "developer",
    "company",
    "session's address",
    "invited",
    "passkey",
    "audit action",
    "audit address",
    "audit detail",
];

/// A page as a browser's tokenizer sees it.
#[derive(Default)]
struct Page {
    elements: Vec<(String, BTreeMap<String, String>)>,
    /// Each text between two tags, with the element that was opened last.
    texts: Vec<(String, String)>,
}

impl Page {
    fn read(html: &str) -> Self {
        let mut emitter = DefaultEmitter::default();
        emitter.naively_switch_states(true);
        let (mut page, mut last) = (Self::default(), String::new());
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let mut current = String::new();
        for Ok(token) in Tokenizer::new_with_emitter(html, emitter) {
            if let Token::String(string) = &token {
                current += &text(string);
                continue;
            }
            page.texts.push((last.clone(), std::mem::take(&mut current)));
            if let Token::StartTag(tag) = token {
                last = text(&tag.name);
                let attributes = tag.attributes.iter().map(|(name, value)| (text(name), text(value))).collect();
                page.elements.push((last.clone(), attributes));
            }
        }
        page
    }

    /// Returns everything shown to a person or the browser: text outside of scripts, and values of attributes.
    fn shown(&self) -> impl Iterator<Item = &str> {
        let texts = self.texts.iter().filter(|(element, _)| element != "script").map(|(_, text)| text.as_str());
        texts.chain(self.elements.iter().flat_map(|(_, attributes)| attributes.values().map(String::as_str)))
    }

    fn text_of(&self, element: &str) -> Vec<&str> {
        self.texts
            .iter()
            .filter(|(of, text)| of == element && !text.trim().is_empty())
            .map(|(_, text)| text.as_str())
            .collect()
    }

    /// Returns the addresses that the page's plain forms are sent to.
    fn actions(&self) -> BTreeSet<String> {
        let forms = self.elements.iter().filter(|(name, _)| name == "form");
        forms.filter_map(|(_, attributes)| attributes.get("action").cloned()).collect()
    }
}

/// Returns an app with a second account and a passkey, and the cookie of its signed-in administrator.
async fn open() -> (TestApp, String) {
    let mail = Some(Postbox::open().await.mail());
    let services = Services { mail, passkeys: Some(party()), ..Services::default() };
    let app = TestApp::open_with(false, &gate::Settings::default(), services).await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    app.sign_in(Role::AccountAdministrator).await; // elsewhere
    let other = app.store.account().add("Other").await.unwrap();
    let database = database(&app).await;
    sqlx::query(
        "INSERT INTO memberships (account_id, user_id, role, created_at)
         VALUES ($1, $2, 'analyst', 9000000000000000)",
    )
    .bind(other.0)
    .bind(app.by.user.id.0)
    .execute(&database)
    .await
    .unwrap();
    (app, cookie)
}

async fn database(app: &TestApp) -> SqlitePool {
    let url = format!("sqlite:{}", app.folder.path().join("data/kagitaba.db").display());
    SqlitePool::connect(&url).await.unwrap()
}

/// Writes hostile text into every field, even if our own rules would refuse it.
async fn poison(app: &TestApp) -> String {
    let (_, invitation) = app.store.members().invite(&app.by, "nao@agency.example", Role::Analyst).await.unwrap();
    let database = database(app).await;
    let administrator = app.by.user.id.0;
    let profile = sqlx::query_scalar::<_, String>("SELECT company_information FROM accounts WHERE name = 'Agency'");
    let mut profile: serde_json::Value = serde_json::from_str(&profile.fetch_one(&database).await.unwrap()).unwrap();
    set_strings(&mut profile, &hostile("company"));
    let details = serde_json::json!({
        "name": hostile("audit detail"),
        "before": { "name": hostile("audit detail"), "description": hostile("audit detail") },
        "after": { "name": hostile("audit detail"), "description": hostile("audit detail") },
    });
    let statements = [
        ("UPDATE accounts SET company_information = $1 WHERE name = 'Agency'", profile.to_string()),
        ("UPDATE accounts SET name = $1 WHERE name = 'Agency'", hostile("account")),
        ("UPDATE accounts SET name = $1 WHERE name = 'Other'", hostile("other account")),
        ("UPDATE users SET name = $1, email = $1", hostile("colleague")),
        ("UPDATE users SET email = $1", hostile("colleague's address")),
        ("UPDATE users SET name = $1 WHERE id = $2", hostile("administrator")),
        ("UPDATE users SET email = $1 WHERE id = $2", hostile("administrator's address")),
        ("UPDATE tokens SET name = $1", hostile("token")),
        ("UPDATE tokens SET description = $1", hostile("description")),
        ("UPDATE tokens SET developers = $1", serde_json::json!([hostile("developer")]).to_string()),
        ("UPDATE sessions SET user_agent = $1", hostile("user agent")),
        ("UPDATE sessions SET address = $1", hostile("session's address")),
        ("UPDATE invitations SET email = $1", hostile("invited")),
        ("UPDATE audit_events SET details = $1", details.to_string()),
        ("UPDATE audit_events SET address = $1", hostile("audit address")),
        ("UPDATE audit_events SET action = $1 WHERE action = 'account_added'", hostile("audit action")),
        (
            "INSERT INTO passkeys (id, user_id, credential_id, name, passkey, created_at)
             VALUES (randomblob(16), $2, x'00', $1, '{}', 1)",
            hostile("passkey"),
        ),
    ];
    for (statement, text) in statements {
        let statement = sqlx::query(sqlx::AssertSqlSafe(statement)).bind(text);
        let statement = statement.bind(administrator).execute(&database).await;
        assert!(statement.unwrap().rows_affected() > 0);
    }
    invitation.reveal().to_owned()
}

/// Replaces every string in the value.
fn set_strings(value: &mut serde_json::Value, text: &str) {
    match value {
        serde_json::Value::String(string) => text.clone_into(string),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(|field| set_strings(field, text)),
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| set_strings(item, text)),
        _ => {}
    }
}

/// Returns the path of every page, some with hostile text in the query; before the query, each matches one of the
/// router's routes.
fn pages(app: &TestApp, invitation: &str, reset: &str) -> Vec<String> {
    let query: String = form_urlencoded::byte_serialize(hostile("query").as_bytes()).collect();
    let token = routes::token(app.issued.token.id);
    let with_query =
        [routes::SIGN_IN, routes::SECOND_STEP].map(|path| format!("{path}?next={query}")).into_iter().chain([
            format!("{}?{}={query}", routes::SIGN_IN_FAILED, SignInFailure::PARAMETER),
            format!("{}?email={query}", routes::FORGOTTEN),
            format!("{}?x={query}", routes::SETTINGS),
            format!("{}?text={query}&user={query}&action={query}", routes::AUDIT_TRAIL),
            format!("{}?name={query}", routes::TOKENS),
            format!("{}?{}=table&x={query}", routes::TOKENS, routes::LIST_VIEW),
            routes::with_notice(&token, Notice::Updated),
            format!("/no-such-page/{query}"),
        ]);
    let built = [
        routes::new_password(reset),
        routes::invitation(invitation),
        token.clone(),
        routes::token(TokenId(Uuid::nil())),
    ];
    with_query.chain(built).chain(plain_pages().map(str::to_owned)).collect()
}

/// Returns path, policy and content of each page, both signed out and signed in.
async fn rendered(app: &TestApp, cookie: &str, invitation: &str) -> Vec<(String, String, Page)> {
    let reset = app.store.sign_in().reset_link_for(&email(Role::Analyst)).await.unwrap().unwrap();
    let mut rendered = Vec::new();
    for path in pages(app, invitation, reset.token.reveal()) {
        for cookie in ["", cookie] {
            let request = app.request("GET", &path).header(header::COOKIE, cookie);
            let answer = app.send(request.header(header::ACCEPT, "text/html"), []).await;
            assert_ne!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}: {}", answer.text());
            let policy = answer.header("content-security-policy").to_owned();
            rendered.push((path.clone(), policy, Page::read(&answer.text())));
        }
    }
    rendered
}

#[tokio::test]
async fn stored_text_is_text_on_every_page() {
    let (app, cookie) = open().await;
    let invitation = poison(&app).await;
    let mut seen = BTreeSet::<&str>::new();
    for (path, _, page) in rendered(&app, &cookie, &invitation).await {
        for (name, attributes) in &page.elements {
            let smuggled = name.contains(ELEMENT) || attributes.keys().any(|name| name.contains(ELEMENT));
            assert!(!smuggled, "{path}: <{name} {attributes:?}>");
        }
        for shown in page.shown() {
            seen.extend(FIELDS.into_iter().filter(|field| shown.contains(&hostile(field))));
        }
        assert!(page.text_of("title").len() <= 1, "{path}: {:?}", page.text_of("title"));
    }
    let unseen: Vec<_> = FIELDS.into_iter().filter(|field| !seen.contains(field)).collect();
    assert!(unseen.is_empty(), "no page shows as it is stored: {unseen:?}");
}

#[tokio::test]
async fn form_fields_hold_the_stored_text() {
    let (app, cookie) = open().await;
    poison(&app).await;
    let path = routes::token(app.issued.token.id);
    let page = Page::read(&app.send(app.request("GET", &path).header(header::COOKIE, &cookie), []).await.text());
    // HTML parsers drop the first line break of a field.
    let fields = ["description", "developer"].map(|field| format!("\n{}", hostile(field)));
    assert_eq!(page.text_of("textarea"), fields);
    let title = page.text_of("title").join("");
    assert!(title.starts_with(&hostile("token")), "{title}");
}

#[tokio::test]
async fn every_route_is_among_the_pages_that_are_tested() {
    let (app, _) = open().await;
    let pages = pages(&app, "TOKEN", "TOKEN");
    let id = app.issued.token.id.0.to_string();
    for route in generate_route_list(app::App) {
        let path = route.path().replace("{id}", &id).replace("{token}", "TOKEN");
        let path = path.replace(":id", &id).replace(":token", "TOKEN");
        assert!(pages.iter().any(|page| page.split('?').next() == Some(&path)), "add {path} to `pages`");
    }
}

#[tokio::test]
async fn router_serves_exactly_the_pages_of_the_list() {
    let path = |route: &AxumRouteListing| route.path().replace("{id}", ":id").replace("{token}", ":token");
    let routed: BTreeSet<_> = generate_route_list(app::App).iter().map(path).collect();
    assert_eq!(routed, routes::PAGES.iter().map(|path| (*path).to_owned()).collect());
}

#[tokio::test]
async fn page_may_send_its_forms_and_no_others() {
    let (app, cookie) = open().await;
    let (_, invitation) = app.store.members().invite(&app.by, "nao@agency.example", Role::Analyst).await.unwrap();
    let mut unused: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let with_access = rendered(&app, &cookie, invitation.reveal()).await;
    app.store.account().disable_api_access(&app.by).await.unwrap();
    let without_access = rendered(&app, &cookie, invitation.reveal()).await;
    for (path, policy, page) in with_access.into_iter().chain(without_access) {
        let (own, paths) = policy.rsplit_once("form-action ").unwrap();
        let paths: BTreeSet<String> =
            paths.split(' ').filter_map(|path| path.strip_prefix("*:*").map(str::to_owned)).collect();
        assert!(paths.is_empty() || own.contains("form-action 'self'"), "{path}: {policy}");
        assert!(!paths.is_empty() || policy.contains("form-action 'none'"), "{path}: {policy}");
        let actions = page.actions();
        assert!(actions.is_subset(&paths), "{path} has forms that it may not send: {:?}", actions.difference(&paths));
        let route = path.split('?').next().unwrap().to_owned();
        let unused = unused.entry(route).or_insert(paths);
        unused.retain(|path| !actions.contains(path));
    }
    unused.retain(|path, left| !left.is_empty() && *path != routes::token(TokenId(Uuid::nil())));
    // If no second step is awaited, the page has a link instead of the form.
    unused.remove(routes::SECOND_STEP);
    assert_eq!(unused, BTreeMap::new(), "pages may send forms that they do not have");
}
