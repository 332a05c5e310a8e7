//! Accounts, and tokens that are spread over them.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use domain::{
    members::{role::Role, user::CurrentUser},
    tokens::{scope::Scope, token::TokenForm},
};
use serde_json::Value;
use server::config::Data;
use sqlx::{Connection as _, Executor as _, PgConnection};
use store::{IssuedToken, NewUser, Store};
use uuid::Uuid;

use crate::{
    client::{self, Connection},
    copies,
    postgres::Postgres,
};

/// The number of accounts.
pub const ACCOUNTS: usize = 100;
/// The number of tokens that calls come from, in each account.
const CALLED: usize = 100;
/// The name of the tokens that are copied.
const COPIED: &str = "Copied";

/// Requests with different tokens, those of different accounts after each other.
pub type Calls = Arc<Vec<Vec<u8>>>;

/// The accounts and their calls.
pub struct Tokens {
    pub accounts: Vec<Account>,
    /// Calls to `/authorize`.
    pub authorize: Calls,
    /// Calls for the company information.
    pub company: Calls,
}

/// An account's token that is reset, and the one that resets it.
pub struct Account {
    manager: Credentials,
    reset_id: Uuid,
    reset: Credentials,
}

struct Credentials {
    sid: String,
    secret: String,
}

impl Credentials {
    fn of(issued: &IssuedToken) -> Self {
        Self { sid: issued.token.sid.as_str().to_owned(), secret: issued.secret.reveal().to_owned() }
    }
}

impl Account {
    /// Returns a call with the current Auth Token of the token that is reset.
    pub fn call(&self) -> Vec<u8> {
        client::authorize(&self.reset.sid, &self.reset.secret)
    }

    /// Resets the token on that connection. Returns the time until the answer, and a call with the old Auth Token.
    pub async fn reset(&mut self, connection: &mut Connection) -> Result<(Duration, Vec<u8>)> {
        let Credentials { sid, secret } = &self.manager;
        let path = format!("/Agencies/{sid}/AccessTokens/{}/Reset", self.reset_id);
        let request = client::request("PUT", &path, sid, secret, "Content-Length: 0\r\n");
        let asked = Instant::now();
        let answer = connection.call(&request).await?;
        let time = asked.elapsed();
        let message = || String::from_utf8_lossy(answer.body);
        ensure!(answer.status == 200, "a reset was answered {} after {time:?}: {}", answer.status, message());
        let token: Value = serde_json::from_slice(answer.body)?;
        let old = self.call();
        token["AuthToken"].as_str().context("no Auth Token")?.clone_into(&mut self.reset.secret);
        Ok((time, old))
    }
}

/// Fills an empty database with this many tokens, most of them copies, since making one takes a millisecond, above all
/// for its entry in the audit trail.
pub async fn fill(data: &Data, tokens: usize) -> Result<Tokens> {
    let store = data.open().await?;
    let (mut accounts, mut originals) = (Vec::new(), Vec::new());
    for number in 0..ACCOUNTS {
        let (account, token) = add_account(&store, number).await?;
        accounts.push(account);
        originals.push(token);
    }
    let copies = (tokens / ACCOUNTS).max(1);
    match &data.database {
        None => copy_in_sqlite(&data.folder, copies).await?,
        Some(_) => copy_in_postgres(copies).await?,
    }
    let numbers = 1..=copies.min(CALLED);
    let called: Vec<_> = numbers.flat_map(|number| originals.iter().map(move |token| copy(token, number))).collect();
    let authorize = called.iter().map(|Credentials { sid, secret }| client::authorize(sid, secret)).collect();
    let company = called.iter().map(|Credentials { sid, secret }| {
        client::request("GET", &format!("/Agencies/{sid}/CompanyInformation"), sid, secret, "")
    });
    Ok(Tokens { accounts, authorize: Arc::new(authorize), company: Arc::new(company.collect()) })
}

/// Adds an account. Returns it, and its token that is to be copied.
async fn add_account(store: &Store, number: usize) -> Result<(Account, Credentials)> {
    let (account_name, role) = (format!("Agency {number}"), Role::AccountAdministrator);
    let account = store.account().add(&account_name).await?;
    let (name, email) = ("A".to_owned(), format!("a@agency-{number}.example"));
    store.members().add(account, NewUser { name, email, password: "correct horse".to_owned(), role }).await?;
    let user = store.members().people(account).await?.remove(0);
    let by = CurrentUser { user, account, account_name, role };
    store.account().enable_api_access(&by).await?;
    let called = Scope::GET_COMPANY_INFORMATION.id();
    let manager = issue(store, &by, "Manager", &[called, "resetAccessToken"]).await?;
    let reset = issue(store, &by, "Reset", &[called]).await?;
    let copied = issue(store, &by, COPIED, &[called]).await?;
    let manager = Credentials::of(&manager);
    Ok((Account { manager, reset_id: reset.token.id.0, reset: Credentials::of(&reset) }, Credentials::of(&copied)))
}

async fn issue(store: &Store, by: &CurrentUser, name: &str, scopes: &[&str]) -> Result<IssuedToken> {
    let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    let form = TokenForm { name: name.to_owned(), scopes, ..TokenForm::blank(by.user.id) };
    let settings = form
        .validate(std::slice::from_ref(&by.user), None, &store.account().terms(by.account).await?)
        .map_err(|errors| anyhow::anyhow!("{errors:?}"))?;
    Ok(store.tokens().create(by, settings, Uuid::now_v7()).await?)
}

/// Returns the credentials of a copy: the same secret, and an Account SID of its own.
fn copy(Credentials { sid, secret }: &Credentials, number: usize) -> Credentials {
    Credentials { sid: format!("{}{number:06}", &sid[..29]), secret: secret.clone() }
}

async fn copy_in_sqlite(folder: &Path, copies: usize) -> Result<()> {
    let mut database = copies::copy_tokens(folder, COPIED, copies).await?;
    database.execute("ANALYZE").await?;
    Ok(database.close().await?)
}

async fn copy_in_postgres(copies: usize) -> Result<()> {
    let mut database = PgConnection::connect(&Postgres::url()).await?;
    let copy = "
        INSERT INTO tokens (id, account_id, sid, secret_hash, name, name_folded, description, api_version,
            primary_contact, developers, scopes, state, created_at, secret_issued_at)
        SELECT gen_random_uuid(), account_id, substr(sid, 1, 29) || lpad(number::text, 6, '0'), secret_hash, name,
            name_folded, description, api_version, primary_contact, developers, scopes, state, created_at,
            secret_issued_at
        FROM tokens, generate_series(1, $1) AS copies (number) WHERE name = $2";
    sqlx::query(copy).bind(i64::try_from(copies)?).bind(COPIED).execute(&mut database).await?;
    database.execute("VACUUM ANALYZE").await?;
    Ok(database.close().await?)
}
