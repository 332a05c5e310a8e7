//! The identity provider: its metadata, its sign-in page, and the redemption of its codes.

use std::{
    error::Error,
    io,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use app::routes::SignInFailure;
use openidconnect::{
    AccessToken, AccessTokenHash, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret,
    CsrfToken, DiscoveryError, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpClientError, IssuerUrl, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    SubjectIdentifier, TokenResponse as _, UserInfoClaims, UserInfoError,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreGenderClaim, CoreIdTokenClaims,
        CoreIdTokenVerifier, CoreProviderMetadata,
    },
};
use serde_json::Value;
use store::{Identity, VerifiedPerson};
use url::Url;

use crate::oidc::{
    attempt::Attempt,
    claims::{self, Claims, OtherClaims},
    customs::{ClientAuth, Customs},
};

/// The time that a connection to the provider may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);
/// The time that one of its answers may take: a person is waiting.
const ANSWER_WITHIN: Duration = Duration::from_secs(8);
/// The time for which the provider's metadata is cached.
const KNOWN_FOR: Duration = Duration::from_hours(1);
/// The longest subject identifier in bytes (`OpenID` Connect Core 1.0, section 2: `sub`).
const SUBJECT_MAX: usize = 255;

/// The type of client that is made from the provider's metadata.
type Oidc = CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// The provider. Its metadata, keys included, is fetched when it is first needed, and again if it is old or a key is
/// missing.
pub struct Provider {
    issuer: IssuerUrl,
    client: ClientId,
    secret: ClientSecret,
    redirect: RedirectUrl,
    customs: Customs,
    http: reqwest::Client,
    known: RwLock<Option<(Instant, Arc<Oidc>)>>,
}

/// The person that the provider vouches for.
pub struct Vouched {
    /// The provider's identifier of the person.
    pub identity: Identity,
    claims: Claims,
    access: AccessToken,
}

impl Provider {
    /// Returns the provider of this issuer, which knows Kagitaba by id and secret, and sends people back to `redirect`.
    ///
    /// # Errors
    /// If this machine has no TLS.
    pub fn new(
        issuer: IssuerUrl,
        client: ClientId,
        secret: ClientSecret,
        redirect: RedirectUrl,
        customs: Customs,
    ) -> Result<Self> {
        let http = reqwest::Client::builder()
            // A connection kept from the last sign-in may be closed just as the next one uses it, and redeeming a code
            // can't be retried.
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .redirect(reqwest::redirect::Policy::none())
            .https_only(issuer.url().scheme() == "https")
            .build()
            .context("cannot use TLS to reach the identity provider")?;
        Ok(Self { issuer, client, secret, redirect, customs, http, known: RwLock::default() })
    }

