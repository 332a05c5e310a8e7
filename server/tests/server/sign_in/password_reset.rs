//! Forgotten passwords over HTTP: the links that are mailed or shown, and answers that do not reveal who has an
//! account.

use app::routes::{self, Notice, before_parameter};
use domain::members::role::Role;
use http::{StatusCode, header};
use serde_json::{Value, json};
use server::{gate, router::Services};
use store::NewUser;

use crate::sign_in::mail::{Postbox, app, token_of};
use crate::support::log;
use crate::support::test_app::{Answer, PASSWORD, TestApp, email, sign_in_form};

const NEW: &str = "three paper lanterns";

/// Sends a form as our pages do with wasm.
async fn form(app: &TestApp, path: &str, body: &str) -> Answer {
    let request = app.request("POST", path).header("sec-fetch-site", "same-origin");
    app.send(request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"), body).await
}

/// Sends a form as a browser without wasm does, from that page.
async fn plain_form(app: &TestApp, path: &str, from: &str, body: &str) -> Answer {
    let request = app.request("POST", path).header("sec-fetch-site", "same-origin").header(header::ACCEPT, "text/html");
    let request = request.header(header::REFERER, format!("http://{}{from}", app.address));
    app.send(request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"), body).await
}

async fn forgotten(app: &TestApp, address: &str) -> Answer {
    form(app, "/api/password/forgotten", &format!("email={}", address.replace('@', "%40"))).await
}

async fn set(app: &TestApp, token: &str, password: &str) -> Answer {
    let body = format!("token={token}&form[password]={}", password.replace(' ', "+"));
    form(app, "/api/password/reset", &body).await
}

/// Asks as the administrator for a reset link of the user in that role.
async fn make_link(app: &TestApp, cookie: &str, role: Role) -> Answer {
    let people = app.store.members().people(app.account()).await.unwrap();
    let id = people.into_iter().find(|person| person.email == email(role)).unwrap().id;
    app.function("/api/users/make_reset_link", Some(cookie), &json!({ "id": id }).to_string()).await
}

#[tokio::test]
async fn forgotten_password_is_set_by_the_mailed_link() {
    let mut postbox = Postbox::open().await;
    let app = app(postbox.mail()).await;
    let page = app.get(routes::SIGN_IN).await.text();
    assert!(page.contains(routes::FORGOTTEN), "{page}");
    let cookie = app.sign_in(Role::Analyst).await;
    let asked = forgotten(&app, &email(Role::Analyst)).await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.text());
    let mailed = postbox.next().await;
    assert!(mailed.envelope[1].starts_with("RCPT TO:<analyst@agency.example>"), "{mailed:?}");
    let token = token_of(&mailed.body(), "new-password");
    assert!(!log::text().contains(&token));

    let page = app.get(&routes::new_password(&token)).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("analyst@agency.example"));
    let refused = set(&app, &token, "short").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
    let done = set(&app, &token, NEW).await;
    assert_eq!(
        (done.status, done.json()),
        (StatusCode::OK, json!(routes::with_notice(routes::SIGN_IN, Notice::Updated)))
    );
    assert_eq!(done.header("set-cookie"), "", "nobody is signed in by a link");
    let over = app.function("/api/profile/sessions", Some(&cookie), "").await;
    assert_eq!(over.status, StatusCode::UNAUTHORIZED);
    assert_eq!(set(&app, &token, NEW).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.get(&routes::new_password(&token)).await.status, StatusCode::NOT_FOUND);
    let old = app.send(app.sign_in_request(), sign_in_form(Role::Analyst)).await;
    assert_eq!(old.status, StatusCode::UNAUTHORIZED);
    let new = sign_in_form(Role::Analyst).replace(&PASSWORD.replace(' ', "+"), &NEW.replace(' ', "+"));
    assert_eq!(app.send(app.sign_in_request(), new).await.status, StatusCode::OK);
}

