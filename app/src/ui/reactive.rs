//! Texts that follow the page's language, and values that follow loaded data.
//!
//! The code of a view is compiled once for each type, and each closure has its own type. So all texts share one type.

use crate::words::Words;
use leptos::prelude::*;

/// A text of the locale files, in the page's language: `t_signal!(i18n, group.key)`.
macro_rules! t_signal {
    ($i18n:ident, $($key:tt)+) => {
        $crate::ui::reactive::text($i18n, |$i18n| $crate::i18n::t_string!($i18n, $($key)+))
    };
}
pub(crate) use t_signal;

/// Returns the text in the page's language, as a signal. See [`t_signal`].
pub fn text(i18n: Words, text: fn(Words) -> &'static str) -> Signal<&'static str> {
    Signal::derive(move || text(i18n))
}

/// Returns a signal of a value that follows loaded data, and notifies only if the value changes. On the server, which
/// renders once, it is evaluated on each read: a memo may not have been notified yet that its resource has loaded on
/// another thread.
pub fn settled<T>(value: impl Fn() -> T + Send + Sync + 'static) -> Signal<T>
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    if cfg!(feature = "ssr") { Signal::derive(value) } else { Memo::new(move |_| value()).into() }
}
