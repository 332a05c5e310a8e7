//! Page navigation of a list: links to the pages around this one, and the range of rows shown.

use crate::i18n::{t_string, use_i18n};
use crate::ui::icon::Icon;
use crate::ui::reactive::say;
use crate::words::Words;
use domain::paging::{Count, Place, Position, Shown};
use leptos::prelude::*;

/// Links to the neighbouring pages, built by `link`, with `shown` between them; nothing if there is only one page.
#[component]
pub fn Pager(
    link: Callback<Place, String>,
    #[prop(into)] position: Signal<Position>,
    #[prop(into)] shown: Signal<String>,
) -> impl IntoView {
    let i18n = use_i18n();
    let to = move |place: fn(&Position) -> Option<Place>| {
        Signal::derive(move || position.with(place).map(|place| link.run(place)))
    };
    let first = to(|it| (it.place != Place::First).then_some(Place::First));
    let last = to(|it| it.next().map(|_| Place::Last));
    view! {
        <Show when=move || position.with(|it| it.first.is_some() || it.last.is_some())>
            <nav class="pager" aria-label=say!(i18n, pager.pages)>
                {step("button edge", Icon::ChevronFirst, None, first, say!(i18n, pager.first))}
                {step("button", Icon::ChevronLeft, Some("prev"), to(Position::previous), say!(i18n, pager.previous))}
                <span class="shown">{shown}</span>
                {step("button turned", Icon::ChevronRight, Some("next"), to(Position::next), say!(i18n, pager.next))}
                {step("button turned edge", Icon::ChevronLast, None, last, say!(i18n, pager.last))}
            </nav>
        </Show>
    }
}

/// A link of the pager. Without an address it is disabled, and keeps its place.
fn step(
    class: &'static str,
    icon: Icon,
    rel: Option<&'static str>,
    href: Signal<Option<String>>,
    text: Signal<&'static str>,
) -> impl IntoView {
    view! {
        <a class=class rel=rel href=href aria-disabled=move || href.with(Option::is_none).to_string()>
            {icon.view()}
            <span>{text}</span>
        </a>
    }
}

/// Returns the range of rows that a page shows, and the total, which `all` puts into words.
pub fn shown(i18n: Words, position: &Position, all: fn(Words, Count) -> String) -> String {
    let all = all(i18n, position.total);
    match position.shown() {
        Shown::All => all,
        Shown::Range(from, to) => {
            t_string!(i18n, pager.range, from = number(from), to = number(to), all = all).to_string()
        }
        Shown::Beyond(here, before) => {
            t_string!(i18n, pager.range_beyond, here = here, before = number(before), all = all).to_string()
        }
        Shown::Last(here) => t_string!(i18n, pager.range_last, here = here, all = all).to_string(),
    }
}

/// Returns the number with a comma before each three digits, as both languages write it.
pub fn number(value: u64) -> String {
    if value < 1_000 { value.to_string() } else { format!("{},{:03}", number(value / 1_000), value % 1_000) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_a_comma_before_each_three_digits() {
        assert_eq!([0, 999, 1_000, 10_000, 1_000_001].map(number), ["0", "999", "1,000", "10,000", "1,000,001"]);
    }
}
