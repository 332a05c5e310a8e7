//! Unicode normal forms (Unicode Standard Annex 15), so that a text typed in two ways is one text.
//!
//! Every browser has them built in. There its tables are used, and not carried along: 40 kB on the way to each person.

#[cfg(target_arch = "wasm32")]
pub use browser::{nfc, nfkc};
#[cfg(not(target_arch = "wasm32"))]
pub use tables::{nfc, nfkc};

#[cfg(not(target_arch = "wasm32"))]
mod tables {
    use unicode_normalization::UnicodeNormalization;

    /// Normal form C: composed.
    pub fn nfc(text: &str) -> String {
        text.nfc().collect()
    }

    /// Normal form KC: composed, and without the difference between wide and narrow or other forms of one character.
    pub fn nfkc(text: &str) -> String {
        text.nfkc().collect()
    }
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use js_sys::JsString;

    /// Normal form C: composed.
    pub fn nfc(text: &str) -> String {
        JsString::from(text).normalize("NFC").into()
    }

    /// Normal form KC: composed, and without the difference between wide and narrow or other forms of one character.
    pub fn nfkc(text: &str) -> String {
        JsString::from(text).normalize("NFKC").into()
    }
}
