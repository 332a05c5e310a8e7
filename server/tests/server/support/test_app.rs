//! A separate server for each test: an agency with a user in every role and one token.

use std::{net::SocketAddr, path::Path};

use domain::{
    account::AccountId,
    gate::client_address::TrustedProxies,
    members::{role::Role, user::CurrentUser},
    tokens::{
        scope::Scope,
        secret::{AccountSid, Secret},
        token::TokenForm,
    },
};
use http::{HeaderMap, Request, StatusCode, header};
use server::{
    config::Data,
    console::site::Site,
    gate,
    http::connections::{self, Settings},
    router::{Services, keeps_share, router},
};
use store::{Clock, IssuedToken, NewUser, Store};
use tempfile::TempDir;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::support::log;

/// The password of every user.
pub const PASSWORD: &str = "correct horse battery";

/// A running server.
pub struct TestApp {
    /// The server's store, which a test uses in place of pages.
    pub store: Store,
    /// An Account Administrator.
    pub by: CurrentUser,
    /// A token with the scope to retrieve the company profile.
    pub issued: IssuedToken,
    /// The address that the server listens on.
    pub address: SocketAddr,
    /// The folder of data and site.
    pub folder: TempDir,
}

/// Another server on the same database.
pub struct Node {
    pub store: Store,
    pub address: SocketAddr,
}

/// The answer to a request.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl TestApp {
    /// Starts a server as for local use.
    pub async fn open() -> Self {
        Self::open_as(false, &gate::Settings::default()).await
    }

    /// Starts a server, as in production if so asked, with these settings of the gate.
    pub async fn open_as(production: bool, gate: &gate::Settings) -> Self {
        Self::open_with(production, gate, Services::default()).await
    }

    /// Starts a server that uses these services.
    pub async fn open_with(production: bool, gate: &gate::Settings, services: Services) -> Self {
        Self::open_on(None, production, gate, services).await
    }

    /// Starts a server on that empty database, or on a database of its own.
    pub async fn open_on(
        database: Option<String>,
        production: bool,
        gate: &gate::Settings,
        services: Services,
    ) -> Self {
        log::keep();
        let folder = tempfile::tempdir().unwrap();
        let store = Data { database, ..Data::within(&folder.path().join("data")) }.open().await.unwrap();
        let account = store.account().add("Agency").await.unwrap();
        let mut by = None;
        for role in Role::ALL {
            let (name, email) = (role.as_str().to_owned(), email(role));
            let user = NewUser { name, email: email.clone(), password: PASSWORD.to_owned(), role };
            let id = store.members().add(account, user).await.unwrap();
            let user =
                store.members().people(account).await.unwrap().into_iter().find(|person| person.id == id).unwrap();
            by.get_or_insert(CurrentUser { user, account, account_name: "Agency".to_owned(), role });
        }
        let by = by.unwrap();
        store.account().enable_api_access(&by).await.unwrap();
        let issued = issue(&store, &by, &[Scope::GET_COMPANY_INFORMATION]).await;

        write_site(folder.path());
        let address = serve(&store, folder.path(), gate, &services, production).await;
        Self { store, by, issued, address, folder }
    }

    /// Starts another server on that database, which must be this server's.
    pub async fn another_node(&self, database: String, gate: &gate::Settings) -> Node {
        let data = Data { database: Some(database), ..Data::within(&self.folder.path().join("data")) };
        let store = data.open().await.unwrap();
        let address = serve(&store, self.folder.path(), gate, &Services::default(), false).await;
        Node { store, address }
    }

    /// Starts a server on the same data with another clock and returns its address.
    pub async fn at(&self, clock: &Clock) -> SocketAddr {
        let store = self.store.at(clock.clone());
        serve(&store, self.folder.path(), &gate::Settings::default(), &Services::default(), false).await
    }

    /// Makes each session's last proof of its user too old for guarded actions. The sessions go on.
    pub async fn age_passwords(&self) {
        let url = format!("sqlite:{}", self.folder.path().join("data/kagitaba.db").display());
        let database = sqlx::SqlitePool::connect(&url).await.unwrap();
        sqlx::query("UPDATE sessions SET authenticated_at = 0").execute(&database).await.unwrap();
    }

    /// Returns the server's router, for a test to call without a network.
    pub fn router(&self) -> axum::Router {
        let site = Site::without_wasm(self.folder.path());
        router(self.store.clone(), &site, &gate::Settings::default(), &Services::default(), false)
    }

    pub fn account(&self) -> AccountId {
        self.by.account
    }

    /// Issues another token of the same account.
    pub async fn issue(&self, scopes: &[Scope]) -> IssuedToken {
        issue(&self.store, &self.by, scopes).await
    }

    /// Returns the beginning of a request to this server.
    pub fn request(&self, method: &str, path: &str) -> http::request::Builder {
        Request::builder().method(method).uri(format!("http://{}{path}", self.address))
    }

    /// Sends the request. Redirects are not followed.
    pub async fn send(&self, request: http::request::Builder, body: impl Into<Vec<u8>>) -> Answer {
        let request = request.body(body.into()).unwrap();
        let send = move || {
            let config = ureq::Agent::config_builder()
                .http_status_as_error(false)
                .max_redirects(0)
                .max_redirects_will_error(false)
                .allow_non_standard_methods(true)
                .build();
            let (head, mut body) = ureq::Agent::new_with_config(config).run(request).unwrap().into_parts();
            Answer { status: head.status, headers: head.headers, body: body.read_to_vec().unwrap() }
        };
        tokio::task::spawn_blocking(send).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path), []).await
    }

    /// Requests the path in the session with this cookie.
    pub async fn get_as(&self, path: &str, cookie: &str) -> Answer {
        self.send(self.request("GET", path).header(header::COOKIE, cookie), []).await
    }

    /// Returns the beginning of a call to the gate.
    pub fn request_with(&self, method: &str, path: &str, sid: &AccountSid, secret: &Secret) -> http::request::Builder {
        self.request(method, path).header(header::AUTHORIZATION, basic(sid, secret))
    }

    /// Returns the beginning of a call with the app's own token.
    pub fn own_request(&self, method: &str, path: &str) -> http::request::Builder {
        self.request_with(method, path, &self.issued.token.sid, &self.issued.secret)
    }

    /// Calls the gate.
    pub async fn call(&self, method: &str, path: &str, sid: &AccountSid, secret: &Secret) -> Answer {
        self.send(self.request_with(method, path, sid, secret), []).await
    }

    /// Retrieves the company profile with these credentials.
    pub async fn company_information(&self, sid: &AccountSid, secret: &Secret) -> Answer {
        self.call("GET", &company_information(sid), sid, secret).await
    }

    /// Signs in as the user of that role and returns the session's cookie.
    pub async fn sign_in(&self, role: Role) -> String {
        let answer = self.send(self.sign_in_request(), sign_in_form(role)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.header("set-cookie").split(';').next().unwrap().to_owned()
    }

    pub fn sign_in_request(&self) -> http::request::Builder {
        self.request("POST", "/api/session/sign_in").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
    }

    /// Calls a server function with a JSON body, or with an empty form, from one of our own pages, possibly signed in.
    pub async fn function(&self, path: &str, cookie: Option<&str>, body: &str) -> Answer {
        let mut request = self.request("POST", path).header("sec-fetch-site", "same-origin");
        let content_type = if body.is_empty() { "application/x-www-form-urlencoded" } else { "application/json" };
        request = request.header(header::CONTENT_TYPE, content_type);
        if let Some(cookie) = cookie {
            request = request.header(header::COOKIE, cookie);
        }
        self.send(request, body).await
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        assert_eq!(self.header("content-type"), "application/json", "{}", self.text());
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Returns the paths of the pages that have no parameter.
pub fn plain_pages() -> impl Iterator<Item = &'static str> {
    app::routes::PAGES.iter().copied().filter(|path| !path.contains(':'))
}

pub fn email(role: Role) -> String {
    format!("{}@agency.example", role.as_str())
}

pub fn sign_in_form(role: Role) -> String {
    format!("email={}&password={}", email(role).replace('@', "%40"), PASSWORD.replace(' ', "+"))
}

pub fn company_information(sid: &AccountSid) -> String {
    format!("/Agencies/{sid}/CompanyInformation")
}

pub fn basic(sid: &AccountSid, secret: &Secret) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    format!("Basic {}", STANDARD.encode(format!("{sid}:{}", secret.reveal())))
}

