//! Whether the page is visible: a hidden one need not follow changes.

use leptos::ev;
use leptos::leptos_dom::helpers::window_event_listener;
use leptos::prelude::*;

/// Returns a signal that is true while the page is visible.
pub fn use_page_visible() -> Signal<bool> {
    let visible = RwSignal::new(true);
    Effect::new(move |_| {
        visible.set(!document().hidden());
        let listener = window_event_listener(ev::visibilitychange, move |_| visible.set(!document().hidden()));
        on_cleanup(move || listener.remove());
    });
    // Equal values in a row notify no subscriber.
    Memo::new(move |_| visible.get()).into()
}
