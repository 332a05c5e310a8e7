//! Mail: the letters that a mail server gets for invitations, and the handling of those that it refuses.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use app::{mail::Mail, routes};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::members::role::Role;
use http::{StatusCode, header};
use serde_json::Value;
use server::{console::mail::Settings, gate, http::public_url::PublicUrl, router::Services};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::timeout,
};

use crate::support::log;
use crate::support::test_app::TestApp;

const PASSWORD: &str = "correct:horse@battery";

/// A letter that the mail server got: sender and recipient as the SMTP conversation gives them, and the message.
#[derive(Debug)]
pub struct Mailed {
    pub envelope: Vec<String>,
    message: String,
}

/// A mail server (RFC 5321) that takes mail of clients that sign in with [`PASSWORD`], except for `refused@…`.
pub struct Postbox {
    port: u16,
    pub mailed: UnboundedReceiver<Mailed>,
    busy: Arc<AtomicUsize>,
}

impl Postbox {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, mailed) = unbounded_channel();
        let (sender, busy) = (Arc::new(sender), Arc::new(AtomicUsize::new(0)));
        let times = Arc::clone(&busy);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let less = |times: usize| times.checked_sub(1);
                if times.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok() {
                    let _ = stream.write_all(b"421 too busy, come back later\r\n").await;
                    continue;
                }
                let sender = Arc::clone(&sender);
                tokio::spawn(async move { converse(stream, &sender).await });
            }
        });
        Self { port, mailed, busy }
    }

    /// Refuses that many next connections.
    pub fn be_busy(&self, times: usize) {
        self.busy.store(times, Ordering::SeqCst);
    }

    /// Returns how many more connections it will refuse.
    pub fn busy(&self) -> usize {
        self.busy.load(Ordering::SeqCst)
    }

    pub fn mail(&self) -> Mail {
        let url = format!("smtp://kagitaba:correct%3Ahorse%40battery@127.0.0.1:{}", self.port);
        settings(&url).mail(Some(&public_url())).unwrap().unwrap()
    }

    pub async fn next(&mut self) -> Mailed {
        timeout(Duration::from_mins(1), self.mailed.recv()).await.expect("a letter comes").unwrap()
    }
}

async fn converse(stream: TcpStream, sender: &UnboundedSender<Mailed>) -> Option<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let mut envelope = Vec::new();
    let mut known = false;
    writer.write_all(b"220 postbox\r\n").await.ok()?;
    loop {
        let line = lines.next_line().await.ok()??;
        let answer = match line.split(' ').next()?.to_ascii_uppercase().as_str() {
            "EHLO" => "250-postbox\r\n250-AUTH PLAIN\r\n250 8BITMIME",
            "AUTH" => {
                let given = STANDARD.decode(line.rsplit(' ').next()?).ok()?;
                known = given == format!("\0kagitaba\0{PASSWORD}").as_bytes();
                if known { "235 welcome" } else { "535 who are you" }
            }
            "MAIL" | "RCPT" if !known || line.contains("refused@") => "550 not here",
            "MAIL" | "RCPT" => {
                envelope.push(line);
                "250 fine"
            }
            "DATA" => {
                writer.write_all(b"354 go on\r\n").await.ok()?;
                let mut message = String::new();
                loop {
                    let line = lines.next_line().await.ok()??;
                    if line == "." {
                        break;
                    }
                    message.push_str(&line);
                    message.push('\n');
                }
                sender.send(Mailed { envelope: std::mem::take(&mut envelope), message }).ok()?;
                "250 taken"
            }
            "QUIT" => {
                writer.write_all(b"221 goodbye\r\n").await.ok()?;
                return Some(());
            }
            _ => "500 what",
        };
        writer.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
}

impl Mailed {
    /// Returns the header lines of the message, with continuation lines joined.
    fn head(&self) -> Vec<String> {
        let head = self.message.split("\n\n").next().unwrap().replace("\n ", " ");
        head.lines().map(str::to_owned).collect()
    }

    pub fn header(&self, name: &str) -> String {
        let (start, head) = (format!("{name}: "), self.head());
        head.iter().find_map(|line| line.strip_prefix(&start)).unwrap_or_default().to_owned()
    }

    /// Returns the message with soft line breaks undone (quoted-printable).
    pub fn body(&self) -> String {
        // Base64 may end with a line of its own, which is no soft break.
        if !self.message.contains("quoted-printable") {
            return self.message.clone();
        }
        self.message.replace("=\n", "").replace("=3D", "=")
    }
}

fn settings(url: &str) -> Settings {
    let mailbox = "Kagitaba <kagitaba@agency.example>".parse().unwrap();
    Settings { smtp_url: Some(url.parse().unwrap()), mail_from: Some(mailbox) }
}

fn public_url() -> PublicUrl {
    "https://keys.example".parse().unwrap()
}

pub async fn app(mail: Mail) -> TestApp {
    TestApp::open_with(false, &gate::Settings::default(), Services { mail: Some(mail), ..Services::default() }).await
}

