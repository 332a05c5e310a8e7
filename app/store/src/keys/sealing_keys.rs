//! Auth Tokens that may be viewed again: the keys that seal them, viewing one, and resealing all.
//!
//! The keys are read each time, in the transaction that uses them, as another process may replace the current one. A
//! transaction that seals then either has the new key, or has committed before the first one of [`Store::seal_anew`]
//! reads.

use crate::account::security_policy;
use crate::audit::event::Event;
use crate::db::database::Connection;
use crate::db::sql;
use crate::error::Error;
use crate::keys::sealing::SealingKey;
use crate::keys::server_key::{read_hex, write_hex};
use crate::store::Store;
use crate::tokens::changes::IssuedToken;
use crate::tokens::rows;
use domain::Refusal;
use domain::audit::action::Action;
use domain::members::user::CurrentUser;
use domain::tokens::secret::Secret;
use domain::tokens::token::TokenId;
use rand::{CryptoRng, RngExt};
use serde_json::json;
use sqlx_macros::FromRow;
use std::fmt;
use uuid::Uuid;
use zeroize::Zeroizing;

/// The number of values that one transaction reseals; other writers wait no longer than that.
const BATCH: i64 = 500;

/// A function that returns the current keys.
pub(crate) type KeySource = Box<dyn Fn() -> Result<SealingKeys, String> + Send + Sync>;

/// The current key, and earlier ones while something may still be sealed with them. Each has a number, which precedes
/// the values that it has sealed. Its Debug shows nothing of them.
#[derive(Clone)]
pub struct SealingKeys(Vec<(u8, SealingKey, Zeroizing<String>)>);

impl SealingKeys {
    /// Generates one new key.
    pub fn generate(random: &mut impl CryptoRng) -> Self {
        Self(Vec::new()).with_new(random)
    }

    /// Returns the same keys with a new current key before them.
    #[must_use]
    pub fn with_new(&self, random: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; SealingKey::LENGTH]);
        random.fill_bytes(bytes.as_mut());
        // A random number, so that values sealed with a lost key are not taken for this one's.
        let mut number: u8 = random.random();
        while self.find(number).is_some() {
            number = number.wrapping_add(1);
        }
        let mut keys = self.0.clone();
        keys.insert(0, (number, SealingKey::from_bytes(*bytes), write_hex(&bytes)));
        Self(keys)
    }

    /// Returns the current key alone.
    #[must_use]
    pub fn current_alone(&self) -> Self {
        Self(self.0[..1].to_vec())
    }

    /// Returns whether there are keys besides the current one.
    #[must_use]
    pub fn has_old(&self) -> bool {
        self.0.len() > 1
    }

    /// Returns the keys as stored: a number, a colon and 64 hexadecimal digits, one key a line; the current one first.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(80 * self.0.len()));
        for (number, _, hex) in &self.0 {
            text.push_str(&format!("{number}:"));
            text.push_str(hex);
            text.push('\n');
        }
        text
    }

    /// Parses the text that [`SealingKeys::to_text`] returned. Any white space separates the keys.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let mut keys = Self(Vec::new());
        for key in text.split_whitespace() {
            let (number, hex) = key.split_once(':')?;
            let (number, bytes) = (number.parse().ok()?, read_hex(hex)?);
            if keys.find(number).is_some() {
                return None;
            }
            keys.0.push((number, SealingKey::from_bytes(*bytes), write_hex(&bytes)));
        }
        (!keys.0.is_empty()).then_some(keys)
    }

    fn find(&self, number: u8) -> Option<&SealingKey> {
        self.0.iter().find(|(known, ..)| *known == number).map(|(_, key, _)| key)
    }

    /// Returns the number of the current key.
    fn current(&self) -> u8 {
        self.0[0].0
    }

    fn seal(&self, plain: &[u8], token: Uuid) -> Vec<u8> {
        let (number, key, _) = &self.0[0];
        [&[*number], key.seal(plain, token.as_bytes()).as_slice()].concat()
    }

    fn open(&self, sealed: &[u8], token: Uuid) -> Option<Zeroizing<Vec<u8>>> {
        let (number, sealed) = sealed.split_first()?;
        self.find(*number)?.open(sealed, token.as_bytes())
    }
}

impl fmt::Debug for SealingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKeys(…)")
    }
}

#[derive(FromRow)]
struct SealedRow {
    id: Uuid,
    sealed_secret: Vec<u8>,
}

impl Store {
    /// Sets the source of the keys that seal Auth Tokens, which returns them or the reason why they can't be had. Only
    /// the first call counts; without a source, no account can let Auth Tokens be viewed again.
    pub fn seal_with(&self, source: impl Fn() -> Result<SealingKeys, String> + Send + Sync + 'static) {
        _ = self.sealing_source().set(Box::new(source));
    }

    /// Returns the keys as they are now.
    pub(crate) fn sealing_keys(&self) -> Result<SealingKeys, Error> {
        let source = self.sealing_source().get().ok_or_else(|| Error::SealingKeys("there are none".to_owned()))?;
        source().map_err(Error::SealingKeys)
    }

