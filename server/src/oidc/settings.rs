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
    /// The issuer of an identity provider people can also sign in at. Also requires --oidc-client-id, a client secret and
    /// --public-url; the redirect URI to register is PUBLIC-URL/sign-in/oidc/callback.
    #[arg(long, value_name = "URL", env = "KAGITABA_OIDC_ISSUER", requires_all = ["oidc_client_id", "public_url"])]
    pub oidc_issuer: Option<String>,
    /// Kagitaba's client ID at the provider.
    #[arg(long, value_name = "ID", env = "KAGITABA_OIDC_CLIENT_ID")]
    pub oidc_client_id: Option<String>,
    /// The file with the client secret. The secret itself can be set in the environment instead: see the manual.
    #[arg(long, value_name = "FILE", env = "KAGITABA_OIDC_CLIENT_SECRET_FILE")]
    pub oidc_client_secret_file: Option<PathBuf>,
    /// The provider's name on the sign-in page: Sign in with NAME.
    #[arg(long, value_name = "NAME", env = "KAGITABA_OIDC_NAME", value_parser = user::name)]
    #[arg(default_value = "OpenID Connect")]
    pub oidc_name: String,
    /// How the client secret is sent to the provider [default: basic, unless the provider accepts only post].
    #[arg(long, value_enum, value_name = "HOW", env = "KAGITABA_OIDC_CLIENT_AUTH")]
    pub oidc_client_auth: Option<ClientAuth>,
    /// The claim with a person's e-mail address [default: email].
    #[arg(long, value_name = "CLAIM", env = "KAGITABA_OIDC_EMAIL_CLAIM")]
    pub oidc_email_claim: Option<String>,
    /// The claim that says whether the e-mail address is verified [default: email_verified]; for Microsoft Entra ID,
    /// xms_edov.
    #[arg(long, value_name = "CLAIM", env = "KAGITABA_OIDC_EMAIL_VERIFIED_CLAIM")]
    pub oidc_email_verified_claim: Option<String>,
    /// Trust the provider's e-mail addresses if it doesn't say whether they are verified. Anyone who can set an address at
    /// the provider can then sign in as the user with that address: use it only if administrators alone set addresses there.
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
        let client = self.oidc_client_id.clone().context("--oidc-issuer also requires --oidc-client-id")?;
        let public_url = public_url.context("--oidc-issuer also requires --public-url (KAGITABA_PUBLIC_URL)")?;
        let url =
            IssuerUrl::new(issuer.clone()).context("--oidc-issuer isn't a URL; write it like https://id.example")?;
        ensure!(
            public_url::is_safe(url.url()),
            "--oidc-issuer must begin with https:// (http:// works on this machine only)"
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
            (None, Some(secret)) => secret.into_string().map_err(|_| anyhow!("{SECRET} isn't valid text"))?,
            (None, None) => bail!("--oidc-issuer also requires a client secret: --oidc-client-secret-file or {SECRET}"),
        };
        let secret = secret.trim();
        ensure!(!secret.is_empty(), "the client secret is empty; see --oidc-client-secret-file and {SECRET}");
        Ok(ClientSecret::new(secret.to_owned()))
    }
}
