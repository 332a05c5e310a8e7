//! A search box; the page's link follows its text after a pause in typing, but not while an input method composes.

use crate::ui::hydrated::use_hydrated;
use crate::ui::icon::Icon;
use leptos::ev;
use leptos::prelude::*;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::JsCast;

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
    // Some browsers report the end of a composition, but no input after it.
    let on_input = Rc::new(RefCell::new(on_input));
    let on_end = Rc::clone(&on_input);
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
                    on:input=move |event| (on_input.borrow_mut())(event)
                    on:compositionend=move |event| (on_end.borrow_mut())(event.into())
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
    // Text that an input method still composes is not meant yet: kana that are to become kanji would empty the list.
    let composing = StoredValue::new(false);
    let mut after_a_pause = leptos::leptos_dom::helpers::debounce(TYPING_PAUSE, move |text: String| {
        // Clear all may have been pressed in between.
        if !composing.get_value() && text == typed.get_untracked() && text != linked.get_untracked() {
            sent.set_value(text.clone());
            follow.run(text);
        }
    });
    let on_input = move |event: ev::Event| {
        composing.set_value(event.dyn_ref::<ev::InputEvent>().is_some_and(ev::InputEvent::is_composing));
        if composing.get_value() {
            return;
        }
        let text = event_target_value(&event);
        typed.set(text.clone());
        after_a_pause(text);
    };
    (typed, on_input)
}

/// The key code of a key that an input method has handled. Safari reports the one that ends a composition so, after it.
const HANDLED_BY_INPUT_METHOD: u32 = 229;

/// Returns whether an input method takes the key.
pub fn is_composed(event: &web_sys::KeyboardEvent) -> bool {
    event.is_composing() || event.key_code() == HANDLED_BY_INPUT_METHOD
}
