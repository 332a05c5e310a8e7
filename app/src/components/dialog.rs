//! A modal window, the browser's own `<dialog>`: it traps focus, and gives it back where it was.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;

/// Shows its children in a modal window while `open`. The window tells by `on_close` that the person wants it closed
/// (Escape); with `keep_open` it doesn't close that way.
#[component]
pub fn Dialog(
    /// Unique on the page; the heading's is derived from it.
    id: &'static str,
    #[prop(into)] open: Signal<bool>,
    #[prop(into)] title: Signal<String>,
    on_close: Callback<()>,
    #[prop(default = false.into(), into)] keep_open: Signal<bool>,
    #[prop(optional)] wide: bool,
    children: Children,
) -> impl IntoView {
    let element = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = element.get() else { return };
        match (open.get(), dialog.open()) {
            (true, false) => {
                // The one error is a dialog that is open already, which it is not.
                _ = dialog.show_modal();
            }
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    let on_cancel = move |event: ev::Event| {
        event.prevent_default();
        if !keep_open.get_untracked() {
            on_close.run(());
        }
    };
    // A browser closes the window in spite of the above when Escape is pressed twice. It tells of any closing a moment
    // later, when the page may be left already.
    let on_closed = move |_| {
        if open.try_get_untracked() != Some(true) {
            return;
        }
        match element.get_untracked() {
            Some(dialog) if keep_open.get_untracked() => _ = dialog.show_modal(),
            _ => on_close.run(()),
        }
    };
    view! {
        <dialog
            id=id
            class="dialog"
            class:wide=wide
            node_ref=element
            aria-labelledby=format!("{id}-title")
            on:cancel=on_cancel
            on:close=on_closed
        >
            <h2 id=format!("{id}-title")>{title}</h2>
            {children()}
        </dialog>
    }
}
