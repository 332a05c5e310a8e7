//! The identity provider: what it says about itself, where to send people, and what their code is worth.

use std::{
    error::Error,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use app::path::SignInFailure;
use openidconnect::{
    AccessToken, AccessTokenHash, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret,
    CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, Nonce, OAuth2TokenResponse as _,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, SubjectIdentifier, TokenResponse as _,
    UserInfoError,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdTokenClaims, CoreProviderMetadata,
        CoreUserInfoClaims,
    },
};
use store::Identity;
use url::Url;

use super::attempt::Attempt;

/// How long a connection to the provider may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);
/// How long one of its answers may take: a person is waiting.
const ANSWER_WITHIN: Duration = Duration::from_secs(8);
/// How long what it says about itself counts.
const KNOWN_FOR: Duration = Duration::from_hours(1);
/// Longest name of a person in bytes (`OpenID` Connect Core 1.0, section 2: `sub`).
const SUBJECT_MAX: usize = 255;

/// As one made of what the provider says about itself.
type Oidc = CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// The provider. What it says about itself, keys too, is asked for when it is first needed, and again where it is old
/// or a key is missing.
pub struct Provider {
    issuer: IssuerUrl,
    client: ClientId,
    secret: ClientSecret,
    redirect: RedirectUrl,
    http: reqwest::Client,
    known: RwLock<Option<(Instant, Arc<Oidc>)>>,
}

/// Whom the provider vouches for.
pub struct Vouched {
    /// How it names them.
    pub identity: Identity,
    email: Option<String>,
    verified: Option<bool>,
    access: AccessToken,
}

impl Provider {
    /// The provider of this issuer, which knows Kagitaba by id and secret, and sends people back to `redirect`.
    ///
    /// # Errors
    /// Where this machine has no TLS.
    pub fn new(issuer: IssuerUrl, client: ClientId, secret: ClientSecret, redirect: RedirectUrl) -> Result<Self> {
        let http = reqwest::Client::builder()
            // A connection kept from the last sign-in may be closed just as the next one uses it, and to redeem a code can't be
            // tried again.
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .redirect(reqwest::redirect::Policy::none())
            .https_only(issuer.url().scheme() == "https")
            .build()
            .context("cannot use TLS to reach the identity provider")?;
        Ok(Self { issuer, client, secret, redirect, http, known: RwLock::default() })
    }

