//! Text in `textarea` and `title`, which Leptos 0.8 renders on the server without escaping: `</textarea><h1>` in a name
//! would become markup. Only this module puts text there; a test keeps such elements out of all other files.

use leptos::prelude::*;

/// Returns the text as the server has to write it in a `title`: escaped. In the browser it is used unchanged.
#[cfg(feature = "ssr")]
pub fn title_content(text: String) -> String {
    html_escape::encode_text(&text).into_owned()
}

/// Returns the text unchanged.
#[cfg(not(feature = "ssr"))]
pub fn title_content(text: String) -> String {
    text
}

/// Returns the text as the server has to write it in a `textarea`: escaped, after a line break, since parsers drop the
/// first one. A text that begins with a line break thus keeps it.
#[cfg(feature = "ssr")]
fn textarea_content(text: String) -> String {
    format!("\n{}", html_escape::encode_text(&text))
}

/// Returns the text unchanged. The browser makes a text node of it, or keeps what the server wrote without comparing.
#[cfg(not(feature = "ssr"))]
fn textarea_content(text: String) -> String {
    text
}

/// A field of several lines with the initial text `value`.
#[component]
pub fn TextArea(
    id: &'static str,
    name: &'static str,
    value: String,
    rows: &'static str,
    #[prop(into)] described_by: String,
    #[prop(into)] invalid: Signal<bool>,
    /// Whether the text is prose, for which the browser may offer completion and spell checking.
    #[prop(optional)]
    prose: bool,
) -> impl IntoView {
    view! {
        <textarea
            id=id
            name=name
            rows=rows
            dir=prose.then_some("auto")
            autocomplete=(!prose).then_some("off")
            spellcheck=(!prose).then_some("false")
            aria-describedby=described_by
            aria-invalid=move || invalid.get().to_string()
        >
            {textarea_content(value)}
        </textarea>
    }
}

/// Values that a browser without our wasm suggests for the fields that name this `id` as their `list`. They are markup
/// from the server, as hydration would otherwise visit every one.
#[component]
pub fn Suggestions(id: &'static str, values: Vec<&'static str>) -> impl IntoView {
    view! { <datalist id=id inner_html=options(&values)></datalist> }
}

/// Returns the markup of the values, escaped.
#[cfg(feature = "ssr")]
fn options(values: &[&str]) -> String {
    let option = |value: &&str| format!("<option value=\"{}\">", html_escape::encode_double_quoted_attribute(*value));
    values.iter().map(option).collect()
}

/// Returns nothing: the browser keeps what the server wrote, and a page that our wasm shows needs no suggestions.
#[cfg(not(feature = "ssr"))]
fn options(_: &[&str]) -> String {
    String::new()
}

#[cfg(test)]
mod tests {
    use crate::sources::sources;
    use std::fs;
    use std::path::Path;

    /// Elements whose text Leptos does not escape, and functions that set markup from text. Components of `leptos_meta`
    /// that do the same have the same names.
    const RAW: [&str; 16] = [
        "<textarea",
        "<title",
        "<Title",
        "<script",
        "<Script",
        "<style",
        "<Style",
        "<noscript",
        "<iframe",
        "<xmp",
        "inner_html",
        "html::textarea",
        "html::script",
        "html::style",
        "insert_adjacent",
        "outer_html",
    ];
    /// The allowed uses: file, element, and why its text is escaped.
    const ALLOWED: [(&str, &str, &str); 7] = [
        ("ui/raw_text.rs", "<textarea", "escaped by `textarea_content`"),
        ("ui/page_title.rs", "<Title", "escaped by `title_content`"),
        ("ui/chart/bars.rs", "<title", "SVG's element, which escapes its children; a test there shows it"),
        ("mail.rs", "<title", "the element, which escapes its children; a test there shows it"),
        ("shell/bootstrap.rs", "<script", "our own script, unchanged by data"),
        ("pieces.rs", "<script", "our own script, with names of our own files only"),
        ("ui/raw_text.rs", "", "this list"),
    ];

    #[test]
    fn raw_text_elements_stand_in_one_place_only() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut found = Vec::new();
        for path in sources(&root) {
            let (file, text) =
                (path.strip_prefix(&root).unwrap().display().to_string(), fs::read_to_string(&path).unwrap());
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
            for raw in RAW {
                // `<Style` is not the start of `<Stylesheet`.
                let is_whole = |rest: &&str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric());
                let used = code.split(raw).skip(1).any(|rest| is_whole(&rest));
                let allowed = ALLOWED.iter().any(|(where_, what, _)| *where_ == file && raw.starts_with(what));
                if used && !allowed {
                    found.push(format!("{file}: {raw}"));
                }
            }
        }
        assert_eq!(found, Vec::<String>::new(), "use TextArea or PageTitle, which escape");
    }
}

#[cfg(all(test, feature = "ssr"))]
mod server_tests {
    use super::*;
    use futures_util::{FutureExt as _, Stream, StreamExt as _};

    const HOSTILE: &str = "\n</textarea><h1>x</h1>&copy=2 \"'";
    const WRITTEN: &str = ">\n\n&lt;/textarea&gt;&lt;h1&gt;x&lt;/h1&gt;&amp;copy=2 \"'</textarea>";

    fn field() -> impl IntoView {
        view! {
            <TextArea
                id="id"
                name="name"
                value=HOSTILE.to_owned()
                rows="3"
                described_by="hint"
                invalid=Signal::stored(false)
            />
        }
    }

    /// Returns the whole output of a stream that never waits.
    fn whole(stream: impl Stream<Item = String>) -> String {
        stream.collect().now_or_never().unwrap()
    }

    #[test]
    fn textarea_is_escaped_however_it_is_rendered() {
        let owner = Owner::new();
        let [at_once, in_order, out_of_order] = [
            owner.with(|| field().to_html()),
            owner.with(|| whole(field().to_html_stream_in_order())),
            owner.with(|| whole(field().to_html_stream_out_of_order())),
        ];
        for html in [at_once, in_order, out_of_order] {
            assert!(html.ends_with(WRITTEN), "{html}");
        }
    }

    #[test]
    fn suggestions_are_escaped() {
        let html =
            Owner::new().with(|| view! { <Suggestions id="id" values=vec!["(US & Canada)", "\"<b>"]/> }.to_html());
        assert!(html.contains("<option value=\"(US &amp; Canada)\"><option value=\"&quot;&lt;b&gt;\">"), "{html}");
    }

    #[test]
    fn title_is_escaped() {
        assert_eq!(title_content("</title><b>n &amp;".to_owned()), "&lt;/title&gt;&lt;b&gt;n &amp;amp;");
    }
}
