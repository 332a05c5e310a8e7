//! Page navigation of a list: links to the pages around this one, and the range of rows shown.

use crate::i18n::{t_string, use_i18n};
use crate::ui::icon::Icon;
use crate::ui::reactive::t_signal;
use crate::words::Words;
use domain::paging::{Count, PagePosition, Position, RowsShown};
use leptos::prelude::*;

/// Links to the neighbouring pages, built by `link`, with `shown` between them; nothing if there is only one page.
#[component]
pub fn Pager(
    link: Callback<PagePosition, String>,
    #[prop(into)] position: Signal<Position>,
    #[prop(into)] shown: Signal<String>,
) -> impl IntoView {
    let i18n = use_i18n();
    let to = move |place: fn(&Position) -> Option<PagePosition>| {
        Signal::derive(move || position.with(place).map(|place| link.run(place)))
    };
    let first = to(|it| (it.place != PagePosition::First).then_some(PagePosition::First));
    let last = to(|it| it.next().map(|_| PagePosition::Last));
    view! {
        <Show when=move || position.with(|it| it.first.is_some() || it.last.is_some())>
            <nav class="pager" aria-label=t_signal!(i18n, pager.pages)>
                {step("button edge", Icon::ChevronFirst, None, first, t_signal!(i18n, pager.first))}
                {step("button", Icon::ChevronLeft, Some("prev"), to(Position::previous), t_signal!(i18n, pager.previous))}
                <span class="shown">{shown}</span>
                {step("button turned", Icon::ChevronRight, Some("next"), to(Position::next), t_signal!(i18n, pager.next))}
                {step("button turned edge", Icon::ChevronLast, None, last, t_signal!(i18n, pager.last))}
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
        RowsShown::All => all,
        RowsShown::Range(from, to) => {
            t_string!(i18n, pager.range, from = number(from), to = number(to), all = all).to_string()
        }
        RowsShown::Beyond(here, before) => {
            t_string!(i18n, pager.range_beyond, here = here, before = number(before), all = all).to_string()
        }
        RowsShown::Last(here) => t_string!(i18n, pager.range_last, here = here, all = all).to_string(),
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
