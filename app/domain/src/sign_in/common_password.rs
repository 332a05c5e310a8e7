//! Common passwords: those from lists of leaked passwords that meet the minimum length.

/// The common passwords in lower case. Shorter passwords are already refused for their length.
const COMMON: [&str; 112] = [
    "000000000000",
    "0123456789ab",
    "0987654321qwerty",
    "111111222222",
    "112233445566",
    "121212121212",
    "123123123123",
    "123321123321",
    "1234554321qwerty",
    "123456123456",
    "1234567890-=",
    "123456789012",
    "1234567890123",
    "12345678901234",
    "1234567890abc",
    "1234567890qwe",
    "1234567890qwerty",
    "123456789123",
    "123456789123456789",
    "123456789abc",
    "123456789qwe",
    "123456789qwerty",
    "12345qwert12345",
    "123abc123abc",
    "123qwe123qwe",
    "123qweasdzxc",
    "1q2w3e4r5t6y",
    "1q2w3e4r5t6y7u8i",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz1qaz1qaz",
    "1qaz2wsx3edc",
    "1qaz2wsx3edc4rfv",
    "1qazxsw23edc",
    "987654321012",
    "987654321987",
    "aaaaaaaaaaaa",
    "abc123456789",
    "abc123abc123",
    "abcabcabcabc",
    "abcd12345678",
    "abcdefghijkl",
    "abcdefghijklmnopqrstuvwxyz",
    "admin1234567",
    "admin12345678",
    "admin123456789",
    "adminadmin12",
    "adminadminadmin",
    "administrator",
    "administrator1",
    "administrator123",
    "asdasdasdasd",
    "asdf12345678",
    "asdfasdfasdf",
    "asdfghjkl123",
    "asdfghjkl123456789",
    "asdfghjkl;'\\",
    "asdfghjklqwertyuiop",
    "baseball1234",
    "changeme1234",
    "changeme12345",
    "changemechangeme",
    "charlie12345",
    "chocolate123",
    "computer1234",
    "correct horse battery staple",
    "correcthorsebatterystaple",
    "dragon123456",
    "football1234",
    "iloveyou1234",
    "iloveyou12345",
    "iloveyou123456",
    "iloveyouiloveyou",
    "iloveyousomuch",
    "kagitabakagitaba",
    "liverpool123",
    "michael12345",
    "minecraft123",
    "mypassword12",
    "mypassword123",
    "p@ssw0rd1234",
    "p@ssw0rd12345",
    "p@ssword1234",
    "passw0rd1234",
    "password!123",
    "password0000",
    "password1111",
    "password1234",
    "password12345",
    "password123456",
    "password1234567",
    "password12345678",
    "password123456789",
    "password2024",
    "password2025",
    "password2026",
    "passwordpassword",
    "princess1234",
    "q1w2e3r4t5y6",
    "qazwsxedc123",
    "qazwsxedcrfv",
    "qazwsxedcrfvtgb",
    "qwe123qwe123",
    "qweasdzxc123",
    "qwerty123456",
    "qwerty1234567",
    "qwerty123456789",
    "qwertyqwerty",
    "qwertyuiop12",
    "qwertyuiop123",
    "qwertyuiop[]",
    "welcome12345",
    "zxcvbnm12345",
];

/// Returns whether the password is a common one. `password` must be folded by [`crate::text::folded`], so that letter
/// case and width don't matter.
pub(crate) fn is_common(password: &str) -> bool {
    COMMON.contains(&password)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::members::user::PASSWORD_MIN;
    use crate::text::folded;

    #[test]
    fn common_passwords_are_folded_long_enough_and_unique() {
        for common in COMMON {
            assert_eq!(folded(common), common);
            assert!(common.chars().count() >= PASSWORD_MIN, "{common}");
            assert_eq!(COMMON.iter().filter(|other| **other == common).count(), 1, "{common}");
        }
    }
}
