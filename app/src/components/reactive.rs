//! One type for each kind of value that changes on a page.
//!
//! What a view shows is compiled once for each type, and every closure is a type of its own: some 3 kB of wasm each.
//! So closures that give the same kind of value are put behind one type here.

use leptos::prelude::*;

/// A text of the locale files, in the language of the page: `say!(i18n, group.key)`.
macro_rules! say {
    ($i18n:ident, $($key:tt)+) => {
        ::leptos::prelude::Signal::<&'static str>::derive(move || $crate::i18n::t_string!($i18n, $($key)+))
    };
}
pub(crate) use say;

/// A text with values in it, or of several texts.
pub fn text(text: impl Fn() -> String + Send + Sync + 'static) -> Signal<String> {
    Signal::derive(text)
}

/// A condition: whether a class, an attribute or an element is there.
pub fn when(condition: impl Fn() -> bool + Send + Sync + 'static) -> Signal<bool> {
    Signal::derive(condition)
}

/// A part of the page that is another one from time to time.
pub fn part(part: impl FnMut() -> AnyView + Send + 'static) -> Box<dyn FnMut() -> AnyView + Send> {
    Box::new(part)
}

/// What happens at an event.
pub fn handle<E>(handler: impl FnMut(E) + 'static) -> Box<dyn FnMut(E)> {
    Box::new(handler)
}