    /// Returns the address to send a person to, and the data needed when they come back.
    ///
    /// # Errors
    /// [`SignInFailure::Unreachable`], [`SignInFailure::Misconfigured`].
    pub async fn begin(&self, next: String) -> Result<(Url, Attempt), SignInFailure> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (address, state, nonce) = self
            .known()
            .await?
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("email".to_owned()))
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        let (state, nonce) = (state.into_secret(), nonce.secret().clone());
        Ok((address, Attempt { state, nonce, verifier: verifier.into_secret(), next }))
    }

    /// Redeems the code for the person that the provider vouches for, after checking the ID token's signature, issuer,
    /// audience, nonce and time. The token may be for other audiences too, if it says that it was given to Kagitaba
    /// (`azp`).
    ///
    /// # Errors
    /// [`SignInFailure::Unreachable`], [`SignInFailure::Misconfigured`], [`SignInFailure::Rejected`].
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
        let checked = token.claims(&verifier(&oidc), &nonce).map(drop);
        if matches!(checked, Err(ClaimsVerificationError::SignatureVerification(_))) {
            // The provider may have a new key.
            oidc = self.discover().await?;
        }
        let verifier = verifier(&oidc);
        let claims = token.claims(&verifier, &nonce).map_err(|error| rejected(&error))?;
        self.require_party(claims)?;
        if let Some(expected) = claims.access_token_hash() {
            let key = token.signing_key(&verifier).map_err(|error| rejected(&error))?;
            let algorithm = token.signing_alg().map_err(|error| rejected(&error))?;
            let actual = AccessTokenHash::from_token(answer.access_token(), algorithm, key);
            if actual.map_err(|error| rejected(&error))? != *expected {
                return Err(rejected("the access token is not the ID token's"));
            }
        }
        let all = claims::of_token(&token.to_string()).ok_or_else(|| rejected("the ID token can't be read"))?;
        let subject = claims.subject().as_str().to_owned();
        if subject.is_empty() || subject.len() > SUBJECT_MAX {
            return Err(rejected("the name of the person is empty or too long"));
        }
        // The provider's own spelling of the issuer, with or without the option's final slash.
        let identity = Identity { issuer: claims.issuer().as_str().to_owned(), subject };
        Ok(Vouched { identity, claims: all, access: answer.access_token().clone() })
    }

    /// Requires that the ID token was given to Kagitaba: `OpenID` Connect Core 1.0, section 3.1.3.7, steps 3 to 5. The
    /// library leaves `azp` to its caller.
    fn require_party(&self, claims: &CoreIdTokenClaims) -> Result<(), SignInFailure> {
        match claims.authorized_party() {
            Some(party) if *party == self.client => Ok(()),
            None if claims.audiences().len() == 1 => Ok(()),
            party => Err(rejected(&*format!(
                "the ID token is for the audiences {:?} and was given to {party:?}, not to {:?} alone",
                claims.audiences(),
                self.client
            ))),
        }
    }

    /// Returns the person's name and their e-mail address, which the provider has to call their own. Claims that the ID
    /// token lacks are fetched from the provider (`OpenID` Connect Core 1.0, section 5.4 leaves both).
    ///
    /// # Errors
    /// [`SignInFailure::Unverified`], [`SignInFailure::Unvouched`], [`SignInFailure::Unreachable`],
    /// [`SignInFailure::Misconfigured`], [`SignInFailure::Rejected`].
    pub async fn verified_person(&self, vouched: &Vouched) -> Result<VerifiedPerson, SignInFailure> {
        let mut said = claims::Said::of(&vouched.claims, &self.customs);
        if !said.is_complete() {
            said = said.or(claims::Said::of(&self.user_info(vouched).await?, &self.customs));
        }
        match (said.email, said.verified) {
            (Some(_), Some(false)) => Err(SignInFailure::Unverified),
            (Some(email), Some(true)) => Ok(VerifiedPerson { email, name: said.name }),
            (Some(email), None) if self.customs.trust_email => Ok(VerifiedPerson { email, name: said.name }),
            (email, _) => {
                tracing::warn!(
                    claims = ?vouched.claims.keys().collect::<Vec<_>>(),
                    "the identity provider does not say {}; see --oidc-email-claim, --oidc-email-verified-claim and \
                     --oidc-trust-email",
                    if email.is_some() { "whose the e-mail address is" } else { "an e-mail address" }
                );
                Err(SignInFailure::Unvouched)
            }
        }
    }

    /// Fetches the provider's claims about the person; none if it has no endpoint for them.
    async fn user_info(&self, vouched: &Vouched) -> Result<Claims, SignInFailure> {
        let subject = SubjectIdentifier::new(vouched.identity.subject.clone());
        let oidc = self.known().await?;
        let Ok(request) = oidc.user_info(vouched.access.clone(), Some(subject)) else { return Ok(Claims::new()) };
        let said: Result<UserInfoClaims<OtherClaims, CoreGenderClaim>, _> = request.request_async(&self.http).await;
        let said = said.map_err(|error| match error {
            UserInfoError::Request(error) => unreachable(&error),
            error => rejected(&error),
        })?;
        match serde_json::to_value(said) {
            Ok(Value::Object(claims)) => Ok(claims),
            _ => Err(rejected("what it says about the person can't be read")),
        }
    }

    /// Returns the client made from the provider's metadata, which is at most an hour old.
    async fn known(&self) -> Result<Arc<Oidc>, SignInFailure> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        match known {
            Some((since, oidc)) if since.elapsed() < KNOWN_FOR => Ok(oidc),
            _ => self.discover().await,
        }
    }

    async fn discover(&self) -> Result<Arc<Oidc>, SignInFailure> {
        let said = match self.say(&self.issuer).await {
            // Most likely its own name differs only in a final slash.
            Err(DiscoveryError::Validation(reason)) => {
                let other = other_slash(&self.issuer).ok_or_else(|| misconfigured(&self.issuer, &*reason))?;
                self.say(&other).await.map_err(|_| misconfigured(&self.issuer, &*reason))
            }
            Err(DiscoveryError::Request(error)) => Err(unreachable(&error)),
            Err(DiscoveryError::Response(status, _, reason)) if status.is_server_error() => {
                Err(unreachable(&io::Error::other(reason)))
            }
            Err(error) => Err(misconfigured(&self.issuer, &error)),
            Ok(said) => Ok(said),
        }?;
        let has = |method| said.token_endpoint_auth_methods_supported().is_some_and(|all| all.contains(&method));
        let only_post = has(CoreClientAuthMethod::ClientSecretPost) && !has(CoreClientAuthMethod::ClientSecretBasic);
        let usual = if only_post { ClientAuth::Post } else { ClientAuth::Basic };
        let auth = match self.customs.client_auth.unwrap_or(usual) {
            ClientAuth::Basic => AuthType::BasicAuth,
            ClientAuth::Post => AuthType::RequestBody,
        };
        let oidc = CoreClient::from_provider_metadata(said, self.client.clone(), Some(self.secret.clone()))
            .set_redirect_uri(self.redirect.clone())
            .set_auth_type(auth);
        let oidc = Arc::new(oidc);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), Arc::clone(&oidc)));
        Ok(oidc)
    }

    /// Fetches the metadata of the provider of that issuer.
    async fn say(
        &self,
        issuer: &IssuerUrl,
    ) -> Result<CoreProviderMetadata, DiscoveryError<HttpClientError<reqwest::Error>>> {
        CoreProviderMetadata::discover_async(issuer.clone(), &self.http).await
    }
}

