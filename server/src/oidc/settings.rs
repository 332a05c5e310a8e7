//! The settings of the identity provider on the command line and in the environment.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use app::routes;
use clap::{Args, builder::FalseyValueParser};
use domain::members::user;
use openidconnect::{ClientId, ClientSecret, IssuerUrl, RedirectUrl};

use crate::{
    environment,
    http::public_url::{self, PublicUrl},
    oidc::{
        attempt::Attempts,
        customs::{ClientAuth, Customs},
        identity_provider::IdentityProvider,
        provider::Provider,
    },
};

/// The environment variable that may hold the client secret. There is no argument for it, as every user of the machine
/// can read arguments.
const SECRET: &str = "KAGITABA_OIDC_CLIENT_SECRET";

/// An identity provider that people may sign in at.
#[allow(clippy::doc_markdown)] // these doc comments are the help texts, too
#[derive(Debug, Clone, Default, Args)]
#[group(id = "oidc")] // of its own: debug builds refuse two groups of one name
pub struct Settings {
    /// The issuer of an identity provider that people may sign in at, too. It takes --oidc-client-id, a client secret
    /// and --public-url; the redirect URI to register is PUBLIC-URL/sign-in/oidc/callback.
    #[arg(long, value_name = "URL", env = "KAGITABA_OIDC_ISSUER", requires_all = ["oidc_client_id", "public_url"])]
    pub oidc_issuer: Option<String>,
    /// What the provider calls Kagitaba.
    #[arg(long, value_name = "ID", env = "KAGITABA_OIDC_CLIENT_ID")]
    pub oidc_client_id: Option<String>,
    /// The file that the client secret is in. The secret itself may be in the environment instead, see the manual.
    #[arg(long, value_name = "FILE", env = "KAGITABA_OIDC_CLIENT_SECRET_FILE")]
    pub oidc_client_secret_file: Option<PathBuf>,
    /// What people know the provider by: Sign in with NAME.
    #[arg(long, value_name = "NAME", env = "KAGITABA_OIDC_NAME", value_parser = user::name)]
    #[arg(default_value = "OpenID Connect")]
    pub oidc_name: String,
    /// How the client secret is sent to the provider [default: basic, unless the provider says that it takes post only].
    #[arg(long, value_enum, value_name = "HOW", env = "KAGITABA_OIDC_CLIENT_AUTH")]
    pub oidc_client_auth: Option<ClientAuth>,
    /// The claim that has a person's e-mail address [default: email].
    #[arg(long, value_name = "CLAIM", env = "KAGITABA_OIDC_EMAIL_CLAIM")]
    pub oidc_email_claim: Option<String>,
    /// The claim that says that the e-mail address is the person's own [default: email_verified]; with Microsoft Entra ID
    /// xms_edov.
    #[arg(long, value_name = "CLAIM", env = "KAGITABA_OIDC_EMAIL_VERIFIED_CLAIM")]
    pub oidc_email_verified_claim: Option<String>,
    /// Believe the provider's e-mail addresses where it does not say whether they are the person's own. Whoever can set an
    /// address at the provider can then enter as the user here who has that address: only for a provider at which
    /// administrators alone set addresses.
    #[arg(long, env = "KAGITABA_OIDC_TRUST_EMAIL", value_parser = FalseyValueParser::new())]
    pub oidc_trust_email: bool,
}

impl Settings {
    /// Returns the provider, or `None` if none is set. It is not contacted until a person signs in.
    ///
    /// # Errors
    /// If a setting is missing or invalid.
    pub fn identity_provider(&self, public_url: Option<&PublicUrl>) -> Result<Option<IdentityProvider>> {
        let Some(issuer) = &self.oidc_issuer else { return Ok(None) };
        let client = self.oidc_client_id.clone().context("--oidc-issuer takes --oidc-client-id too")?;
        let public_url = public_url.context("--oidc-issuer takes --public-url (KAGITABA_PUBLIC_URL) too")?;
        let url = IssuerUrl::new(issuer.clone()).context("--oidc-issuer is no URL; write https://id.example")?;
        ensure!(
            public_url::is_safe(url.url()),
            "--oidc-issuer must begin with https:// (http:// is for this machine alone)"
        );
        let redirect = RedirectUrl::new(public_url.with_path(routes::IDENTITY_PROVIDER_CALLBACK))?;
        Ok(Some(IdentityProvider {
            name: self.oidc_name.clone(),
            provider: Provider::new(url, ClientId::new(client), self.secret()?, redirect, self.customs())?,
            attempts: Attempts::default(),
            secure: public_url.has_tls(),
        }))
    }

    /// Returns the settings that differ between providers.
    fn customs(&self) -> Customs {
        let claim = |named: &Option<String>, usual: &str| named.clone().unwrap_or_else(|| usual.to_owned());
        Customs {
            client_auth: self.oidc_client_auth,
            email_claim: claim(&self.oidc_email_claim, "email"),
            verified_claim: claim(&self.oidc_email_verified_claim, "email_verified"),
            trust_email: self.oidc_trust_email,
        }
    }

    fn secret(&self) -> Result<ClientSecret> {
        let secret = match (&self.oidc_client_secret_file, environment::variable(SECRET)) {
            (Some(file), _) => {
                let text = fs::read_to_string(file);
                text.with_context(|| format!("cannot read the client secret from {}", file.display()))?
            }
            (None, Some(secret)) => secret.into_string().map_err(|_| anyhow!("{SECRET} holds no text"))?,
            (None, None) => bail!("--oidc-issuer takes a client secret too: --oidc-client-secret-file or {SECRET}"),
        };
        let secret = secret.trim();
        ensure!(!secret.is_empty(), "the client secret is empty; see --oidc-client-secret-file and {SECRET}");
        Ok(ClientSecret::new(secret.to_owned()))
    }
}