/// The person who asked is not shown that the mail server refused the letter, so it is sent again.
#[tokio::test]
async fn letter_is_sent_again_to_a_mail_server_that_was_busy() {
    let mut postbox = Postbox::open().await;
    let app = app(postbox.mail()).await;
    postbox.be_busy(1);
    assert_eq!(forgotten(&app, &email(Role::Analyst)).await.status, StatusCode::OK);
    let mailed = postbox.next().await;
    assert!(mailed.envelope[1].contains(&email(Role::Analyst)), "{mailed:?}");
    assert_eq!(postbox.busy(), 0, "the first was refused");
    let page = app.get(&routes::new_password(&token_of(&mailed.body(), "new-password"))).await;
    assert_eq!(page.status, StatusCode::OK, "the link is good");
}

/// Every answer is made before the user is looked up, so that neither its bytes nor its time reveal anything.
#[tokio::test]
async fn answer_to_forgotten_is_the_same_for_every_address() {
    let mut postbox = Postbox::open().await;
    let app = app(postbox.mail()).await;
    let (known, unknown) = (email(Role::Finance), "nobody@agency.example".to_owned());
    let answers = [forgotten(&app, &known).await, forgotten(&app, &unknown).await];
    let told = answers.each_ref().map(|answer| {
        let mut headers = answer.headers.clone();
        headers.remove("date");
        (answer.status, headers, answer.body.clone())
    });
    assert_eq!(told[0], told[1]);
    let plain = [&known, &unknown].map(|address| format!("email={}", address.replace('@', "%40")));
    for body in plain {
        let answer = plain_form(&app, "/api/password/forgotten", routes::FORGOTTEN, &body).await;
        let next = (answer.status, answer.header("location").to_owned());
        assert_eq!(
            next,
            (StatusCode::FOUND, routes::with_notice(routes::FORGOTTEN, Notice::Created)),
            "{}",
            answer.text()
        );
    }
    let page = app.get(&routes::with_notice(routes::FORGOTTEN, Notice::Created)).await.text();
    assert!(page.contains("a user with this e-mail address"), "{page}");
    // Beyond the limit, both addresses are refused alike.
    for address in [&known, &unknown] {
        let mut last = forgotten(&app, address).await;
        for _ in 0..5 {
            last = forgotten(&app, address).await;
        }
        assert_eq!(last.status, StatusCode::TOO_MANY_REQUESTS, "{address}");
    }
    for _ in 0..2 {
        let mailed = postbox.next().await;
        assert!(mailed.envelope[1].contains(&known), "{mailed:?}");
    }
}

#[tokio::test]
async fn page_of_a_link_works_without_wasm() {
    let app = TestApp::open().await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    let made = make_link(&app, &cookie, Role::Analyst).await.json();
    let token = made["token"].as_str().unwrap();
    let page = routes::new_password(token);
    let shown = app.get(&page).await.text();
    assert!(shown.contains("action=\"/api/password/reset\"") && shown.contains("method=\"post\""), "{shown}");
    let send = async |password: &str| {
        let body = format!("token={token}&form%5Bpassword%5D={password}");
        plain_form(&app, "/api/password/reset", &page, &body).await
    };
    let refused = send("aaaaaaaaaaaaaaa").await;
    let back = refused.header("location").to_owned();
    assert!(refused.status == StatusCode::FOUND && back.contains(&page) && !back.contains("aaaa"), "{back}");
    let again = app.get(&back[back.find(before_parameter(routes::NEW_PASSWORD)).unwrap()..]).await.text();
    assert!(again.contains("role=\"alert\""), "{again}");
    let done = send(&NEW.replace(' ', "+")).await;
    assert_eq!(
        (done.status, done.header("location")),
        (StatusCode::FOUND, &*routes::with_notice(routes::SIGN_IN, Notice::Updated))
    );
    let page = app.get(&routes::with_notice(routes::SIGN_IN, Notice::Updated)).await.text();
    assert!(page.contains("Your new password is set"), "{page}");
}

