//! Countries, currencies and time zones in the user's language. The browser has their names.

use crate::i18n::Locale;
use crate::ui::combobox::choice::Choice;
use crate::ui::intl::{display_names, zone_name};
use crate::ui::raw_text::Suggestions;
use domain::account::published_list::{PublishedList, PublishedValue};
use js_sys::Intl::{DisplayNames, DisplayNamesType};
use leptos::prelude::*;

/// Returns the choices of the list, named in this language and found by their names in the other one, too.
pub fn choices(list: PublishedList, locale: Locale) -> Vec<Choice> {
    let languages = match locale {
        Locale::en => ["en", "ja"],
        Locale::ja => ["ja", "en"],
    };
    match list {
        PublishedList::Country => named_choices(list, DisplayNamesType::Region, languages),
        PublishedList::Currency => named_choices(list, DisplayNamesType::Currency, languages),
        PublishedList::TimeZone => list.values().map(|published| zone_choice(published, languages)).collect(),
    }
}

/// Returns the choices of a list whose values are codes.
fn named_choices(list: PublishedList, of: DisplayNamesType, languages: [&str; 2]) -> Vec<Choice> {
    let names = languages.map(|language| display_names(of, language));
    let choice = |PublishedValue { code, value }| {
        let name = |names: Option<&DisplayNames>| names?.of(code).map(String::from);
        let [own, other] = names.each_ref().map(|names| name(names.as_ref()).unwrap_or_else(|| value.to_owned()));
        Choice::new(value, own, value.to_owned(), &[code, &other])
    };
    list.values().map(choice).collect()
}

/// Returns the choice of a time zone, which names cities and has the offset by which it is known.
fn zone_choice(PublishedValue { code, value }: PublishedValue, languages: [&str; 2]) -> Choice {
    let [own, other] = languages.map(|language| zone_name(code, language).unwrap_or_default());
    Choice::new(value, value.to_owned(), own, &[code, &other])
}

/// Returns the id of the values that the browser suggests without our wasm.
pub const fn suggestions_id(list: PublishedList) -> &'static str {
    match list {
        PublishedList::Country => "company-countries",
        PublishedList::Currency => "company-currencies",
        PublishedList::TimeZone => "company-time-zones",
    }
}

/// The values of all lists, as the browser suggests them without our wasm.
#[component]
pub fn PublishedSuggestions() -> impl IntoView {
    let suggestions = |list: PublishedList| {
        // Only the server needs them.
        let values = if cfg!(feature = "ssr") { list.values().map(|it| it.value).collect() } else { Vec::new() };
        view! { <Suggestions id=suggestions_id(list) values/> }
    };
    PublishedList::ALL.map(suggestions).collect_view()
}
