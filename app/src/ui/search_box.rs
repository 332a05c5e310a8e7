//! A search box; the page's link follows its text after a pause in typing.

use crate::ui::hydrated::use_hydrated;
use crate::ui::icon::Icon;
use leptos::ev;
use leptos::prelude::*;
use std::time::Duration;

/// The pause in typing after which the list is updated.
const TYPING_PAUSE: Duration = Duration::from_millis(180);

/// Returns the box, named `name` in a plain form. `typed` and `on_input` are those of [`typed`].
pub fn search_box(
    name: &'static str,
    label: Signal<&'static str>,
    typed: RwSignal<String>,
    on_input: impl FnMut(ev::Event) + 'static,
) -> impl IntoView {
    let hydrated = use_hydrated();
    // Hydration leaves what is in the box by then, or it would end the composition of an input method.
    let shown = move || {
        let text = typed.get();
        hydrated.get_untracked().then_some(text)
    };
    view! {
        <label class="search-box">
            <span class="label">{label}</span>
            <span class="search">
                {Icon::Search.view()}
                <input
                    type="search"
                    name=name
                    autocomplete="off"
                    spellcheck="false"
                    value=typed.get_untracked()
                    prop:value=shown
                    on:input=on_input
                />
            </span>
        </label>
    }
}

/// Returns the text being typed, which is ahead of the link, and the input handler that makes the link follow.
pub fn typed(linked: Signal<String>, follow: Callback<String>) -> (RwSignal<String>, impl FnMut(ev::Event) + 'static) {
    let typed = RwSignal::new(linked.get_untracked());
    let sent = StoredValue::new(typed.get_untracked());
    // Shows a text that the link got in another way (Back, Clear all); the typed one is already shown.
    Effect::new(move |_| {
        let text = linked.get();
        if sent.get_value() != text {
            sent.set_value(text.clone());
            typed.set(text);
        }
    });
    let mut after_a_pause = leptos::leptos_dom::helpers::debounce(TYPING_PAUSE, move |text: String| {
        // Clear all may have been pressed in between.
        if text == typed.get_untracked() && text != linked.get_untracked() {
            sent.set_value(text.clone());
            follow.run(text);
        }
    });
    let on_input = move |event: ev::Event| {
        let text = event_target_value(&event);
        typed.set(text.clone());
        after_a_pause(text);
    };
    (typed, on_input)
}
