//! A chart of calls by period, as bars of those that succeeded with those that failed on top, and the same numbers as a
//! table. The texts beside the bars are drawings of their own, as the bars are stretched to the width of the page.

use crate::i18n::{Locale, td_string};
use crate::ui::chart::short::short_number;
use crate::ui::pager::number;
use domain::chart::scale::{Axis, scaled, stacked};
use domain::chart::tally::Tally;
use leptos::prelude::*;

/// The height of the drawing.
const HEIGHT: u16 = 200;
/// The width of a bar with the space around it.
const COLUMN: usize = 10;
/// The most steps of the axis.
const STEPS: u64 = 4;

/// The calls of a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// The calls.
    pub tally: Tally,
    /// The period in words.
    pub period: String,
    /// The text below the bar. Most bars have none, as there is no room.
    pub mark: Option<String>,
}

/// Returns the chart, or a text in its place if there are no calls.
pub fn bars(locale: Locale, bars: &[Bar]) -> AnyView {
    let all = Tally::sum(bars.iter().map(|bar| bar.tally));
    if all.total() == 0 {
        return view! { <p class="chart-none">{td_string!(locale, chart.none)}</p> }.into_any();
    }
    let (succeeded, failed) = (number(all.succeeded), number(all.failed));
    let label = td_string!(locale, chart.label, succeeded = succeeded, failed = failed).to_string();
    view! {
        <figure class="chart">
            <ul class="chart-legend">
                <li class="chart-succeeded">{td_string!(locale, chart.succeeded)}</li>
                <li class="chart-failed">{td_string!(locale, chart.failed)}</li>
            </ul>
            {drawing(locale, bars, label)}
            {table(locale, bars)}
        </figure>
    }
    .into_any()
}

/// Returns the bars between their axes.
fn drawing(locale: Locale, bars: &[Bar], label: String) -> AnyView {
    let axis = Axis::up_to(bars.iter().map(|bar| bar.tally.total()).max().unwrap_or_default(), STEPS);
    let width = bars.len() * COLUMN;
    let grid: String = axis.ticks().map(|tick| format!("M0 {}h{width}", from_top(tick, axis.top, HEIGHT))).collect();
    let values: Vec<_> = axis.ticks().map(|tick| value(locale, tick, axis.top)).collect();
    let columns: Vec<_> = bars.iter().enumerate().map(|(index, bar)| column(locale, index, bar, axis.top)).collect();
    let marked = bars.iter().enumerate().filter_map(|(index, bar)| Some((index, bar.mark.clone()?)));
    let marks: Vec<_> = marked.map(|(index, text)| mark(index, bars.len(), text)).collect();
    view! {
        <div class="chart-drawing" role="img" aria-label=label>
            <svg class="chart-values">{values}</svg>
            <svg class="chart-bars" viewBox=format!("0 0 {width} {HEIGHT}") preserveAspectRatio="none">
                <path class="chart-grid" d=grid/>
                {columns}
            </svg>
            <svg class="chart-marks">{marks}</svg>
        </div>
    }
    .into_any()
}

/// Returns the distance of the value from the top of the axis, in a drawing of this height.
fn from_top(value: u64, top: u64, height: u16) -> u16 {
    height - scaled(value, top, height).min(height)
}

/// Returns the value beside its line of the grid.
fn value(locale: Locale, tick: u64, top: u64) -> AnyView {
    let y = percent(from_top(tick, top, 1_000).into(), 1_000);
    view! { <text x="100%" y=y>{short_number(locale, tick)}</text> }.into_any()
}

/// Returns the text below the middle of its bar.
fn mark(index: usize, count: usize, text: String) -> AnyView {
    view! { <text x=percent(2 * index + 1, 2 * count) y="50%">{text}</text> }.into_any()
}

/// Returns the part of the whole in percent, with one decimal.
fn percent(part: usize, whole: usize) -> String {
    let tenths = part * 1_000 / whole;
    format!("{}.{}%", tenths / 10, tenths % 10)
}