/// Issues a new token with these scopes, in the account of `by`.
pub async fn issue(store: &Store, by: &CurrentUser, scopes: &[Scope]) -> IssuedToken {
    let form = TokenForm {
        name: "Nightly export".to_owned(),
        scopes: scopes.iter().map(|scope| scope.id().to_owned()).collect(),
        ..TokenForm::blank(by.user.id)
    };
    let terms = store.account().terms(by.account).await.unwrap();
    let settings = form.validate(std::slice::from_ref(&by.user), None, &terms).unwrap();
    store.tokens().create(by, settings, Uuid::now_v7()).await.unwrap()
}

async fn serve(store: &Store, site: &Path, gate: &gate::Settings, services: &Services, production: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = router(store.clone(), &Site::without_wasm(site), gate, services, production);
    let trusted_proxies = if production { TrustedProxies::on_this_machine() } else { TrustedProxies::default() };
    let settings = Settings { trusted_proxies, ..Settings::new(keeps_share) };
    tokio::spawn(connections::serve(listener, router, settings, std::future::pending()));
    tokio::spawn(store.clone().keep_lease());
    address
}

fn write_site(folder: &Path) {
    std::fs::create_dir(folder.join("pkg")).unwrap();
    for (name, content) in [
        ("pkg/kagitaba.0123.js", "// as it is"),
        ("pkg/kagitaba.0123.js.br", "brotli"),
        ("pkg/kagitaba.0123.js.gz", "gzip"),
        ("icon.svg", "<svg/>"),
    ] {
        std::fs::write(folder.join(name), content).unwrap();
    }
}
