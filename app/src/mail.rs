//! The mails, in the language of the user whose action sends them. On the server only; the server provides the
//! transport.

use crate::i18n::{Locale, td_string};
use crate::routes;
use crate::words;
use domain::members::membership::Invitation;
use leptos::prelude::*;
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

/// A mail to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The recipient's e-mail address, as `domain` has checked it.
    pub to: String,
    /// The subject, a single line.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The same body as HTML.
    pub html: String,
}

/// The reason why a mail was not sent, for the log.
pub type NotSent = Box<dyn Error + Send + Sync>;

/// The urgency of a mail: whether a user waits for the result of sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// A user waits, and is shown a failure at once.
    Interactive,
    /// No user waits, so sending is retried if the mail server is unavailable for a moment.
    Background,
}

/// The future result of sending a mail.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), NotSent>> + Send + 'a>>;

/// A transport for mails.
pub trait Sender: Send + Sync {
    /// Sends the mail, and waits until the mail server has accepted it.
    fn send(&self, letter: Letter, urgency: Urgency) -> Sending<'_>;
}

/// Sends mails for pages. In the context of server functions, if the server is set up for mail.
#[derive(Clone)]
pub struct Mail {
    sender: Arc<dyn Sender>,
    origin: String,
}

impl Mail {
    /// Sends mails through `sender`; their links begin with `origin`, such as `https://keys.example`.
    pub fn new(sender: impl Sender + 'static, origin: String) -> Self {
        Self { sender: Arc::new(sender), origin }
    }

    /// Mails an invitation. Returns whether it was sent; a failure is logged.
    pub async fn invite(&self, locale: Locale, account: &str, invitation: &Invitation, token: &str) -> bool {
        let link = format!("{}{}", self.origin, routes::invitation(token));
        let sent = self.sender.send(Letter::invitation(locale, account, invitation, &link), Urgency::Interactive).await;
        if let Err(error) = &sent {
            tracing::warn!(%error, "an invitation could not be mailed");
        }
        sent.is_ok()
    }

