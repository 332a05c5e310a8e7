//! The API version of tokens: its upgrade, and the way back.

use crate::db::sql;
use crate::error::Error;
use crate::tokens::Tokens;
use domain::Refusal;
use domain::audit::action::Actor;
use domain::gate::api_version::ApiVersion;
use domain::tokens::command::TokenCommand;
use domain::tokens::token::{Token, TokenId};

impl Tokens<'_> {
    /// Moves a token to the newest API version.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Error::Database`].
    pub async fn upgrade_version(self, by: impl Into<Actor>, id: TokenId) -> Result<Token, Error> {
        let changed = self.change(by.into(), id, TokenCommand::UpgradeVersion.rules().action, |stored| {
            stored.token.settings.api_version = ApiVersion::NEWEST;
            Ok(())
        });
        Ok(changed.await?.0)
    }

    /// Moves a token back to the API version that it was upgraded from.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Refusal::TooLateToGoBack`] if that was not within
    /// [`domain::tokens::token::GO_BACK_WITHIN`], [`Error::Database`].
    pub async fn go_back_version(self, by: impl Into<Actor>, id: TokenId) -> Result<Token, Error> {
        let changed = self.change(by.into(), id, TokenCommand::GoBackVersion.rules().action, |stored| {
            let now = self.core.now();
            let from = stored.token.upgraded_from.take().filter(|from| now < from.until);
            stored.token.settings.api_version = from.ok_or(Refusal::TooLateToGoBack)?.version;
            Ok(())
        });
        Ok(changed.await?.0)
    }

    /// Forgets the API versions that tokens can no longer go back to. Returns their number.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn forget_older_versions(self) -> Result<u64, Error> {
        let mut tx = self.core.begin().await?;
        let forget = sql::query(
            "UPDATE tokens SET version_before = NULL, go_back_until = NULL
             WHERE go_back_until IS NOT NULL AND go_back_until <= $1",
        );
        let forgotten = forget.bind(self.core.now()).execute(&mut *tx).await?.rows_affected();
        tx.commit().await?;
        Ok(forgotten)
    }
}
