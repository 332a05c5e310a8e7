//! A modal dialog, the browser's own `<dialog>`: it traps the focus, and returns it when closed.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;

/// Shows its children in a modal dialog while `open`. Calls `on_close` when the user wants to close it (Escape); with
/// `keep_open` Escape does nothing.
#[component]
pub fn Dialog(
    /// Unique on the page; the heading's id is derived from it.
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
                // The only error is that the dialog is already open, which it is not.
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
    // A browser closes the dialog in spite of the above when Escape is pressed twice. The event comes a moment after
    // any closing, when the page may already be left.
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
            // A long title is cut off by the style sheet.
            <h2 id=format!("{id}-title") title=title>{title}</h2>
            {children()}
        </dialog>
    }
}
