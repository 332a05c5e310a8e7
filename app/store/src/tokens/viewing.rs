//! Viewing an Auth Token again, if the account lets it be viewed.

use crate::account::security_policy;
use crate::audit::event::Event;
use crate::error::Error;
use crate::tokens::Tokens;
use crate::tokens::changes::IssuedToken;
use crate::tokens::rows;
use domain::Refusal;
use domain::members::user::CurrentUser;
use domain::tokens::command::TokenCommand;
use domain::tokens::secret::Secret;
use domain::tokens::token::TokenId;
use serde_json::json;

impl Tokens<'_> {
    /// Returns a token's Auth Token once more, if the account's policy lets it be viewed again.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Refusal::NotViewable`], [`Error::SealingKeys`], [`Error::Database`].
    pub async fn view_secret(self, by: &CurrentUser, id: TokenId) -> Result<IssuedToken, Error> {
        let mut tx = self.core.begin_in(by.account).await?;
        let stored = rows::find(&mut tx, by.account, id).await?;
        if stored.deleted_at.is_some() {
            return Err(Refusal::NotFound.into());
        }
        let (policy, _) = security_policy::read(&mut tx, by.account).await?;
        let sealed = stored.sealed_secret.as_ref().filter(|_| policy.tokens_viewable).ok_or(Refusal::NotViewable)?;
        let plain = self.core.sealing_keys()?.open(sealed, id.0).ok_or(Refusal::NotViewable)?;
        let secret = str::from_utf8(&plain).ok().and_then(Secret::parse).ok_or(Refusal::NotViewable)?;
        let details = json!({ "name": stored.token.settings.name });
        let action = TokenCommand::View.rules().action;
        Event::of(action, by.account)
            .by(by.user.id)
            .on(id)
            .with(details)
            .record(self.core, &mut tx, self.core.now())
            .await?;
        tx.commit().await?;
        Ok(IssuedToken { token: stored.token, secret, name_exists: false })
    }
}
