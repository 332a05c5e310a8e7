//! A password's input, with a button that shows what was typed.

use crate::i18n::use_i18n;
use crate::ui::hydrated::use_hydrated;
use crate::ui::icon::Icon;
use crate::ui::reactive::t_signal;
use leptos::ev;
use leptos::html;
use leptos::leptos_dom::helpers::window_event_listener;
use leptos::prelude::*;

/// The button beside the password's `input`, which is the only one among the children.
#[component]
pub fn Password(children: Children) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let shown = RwSignal::new(false);
    let around = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        let kind = if shown.get() { "text" } else { "password" };
        let input = around.get().and_then(|around| around.query_selector("input").ok().flatten());
        if let Some(input) = input {
            _ = input.set_attribute("type", kind);
        }
    });
    // Hidden again when the form is sent: browsers keep what stood in a field of plain text, to complete it later.
    Effect::new(move |_| {
        let listener = window_event_listener(ev::submit, move |_| _ = shown.try_set(false));
        on_cleanup(move || listener.remove());
    });
    view! {
        <div class="password" node_ref=around>
            {children()}
            <button
                type="button"
                class="icon-button needs-script"
                aria-label=t_signal!(i18n, sign_in.show_typed)
                aria-pressed=move || shown.get().to_string()
                title=t_signal!(i18n, sign_in.show_typed)
                data-waits=""
                disabled=move || !hydrated.get()
                on:click=move |_| shown.update(|shown| *shown = !*shown)
            >
                {Icon::Eye.view()}
            </button>
        </div>
    }
}
