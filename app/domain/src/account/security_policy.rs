//! An account's security policy: the lifetime of its access tokens, the overlap after a reset, the addresses of callers,
//! whether Auth Tokens can be viewed again, and whether its users need a second factor.

use crate::gate::address_range::{AddressRange, NotAnAddressRange};
use crate::tokens::expiry::Lifetime;
use crate::tokens::overlap::OverlapLimit;
use crate::tokens::rehearsal::AccountChange;
use serde::{Deserialize, Serialize};

/// Most address ranges of one account.
pub const RANGES_MAX: usize = 100;
/// Most characters of the input that an error message repeats.
const REPEATED_MAX: usize = 50;

/// The security policy of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityPolicy {
    /// The longest lifetime of Auth Tokens, if it is limited.
    pub token_lifetime: Option<Lifetime>,
    /// The longest time for which an old Auth Token may pass after a reset.
    #[serde(default)]
    pub longest_overlap: OverlapLimit,
    /// The addresses from which calls at the gate are allowed; all addresses if empty. At most [`RANGES_MAX`].
    pub allowed_addresses: Vec<AddressRange>,
    /// Whether Auth Tokens can be viewed again. Applies to those issued after it was enabled.
    pub tokens_viewable: bool,
    /// Whether every user needs a second factor.
    pub second_factor_required: bool,
}

impl SecurityPolicy {
    /// Returns whether the other policy has other allowed addresses, and differs in nothing else.
    #[must_use]
    pub fn differs_by_addresses_only(&self, other: &Self) -> bool {
        let with_those = Self { allowed_addresses: other.allowed_addresses.clone(), ..self.clone() };
        self != other && with_those == *other
    }

    /// Returns the change that this policy makes to what calls are refused.
    #[must_use]
    pub fn change(&self) -> AccountChange {
        AccountChange::Policy { token_lifetime: self.token_lifetime, allowed_addresses: self.allowed_addresses.clone() }
    }
}

/// A problem with the policy form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum PolicyProblem {
    /// The longest lifetime is not a number of days within bounds.
    #[error("a lifetime is 1 to {} days; leave it empty for no limit", Lifetime::MAX)]
    Lifetime,
    /// The longest overlap is not a number of days within bounds.
    #[error("an overlap is 0 to {} days; leave it empty for {}", OverlapLimit::MAX, OverlapLimit::default().days())]
    Overlap,
    /// A line is not an address range.
    #[error("line {line}: {input} isn't an IP range; write it like 192.0.2.0/24")]
    Range {
        /// The line's number, from 1.
        line: usize,
        /// The line's text, shortened.
        input: String,
    },
    /// There are more than [`RANGES_MAX`] ranges.
    #[error("at most {RANGES_MAX} IP ranges are allowed")]
    TooManyRanges,
}

/// The input of the policy form, valid or not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SecurityPolicyForm {
    /// Days; empty for no limit.
    pub token_lifetime: String,
    /// Days; 0 forbids overlaps, and empty stands for the default.
    pub longest_overlap: String,
    /// Address ranges, one per line.
    pub allowed_addresses: String,
    /// Whether Auth Tokens can be viewed again.
    pub tokens_viewable: bool,
    /// Whether every user needs a second factor.
    pub second_factor_required: bool,
}

impl SecurityPolicyForm {
    /// Reads the form. Duplicate ranges are dropped.
    ///
    /// # Errors
    /// The problems, in the order of the form.
    pub fn validate(&self) -> Result<SecurityPolicy, Vec<PolicyProblem>> {
        let mut problems = Vec::new();
        let token_lifetime = match self.token_lifetime.trim() {
            "" => None,
            days => {
                let lifetime = days.parse().ok().and_then(|days: u16| Lifetime::try_from(days).ok());
                lifetime.or_else(|| {
                    problems.push(PolicyProblem::Lifetime);
                    None
                })
            }
        };
        let longest_overlap = match self.longest_overlap.trim() {
            "" => OverlapLimit::default(),
            days => days.parse().ok().and_then(|days: u16| OverlapLimit::try_from(days).ok()).unwrap_or_else(|| {
                problems.push(PolicyProblem::Overlap);
                OverlapLimit::default()
            }),
        };
        let mut allowed_addresses = Vec::new();
        let lines = self.allowed_addresses.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty());
        for (index, line) in lines {
            match line.parse() {
                Ok(range) if allowed_addresses.contains(&range) => {}
                Ok(range) => allowed_addresses.push(range),
                Err(NotAnAddressRange) => {
                    let input = line.chars().take(REPEATED_MAX).collect();
                    problems.push(PolicyProblem::Range { line: index + 1, input });
                }
            }
        }
        if allowed_addresses.len() > RANGES_MAX {
            problems.push(PolicyProblem::TooManyRanges);
        }
        if problems.is_empty() {
            let Self { tokens_viewable, second_factor_required, .. } = *self;
            Ok(SecurityPolicy {
                token_lifetime,
                longest_overlap,
                allowed_addresses,
                tokens_viewable,
                second_factor_required,
            })
        } else {
            Err(problems)
        }
    }
}

impl From<&SecurityPolicy> for SecurityPolicyForm {
    fn from(policy: &SecurityPolicy) -> Self {
        let ranges: Vec<_> = policy.allowed_addresses.iter().map(ToString::to_string).collect();
        Self {
            token_lifetime: policy.token_lifetime.map(|lifetime| lifetime.days().to_string()).unwrap_or_default(),
            longest_overlap: policy.longest_overlap.days().to_string(),
            allowed_addresses: ranges.join("\n"),
            tokens_viewable: policy.tokens_viewable,
            second_factor_required: policy.second_factor_required,
        }
    }
}

