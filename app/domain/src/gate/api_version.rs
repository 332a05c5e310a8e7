//! Versions of the Agency API that a token can be pinned to.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A version of the Agency API: a whole number. A greater number is a newer version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct ApiVersion(u16);

/// The number is not a version that the gate supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} isn't a version of the Agency API; choose {listed}", listed = ApiVersion::listed())]
pub struct UnknownVersion(pub u16);

impl ApiVersion {
    /// Every version that the gate supports, newest first.
    pub const ALL: [Self; 2] = [Self(3), Self(2)];
    /// The newest version, the default of a new token.
    pub const NEWEST: Self = Self::ALL[0];

    /// Returns whether this is the newest version.
    #[must_use]
    pub fn is_newest(self) -> bool {
        self == Self::NEWEST
    }

    /// Returns all versions in words: `3 or 2`.
    #[must_use]
    pub fn listed() -> String {
        Self::ALL.map(|version| version.to_string()).join(" or ")
    }
}

impl TryFrom<u16> for ApiVersion {
    type Error = UnknownVersion;

    fn try_from(number: u16) -> Result<Self, UnknownVersion> {
        Self::ALL.into_iter().find(|version| version.0 == number).ok_or(UnknownVersion(number))
    }
}

impl From<ApiVersion> for u16 {
    fn from(version: ApiVersion) -> Self {
        version.0
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_is_the_greatest() {
        assert_eq!(ApiVersion::ALL.iter().max(), Some(&ApiVersion::NEWEST));
        assert!(ApiVersion::NEWEST.is_newest());
    }

    #[test]
    fn unknown_version_error_lists_known_versions() {
        let error = ApiVersion::try_from(7).unwrap_err();
        assert_eq!(error.to_string(), "7 isn't a version of the Agency API; choose 3 or 2");
    }
}
