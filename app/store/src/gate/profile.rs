//! The account's profile as the gate answers it: only the first call reads the database, and the first after a change.

use crate::account::company;
use crate::error::Error;
use crate::gate::Gate;
use domain::account::AccountId;
use domain::account::company::CompanyInformation;
use std::sync::Arc;

impl Gate<'_> {
    /// Returns the account's masked profile. No call that begins after a change has returned sees the profile before it,
    /// on any node: see `verification_cache`.
    ///
    /// # Errors
    /// [`domain::Refusal::NotFound`], [`Error::Database`], [`Error::Corrupt`].
    pub async fn company_information(self, account: AccountId) -> Result<Arc<CompanyInformation>, Error> {
        let (cache, believed) = (self.core.cache(), self.core.node().lease_is_valid());
        if let Some(cached) = believed.then(|| cache.profile(account)).flatten() {
            return Ok(cached);
        }
        let ticket = cache.profile_ticket();
        let profile = company::read(&mut self.core.read().acquire().await?, account).await?;
        let profile = Arc::new(profile.masked());
        if believed {
            cache.put_profile(&ticket, account, &profile);
        }
        Ok(profile)
    }

    /// Returns whether the account's profile would be answered without reading the database. For tests.
    #[must_use]
    pub fn remembers_profile(self, account: AccountId) -> bool {
        self.core.node().lease_is_valid() && self.core.cache().profile(account).is_some()
    }
}
