//! The axis of a chart, and the heights and short forms of its values.

use crate::chart::tally::Tally;

/// The greatest value that a chart tells apart from greater ones, so that no product overflows: 10¹⁴.
const MOST: u64 = 100_000_000_000_000;

/// An axis from 0 to a round value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axis {
    /// The distance between two ticks: 1, 2 or 5, times a power of ten.
    pub step: u64,
    /// The value at the end, a multiple of the step.
    pub top: u64,
}

impl Axis {
    /// Returns the axis with the smallest step that reaches `max` in at most this many steps.
    #[must_use]
    pub fn up_to(max: u64, steps: u64) -> Self {
        let max = max.clamp(1, MOST);
        let step = round_numbers().find(|step| max.div_ceil(*step) <= steps.max(1)).unwrap_or(MOST);
        Self { step, top: max.div_ceil(step) * step }
    }

    /// Returns the values of the ticks, from 0 to the top.
    pub fn ticks(self) -> impl Iterator<Item = u64> {
        (0..=self.top / self.step).map(move |tick| tick * self.step)
    }
}

/// Returns 1, 2, 5, 10, 20, 50 and so on.
fn round_numbers() -> impl Iterator<Item = u64> {
    let powers = std::iter::successors(Some(1_u64), |power| power.checked_mul(10));
    powers.flat_map(|power| [1, 2, 5].map(|digit| power.saturating_mul(digit)))
}

/// Returns the height of the value where `top` has the height `height`. Values above the top are cut off there, and a value
/// other than 0 can be seen: its height is at least 1.
#[must_use]
pub fn scaled(value: u64, top: u64, height: u16) -> u16 {
    let top = top.clamp(1, MOST);
    let value = value.min(top);
    let scaled = (value * u64::from(height) + top / 2) / top;
    u16::try_from(scaled).unwrap_or(u16::MAX).max(u16::from(value > 0))
}

/// Returns the heights of the calls that succeeded, and of those that failed, on top of each other. Each of them can be
/// seen if there are any, and both together are at most `height`.
#[must_use]
pub fn stacked(tally: Tally, top: u64, height: u16) -> (u16, u16) {
    let failed = scaled(tally.failed, top, height);
    let all = scaled(tally.total(), top, height);
    let succeeded = all.saturating_sub(failed).max(u16::from(tally.succeeded > 0));
    (succeeded, failed.min(height.saturating_sub(succeeded)))
}

/// Returns the value in the greatest of the units that it reaches, rounded down, with one decimal below ten: `1.9K`.
/// `None` if it reaches none. The units are multiples of ten with their signs, the greatest first.
#[must_use]
pub fn abbreviated(value: u64, units: &[(u64, &str)]) -> Option<String> {
    let (unit, sign) = units.iter().find(|(unit, _)| value >= *unit)?;
    let tenths = value / (unit / 10);
    let (whole, tenth) = (tenths / 10, tenths % 10);
    Some(if whole < 10 && tenth > 0 { format!("{whole}.{tenth}{sign}") } else { format!("{whole}{sign}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const UNITS: &[(u64, &str)] = &[(1_000_000, "M"), (1_000, "K")];

    #[test]
    fn axis_has_steps_of_1_2_or_5() {
        for (max, ticks) in [
            (0, vec![0, 1]),
            (1, vec![0, 1]),
            (3, vec![0, 1, 2, 3]),
            (4, vec![0, 1, 2, 3, 4]),
            (5, vec![0, 2, 4, 6]),
            (9, vec![0, 5, 10]),
            (12, vec![0, 5, 10, 15]),
            (60, vec![0, 20, 40, 60]),
            (1_999, vec![0, 500, 1_000, 1_500, 2_000]),
            (2_001, vec![0, 1_000, 2_000, 3_000]),
        ] {
            assert_eq!(Axis::up_to(max, 4).ticks().collect::<Vec<_>>(), ticks, "{max}");
        }
    }

    #[test]
    fn value_is_scaled_to_the_nearest_height() {
        let heights = [0, 1, 10, 254, 255, 999, 1_000, 2_000].map(|value| scaled(value, 1_000, 100));
        assert_eq!(heights, [0, 1, 1, 25, 26, 100, 100, 100]);
        assert_eq!((scaled(5, 0, 10), scaled(0, 0, 10)), (10, 0), "an axis of 0 is one of 1");
    }

    #[test]
    fn stack_shows_few_of_either_kind_beside_many() {
        let stack = |succeeded, failed| stacked(Tally { succeeded, failed }, 1_000_000, 100);
        assert_eq!(stack(0, 0), (0, 0));
        assert_eq!(stack(1, 0), (1, 0));
        assert_eq!(stack(0, 1), (0, 1));
        assert_eq!(stack(1, 1), (1, 1));
        assert_eq!(stack(999_999, 1), (99, 1));
        assert_eq!(stack(1, 999_999), (1, 99));
        assert_eq!(stack(500_000, 250_000), (50, 25));
    }

    #[test]
    fn value_is_abbreviated_by_the_greatest_unit_it_reaches() {
        let short = |value| abbreviated(value, UNITS).unwrap_or_default();
        assert_eq!([999, 1_000, 1_500, 1_999, 9_999].map(short), ["", "1K", "1.5K", "1.9K", "9.9K"]);
        assert_eq!([10_500, 999_999, 1_000_000].map(short), ["10K", "999K", "1M"]);
    }

    proptest! {
        #[test]
        fn axis_reaches_the_value_and_little_more(max in any::<u64>(), steps in 1..10_u64) {
            let axis = Axis::up_to(max, steps);
            prop_assert!(axis.top >= max.min(MOST) && axis.top - axis.step < max.clamp(1, MOST));
            prop_assert!(axis.top / axis.step <= steps);
            prop_assert_eq!(axis.ticks().last(), Some(axis.top));
        }

        #[test]
        fn stack_is_no_higher_than_the_chart(
            succeeded in any::<u64>(), failed in any::<u64>(), top in any::<u64>(), height in 2..=u16::MAX,
        ) {
            let (below, above) = stacked(Tally { succeeded, failed }, top, height);
            prop_assert!(u32::from(below) + u32::from(above) <= u32::from(height));
            prop_assert_eq!((below > 0, above > 0), (succeeded > 0, failed > 0));
        }

        #[test]
        fn greater_value_is_no_lower(one in any::<u64>(), other in any::<u64>(), top in any::<u64>(), height in 1..999_u16) {
            let (less, more) = (one.min(other), one.max(other));
            prop_assert!(scaled(less, top, height) <= scaled(more, top, height));
        }
    }
}
