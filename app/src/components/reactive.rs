//! Texts that follow the language of the page.
//!
//! What a view shows is compiled once for each type, and every closure is a type of its own. So all texts are of one.

/// A text of the locale files, in the language of the page: `say!(i18n, group.key)`.
macro_rules! say {
    ($i18n:ident, $($key:tt)+) => {
        ::leptos::prelude::Signal::<&'static str>::derive(move || $crate::i18n::t_string!($i18n, $($key)+))
    };
}
pub(crate) use say;