#[tokio::test]
async fn administrator_s_link_is_shown_only_if_it_is_not_mailed() {
    let mut postbox = Postbox::open().await;
    for with_mail in [true, false] {
        let mail = with_mail.then(|| postbox.mail());
        let services = Services { mail, ..Services::default() };
        let app = TestApp::open_with(false, &gate::Settings::default(), services).await;
        let cookie = app.sign_in(Role::AccountAdministrator).await;
        let made = make_link(&app, &cookie, Role::Finance).await;
        assert_eq!((made.status, made.header("cache-control")), (StatusCode::OK, "no-store"), "{}", made.text());
        let made = made.json();
        assert_eq!((&made["mail_failed"], made["token"].is_null()), (&Value::Bool(false), with_mail));
        let token = match made["token"].as_str() {
            Some(token) => token.to_owned(),
            None => token_of(&postbox.next().await.body(), "new-password"),
        };
        assert_eq!(set(&app, &token, NEW).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn link_is_not_shown_for_a_member_of_other_accounts() {
    let postbox = Postbox::open().await;
    for mail in [None, Some(postbox.mail())] {
        let sends = mail.is_some();
        let services = Services { mail, ..Services::default() };
        let app = TestApp::open_with(false, &gate::Settings::default(), services).await;
        let other = app.store.account().add("Other").await.unwrap();
        let (name, address) = ("Otto".to_owned(), "refused@partner.example".to_owned());
        let user =
            NewUser { name, email: address.clone(), password: PASSWORD.to_owned(), role: Role::AccountAdministrator };
        let otto = app.store.members().add(other, user).await.unwrap();
        let (_, invitation) = app.store.members().invite(&app.by, &address, Role::Analyst).await.unwrap();
        let known = domain::members::membership::Joining::Known { password: PASSWORD.to_owned() };
        let here = std::net::IpAddr::from([127, 0, 0, 1]);
        app.store.members().accept_invitation(&invitation, known, here).await.unwrap().session().unwrap();
        let cookie = app.sign_in(Role::AccountAdministrator).await;
        let body = json!({ "id": otto }).to_string();
        let made = app.function("/api/users/make_reset_link", Some(&cookie), &body).await;
        // The mail server refuses mail for that address; even then the link is not shown.
        let expected = if sends { (503, json!("MailFailed")) } else { (409, json!({ "Refused": "BelongsElsewhere" })) };
        assert_eq!((made.status.as_u16(), made.json()), expected);
        app.store
            .sign_in()
            .with_password(&address, PASSWORD, here)
            .await
            .expect("the password is as it was")
            .session()
            .unwrap();
    }
}

#[tokio::test]
async fn link_takes_the_right_role_and_a_recent_password() {
    let app = TestApp::open().await;
    for role in Role::ALL.into_iter().filter(|role| *role != Role::AccountAdministrator) {
        let cookie = app.sign_in(role).await;
        let refused = make_link(&app, &cookie, Role::AccountAdministrator).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{role:?}");
    }
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    let later = store::Clock::fixed(chrono_later());
    let address = app.at(&later).await;
    let request = http::Request::builder().method("POST").uri(format!("http://{address}/api/users/make_reset_link"));
    let request = request.header("sec-fetch-site", "same-origin").header(header::CONTENT_TYPE, "application/json");
    let body = json!({ "id": app.by.user.id }).to_string();
    let refused = app.send(request.header(header::COOKIE, cookie), body).await;
    assert_eq!((refused.status.as_u16(), refused.json()), (401, json!({ "Refused": "StepUpNeeded" })));
}

/// Returns a time at which the password is not recent any more and the session has not ended yet.
fn chrono_later() -> chrono::DateTime<chrono::Utc> {
    store::Clock::system().now() + domain::sign_in::session::STEP_UP_AFTER
}

#[tokio::test]
async fn no_link_can_be_asked_for_without_a_mail_server() {
    let app = TestApp::open().await;
    assert!(!app.get(routes::SIGN_IN).await.text().contains(routes::FORGOTTEN));
    let page = app.get(routes::FORGOTTEN).await.text();
    assert!(
        page.contains("Ask an Account Administrator for a link to set a new password")
            && !page.contains("name=\"email\""),
        "{page}"
    );
    assert_eq!(forgotten(&app, &email(Role::Analyst)).await.status, StatusCode::SERVICE_UNAVAILABLE);
}
