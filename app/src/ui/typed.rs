//! The content typed and chosen in a form: in how much it differs from the saved one, and a draft of it that survives a
//! reload.
//! Passwords, and what the page itself puts into a form, are not part of it.

use crate::ui::content_changes::{self, Pair};
use crate::ui::dom::elements;
use crate::ui::hydrated::use_hydrated;
use js_sys::Reflect;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

/// The controls with names, of which [`is_typed`] chooses.
const CONTROLS: &str = "input[name], select[name], textarea[name]";

/// The content of the form below an element, compared with the content that is saved.
#[derive(Clone, Copy)]
pub struct TypedContent {
    /// The element around the form.
    pub around: NodeRef<html::Div>,
    saved: StoredValue<Option<Vec<Pair>>>,
    /// Returns the field of the control of a name.
    field_of: fn(&str) -> &str,
}

impl TypedContent {
    /// Returns the content of the form below this element. What the form begins with counts as saved.
    pub fn new(around: NodeRef<html::Div>) -> Self {
        Self::with_fields(around, |name| name)
    }

    /// Returns the content of a form that has fields of several controls: see [`content_changes::count`].
    pub fn with_fields(around: NodeRef<html::Div>, field_of: fn(&str) -> &str) -> Self {
        let content = Self { around, saved: StoredValue::new(None), field_of };
        let hydrated = use_hydrated();
        Effect::new(move |_| {
            if hydrated.get() && around.get().is_some() {
                content.begin();
            }
        });
        content
    }

    /// Takes the current content as the first saved one, unless there is one already.
    fn begin(self) {
        if self.saved.try_with_value(Option::is_none) == Some(true) {
            self.saved.set_value(self.now());
        }
    }

    /// Takes the content as the saved one, once the page shows it.
    pub fn mark_saved(self) {
        request_animation_frame(move || _ = self.saved.try_set_value(self.now()));
    }

    /// Takes the content of this field as saved, once the page shows it: the page itself has changed it.
    pub fn mark_saved_of(self, field: &'static str) {
        request_animation_frame(move || {
            let Some(now) = self.now() else { return };
            let is_of_field = |(name, _): &Pair| (self.field_of)(name) == field;
            _ = self.saved.try_update_value(|saved| {
                if let Some(saved) = saved {
                    saved.retain(|pair| !is_of_field(pair));
                    saved.extend(now.into_iter().filter(is_of_field));
                }
            });
        });
    }

    /// Returns whether the content differs from the saved one.
    pub fn is_changed(self) -> bool {
        self.changes() > 0
    }

    /// Returns the number of changes that are not saved: see [`content_changes::count`].
    pub fn changes(self) -> usize {
        self.now().map_or(0, |now| self.changes_to(&now))
    }

    /// Returns the content if it differs from the saved one.
    fn changed(self) -> Option<Vec<Pair>> {
        self.now().filter(|now| self.changes_to(now) > 0)
    }

    fn changes_to(self, now: &[Pair]) -> usize {
        let count = |saved: &Option<Vec<Pair>>| match saved {
            Some(saved) => content_changes::count(saved, now, self.field_of),
            None => 0,
        };
        self.saved.try_with_value(count).unwrap_or_default()
    }

    fn now(self) -> Option<Vec<Pair>> {
        let around = self.around.try_get_untracked().flatten()?;
        let sent = controls(&around).filter(|control| !is_choice(control) || is_chosen(control));
        Some(sent.map(|control| (text(&control, "name"), text(&control, "value"))).collect())
    }

    /// Puts the content into the form, and lets the page know as if it had been typed.
    fn fill(self, content: &str) {
        let Some(around) = self.around.get_untracked() else { return };
        let content: Vec<Pair> = form_urlencoded::parse(content.as_bytes()).into_owned().collect();
        for control in controls(&around) {
            let (name, value) = (text(&control, "name"), text(&control, "value"));
            let mut of_name = content.iter().filter(|(other, _)| *other == name);
            if is_choice(&control) {
                let chosen = of_name.any(|(_, other)| *other == value);
                if chosen != is_chosen(&control) {
                    set(&control, "checked", &chosen.into(), &["change"]);
                }
            } else if let Some((_, kept)) = of_name.next().filter(|(_, kept)| *kept != value) {
                set(&control, "value", &kept.as_str().into(), &["input", "change"]);
            }
        }
    }
}

/// A draft of a form's content, kept for the browser's session.
#[derive(Clone, Copy)]
pub struct Draft {
    content: TypedContent,
    key: StoredValue<String>,
    /// Whether the draft is of no use any more.
    over: StoredValue<bool>,
}

impl Draft {
    /// Returns the draft that is kept under this key. The key names the user: another one must not find it.
    pub fn new(content: TypedContent, key: String) -> Self {
        Self { content, key: StoredValue::new(key), over: StoredValue::new(false) }
    }

    /// Returns whether the form has content that would be lost without the draft.
    pub fn is_needed(self) -> bool {
        self.over.try_get_value() == Some(false) && self.content.is_changed()
    }

    /// Puts the draft into its form, which the page shows. Returns whether there was one.
    pub fn restore(self) -> bool {
        self.content.begin();
        let draft = self.key.with_value(|key| storage()?.get_item(key).ok()?);
        if let Some(draft) = &draft {
            self.content.fill(draft);
        }
        draft.is_some()
    }

    /// Keeps the content once the page shows it; nothing if it is as it began.
    pub fn keep(self) {
        request_animation_frame(move || {
            if self.over.try_get_value() != Some(false) {
                return;
            }
            self.key.with_value(|key| match (storage(), self.content.changed()) {
                (Some(storage), Some(content)) => _ = storage.set_item(key, &query(&content)),
                (Some(storage), None) => _ = storage.remove_item(key),
                (None, _) => {}
            });
        });
    }

    /// Removes the draft: the form was sent, or given up.
    pub fn remove(self) {
        self.over.set_value(true);
        if let Some(storage) = storage() {
            _ = self.key.with_value(|key| storage.remove_item(key));
        }
    }
}

/// Returns the content as a query.
fn query(content: &[Pair]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in content {
        query.append_pair(name, value);
    }
    query.finish()
}

/// Returns the storage of the browser's session, unless the browser forbids it.
fn storage() -> Option<web_sys::Storage> {
    window().session_storage().ok().flatten()
}

fn controls(around: &web_sys::Element) -> impl Iterator<Item = web_sys::Element> {
    elements(around.query_selector_all(CONTROLS)).filter(is_typed)
}

fn is_typed(control: &web_sys::Element) -> bool {
    !matches!(text(control, "type").as_str(), "hidden" | "password" | "file" | "submit" | "button")
}

fn is_choice(control: &web_sys::Element) -> bool {
    matches!(text(control, "type").as_str(), "checkbox" | "radio")
}

fn is_chosen(control: &web_sys::Element) -> bool {
    property(control, "checked").is_truthy()
}

fn text(control: &web_sys::Element, name: &str) -> String {
    property(control, name).as_string().unwrap_or_default()
}

fn property(control: &web_sys::Element, name: &str) -> JsValue {
    Reflect::get(control, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// Sets the control's property, and sends it the events that a user's own change causes.
pub fn set(control: &web_sys::Element, name: &str, value: &JsValue, events: &[&str]) {
    _ = Reflect::set(control, &name.into(), value);
    let bubbles = web_sys::EventInit::new();
    bubbles.set_bubbles(true);
    for event in events {
        if let Ok(event) = web_sys::Event::new_with_event_init_dict(event, &bubbles) {
            _ = control.dispatch_event(&event);
        }
    }
}
