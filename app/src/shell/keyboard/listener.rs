//! The listener for keys. This part is loaded with every page, and therefore small: the
//! rest is loaded when the first action is given.

use crate::shell::keyboard::actions::{Action, Pressed, repeated};
use crate::shell::keyboard::browser::{is_composed, single_keys_on};
use crate::shell::keyboard::dialogs::KeyboardDialogs;
use crate::shell::keyboard::state::Keyboard;
use leptos::leptos_dom::helpers::window_event_listener_untyped;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// The elements in which keys are typed. A check box or radio button takes no text.
const FIELDS: &str =
    "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]:not([contenteditable=false])";

/// Listens to keys, and carries out what they mean by code that is loaded when it is first needed.
#[component]
pub fn Shortcuts(keyboard: Keyboard) -> impl IntoView {
    Effect::new(move |_| {
        let pressed = StoredValue::new(Pressed::default());
        // On the way up: a menu that answers the key has prevented its default by then.
        let listener = window_event_listener_untyped("keydown", move |event| {
            // Browsers that fill in forms send events of this name without a key.
            let Some(pressing) = event.dyn_ref::<web_sys::KeyboardEvent>() else { return };
            if let Some(action) = meant(keyboard, pressed, pressing) {
                event.prevent_default();
                keyboard.given.set(Some(action));
            }
        });
        on_cleanup(move || listener.remove());
    });
    let used = Memo::new(move |_| keyboard.given.with(Option::is_some));
    move || used.get().then(|| Suspend::new(keyboard_dialogs(keyboard)))
}

/// Loads the code that carries out actions before it is needed.
#[cfg(feature = "hydrate")]
pub async fn preload() {
    __preload_keyboard_dialogs().await;
}

#[lazy]
fn keyboard_dialogs(keyboard: Keyboard) -> AnyView {
    view! { <KeyboardDialogs keyboard/> }.into_any()
}

/// Returns the action that the key means, if it means one here.
fn meant(keyboard: Keyboard, pressed: StoredValue<Pressed>, event: &web_sys::KeyboardEvent) -> Option<Action> {
    let held = event.ctrl_key() || event.meta_key() || event.alt_key();
    if held || event.default_prevented() || is_composed(event) || is_typing(event) || is_asked() || !single_keys_on() {
        return None;
    }
    let action = if event.repeat() {
        repeated(&event.key())
    } else {
        pressed.try_update_value(|keys| keys.press(&event.key(), event.time_stamp())).flatten()
    };
    action.filter(|action| keyboard.offers(*action))
}

fn is_typing(event: &web_sys::KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|target| matches!(target.closest(FIELDS), Ok(Some(_))))
}

/// Returns whether a dialog is open.
fn is_asked() -> bool {
    matches!(document().query_selector("dialog[open]"), Ok(Some(_)))
}