    /// Where to send a person, and what is needed when they come back.
    ///
    /// # Errors
    /// [`SignInFailure::Unreachable`].
    pub async fn begin(&self, next: String) -> Result<(Url, Attempt), SignInFailure> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (address, state, nonce) = self
            .known()
            .await?
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        let (state, nonce) = (state.into_secret(), nonce.secret().clone());
        Ok((address, Attempt { state, nonce, verifier: verifier.into_secret(), next }))
    }

    /// Whom the provider vouches for by that code: the ID token's signature, issuer, audience, nonce and time are
    /// right.
    ///
    /// # Errors
    /// [`SignInFailure::Unreachable`], [`SignInFailure::Rejected`].
    pub async fn redeem(&self, code: &str, attempt: &Attempt) -> Result<Vouched, SignInFailure> {
        let mut oidc = self.known().await?;
        let request = oidc.exchange_code(AuthorizationCode::new(code.to_owned())).map_err(|error| rejected(&error))?;
        let answer = request
            .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier.clone()))
            .request_async(&self.http)
            .await
            .map_err(|error| match error {
                RequestTokenError::Request(error) => unreachable(&error),
                error => rejected(&error),
            })?;
        let token = answer.id_token().ok_or_else(|| rejected("it sent no ID token"))?;
        let nonce = Nonce::new(attempt.nonce.clone());
        let checked = token.claims(&oidc.id_token_verifier(), &nonce).map(drop);
        if matches!(checked, Err(ClaimsVerificationError::SignatureVerification(_))) {
            // It may have a new key.
            oidc = self.discover().await?;
        }
        let verifier = oidc.id_token_verifier();
        let claims = token.claims(&verifier, &nonce).map_err(|error| rejected(&error))?;
        if let Some(expected) = claims.access_token_hash() {
            let key = token.signing_key(&verifier).map_err(|error| rejected(&error))?;
            let algorithm = token.signing_alg().map_err(|error| rejected(&error))?;
            let actual = AccessTokenHash::from_token(answer.access_token(), algorithm, key);
            if actual.map_err(|error| rejected(&error))? != *expected {
                return Err(rejected("the access token is not the ID token's"));
            }
        }
        self.vouched(claims, answer.access_token())
    }

    fn vouched(&self, claims: &CoreIdTokenClaims, access: &AccessToken) -> Result<Vouched, SignInFailure> {
        let subject = claims.subject().as_str().to_owned();
        if subject.is_empty() || subject.len() > SUBJECT_MAX {
            return Err(rejected("the name of the person is empty or too long"));
        }
        Ok(Vouched {
            identity: Identity { issuer: self.issuer.as_str().to_owned(), subject },
            email: claims.email().map(|email| email.as_str().to_owned()),
            verified: claims.email_verified(),
            access: access.clone(),
        })
    }

    /// The person's e-mail address, of which the provider says that it is their own. Where the ID token doesn't say, it
    /// is asked for (`OpenID` Connect Core 1.0, section 5.4 leaves both).
    ///
    /// # Errors
    /// [`SignInFailure::Unverified`], [`SignInFailure::Unreachable`], [`SignInFailure::Rejected`].
    pub async fn verified_email(&self, vouched: &Vouched) -> Result<String, SignInFailure> {
        let (email, verified) = if let (Some(email), Some(verified)) = (&vouched.email, vouched.verified) {
            (Some(email.clone()), verified)
        } else {
            let claims = self.user_info(vouched).await?;
            let email = claims.email().map(|email| email.as_str().to_owned());
            (email, claims.email_verified().unwrap_or_default())
        };
        email.filter(|_| verified).ok_or(SignInFailure::Unverified)
    }

    async fn user_info(&self, vouched: &Vouched) -> Result<CoreUserInfoClaims, SignInFailure> {
        let subject = SubjectIdentifier::new(vouched.identity.subject.clone());
        let oidc = self.known().await?;
        // It may have no such endpoint; then it vouches for no address.
        let Ok(request) = oidc.user_info(vouched.access.clone(), Some(subject)) else {
            return Err(SignInFailure::Unverified);
        };
        request.request_async(&self.http).await.map_err(|error| match error {
            UserInfoError::Request(error) => unreachable(&error),
            error => rejected(&error),
        })
    }

    /// What the provider says about itself, as it was said within the last hour.
    async fn known(&self) -> Result<Arc<Oidc>, SignInFailure> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        match known {
            Some((since, oidc)) if since.elapsed() < KNOWN_FOR => Ok(oidc),
            _ => self.discover().await,
        }
    }

    async fn discover(&self) -> Result<Arc<Oidc>, SignInFailure> {
        let said = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.http).await;
        let said = said.map_err(|error| unreachable(&error))?;
        let has = |method| said.token_endpoint_auth_methods_supported().is_some_and(|all| all.contains(&method));
        let in_body = has(CoreClientAuthMethod::ClientSecretPost) && !has(CoreClientAuthMethod::ClientSecretBasic);
        let oidc = CoreClient::from_provider_metadata(said, self.client.clone(), Some(self.secret.clone()))
            .set_redirect_uri(self.redirect.clone())
            .set_auth_type(if in_body { AuthType::RequestBody } else { AuthType::BasicAuth });
        let oidc = Arc::new(oidc);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), Arc::clone(&oidc)));
        Ok(oidc)
    }
}

fn unreachable(error: &(dyn Error + 'static)) -> SignInFailure {
    tracing::warn!(error, "the identity provider could not be asked");
    SignInFailure::Unreachable
}

fn rejected(reason: impl Into<Reason>) -> SignInFailure {
    tracing::warn!(reason = %reason.into().0, "what the identity provider answered can't be used");
    SignInFailure::Rejected
}

/// An error with what it came of, for the log.
struct Reason(String);

impl From<&str> for Reason {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl<E: Error> From<&E> for Reason {
    fn from(error: &E) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            text = format!("{text}: {error}");
            source = error.source();
        }
        Self(text)
    }
}
