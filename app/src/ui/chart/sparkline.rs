//! The calls of some days in one line: those that succeeded above the base line, those that failed below it.

use domain::chart::scale::scaled;
use domain::chart::tally::Tally;
use leptos::prelude::*;

/// The width of a day.
const DAY: usize = 3;
/// The heights above and below the base line.
const ABOVE: u16 = 18;
const BELOW: u16 = 6;

/// Returns the drawing, which is as wide as its place; `label` says the same in words.
pub fn sparkline(days: &[Tally], label: Signal<String>) -> AnyView {
    let (succeeded, failed) = outlines(days);
    view! {
        <svg
            class="sparkline"
            role="img"
            aria-label=label
            viewBox=format!("0 0 {} {}", days.len() * DAY, ABOVE + BELOW)
            preserveAspectRatio="none"
        >
            <path d=succeeded/>
            <path d=failed/>
        </svg>
    }
    .into_any()
}

/// Returns the outlines of both kinds of calls, in the same scale. `None` if none failed.
fn outlines(days: &[Tally]) -> (String, Option<String>) {
    let most = |of: fn(&Tally) -> u64| days.iter().map(of).max().unwrap_or_default();
    let (succeeded, failed) = (most(|day| day.succeeded), most(|day| day.failed));
    // The value that is as high as there is room above the line.
    let top = succeeded.max(failed.saturating_mul(u64::from(ABOVE / BELOW)));
    let height = |value: u64| i32::from(scaled(value, top, ABOVE));
    let below = |value: u64| height(value).min(i32::from(BELOW));
    let above = outline(days.iter().map(|day| -height(day.succeeded)));
    let failures = (failed > 0).then(|| outline(days.iter().map(|day| below(day.failed))));
    (above, failures)
}

/// Returns the outline of columns that end at these distances below the base line. Days of the same height are one line,
/// as a list has many of these drawings.
fn outline(ends: impl Iterator<Item = i32>) -> String {
    let mut path = format!("M0 {ABOVE}");
    let (mut level, mut width) = (0, 0);
    for end in ends {
        if end != level {
            path.push_str(&across(width));
            path.push_str(&format!("v{}", end - level));
            (level, width) = (end, 0);
        }
        width += DAY;
    }
    path.push_str(&across(width));
    if level != 0 {
        path.push_str(&format!("v{}", -level));
    }
    path
}

fn across(width: usize) -> String {
    if width == 0 { String::new() } else { format!("h{width}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(days: &[(u64, u64)]) -> Vec<Tally> {
        days.iter().map(|&(succeeded, failed)| Tally { succeeded, failed }).collect()
    }

    #[test]
    fn days_of_the_same_height_are_one_line() {
        let (above, below) = outlines(&days(&[(0, 0), (90, 0), (90, 0), (180, 0), (0, 0), (0, 0)]));
        assert_eq!((above.as_str(), below), ("M0 18h3v-9h6v-9h3v18h6", None));
    }

    #[test]
    fn line_ends_at_its_base() {
        assert_eq!(outlines(&days(&[(5, 0)])).0, "M0 18v-18h3v18");
        assert_eq!(outlines(&days(&[(0, 0); 30])).0, "M0 18h90");
        assert_eq!(outlines(&[]).0, "M0 18");
    }

    #[test]
    fn failures_are_below_the_line_in_the_same_scale() {
        let (above, below) = outlines(&days(&[(180, 0), (180, 30)]));
        assert_eq!((above.as_str(), below.as_deref()), ("M0 18v-18h6v18", Some("M0 18h3v3h3v-3")));
        let (above, below) = outlines(&days(&[(0, 7), (1, 1_000_000)]));
        assert_eq!((above.as_str(), below.as_deref()), ("M0 18h3v-1h3v1", Some("M0 18v1h3v5h3v-6")));
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn drawing_has_its_words_and_no_more_than_two_paths() {
        let label = || Signal::stored("\"30\" <days>".to_owned());
        let html = Owner::new().with(|| sparkline(&days(&[(1, 1); 30]), label()).to_html());
        assert!(html.contains("role=\"img\" aria-label=\"&quot;30&quot; &lt;days&gt;\""), "{html}");
        assert!(html.contains("viewBox=\"0 0 90 24\"") && html.matches("<path").count() == 2, "{html}");
        assert!(html.len() < 260, "{html}");
    }
}
