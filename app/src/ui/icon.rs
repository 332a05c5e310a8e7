//! The icons: strokes on a grid of 24, in the colour of the text beside them, hidden from screen readers.

use leptos::prelude::*;

/// An icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    Alert,
    Check,
    ChevronDown,
    ChevronFirst,
    ChevronLast,
    ChevronLeft,
    ChevronRight,
    Close,
    Company,
    Copy,
    Disable,
    Download,
    Duplicate,
    Enable,
    Eye,
    Filter,
    Key,
    Language,
    Lock,
    Menu,
    More,
    Overview,
    People,
    Plus,
    Reset,
    Search,
    Settings,
    Shield,
    Trash,
    Upgrade,
}

impl Icon {
    /// Returns the outline as SVG path data.
    const fn path(self) -> &'static str {
        match self {
            Self::Alert => "M12 3.5 21.5 20h-19ZM12 10v4.5M12 17.3v.2",
            Self::Check => "m5 12.5 4.5 4.5L19 7.5",
            Self::ChevronDown => "m6 9.5 6 6 6-6",
            Self::ChevronFirst => "M7 6v12M17 6l-6 6 6 6",
            Self::ChevronLast => "M17 6v12M7 6l6 6-6 6",
            Self::ChevronLeft => "m14.5 6-6 6 6 6",
            Self::ChevronRight => "m9.5 6 6 6-6 6",
            Self::Close => "m6 6 12 12M18 6 6 18",
            Self::Company => "M5 20.5v-16h9v16M14 9.5h5v11M3 20.5h18M8 8.5h3M8 12.5h3M8 16.5h3",
            Self::Copy | Self::Duplicate => "M9 9h10.5v10.5H9ZM15 9V4.5H4.5V15H9",
            Self::Disable => "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM6 6l12 12",
            Self::Download => "M12 4v11M7 10.5l5 5 5-5M4.5 20h15",
            Self::Enable => "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17Zm-4 8.8 3 3 5.2-6",
            Self::Eye => "M2.5 12c4.5-8.5 14.5-8.5 19 0-4.5 8.5-14.5 8.5-19 0ZM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6Z",
            Self::Filter => "M4 6.5h16M7 12h10M10 17.5h4",
            Self::Key => "M8 11.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM11.2 12.8 20 4M16 8l3 3M14 10l2 2",
            Self::Language => {
                "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM3.8 12h16.4M12 3.5c5 5 5 12 0 17M12 3.5c-5 5-5 12 0 17"
            }
            Self::Lock => "M6 11h12v9H6ZM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 14.5v2",
            Self::Menu => "M4 7h16M4 12h16M4 17h16",
            Self::More => "M12 5.5v.01M12 12v.01M12 18.5v.01",
            Self::Overview => "M4 11l8-6.5 8 6.5M6 9.5V20h12V9.5M10 20v-5.5h4V20",
            Self::People => {
                "M9 5a3.2 3.2 0 1 0 0 6.4A3.2 3.2 0 0 0 9 5ZM3 19.5c.3-3.6 2.6-5.6 6-5.6s5.7 2 6 5.6M15.5 5.3a3.2 3.2 0 0 1 0 5.8M17 14.3c2.4.7 3.8 2.5 4 5.2"
            }
            Self::Plus => "M12 5v14M5 12h14",
            Self::Reset => "M19.5 12a7.5 7.5 0 1 1-2.3-5.4L20 9M20 4v5h-5",
            Self::Search => "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.3 15.3 20 20",
            Self::Settings => {
                "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4ZM9 14.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4Z"
            }
            Self::Shield => "M12 3.5 19 6v5.5c0 4.5-3 7.5-7 9-4-1.5-7-4.5-7-9V6ZM9 12l2.2 2.2L15.2 10",
            Self::Trash => "M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 12.5h9.4L17.5 7M10 11v5M14 11v5",
            Self::Upgrade => "M12 20V5M6 11l6-6 6 6",
        }
    }

    /// Returns the icon as an element.
    pub fn view(self) -> impl IntoView {
        view! {
            <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
                <path d=self.path()/>
            </svg>
        }
    }
}