    /// Mails a link to set a new password, as [`Letter::reset`]. Returns whether it was sent; a failure is logged.
    pub async fn reset(&self, locale: Locale, made_by: Option<&str>, email: &str, token: &str) -> bool {
        let link = format!("{}{}", self.origin, routes::new_password(token));
        let urgency = if made_by.is_some() { Urgency::Interactive } else { Urgency::Background };
        let sent = self.sender.send(Letter::reset(locale, made_by, email, &link), urgency).await;
        if let Err(error) = &sent {
            tracing::warn!(%error, "a link to set a new password could not be mailed");
        }
        sent.is_ok()
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl Letter {
    /// Returns the mail that invites a person into the account of that name; they accept it at `link`.
    #[must_use]
    pub fn invitation(locale: Locale, account: &str, invitation: &Invitation, link: &str) -> Self {
        let Invitation { email, role, invited_by, .. } = invitation;
        let role = words::role_in(locale, *role);
        let subject = td_string!(locale, mail.subject, account = account).to_string();
        let lead =
            td_string!(locale, mail.lead, name = invited_by.as_str(), account = account, role = role).to_string();
        let join = td_string!(locale, mail.join);
        let (validity, unexpected) = (td_string!(locale, mail.validity), td_string!(locale, mail.unexpected));
        Self::with_link(locale, email, subject, [lead.as_str(), join, validity, unexpected], link)
    }

    /// Returns the mail with a link to set a new password, which the user requested or the administrator `made_by`
    /// created.
    #[must_use]
    pub fn reset(locale: Locale, made_by: Option<&str>, email: &str, link: &str) -> Self {
        let (lead, unexpected) = match made_by {
            Some(name) => (
                td_string!(locale, reset_mail.lead_made, name = name).to_string(),
                td_string!(locale, reset_mail.unexpected_made),
            ),
            None => {
                (td_string!(locale, reset_mail.lead_asked).to_owned(), td_string!(locale, reset_mail.unexpected_asked))
            }
        };
        let (open, validity) = (td_string!(locale, reset_mail.open), td_string!(locale, reset_mail.validity));
        let subject = td_string!(locale, reset_mail.subject).to_owned();
        Self::with_link(locale, email, subject, [lead.as_str(), open, validity, unexpected], link)
    }

    /// Returns a mail about a link. Its paragraphs are the reason, what to do with the link, how long the link is
    /// valid, and what to do if the mail was not expected.
    fn with_link(locale: Locale, to: &str, subject: String, paragraphs: [&str; 4], link: &str) -> Self {
        let [lead, open, validity, unexpected] = paragraphs.map(str::to_owned);
        let text = format!("{lead}\n\n{open}\n{link}\n\n{validity}\n\n{unexpected}\n");
        let page = view! {
            <html lang=locale.to_string()>
                <head>
                    <meta charset="utf-8"/>
                    <title>{subject.clone()}</title>
                </head>
                <body>
                    <p>{lead}</p>
                    <p>{open}<br/><a href=link.to_owned()>{link.to_owned()}</a></p>
                    <p>{validity}</p>
                    <p>{unexpected}</p>
                </body>
            </html>
        };
        // Remove the hydration markers. Text contains none, because it is escaped.
        let html = format!("<!DOCTYPE html>{}", page.to_html().replace("<!>", ""));
        Self { to: to.to_owned(), subject, text, html }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use domain::members::membership::InvitationId;
    use domain::members::role::Role;
    use uuid::Uuid;

    const LINK: &str = "https://keys.example/invitations/0aZ";

    fn letter(locale: Locale, invited_by: &str, account: &str) -> Letter {
        let invitation = Invitation {
            id: InvitationId(Uuid::nil()),
            email: "nao@agency.example".to_owned(),
            role: Role::Analyst,
            invited_by: invited_by.to_owned(),
            expires_at: DateTime::UNIX_EPOCH,
        };
        Letter::invitation(locale, account, &invitation, LINK)
    }

    #[test]
    fn invitation_mail_has_all_facts_in_both_languages() {
        for (locale, role, lang) in [(Locale::en, "Analyst", "lang=\"en\""), (Locale::ja, "アナリスト", "lang=\"ja\"")]
        {
            let letter = letter(locale, "Aya", "Acme");
            assert_eq!(letter.to, "nao@agency.example");
            assert!(letter.subject.contains("Acme"), "{}", letter.subject);
            for content in [&letter.text, &letter.html] {
                assert!(["Aya", "Acme", role, LINK].iter().all(|part| content.contains(part)), "{content}");
            }
            assert!(!letter.html.contains("<!>"), "{}", letter.html);
            assert!(letter.html.contains(lang) && letter.html.contains(&format!("href=\"{LINK}\"")), "{}", letter.html);
        }
    }

    #[test]
    fn mail_escapes_names_in_html() {
        let letter = letter(Locale::en, "<img src=x>", "A & <b>B</b>");
        assert!(!letter.html.contains("<img") && !letter.html.contains("<b>"), "{}", letter.html);
        assert!(letter.html.contains("&lt;img src=x&gt;") && letter.text.contains("<img src=x>"), "{}", letter.html);
    }

    #[test]
    fn reset_letter_has_the_link_in_both_languages() {
        for locale in [Locale::en, Locale::ja] {
            let asked = Letter::reset(locale, None, "nao@agency.example", LINK);
            let made = Letter::reset(locale, Some("<b>Aya</b>"), "nao@agency.example", LINK);
            for letter in [&asked, &made] {
                assert_eq!(letter.to, "nao@agency.example");
                assert!(letter.text.contains(LINK) && letter.html.contains(&format!("href=\"{LINK}\"")));
            }
            assert_ne!(asked.text, made.text);
            assert!(made.html.contains("&lt;b&gt;Aya") && made.text.contains("<b>Aya</b>"), "{}", made.html);
        }
        let subjects = [Locale::en, Locale::ja].map(|locale| Letter::reset(locale, None, "a@b.example", LINK).subject);
        assert_ne!(subjects[0], subjects[1]);
    }
}