    /// Returns the sealed Auth Token.
    pub(crate) fn seal(&self, token: TokenId, secret: &Secret) -> Result<Vec<u8>, Error> {
        Ok(self.sealing_keys()?.seal(secret.reveal().as_bytes(), token.0))
    }

    /// Returns a token's Auth Token once more, if the account's policy lets it be viewed again.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Refusal::NotViewable`], [`Error::SealingKeys`], [`Error::Database`].
    pub async fn view_secret(&self, by: &CurrentUser, id: TokenId) -> Result<IssuedToken, Error> {
        let mut tx = self.pools().begin_in(by.account).await?;
        let stored = rows::find(&mut tx, by.account, id).await?;
        if stored.deleted_at.is_some() {
            return Err(Refusal::NotFound.into());
        }
        let (policy, _) = security_policy::read(&mut tx, by.account).await?;
        let sealed = stored.sealed_secret.as_ref().filter(|_| policy.tokens_viewable).ok_or(Refusal::NotViewable)?;
        let plain = self.sealing_keys()?.open(sealed, id.0).ok_or(Refusal::NotViewable)?;
        let secret = str::from_utf8(&plain).ok().and_then(Secret::parse).ok_or(Refusal::NotViewable)?;
        let details = json!({ "name": stored.token.settings.name });
        let action = Action::TokenViewed;
        let event = Event { account: by.account, user: Some(by.user.id), action, token: Some(id), details };
        event.record(self, &mut tx, self.clock().now()).await?;
        tx.commit().await?;
        Ok(IssuedToken { token: stored.token, secret, name_exists: false })
    }

    /// Reseals everything that is not sealed with the current key, and returns the number of values. After that, the
    /// other keys are no longer needed. If interrupted, it can be called again and goes on from there.
    ///
    /// # Errors
    /// [`Error::SealingKeys`] (also if a value can't be opened), [`Error::Database`].
    pub async fn seal_anew(&self) -> Result<u64, Error> {
        let mut all = 0;
        loop {
            let mut tx = self.pools().begin().await?;
            let done = self.seal_some_anew(&mut tx).await?;
            tx.commit().await?;
            if done == 0 {
                return Ok(all);
            }
            all += done;
        }
    }

    async fn seal_some_anew(&self, tx: &mut Connection) -> Result<u64, Error> {
        let keys = self.sealing_keys()?;
        let rows: Vec<SealedRow> = sql::query_as(
            "SELECT id, sealed_secret FROM tokens WHERE sealed_secret IS NOT NULL AND substr(sealed_secret, 1, 1) <> $1
             LIMIT $2",
        )
        .bind([keys.current()].as_slice())
        .bind(BATCH)
        .fetch_all(&mut *tx)
        .await?;
        for SealedRow { id, sealed_secret } in &rows {
            let plain = keys.open(sealed_secret, *id).ok_or_else(|| {
                let number = sealed_secret.first().copied().unwrap_or_default();
                Error::SealingKeys(format!(
                    "the Auth Token of {id} is sealed with key {number}, which does not open it"
                ))
            })?;
            sql::query("UPDATE tokens SET sealed_secret = $1 WHERE id = $2")
                .bind(keys.seal(&plain, *id))
                .bind(*id)
                .execute(&mut *tx)
                .await?;
        }
        Ok(rows.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::SealingKeys;
    use uuid::Uuid;

    #[test]
    fn keys_are_written_and_read_in_their_order() {
        let mut random = rand::rng();
        let keys = SealingKeys::generate(&mut random).with_new(&mut random);
        let read = SealingKeys::from_text(&keys.to_text()).unwrap();
        assert_eq!((read.to_text(), read.current()), (keys.to_text(), keys.current()));
        assert!(read.has_old() && !read.current_alone().has_old());
        let text = keys.to_text();
        let twice = format!("{0} {0}", text.lines().next().unwrap_or_default());
        for wrong in ["", "1", "1:", "x:00", &text.replace(':', ""), &twice] {
            assert!(SealingKeys::from_text(wrong).is_none(), "{wrong}");
        }
        assert_eq!(format!("{keys:?}"), "SealingKeys(…)");
    }

    #[test]
    fn old_key_opens_its_values_until_it_is_removed() {
        let mut random = rand::rng();
        let (old, token) = (SealingKeys::generate(&mut random), Uuid::from_u128(1));
        let sealed = old.seal(b"secret", token);
        let both = old.with_new(&mut random);
        assert_eq!(both.open(&sealed, token).as_deref().map(Vec::as_slice), Some(b"secret".as_slice()));
        assert!(both.open(&sealed, Uuid::from_u128(2)).is_none(), "it is another token's");
        assert!(both.current_alone().open(&sealed, token).is_none());
        assert!(both.open(&[], token).is_none());
    }

    #[test]
    fn a_new_key_never_has_the_number_of_another() {
        let mut random = rand::rng();
        let mut keys = SealingKeys::generate(&mut random);
        for _ in 0..200 {
            keys = keys.with_new(&mut random);
        }
        assert!(SealingKeys::from_text(&keys.to_text()).is_some());
    }
}
