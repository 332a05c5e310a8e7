//! Unicode normal forms (Unicode Standard Annex 15), so that two ways of typing the same text are equal.
//!
//! Every browser has them built in. The wasm uses the browser's tables, which saves each visitor 40 kB of download.

#[cfg(target_arch = "wasm32")]
pub use browser::{nfc, nfkc};
#[cfg(not(target_arch = "wasm32"))]
pub use tables::{nfc, nfkc};

#[cfg(not(target_arch = "wasm32"))]
mod tables {
    use unicode_normalization::UnicodeNormalization;

    /// Returns the text in normal form C: composed.
    pub fn nfc(text: &str) -> String {
        text.nfc().collect()
    }

    /// Returns the text in normal form KC: composed, and without differences in width or other forms of one character.
    pub fn nfkc(text: &str) -> String {
        text.nfkc().collect()
    }
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use js_sys::JsString;

    /// Returns the text in normal form C: composed.
    pub fn nfc(text: &str) -> String {
        JsString::from(text).normalize("NFC").into()
    }

    /// Returns the text in normal form KC: composed, and without differences in width or other forms of one character.
    pub fn nfkc(text: &str) -> String {
        JsString::from(text).normalize("NFKC").into()
    }
}
