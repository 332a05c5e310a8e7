//! JSON values as XML: a key becomes an element, a key with the prefix `@` an attribute, and an array an element with
//! one element for each item, named like the array without its plural `s`.

use std::borrow::Cow;

use quick_xml::{
    Writer,
    events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event},
};
use serde_json::Value;

/// Returns the value as a document whose root has this name.
#[must_use]
pub fn document(name: &str, value: &Value) -> String {
    written(|writer| {
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        element(writer, name, value)
    })
}

/// The root of every document of the platform.
const PUBLISHED_ROOT: &str = "ImpactRadiusResponse";

/// Returns the value as the platform publishes it: within its root, or in place of it if the value is a `Response`
/// itself.
#[must_use]
pub fn published(name: &str, value: &Value) -> String {
    if name == "Response" {
        return document(PUBLISHED_ROOT, value);
    }
    written(|writer| {
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        writer.write_event(Event::Start(BytesStart::new(PUBLISHED_ROOT)))?;
        element(writer, name, value)?;
        writer.write_event(Event::End(BytesEnd::new(PUBLISHED_ROOT)))
    })
}

/// Returns the value as an element of this name, for use within a document.
#[must_use]
pub fn fragment(name: &str, value: &Value) -> String {
    written(|writer| element(writer, name, value))
}

fn written(write: impl FnOnce(&mut Writer<Vec<u8>>) -> std::io::Result<()>) -> String {
    let mut writer = Writer::new(Vec::new());
    write(&mut writer).expect("memory takes all that is written to it");
    String::from_utf8(writer.into_inner()).expect("text and markup are UTF-8")
}

fn element(writer: &mut Writer<Vec<u8>>, name: &str, value: &Value) -> std::io::Result<()> {
    let mut start = BytesStart::new(name);
    if let Value::Object(fields) = value {
        for (key, value) in fields.iter().filter_map(|(key, value)| Some((key.strip_prefix('@')?, value))) {
            start.push_attribute((key, text(value).as_ref()));
        }
    }
    writer.write_event(Event::Start(start))?;
    match value {
        Value::Object(fields) => {
            for (key, value) in fields.iter().filter(|(key, _)| !key.starts_with('@')) {
                element(writer, key, value)?;
            }
        }
        Value::Array(items) => {
            let item = name.strip_suffix('s').unwrap_or("Item");
            items.iter().try_for_each(|value| element(writer, item, value))?;
        }
        scalar => writer.write_event(Event::Text(BytesText::new(&text(scalar))))?,
    }
    writer.write_event(Event::End(BytesEnd::new(name)))
}

/// Returns a scalar's text, with a replacement for each character that XML 1.0 forbids (section 2.2).
fn text(value: &Value) -> Cow<'_, str> {
    let is_none = |c: char| matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}');
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) if text.contains(is_none) => Cow::Owned(text.replace(is_none, "\u{fffd}")),
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_lists_and_attributes_become_elements() {
        let value = json!({ "@page": "1", "Advertisers": [{ "Id": "7", "Name": "Nutt & Co. <b>" }, { "Id": "8" }] });
        assert_eq!(
            document("Response", &value),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response page=\"1\"><Advertisers><Advertiser><Id>7</Id>\
             <Name>Nutt &amp; Co. &lt;b&gt;</Name></Advertiser><Advertiser><Id>8</Id></Advertiser></Advertisers></Response>"
        );
    }

    #[test]
    fn published_document_has_exactly_one_root() {
        let of = |name: &str| published(name, &json!({ "Id": "7" })).split_once("?>").unwrap().1.to_owned();
        assert_eq!(of("Job"), "<ImpactRadiusResponse><Job><Id>7</Id></Job></ImpactRadiusResponse>");
        assert_eq!(of("Response"), "<ImpactRadiusResponse><Id>7</Id></ImpactRadiusResponse>");
    }

    #[test]
    fn characters_that_xml_forbids_are_replaced() {
        let value = json!({ "@a": "\"\u{1}", "Text": "a\u{0}b\tc\n鍵", "Nothing": null, "Number": 2.5, "Yes": true });
        assert_eq!(
            document("Response", &value).split_once("?>").unwrap().1,
            "<Response a=\"&quot;\u{fffd}\"><Text>a\u{fffd}b\tc\n鍵</Text><Nothing></Nothing><Number>2.5</Number>\
             <Yes>true</Yes></Response>"
        );
    }
}
