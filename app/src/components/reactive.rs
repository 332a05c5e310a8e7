//! Texts that follow the language of the page, and values that follow what was loaded.
//!
//! What a view shows is compiled once for each type, and every closure is a type of its own. So all texts are of one.

use crate::words::Words;
use leptos::prelude::*;

/// A text of the locale files, in the language of the page: `say!(i18n, group.key)`.
macro_rules! say {
    ($i18n:ident, $($key:tt)+) => {
        $crate::components::reactive::text($i18n, |$i18n| $crate::i18n::t_string!($i18n, $($key)+))
    };
}
pub(crate) use say;

/// The text in the language of the page, as a signal. See [`say`].
pub fn text(i18n: Words, text: fn(Words) -> &'static str) -> Signal<&'static str> {
    Signal::derive(move || text(i18n))
}

/// A value that follows what was loaded, and tells of a change only where there is one. On the server, which renders
/// once, it reads anew each time: a memo may not have heard yet that its resource has loaded on another thread.
pub fn settled<T>(value: impl Fn() -> T + Send + Sync + 'static) -> Signal<T>
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    if cfg!(feature = "ssr") { Signal::derive(value) } else { Memo::new(move |_| value()).into() }
}
