//! Names of regions, currencies and time zones in any language, by the browser's `Intl`. What a browser does not know
//! gives `None`. Not for the server, which has no `Intl`.

use js_sys::Intl::{
    DateTimeFormat, DateTimeFormatOptions, DisplayNames, DisplayNamesOptions, DisplayNamesType, TimeZoneNameFormat,
};
use js_sys::{Array, Date, Function, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// A recent time in milliseconds. Zones have had other names.
const RECENTLY: f64 = 1.75e12;

/// Returns the names of all things of that type, such as regions, in the language.
pub fn display_names(of: DisplayNamesType, language: &str) -> Option<DisplayNames> {
    let options = DisplayNamesOptions::new();
    options.set_type(of);
    construct("DisplayNames", language, &options)
}

/// Returns the name of the time that a zone, by its IANA name, keeps all year: `Japan Standard Time`.
pub fn zone_name(zone: &str, language: &str) -> Option<String> {
    let options = DateTimeFormatOptions::new();
    options.set_time_zone(zone);
    options.set_time_zone_name(TimeZoneNameFormat::LongGeneric);
    let format: DateTimeFormat = construct("DateTimeFormat", language, &options)?;
    let text = |part: &JsValue, key: &str| Reflect::get(part, &key.into()).ok()?.as_string();
    let parts = format.format_to_parts(&Date::new(&RECENTLY.into()));
    let name = parts.iter().find(|part| text(part, "type").as_deref() == Some("timeZoneName"))?;
    text(&name, "value")
}

/// Returns a new object of a class of `Intl`. Not by its `new`, which does not catch what the constructor throws if the
/// browser does not know an option or a zone.
pub fn construct<T: JsCast>(class: &str, language: &str, options: &Object) -> Option<T> {
    let class = Reflect::get(&intl()?, &class.into()).ok()?.dyn_into::<Function>().ok()?;
    Some(Reflect::construct(&class, &Array::of2(&language.into(), options)).ok()?.unchecked_into())
}

/// Returns the browser's `Intl`.
pub fn intl() -> Option<JsValue> {
    Reflect::get(&js_sys::global(), &"Intl".into()).ok()
}
