//! The list of keys, with the switch that turns those without Ctrl or ⌘ off.

use crate::i18n::{t_string, use_i18n};
use crate::shell::keyboard::actions::{Condition, Keys, SHORTCUTS, Shortcut};
use crate::shell::keyboard::browser::{set_single_keys, single_keys_on};
use crate::shell::keyboard::labels::{held_text, keys_view, label};
use crate::ui::dialog::Dialog;
use crate::ui::reactive::t_signal;
use domain::members::role::Role;
use leptos::ev;
use leptos::prelude::*;

/// The dialog with the keys of the actions that are offered to this role.
#[component]
pub fn KeysDialog(role: Option<Role>, open: Signal<bool>, on_close: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let on = RwSignal::new(single_keys_on());
    // Another tab may have changed it.
    Effect::new(move |_| {
        if open.get() {
            on.set(single_keys_on());
        }
    });
    let change = move |event: ev::Event| {
        let checked = event_target_checked(&event);
        set_single_keys(checked);
        on.set(checked);
    };
    let hint = move || t_string!(i18n, keyboard.single_hint, keys = held_text("k")).to_string();
    view! {
        <Dialog
            id="keys"
            open
            title=Signal::derive(move || t_string!(i18n, keyboard.keys).to_owned())
            on_close
            wide=true
        >
            <div>
                <label class="choice">
                    <input type="checkbox" aria-describedby="keys-hint" prop:checked=move || on.get() on:change=change/>
                    <span>{t_signal!(i18n, keyboard.single)}</span>
                </label>
                <p class="hint" id="keys-hint">{hint}</p>
            </div>
            <div class="keys">
                {group(role, t_signal!(i18n, keyboard.general), is_general)}
                {group(role, t_signal!(i18n, keyboard.pages), is_sequence)}
                {group(role, t_signal!(i18n, keyboard.in_list), is_of_list)}
            </div>
            <div class="dialog-actions">
                <button type="button" class="button" on:click=move |_| on_close.run(())>
                    {t_signal!(i18n, keyboard.close)}
                </button>
            </div>
        </Dialog>
    }
}

fn is_general(shortcut: &Shortcut) -> bool {
    matches!(shortcut.keys, Keys::Held(_) | Keys::One(_)) && !is_of_list(shortcut)
}

fn is_sequence(shortcut: &Shortcut) -> bool {
    matches!(shortcut.keys, Keys::Two(..))
}

fn is_of_list(shortcut: &Shortcut) -> bool {
    shortcut.condition == Condition::OnList
}

/// Returns the group of these shortcuts, or `None` if the role has none of them.
fn group(role: Option<Role>, title: Signal<&'static str>, is_within: fn(&Shortcut) -> bool) -> Option<AnyView> {
    let i18n = use_i18n();
    let shortcuts = SHORTCUTS.into_iter().filter(|shortcut| is_within(shortcut) && shortcut.condition.allows(role));
    let rows: Vec<_> = shortcuts
        .map(|Shortcut { action, keys, .. }| {
            view! {
                <div>
                    <dt>{move || label(i18n.get_locale(), action)}</dt>
                    <dd>{keys_view(keys)}</dd>
                </div>
            }
        })
        .collect();
    (!rows.is_empty()).then(|| {
        view! {
            <section>
                <h3>{title}</h3>
                <dl>{rows}</dl>
            </section>
        }
        .into_any()
    })
}
