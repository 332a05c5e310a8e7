//! Common passwords that meet the minimum length. Shorter ones are already refused for their length.
//!
//! OWASP ASVS 5.0, 6.2.4 asks for the top 3,000 that a policy allows. `common_passwords.txt` has the 3,000 most common of
//! the million in `SecLists` (`xato-net-10-million-passwords`, MIT: see `common_passwords.LICENSE`) that have 12 characters
//! or more, and 63 of our own: years, keyboard rows, the product's name. In the browser, only the pages that are loaded
//! together have them: 18 kB after brotli.

/// The passwords in lower case, one a line, sorted.
const COMMON: &str = include_str!("common_passwords.txt");

/// Returns whether the password is a common one. `password` must be folded by [`crate::text::folded`], so that letter
/// case and width don't matter.
pub(crate) fn is_common(password: &str) -> bool {
    COMMON.lines().any(|common| common == password)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::members::user::PASSWORD_MIN;
    use crate::text::folded;

    #[test]
    fn common_passwords_are_folded_long_enough_and_unique() {
        let common: Vec<_> = COMMON.lines().collect();
        assert!(common.len() >= 3_000 && common.is_sorted_by(|one, next| one < next));
        for common in common {
            assert_eq!(folded(common), common);
            assert!(common.chars().count() >= PASSWORD_MIN, "{common}");
        }
    }

    #[test]
    fn most_common_and_our_own_are_known() {
        for common in ["123qweasdzxc", "password2026", "kagitabakagitaba", "asdfghjkl;'\\"] {
            assert!(is_common(common), "{common}");
        }
        assert!(!is_common("") && !is_common("three paper lanterns"));
    }
}