/// Returns the bar of a period, with its numbers as the tooltip of its whole column.
fn column(locale: Locale, index: usize, bar: &Bar, top: u64) -> AnyView {
    let (succeeded, failed) = stacked(bar.tally, top, HEIGHT);
    let left = index * COLUMN;
    let piece = |class: &'static str, bottom: u16, height: u16| {
        let outline = format!("M{} {bottom}v-{height}h{}v{height}z", left + 1, COLUMN - 2);
        (height > 0).then(|| view! { <path class=class d=outline/> })
    };
    view! {
        <g>
            <title>{tooltip(locale, bar)}</title>
            <path class="chart-column" d=format!("M{left} 0h{COLUMN}v{HEIGHT}h-{COLUMN}z")/>
            {piece("chart-succeeded", HEIGHT, succeeded)}
            {piece("chart-failed", HEIGHT - succeeded, failed)}
        </g>
    }
    .into_any()
}

fn tooltip(locale: Locale, bar: &Bar) -> String {
    let (succeeded, failed) = (number(bar.tally.succeeded), number(bar.tally.failed));
    let period = bar.period.as_str();
    td_string!(locale, chart.tooltip, period = period, succeeded = succeeded, failed = failed).to_string()
}

/// Returns the same numbers as a table, for those who can't see the bars or want them exactly.
fn table(locale: Locale, bars: &[Bar]) -> AnyView {
    let row = |bar: &Bar| {
        view! {
            <tr>
                <th scope="row">{bar.period.clone()}</th>
                <td>{number(bar.tally.succeeded)}</td>
                <td>{number(bar.tally.failed)}</td>
            </tr>
        }
        .into_any()
    };
    view! {
        <details class="chart-table">
            <summary>{td_string!(locale, chart.table)}</summary>
            <table class="numbers">
                <thead>
                    <tr>
                        <th scope="col">{td_string!(locale, chart.period)}</th>
                        <th scope="col">{td_string!(locale, chart.succeeded)}</th>
                        <th scope="col">{td_string!(locale, chart.failed)}</th>
                    </tr>
                </thead>
                <tbody>{bars.iter().map(row).collect::<Vec<_>>()}</tbody>
            </table>
        </details>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_the_whole_have_one_decimal() {
        assert_eq!(
            [(0, 7), (1, 60), (1, 2), (7, 7)].map(|(part, whole)| percent(part, whole)),
            ["0.0%", "1.6%", "50.0%", "100.0%"]
        );
    }

    #[test]
    fn values_of_the_axis_are_at_their_heights() {
        assert_eq!([0, 250, 500, 1_000].map(|value| from_top(value, 1_000, HEIGHT)), [200, 150, 100, 0]);
    }
}

#[cfg(all(test, feature = "ssr"))]
mod server_tests {
    use super::*;

    fn html(locale: Locale, tallies: &[(u64, u64)]) -> String {
        let bar = |&(succeeded, failed): &(u64, u64)| Bar {
            tally: Tally { succeeded, failed },
            period: "<b>period</b>".to_owned(),
            mark: Some("mark".to_owned()),
        };
        let all: Vec<_> = tallies.iter().map(bar).collect();
        Owner::new().with(|| bars(locale, &all).to_html())
    }

    #[test]
    fn bars_have_heights_tooltips_and_a_table() {
        let html = html(Locale::en, &[(1_500, 500), (0, 0)]);
        assert!(html.contains("d=\"M1 200v-150h8v150z\""), "those that succeeded: {html}");
        assert!(html.contains("d=\"M1 50v-50h8v50z\""), "those that failed, on top of them: {html}");
        assert_eq!(html.matches("h8v").count(), 2, "none for a period without calls: {html}");
        assert!(html.contains(">2K<") && html.contains("x=\"25.0%\""), "{html}");
        assert!(html.contains("<th scope=\"row\">") && html.contains("<td>1,500<"), "{html}");
    }

    #[test]
    fn texts_of_the_chart_are_escaped() {
        let html = html(Locale::ja, &[(0, 1)]);
        assert!(html.contains("<title>&lt;b&gt;period&lt;/b&gt;") && !html.contains("<b>"), "{html}");
    }

    #[test]
    fn chart_without_calls_is_a_text() {
        let html = html(Locale::en, &[(0, 0)]);
        assert!(!html.contains("<svg") && html.contains("chart-none"), "{html}");
    }
}