/// Invites as an administrator whose browser is set to that language.
async fn invite(app: &TestApp, email: &str, language: &str) -> Value {
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    let request = app.request("POST", "/api/users/invite").header("sec-fetch-site", "same-origin");
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let request = request.header(header::COOKIE, cookie).header(header::ACCEPT_LANGUAGE, language);
    let answer = app.send(request, format!("form[email]={}&form[role]=analyst", email.replace('@', "%40"))).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn invitation_is_mailed_in_the_inviter_s_language_link_unshown() {
    let mut postbox = Postbox::open().await;
    let app = app(postbox.mail()).await;
    for (language, email, word) in
        [("en-GB", "nao@partner.example", "has invited you"), ("ja,en;q=0.5", "mio@partner.example", "")]
    {
        let invited = invite(&app, email, language).await;
        assert_eq!((&invited["token"], &invited["mail_failed"]), (&Value::Null, &Value::Bool(false)));
        let mailed = postbox.next().await;
        assert_eq!(mailed.envelope.len(), 2, "{mailed:?}");
        assert!(mailed.envelope[0].starts_with("MAIL FROM:<kagitaba@agency.example>"), "{mailed:?}");
        assert!(mailed.envelope[1].starts_with(&format!("RCPT TO:<{email}>")), "{mailed:?}");
        assert_eq!(mailed.header("To"), email);
        assert!(mailed.header("From").ends_with("Kagitaba <kagitaba@agency.example>"), "{mailed:?}");
        assert!(!mailed.header("Date").is_empty() && !mailed.header("Message-ID").is_empty(), "{mailed:?}");
        let body = mailed.body();
        assert!(body.contains("text/plain") && body.contains("text/html") && body.contains(word), "{body}");
        assert_eq!(mailed.header("Subject").contains("Invitation to Agency"), language == "en-GB", "{mailed:?}");

        let token = token_in(&body);
        assert!(!invited.to_string().contains(&token) && !log::text().contains(&token));
        let page = app.get(&routes::invitation(&token)).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text().contains(email));
    }
    assert!(!log::text().contains(PASSWORD) && !log::text().contains("horse%40"));
}

/// Returns the token of the invitation link in the body.
fn token_in(body: &str) -> String {
    token_of(body, "invitations")
}

/// Returns the token of the link below that path, in a part of the body that is plain text or Base64.
pub fn token_of(body: &str, folder: &str) -> String {
    let link = format!("https://keys.example/{folder}/");
    let decoded = body.split("\n\n").filter_map(|part| {
        let text: String = part.lines().take_while(|line| !line.starts_with("--")).collect();
        String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()
    });
    let all = [body.to_owned()].into_iter().chain(decoded).collect::<Vec<_>>().join("\n");
    let (_, rest) = all.split_once(&link).unwrap_or_else(|| panic!("no link in {all}"));
    rest.chars().take_while(char::is_ascii_alphanumeric).collect()
}

#[tokio::test]
async fn link_is_shown_if_mailing_the_invitation_fails() {
    let mut postbox = Postbox::open().await;
    // The port stays bound, so no other process gets it; each connection is closed at once.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = silent.local_addr().unwrap().port();
    tokio::spawn(async move { while silent.accept().await.is_ok() {} });
    let nowhere = settings(&format!("smtp://127.0.0.1:{gone}")).mail(Some(&public_url())).unwrap().unwrap();
    let wrong = settings(&format!("smtp://kagitaba:wrong@127.0.0.1:{}", postbox.port)).mail(Some(&public_url()));
    for (mail, email) in [
        (postbox.mail(), "refused@partner.example"),
        (nowhere, "nao@partner.example"),
        (wrong.unwrap().unwrap(), "nao@partner.example"),
    ] {
        let app = app(mail).await;
        let invited = invite(&app, email, "en").await;
        assert_eq!(invited["mail_failed"], true, "{email}");
        let token = invited["token"].as_str().unwrap();
        assert_eq!(app.get(&routes::invitation(token)).await.status, StatusCode::OK);
    }
    assert!(postbox.mailed.try_recv().is_err());
}

#[tokio::test]
async fn link_is_shown_without_failure_if_there_is_no_mail_server() {
    let app = TestApp::open().await;
    let invited = invite(&app, "nao@partner.example", "en").await;
    assert_eq!(invited["mail_failed"], false);
    assert!(invited["token"].is_string());
}

#[tokio::test]
async fn neither_an_address_nor_a_name_adds_a_header() {
    let mut postbox = Postbox::open().await;
    let mail = postbox.mail();
    let app = TestApp::open().await;
    let (mut invitation, token) =
        app.store.members().invite(&app.by, "nao@partner.example", Role::Analyst).await.unwrap();
    let line = "Acme\r\nBcc: all@partner.example\r\n\r\nAn end of the head";
    invitation.invited_by = line.to_owned();
    assert!(mail.invite("en".parse().unwrap(), line, &invitation, token.reveal()).await);
    let mailed = postbox.next().await;
    assert_eq!(mailed.envelope.len(), 2, "{mailed:?}");
    let names: Vec<_> = mailed.head().into_iter().map(|line| line.split(':').next().unwrap().to_owned()).collect();
    assert!(!names.iter().any(|name| name.eq_ignore_ascii_case("bcc")), "{names:?}");
    assert!(names.contains(&"MIME-Version".to_owned()) && names.contains(&"Content-Type".to_owned()), "{names:?}");

    for email in [
        "nao@partner.example\r\nBcc: all@partner.example",
        "nao@partner.example>\r\nRCPT TO:<all@partner.example",
        "nao",
    ] {
        invitation.email = email.to_owned();
        assert!(!mail.invite("en".parse().unwrap(), "Acme", &invitation, token.reveal()).await, "{email}");
    }
    assert!(postbox.mailed.try_recv().is_err());
}