/// The immediate consequences of saving a policy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consequences {
    /// Tokens that are valid now and would have expired.
    pub expiring: u64,
    /// Old Auth Tokens that pass now, after a reset with an overlap, and would stop earlier or at once.
    #[serde(default)]
    pub overlaps_cut: u64,
    /// Auth Tokens that can be viewed now and no longer could.
    pub forgotten: u64,
    /// Whether every user would need a second factor, if that changed.
    pub second_factor: Option<bool>,
    /// Whether calls of the last days would have been refused.
    #[serde(default)]
    pub refuses: bool,
}

impl Consequences {
    /// Returns whether there is any consequence to confirm.
    #[must_use]
    pub const fn any(self) -> bool {
        self.expiring > 0 || self.overlaps_cut > 0 || self.forgotten > 0 || self.second_factor.is_some() || self.refuses
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ranges(text: &str) -> Result<Vec<String>, Vec<PolicyProblem>> {
        let form = SecurityPolicyForm { allowed_addresses: text.to_owned(), ..SecurityPolicyForm::default() };
        form.validate().map(|policy| policy.allowed_addresses.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn an_empty_form_demands_nothing() {
        assert_eq!(SecurityPolicyForm::default().validate(), Ok(SecurityPolicy::default()));
        assert!(crate::gate::address_range::allows(&[], "203.0.113.9".parse().unwrap()));
    }

    #[test]
    fn ranges_are_normalised_without_duplicates() {
        let typed =
            " 192.0.2.77/24 \n\n192.0.2.0/24\r\n198.51.100.7\n2001:DB8:0::1/32\n::ffff:203.0.113.9/120\n0.0.0.0/0";
        let read = ["192.0.2.0/24", "198.51.100.7/32", "2001:db8::/32", "203.0.113.0/24", "0.0.0.0/0"];
        assert_eq!(ranges(typed).unwrap(), read);
    }

    #[test]
    fn form_names_each_line_that_is_not_a_range() {
        let problems = ranges("192.0.2.0/33\n10.0.0.0/8\nexample.org\n10.0.0.0/8,").unwrap_err();
        let problem = |line, input: &str| PolicyProblem::Range { line, input: input.to_owned() };
        assert_eq!(problems, [problem(1, "192.0.2.0/33"), problem(3, "example.org"), problem(4, "10.0.0.0/8,")]);
        let many: Vec<_> = (0..=RANGES_MAX).map(|n| format!("10.0.{n}.0/24")).collect();
        assert_eq!(ranges(&many.join("\n")), Err(vec![PolicyProblem::TooManyRanges]));
        assert_eq!(ranges(&many[1..].join("\n")).unwrap().len(), RANGES_MAX);
    }

    #[test]
    fn a_lifetime_is_a_number_of_days() {
        let lifetime = |days: &str| {
            let form = SecurityPolicyForm { token_lifetime: days.to_owned(), ..SecurityPolicyForm::default() };
            form.validate().map(|policy| policy.token_lifetime.map(Lifetime::days))
        };
        assert_eq!((lifetime(" 90 "), lifetime("")), (Ok(Some(90)), Ok(None)));
        for wrong in ["0", "3651", "-1", "1.5", "a year", "99999999999"] {
            assert_eq!(lifetime(wrong), Err(vec![PolicyProblem::Lifetime]), "{wrong}");
        }
    }

    #[test]
    fn overlap_is_a_number_of_days_or_the_default() {
        let overlap = |days: &str| {
            let form = SecurityPolicyForm { longest_overlap: days.to_owned(), ..SecurityPolicyForm::default() };
            form.validate().map(|policy| policy.longest_overlap.days())
        };
        assert_eq!(["", " 7 ", "0", "365"].map(overlap), [Ok(30), Ok(7), Ok(0), Ok(365)]);
        for wrong in ["366", "-1", "1.5", "a day"] {
            assert_eq!(overlap(wrong), Err(vec![PolicyProblem::Overlap]), "{wrong}");
        }
    }

    #[test]
    fn only_addresses_differ_if_nothing_else_does() {
        let open = SecurityPolicy::default();
        let near = SecurityPolicy { allowed_addresses: vec!["192.0.2.0/24".parse().unwrap()], ..open.clone() };
        let viewable = SecurityPolicy { tokens_viewable: true, ..near.clone() };
        assert!(open.differs_by_addresses_only(&near) && near.differs_by_addresses_only(&open));
        assert!(!open.differs_by_addresses_only(&open) && !open.differs_by_addresses_only(&viewable));
    }

    #[test]
    fn change_of_the_second_factor_is_a_consequence_to_confirm() {
        let with = |second_factor| Consequences { second_factor, ..Consequences::default() };
        assert_eq!([Some(true), Some(false), None].map(|change| with(change).any()), [true, true, false]);
    }

    proptest! {
        #[test]
        fn policy_round_trips_through_its_form(
            days in proptest::option::of(1_u16..=3_650), overlap in 0_u16..=365, viewable: bool, second: bool, text in "[0-9a-f:./\n]{0,60}",
        ) {
            let form = SecurityPolicyForm {
                token_lifetime: days.map(|days| days.to_string()).unwrap_or_default(),
                longest_overlap: overlap.to_string(),
                allowed_addresses: text,
                tokens_viewable: viewable,
                second_factor_required: second,
            };
            if let Ok(policy) = form.validate() {
                prop_assert_eq!(SecurityPolicyForm::from(&policy).validate(), Ok(policy));
            }
        }
    }
}