/// Returns the issuer with a final slash added, or removed if it has one.
fn other_slash(issuer: &IssuerUrl) -> Option<IssuerUrl> {
    let issuer = issuer.as_str();
    IssuerUrl::new(issuer.strip_suffix('/').map_or_else(|| format!("{issuer}/"), str::to_owned)).ok()
}

/// Returns a verifier of ID tokens that allows other audiences, too: see [`Provider::require_party`].
fn verifier(oidc: &Oidc) -> CoreIdTokenVerifier<'_> {
    oidc.id_token_verifier().set_other_audience_verifier_fn(|_| true)
}

fn misconfigured(issuer: &IssuerUrl, reason: impl Into<Reason>) -> SignInFailure {
    tracing::error!(
        reason = %reason.into().0,
        "{} isn't an identity provider, or calls itself something else; set --oidc-issuer to the name the provider uses",
        issuer.as_str()
    );
    SignInFailure::Misconfigured
}

fn unreachable(error: &(dyn Error + 'static)) -> SignInFailure {
    tracing::warn!(error, "the identity provider could not be asked");
    SignInFailure::Unreachable
}

fn rejected(reason: impl Into<Reason>) -> SignInFailure {
    tracing::warn!(reason = %reason.into().0, "what the identity provider answered can't be used");
    SignInFailure::Rejected
}

/// An error with its causes, for the log.
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

#[cfg(test)]
mod tests {
    use super::{IssuerUrl, other_slash};

    #[test]
    fn other_slash_adds_or_removes_the_last_slash() {
        for (issuer, other) in [
            ("https://id.example", "https://id.example/"),
            ("https://id.example/", "https://id.example"),
            ("https://id.example/realms/a/", "https://id.example/realms/a"),
        ] {
            let issuer = IssuerUrl::new(issuer.to_owned()).unwrap();
            assert_eq!(other_slash(&issuer).unwrap().as_str(), other);
        }
    }
}
