//! A field with a list that is searched by typing: a combobox with a listbox, as in the WAI-ARIA Authoring Practices Guide.
//!
//! The field holds a value as it is stored, and the list names the values in the user's language. What is typed and names
//! one of them, in whatever spelling, becomes its value when the focus leaves the field. Without our wasm it is an
//! ordinary field, for which the browser suggests values.

pub mod choice;
pub mod list;

use crate::ui::combobox::choice::Choice;
use crate::ui::combobox::list::List;
use crate::ui::field::Control;
use crate::ui::hydrated::use_hydrated;
use crate::ui::search_box::is_composed;
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// The field with its list.
#[component]
pub fn Combobox(
    control: Control,
    /// The control's id.
    id: String,
    /// The field's name in its form.
    name: String,
    /// The list's name for screen readers.
    label: Signal<&'static str>,
    /// The value that the field begins with.
    first: String,
    /// The value that the page puts into the field each time that it notifies.
    shown: Signal<String>,
    /// The id of the values that the browser suggests without our wasm.
    suggestions: &'static str,
    /// Returns the choices in the user's language. Called when the list opens.
    choices: Callback<(), Vec<Choice>>,
    /// The message if no choice is found.
    none: Signal<&'static str>,
) -> impl IntoView {
    let hydrated = use_hydrated();
    let list = List {
        id: StoredValue::new(id),
        input: NodeRef::new(),
        load: choices,
        all: StoredValue::new(Vec::new()),
        shown: RwSignal::new(None),
        active: RwSignal::new(None),
        typed: StoredValue::new(false),
    };
    let on_input = move |event: ev::Event| {
        // Text that an input method still composes is not meant yet.
        if !event.dyn_ref::<ev::InputEvent>().is_some_and(ev::InputEvent::is_composing) {
            list.follow(&event_target_value(&event));
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        let modified = event.ctrl_key() || event.meta_key() || event.shift_key();
        if !is_composed(&event) && !modified && list.press(&event.key()) {
            event.prevent_default();
            event.stop_propagation();
        }
    };
    let on_click = move |_| {
        if list.is_closed() {
            list.open();
        }
    };
    view! {
        <div class="combobox">
            <input
                type="text"
                role="combobox"
                name=name
                value=first
                prop:value=shown
                list=move || (!hydrated.get()).then_some(suggestions)
                autocomplete="off"
                spellcheck="false"
                dir="auto"
                aria-autocomplete="list"
                aria-expanded=move || list.has_choices().to_string()
                aria-controls=move || list.has_choices().then(|| list.list_id())
                aria-activedescendant=move || list.active.get().map(|place| list.choice_id(place))
                node_ref=list.input
                on:input=on_input
                on:compositionend=move |event| list.follow(&event_target_value(&event))
                on:keydown=on_key
                on:click=on_click
                on:focusout=move |_| list.leave()
                {..control.attributes()}
            />
            {move || list.shown.with(|shown| shown.as_ref().map(|shown| list_view(list, shown, label, none)))}
        </div>
    }
}

/// Returns the view of the open list.
fn list_view(list: List, shown: &[usize], label: Signal<&'static str>, none: Signal<&'static str>) -> AnyView {
    if shown.is_empty() {
        return view! { <p class="combobox-list" role="status">{none}</p> }.into_any();
    }
    let choice = |(place, index): (usize, &usize)| {
        let texts = |all: &Vec<Choice>| all.get(*index).map(|choice| (choice.name.clone(), choice.detail.clone()));
        let (name, detail) = list.all.with_value(texts).unwrap_or_default();
        let selected = move || (list.active.get() == Some(place)).to_string();
        view! {
            <li role="option" id=list.choice_id(place) data-place=place.to_string() aria-selected=selected>
                <span>{name}</span>
                " "
                <span class="hint" translate="no">{detail}</span>
            </li>
        }
    };
    let on_click = move |event: ev::MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let choice = target.and_then(|target| target.closest("[role=option]").ok().flatten());
        if let Some(place) = choice.and_then(|choice| choice.get_attribute("data-place")?.parse().ok()) {
            list.choose(place);
        }
    };
    // The focus stays in the field.
    let on_press = move |event: ev::MouseEvent| event.prevent_default();
    view! {
        <ul
            class="combobox-list"
            role="listbox"
            id=list.list_id()
            aria-label=label
            on:mousedown=on_press
            on:click=on_click
        >
            {shown.iter().enumerate().map(choice).collect_view()}
        </ul>
    }
    .into_any()
}
