//! Mail by SMTP: the settings of the mail server, and the sending of letters.

use std::{convert::Infallible, fmt, str::FromStr, time::Duration};

use anyhow::{Context as _, Result};
use app::mail::{Letter, Mail, NotSent, Sender, Sending, Urgency};
use clap::Args;
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Mailbox, MultiPart},
    transport::smtp,
};
use thiserror::Error;
use tokio::time::{sleep, timeout};

use crate::http::public_url::PublicUrl;

/// The time that the mail server may take for one step of the conversation.
const STEP_WITHIN: Duration = Duration::from_secs(5);
/// The time that it may take for a letter: a person is waiting.
const LETTER_WITHIN: Duration = Duration::from_secs(15);
/// The pauses before a letter is sent again, if no person is waiting for it.
const AGAIN_AFTER: [Duration; 3] = [Duration::from_secs(2), Duration::from_secs(20), Duration::from_mins(2)];

/// How mail is sent.
#[allow(clippy::doc_markdown)] // these doc comments are the help texts, too
#[derive(Debug, Clone, Default, Args)]
#[group(id = "mail")] // of its own: debug builds refuse two groups of one name
pub struct Settings {
    /// The mail server that sends invitations and links to set a new password: smtps://USER:PASSWORD@HOST, or
    /// smtp://USER:PASSWORD@HOST:587?tls=required for STARTTLS. Also requires --mail-from and --public-url. Set it in the
    /// environment: every user of this machine can read arguments.
    // Its password is shown neither by the help nor by an error.
    #[arg(long, value_name = "URL", env = "KAGITABA_SMTP_URL", hide_env_values = true)]
    #[arg(requires_all = ["mail_from", "public_url"])]
    pub smtp_url: Option<SmtpUrl>,
    /// The sender of all e-mail, such as 'Kagitaba <kagitaba@agency.example>'.
    #[arg(long, value_name = "MAILBOX", env = "KAGITABA_MAIL_FROM")]
    pub mail_from: Option<Mailbox>,
}

/// The address of a mail server; it holds a password, so its Debug says `SmtpUrl(…)`.
#[derive(Clone)]
pub struct SmtpUrl(String);

impl FromStr for SmtpUrl {
    type Err = Infallible;

    /// Accepts any text, as an error of clap would show the password.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SmtpUrl(…)")
    }
}

impl Settings {
    /// Returns how pages send letters, or `None` if no mail server is set. The server is not contacted until there is a
    /// letter.
    ///
    /// # Errors
    /// If the address of the mail server is invalid, or if a setting that it needs is missing.
    pub fn mail(&self, public_url: Option<&PublicUrl>) -> Result<Option<Mail>> {
        let Some(SmtpUrl(url)) = &self.smtp_url else { return Ok(None) };
        let from = self.mail_from.clone().context("--smtp-url also requires --mail-from (KAGITABA_MAIL_FROM)")?;
        let public_url = public_url.context("--smtp-url also requires --public-url (KAGITABA_PUBLIC_URL)")?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).context(
            "--smtp-url (KAGITABA_SMTP_URL) is invalid; write smtps://USER:PASSWORD@HOST or \
             smtp://USER:PASSWORD@HOST:587?tls=required, with special characters in USER and PASSWORD encoded, such as \
             %40 for @",
        )?;
        let transport = transport.timeout(Some(STEP_WITHIN)).build();
        Ok(Some(Mail::new(Smtp { transport, from }, public_url.origin())))
    }
}

/// A mail server.
struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Sender for Smtp {
    fn send(&self, letter: Letter, urgency: Urgency) -> Sending<'_> {
        Box::pin(async move {
            // The address is parsed and the subject encoded, so that neither can add a header.
            let to = Mailbox::new(None, letter.to.parse::<Address>()?);
            let message = Message::builder()
                .from(self.from.clone())
                .to(to)
                .subject(letter.subject)
                .message_id(None)
                .multipart(MultiPart::alternative_plain_html(letter.text, letter.html))?;
            let pauses: &[Duration] = if urgency == Urgency::Background { &AGAIN_AFTER } else { &[] };
            for pause in pauses {
                match self.hand_over(message.clone()).await {
                    Err(NotTaken::ForNow(error)) => {
                        tracing::warn!(%error, ?pause, "a letter was not taken and will be sent again");
                        sleep(*pause).await;
                    }
                    taken => return Ok(taken?),
                }
            }
            Ok(self.hand_over(message).await?)
        })
    }
}

impl Smtp {
    /// Tries once to hand the letter to the mail server.
    async fn hand_over(&self, message: Message) -> Result<(), NotTaken> {
        match timeout(LETTER_WITHIN, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.is_permanent() => Err(NotTaken::ForGood(error)),
            Ok(Err(error)) => Err(NotTaken::ForNow(error.into())),
            Err(late) => Err(NotTaken::ForNow(late.into())),
        }
    }
}

/// The reason why a mail server has not taken a letter.
#[derive(Debug, Error)]
enum NotTaken {
    /// It will not take it later either.
    #[error(transparent)]
    ForGood(smtp::Error),
    /// It is unreachable, too busy, or cannot take it now.
    #[error(transparent)]
    ForNow(NotSent),
}
