//! The bootstrap script, which stands in each page: it looks after the page while our wasm does not run it, until it does
//! and once it has failed.
//!
//! - Acts of a person before then are kept: typed text and choices, and the last click on a button that needs our wasm. Such a
//!   button has `data-waits`: the server renders it disabled, for browsers without scripts, and the script enables it.
//! - Nodes that others have put into the page, such as the icons of an extension, are taken out for the time of
//!   hydration, which finds its elements by their places.
//! - After a panic, or if our wasm can't be loaded, links and forms are the browser's, and [`StoppedNotice`] is shown.

use crate::i18n::use_i18n;
use crate::ui::icon::Icon;
use crate::ui::reactive::t_signal;
use leptos::prelude::*;

/// The id of the element that our wasm hydrates. It takes no notice of what others put beside it.
pub const ROOT: &str = "app";

/// Returns the script, to stand before all others.
#[cfg(feature = "ssr")]
pub fn script() -> impl IntoView {
    static SCRIPT: std::sync::LazyLock<String> =
        std::sync::LazyLock::new(|| without_comments(include_str!("bootstrap.js")));
    view! { <script nonce=leptos::nonce::use_nonce()>{SCRIPT.as_str()}</script> }
}

/// Returns the script without indentation, whole lines of comment, and spaces beside signs: it is in every page.
#[cfg(feature = "ssr")]
fn without_comments(script: &str) -> String {
    let lines = script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.map(without_spaces).collect::<Vec<_>>().join("\n")
}

/// Returns the line without spaces beside signs. Its strings, in single quotes, stay as they are.
#[cfg(feature = "ssr")]
fn without_spaces(line: &str) -> String {
    let is_sign = |c: char| "=>?:;,{}()|&".contains(c);
    let code = |text: &str| {
        let mut code = String::with_capacity(text.len());
        for (index, word) in text.split(' ').enumerate() {
            if index > 0 && !code.ends_with(is_sign) && !word.starts_with(is_sign) {
                code.push(' ');
            }
            code.push_str(word);
        }
        code
    };
    let parts = line.split('\'').enumerate();
    let parts = parts.map(|(index, part)| if index.is_multiple_of(2) { code(part) } else { part.to_owned() });
    parts.collect::<Vec<_>>().join("'")
}

/// A stage of our wasm, which it reports to the script.
#[cfg(feature = "hydrate")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It is about to hydrate the page.
    Hydrates,
    /// It runs the page.
    Runs,
    /// It has panicked.
    Fails,
}

/// Reports the stage, by an event at the window.
#[cfg(feature = "hydrate")]
pub fn report(stage: Stage) {
    let name = match stage {
        Stage::Hydrates => "kagitaba:hydrates",
        Stage::Runs => "kagitaba:runs",
        Stage::Fails => "kagitaba:fails",
    };
    if let Ok(event) = web_sys::Event::new(name) {
        _ = window().dispatch_event(&event);
    }
}

/// Says that the page no longer responds, with a link that loads it again. Hidden; the script shows it.
#[component]
pub fn StoppedNotice() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div id="stopped" class="stopped" role="alert" hidden=true>
            {Icon::Alert.view()}
            <p>{t_signal!(i18n, stopped.text)}</p>
            <a class="button" href="">{t_signal!(i18n, stopped.reload)}</a>
        </div>
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn script_is_sent_without_comments() {
        let script = without_comments("// Why.\n(() => {\n  // Why.\n\n  go(); // now\n})();\n");
        assert_eq!(script, "(()=>{\ngo();// now\n})();");
    }

    #[test]
    fn script_keeps_its_words_and_strings_apart() {
        for (line, sent) in [
            ("const { a, b } = c ?? 'd , e';", "const{a,b}=c??'d , e';"),
            ("if (a && !b) return 'x ( y' in c;", "if(a&&!b)return 'x ( y' in c;"),
            (
                "for (const one of 'a b'.split(' ')) one ? go('=> ') : stop();",
                "for(const one of 'a b'.split(' '))one?go('=> '):stop();",
            ),
        ] {
            assert_eq!(without_comments(line), sent);
        }
        // A quote within a string, or another kind of quotes, would be taken for the wrong end.
        let script = include_str!("bootstrap.js").lines().filter(|line| !line.trim().starts_with("//"));
        for line in script {
            assert!(line.matches('\'').count().is_multiple_of(2) && !line.contains(['"', '`', '\\']), "{line}");
        }
    }

    /// The browser would take it for the end of the script, and the server for the head of the page.
    #[test]
    fn script_names_no_tag_of_the_page() {
        let script = without_comments(include_str!("bootstrap.js"));
        for tag in ["<script", "</script", "<html", "<body", "</head", "<!--"] {
            assert!(!script.contains(tag), "{tag}");
        }
    }

    #[test]
    fn script_knows_the_root_and_each_stage() {
        let (script, root) = (include_str!("bootstrap.js"), format!("'{ROOT}'"));
        for name in [root.as_str(), "'stopped'", "'kagitaba:hydrates'", "'kagitaba:runs'", "'kagitaba:fails'"] {
            assert!(script.contains(name), "{name}");
        }
    }
}
