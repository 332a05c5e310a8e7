//! The icons: strokes on a grid of 24, in the colour of the text beside them, hidden from screen readers.
//!
//! Their outlines stand once in each page, in [`sprite`], and not in our wasm: an icon refers to its own by an id.

use leptos::prelude::*;
use leptos::tachys::html::InertElement;

/// Defines the icons: each with the end of its id and its outline as SVG path data.
macro_rules! icons {
    ($($icon:ident $id:literal $path:literal,)+) => {
        /// An icon.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Icon {
            $($icon,)+
        }

        impl Icon {
            /// Returns the element that shows the icon's outline.
            const fn html(self) -> &'static str {
                match self {
                    $(Self::$icon => {
                        concat!(
                            "<svg class=\"icon\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><use href=\"#icon-",
                            $id,
                            "\"/></svg>",
                        )
                    })+
                }
            }
        }

        /// The outlines of all icons, not shown themselves.
        #[cfg(feature = "ssr")]
        const SPRITE: &str = concat!(
            "<svg hidden aria-hidden=\"true\">",
            $("<path id=\"icon-", $id, "\" d=\"", $path, "\"/>",)+
            "</svg>",
        );

        /// Every icon, for tests and for the page of all parts.
        #[cfg(any(debug_assertions, all(test, feature = "ssr")))]
        pub const ALL: &[Icon] = &[$(Icon::$icon,)+];
    };
}

icons! {
    Alert "alert" "M12 3.5 21.5 20h-19ZM12 10v4.5M12 17.3v.2",
    Back "back" "M9 6 4 11l5 5M4.5 11H14a5.5 5.5 0 0 1 0 11h-2",
    Check "check" "m5 12.5 4.5 4.5L19 7.5",
    ChevronDown "chevron-down" "m6 9.5 6 6 6-6",
    ChevronFirst "chevron-first" "M7 6v12M17 6l-6 6 6 6",
    ChevronLast "chevron-last" "M17 6v12M7 6l6 6-6 6",
    ChevronLeft "chevron-left" "m14.5 6-6 6 6 6",
    ChevronRight "chevron-right" "m9.5 6 6 6-6 6",
    Close "close" "m6 6 12 12M18 6 6 18",
    Company "company" "M5 20.5v-16h9v16M14 9.5h5v11M3 20.5h18M8 8.5h3M8 12.5h3M8 16.5h3",
    Copy "copy" "M9 9h10.5v10.5H9ZM15 9V4.5H4.5V15H9",
    Disable "disable" "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM6 6l12 12",
    Download "download" "M12 4v11M7 10.5l5 5 5-5M4.5 20h15",
    Enable "enable" "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17Zm-4 8.8 3 3 5.2-6",
    Eye "eye" "M2.5 12c4.5-8.5 14.5-8.5 19 0-4.5 8.5-14.5 8.5-19 0ZM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6Z",
    Filter "filter" "M4 6.5h16M7 12h10M10 17.5h4",
    Key "key" "M8 11.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM11.2 12.8 20 4M16 8l3 3M14 10l2 2",
    Language "language" "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM3.8 12h16.4M12 3.5c5 5 5 12 0 17M12 3.5c-5 5-5 12 0 17",
    Lock "lock" "M6 11h12v9H6ZM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 14.5v2",
    Menu "menu" "M4 7h16M4 12h16M4 17h16",
    Overview "overview" "M4 11l8-6.5 8 6.5M6 9.5V20h12V9.5M10 20v-5.5h4V20",
    People "people" "M9 5a3.2 3.2 0 1 0 0 6.4A3.2 3.2 0 0 0 9 5ZM3 19.5c.3-3.6 2.6-5.6 6-5.6s5.7 2 6 5.6M15.5 5.3a3.2 3.2 0 0 1 0 5.8M17 14.3c2.4.7 3.8 2.5 4 5.2",
    Plus "plus" "M12 5v14M5 12h14",
    Reset "reset" "M19.5 12a7.5 7.5 0 1 1-2.3-5.4L20 9M20 4v5h-5",
    Search "search" "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.3 15.3 20 20",
    Settings "settings" "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4ZM9 14.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4Z",
    Shield "shield" "M12 3.5 19 6v5.5c0 4.5-3 7.5-7 9-4-1.5-7-4.5-7-9V6ZM9 12l2.2 2.2L15.2 10",
    SignOut "sign-out" "M13 4.5H5.5v15H13M10 12h10M16.5 8.5 20 12l-3.5 3.5",
    Trash "trash" "M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 12.5h9.4L17.5 7M10 11v5M14 11v5",
    Upgrade "upgrade" "M12 20V5M6 11l6-6 6 6",
}

impl Icon {
    /// Returns the icon as an element, which the browser takes from the page as a whole.
    pub fn view(self) -> impl IntoView {
        InertElement::new(self.html())
    }
}

/// Returns the outlines of all icons, to stand once in a page, outside of what our wasm hydrates.
#[cfg(feature = "ssr")]
pub fn sprite() -> impl IntoView {
    InertElement::new(SPRITE)
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn each_icon_refers_to_an_outline_of_its_own() {
        let mut seen = Vec::new();
        for icon in ALL {
            let id = icon.html().split(['#', '"']).find(|part| part.starts_with("icon-")).unwrap();
            assert_eq!(SPRITE.matches(&format!("<path id=\"{id}\"")).count(), 1, "{icon:?}");
            assert!(!seen.contains(&id), "{icon:?}");
            seen.push(id);
        }
    }
}
