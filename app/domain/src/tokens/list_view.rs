//! The ways to show the token list, and their names in a link.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// A way to show the token list.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "kebab-case")]
pub enum ListView {
    /// A card for each token.
    #[default]
    Cards,
    /// A row of a table for each token.
    Table,
}

impl ListView {
    /// Every view, as the list offers them.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.first_chunk().unwrap();

    /// Returns the view's name in a link.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::ListView;

    #[test]
    fn each_view_is_found_by_its_name() {
        assert_eq!(ListView::ALL.map(ListView::as_str), ["cards", "table"]);
        for view in ListView::ALL {
            assert_eq!(view.as_str().parse::<ListView>(), Ok(view));
        }
        assert!("Table".parse::<ListView>().is_err());
    }
}
