//! The listener for keys, and the button of the palette. This part is loaded with every page, and therefore small: the
//! rest is loaded when the first action is given.

use crate::i18n::use_i18n;
use crate::shell::keyboard::actions::{Action, Pressed, held, repeated};
use crate::shell::keyboard::browser::{is_mac, single_keys_on};
use crate::shell::keyboard::dialogs::KeyboardDialogs;
use crate::shell::keyboard::state::Keyboard;
use crate::ui::dom::is_dialog_open;
use crate::ui::hydrated::use_hydrated;
use crate::ui::icon::Icon;
use crate::ui::reactive::t_signal;
use crate::ui::search_box::is_composed;
use leptos::leptos_dom::helpers::window_event_listener_untyped;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// The elements in which keys are typed. A check box or radio button takes no text.
const FIELDS: &str =
    "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]:not([contenteditable=false])";
/// A dialog that is open and not the keyboard's own.
const OTHER_DIALOG: &str = "dialog[open]:not(#palette, #keys)";

/// The button in the bar that opens the palette.
#[component]
pub fn PaletteButton(keyboard: Keyboard) -> impl IntoView {
    let i18n = use_i18n();
    let hydrated = use_hydrated();
    let mac = move || hydrated.get() && is_mac();
    view! {
        <button
            type="button"
            class="palette-open needs-script"
            aria-haspopup="dialog"
            aria-keyshortcuts=move || if mac() { "Meta+K" } else { "Control+K" }
            data-waits=""
            disabled=move || !hydrated.get()
            on:click=move |_| keyboard.given.set(Some(Action::Palette))
        >
            {Icon::Search.view()}
            <span>{t_signal!(i18n, keyboard.open)}</span>
            <kbd aria-hidden="true">{move || if mac() { "⌘ K" } else { "Ctrl K" }}</kbd>
        </button>
    }
}

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
    if event.default_prevented() || is_composed(event) {
        return None;
    }
    // On a Mac, Ctrl K is the system's own: it deletes the rest of a line.
    let (command, other) =
        if is_mac() { (event.meta_key(), event.ctrl_key()) } else { (event.ctrl_key(), event.meta_key()) };
    let action = match (command, other || event.alt_key()) {
        (_, true) => None,
        (true, false) => {
            held(&event.key()).filter(|_| !event.shift_key() && !event.repeat() && !is_another_dialog_open())
        }
        (false, false) if is_typing(event) || is_dialog_open() || !single_keys_on() => None,
        (false, false) if event.repeat() => repeated(&event.key()),
        (false, false) => pressed.try_update_value(|keys| keys.press(&event.key(), event.time_stamp())).flatten(),
    };
    action.filter(|action| keyboard.offers(*action))
}

fn is_typing(event: &web_sys::KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|target| matches!(target.closest(FIELDS), Ok(Some(_))))
}

fn is_another_dialog_open() -> bool {
    matches!(document().query_selector(OTHER_DIALOG), Ok(Some(_)))
}
