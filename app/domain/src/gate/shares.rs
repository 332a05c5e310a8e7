//! Shares: calls of an account that a node takes several at a time from the count which all nodes have in common, and
//! lets pass without asking again.
//!
//! A call is counted when it is taken, not when it passes. So the nodes together never let more calls pass than the
//! limit, whatever becomes of one of them: in any time, at most the limit and the calls that come back in that time and
//! three [`LIFETIME`]s, as calls may pass some time after they were counted. A node gives back the calls it did not need; one that crashes can't, and so
//! withholds the rest of its share: at most a [`PART`]th of the calls that were left, and at most [`GROWTH`] times the
//! calls that passed there in the last [`LIFETIME`]. Withheld calls come back as calls do that were made.

use super::gcra::{Quota, Taken};

/// The time for which a share can be used, in nanoseconds. Shares are made to last that long.
pub const LIFETIME: u64 = 10_000_000_000;

/// The time after which nothing of a share is given back, in nanoseconds since it was counted: its calls may have come
/// back by then, and be made by others.
pub const GIVEN_BACK_WITHIN: u64 = 2 * LIFETIME;

/// The most by which a share is larger than the last one.
pub const GROWTH: u32 = 8;

/// The part of the calls left that one share may take. The fewer are left, the smaller are the shares: the last calls
/// are taken one by one.
pub const PART: u32 = 16;

/// Calls taken from the common count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// The number of calls; 0 if none was left.
    pub calls: u32,
    /// The time until all of the account's calls have come back, in nanoseconds.
    pub back_in: u64,
    /// The same as a time of the common count's clock, in nanoseconds since its epoch.
    pub back_at: u64,
}

/// Calls of a share that were not made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unused {
    /// Their number.
    pub calls: u32,
    /// When their share was counted, by the common count's clock.
    pub counted_at: u64,
    /// [`Grant::back_at`] of their share.
    pub counted_back_at: u64,
}

impl Unused {
    /// Returns the time in which so many calls come back, in nanoseconds.
    #[must_use]
    pub fn time(self, quota: Quota) -> u64 {
        u64::from(self.calls) * quota.every()
    }
}

impl Quota {
    /// Returns the number of calls that a share may take if `wanted` are asked for and all are back in `back_in`.
    #[must_use]
    pub fn share(self, back_in: u64, wanted: u32) -> u32 {
        let left = self.left(back_in);
        wanted.clamp(1, (left / PART).max(1)).min(left)
    }

    /// Returns the time until all calls are back after unused ones were given back, if it was `back_in` before, at `now`
    /// by the common count's clock. Calls of the share that have come back by then can't be given back once more.
    #[must_use]
    pub fn after_giving_back(self, back_in: u64, unused: Unused, now: u64) -> u64 {
        let is_late = now > unused.counted_at.saturating_add(GIVEN_BACK_WITHIN);
        let most = if is_late { 0 } else { unused.counted_back_at.saturating_sub(now) };
        back_in.saturating_sub(unused.time(self).min(most))
    }
}

/// A node's share of an account's calls. Times are nanoseconds by the node's own clock, which never goes back and is not 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    /// The calls that were taken and have not passed yet.
    left: u32,
    /// The calls of the share that passed.
    passed: u32,
    taken_at: u64,
    /// When the common count was last asked, for a share or to read it.
    asked_at: u64,
    /// When all calls of the account have come back, with those of the share, as far as this node knows.
    back_at: u64,
    /// The same by the common count's clock.
    counted_back_at: u64,
    /// When the share was counted, by that clock.
    counted_at: u64,
    /// The time before which the common count is not asked again, after none was left: none has come back by then.
    /// Other nodes may give calls back earlier, so it is within a lifetime.
    none_before: u64,
}

impl Share {
    /// Lets a call pass, or refuses it. Returns `None` if the common count has to be asked.
    pub fn pass(&mut self, quota: Quota, now: u64) -> Option<Taken> {
        let passed = self.left > 0 && !self.is_over(now);
        if passed {
            self.left -= 1;
            self.passed = self.passed.saturating_add(1);
        } else if now >= self.none_before {
            return None;
        }
        Some(Taken { passed, back_in: self.back_in(quota, now) })
    }

    /// Refuses a call that waits for the common count behind more calls than were left by the last answer. Without that,
    /// calls of an account beyond its limit would queue for as long as the count is slower than calls come back.
    #[must_use]
    pub fn refuse_behind(&self, ahead: u32, quota: Quota, now: u64) -> Option<Taken> {
        let back_in = self.known(quota, now)?;
        (ahead > quota.left(back_in)).then_some(Taken { passed: false, back_in })
    }

    /// Returns the time until all calls are back by what this node knows. The calls left in its share count as back.
    #[must_use]
    pub fn back_in(&self, quota: Quota, now: u64) -> u64 {
        self.back_at.saturating_sub(now).saturating_sub(u64::from(self.left) * quota.every())
    }

    /// Returns the same if the common count was asked within a share's lifetime, or else `None`.
    #[must_use]
    pub fn known(&self, quota: Quota, now: u64) -> Option<u64> {
        let known = self.asked_at > 0 && now < self.asked_at + LIFETIME;
        known.then(|| self.back_in(quota, now))
    }

    /// Notes the time until all calls are back as the common count gave it at `asked_at`, with no share taken.
    pub fn note(&mut self, back_in: u64, asked_at: u64) {
        if self.left == 0 && asked_at >= self.asked_at {
            (self.back_at, self.asked_at) = (asked_at + back_in, asked_at);
        }
    }

    /// Returns the number of calls to take next: as many as pass in a share's lifetime at the last share's pace.
    #[must_use]
    pub fn wanted(&self, now: u64) -> u32 {
        let age = now.saturating_sub(self.taken_at).max(1);
        let pace = u128::from(self.passed) * u128::from(LIFETIME) / u128::from(age);
        u32::try_from(pace).unwrap_or(u32::MAX).min(self.passed.saturating_mul(GROWTH)).max(1)
    }

    /// Begins the next share with these calls, which were asked for at `asked_at`. The last share must be used up, or
    /// given back.
    pub fn begin(&mut self, quota: Quota, grant: Grant, asked_at: u64) {
        *self = Self {
            left: grant.calls,
            passed: 0,
            taken_at: asked_at,
            asked_at,
            back_at: asked_at + grant.back_in,
            counted_back_at: grant.back_at,
            counted_at: grant.back_at.saturating_sub(grant.back_in),
            none_before: if grant.calls == 0 { asked_at + quota.wait(grant.back_in).min(LIFETIME) } else { 0 },
        };
    }

    /// Ends the share if its time is over, or in any case if the node ends. Returns the calls to give back, or `None` if
    /// there are none.
    pub fn end(&mut self, now: u64, node_ends: bool) -> Option<Unused> {
        if !self.is_to_end(now, node_ends) {
            return None;
        }
        let calls = std::mem::take(&mut self.left);
        Some(Unused { calls, counted_at: self.counted_at, counted_back_at: self.counted_back_at })
    }

    /// Returns whether [`Share::end`] would return calls to give back.
    #[must_use]
    pub fn is_to_end(&self, now: u64, node_ends: bool) -> bool {
        self.left > 0 && (node_ends || self.is_over(now))
    }

    fn is_over(&self, now: u64) -> bool {
        now >= self.taken_at + LIFETIME
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use std::num::NonZeroU32;

    const SECOND: u64 = 1_000_000_000;
    const NODES: usize = 4;

    fn quota(calls: u32, seconds: u32) -> Quota {
        Quota::new(NonZeroU32::new(calls).unwrap(), seconds)
    }

    /// The count that all nodes have in common, by a clock of its own.
    #[derive(Default)]
    struct Common {
        back_at: u64,
    }

    impl Common {
        fn give_back(&mut self, quota: Quota, now: u64, unused: Unused) {
            let back_in = self.back_at.saturating_sub(now);
            self.back_at = now + quota.after_giving_back(back_in, unused, now);
        }

        fn take(&mut self, quota: Quota, now: u64, wanted: u32) -> Grant {
            let back_in = self.back_at.saturating_sub(now);
            let calls = quota.share(back_in, wanted);
            let back_in = back_in + u64::from(calls) * quota.every();
            self.back_at = now + back_in;
            Grant { calls, back_in, back_at: self.back_at }
        }
    }

    /// Nodes that share a limit, and the time by the common count's clock.
    struct Nodes {
        quota: Quota,
        common: Common,
        now: u64,
        shares: [Share; NODES],
        /// By how much each node's clock is ahead.
        ahead: [u64; NODES],
        passed: u64,
        asked: u32,
        /// When all calls that passed are back, as one count of these alone would have it, and the longest time until then.
        passed_back_at: u64,
        worst: u64,
    }

    impl Nodes {
        fn new(quota: Quota, ahead: [u64; NODES]) -> Self {
            let (common, shares) = (Common::default(), [Share::default(); NODES]);
            Self { quota, common, now: SECOND, shares, ahead, passed: 0, asked: 0, passed_back_at: 0, worst: 0 }
        }

        /// One call at a node. It takes `latency` to ask, and again to get the answer.
        fn call(&mut self, node: usize, latency: u64) -> Taken {
            loop {
                let at = self.now + self.ahead[node];
                if let Some(taken) = self.shares[node].pass(self.quota, at) {
                    if taken.passed {
                        self.passed += 1;
                        self.passed_back_at = self.passed_back_at.max(self.now) + self.quota.every();
                        self.worst = self.worst.max(self.passed_back_at - self.now);
                    }
                    return taken;
                }
                let wanted = self.shares[node].wanted(at);
                self.now += latency;
                self.end(node, false);
                let grant = self.common.take(self.quota, self.now, wanted);
                self.now += latency;
                self.shares[node].begin(self.quota, grant, at);
                self.asked += 1;
            }
        }

        fn end(&mut self, node: usize, node_ends: bool) {
            if let Some(unused) = self.shares[node].end(self.now + self.ahead[node], node_ends) {
                self.common.give_back(self.quota, self.now, unused);
            }
        }
    }

    /// One event of a simulated run.
    #[derive(Debug, Clone)]
    enum Step {
        Calls { node: usize, calls: u32, latency: u64 },
        Wait(u64),
        Sweep(usize),
        Leave(usize),
        Crash(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        let node = 0..NODES;
        prop_oneof![
            6 => (node.clone(), 1..400_u32, 0..100_000_000_u64)
                .prop_map(|(node, calls, latency)| Step::Calls { node, calls, latency }),
            3 => (0..15 * SECOND).prop_map(Step::Wait),
            1 => (0..4_000 * SECOND).prop_map(Step::Wait),
            4 => node.clone().prop_map(Step::Sweep),
            1 => node.clone().prop_map(Step::Leave),
            1 => node.prop_map(Step::Crash),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn nodes_never_pass_more_than_the_limit(
            calls in 1..5_000_u32, seconds in 1..100_000_u32, steps in vec(step(), 1..80),
            ahead in [0..1_000 * SECOND, 0..1_000 * SECOND, 0..1_000 * SECOND, 0..1_000 * SECOND],
        ) {
            let quota = quota(calls, seconds);
            let mut nodes = Nodes::new(quota, ahead);
            for step in steps {
                match step {
                    Step::Calls { node, calls, latency } => (0..calls).for_each(|_| _ = nodes.call(node, latency)),
                    Step::Wait(time) => nodes.now += time,
                    Step::Sweep(node) => nodes.end(node, false),
                    Step::Leave(node) => {
                        nodes.end(node, true);
                        nodes.shares[node] = Share::default();
                    }
                    Step::Crash(node) => nodes.shares[node] = Share::default(),
                }
                let elapsed = nodes.now - SECOND;
                prop_assert!(nodes.passed <= u64::from(calls) + elapsed / quota.every());
                prop_assert!(nodes.worst <= quota.all() + 3 * LIFETIME, "{} at once", nodes.worst / quota.every());
                prop_assert!(nodes.common.back_at.saturating_sub(nodes.now) <= quota.all());
            }
        }

        #[test]
        fn all_calls_pass_whatever_nodes_they_come_to(calls in 1..2_000_u32, order in vec(0..NODES, 1..50)) {
            // So slow that none comes back meanwhile.
            let quota = quota(calls, 80_000_000);
            let mut nodes = Nodes::new(quota, [0; NODES]);
            for node in order.iter().cycle().take(calls as usize) {
                nodes.call(*node, 0);
            }
            // Nodes without calls give back their shares, and the others take them.
            nodes.now += LIFETIME;
            (0..NODES).for_each(|node| nodes.end(node, false));
            while nodes.call(0, 0).passed {}
            prop_assert_eq!(nodes.passed, u64::from(calls));
        }

        #[test]
        fn crash_withholds_a_part_of_the_calls_left_at_most(calls in 1..20_000_u32, made in 1..3_000_u32) {
            let quota = quota(calls, 80_000_000);
            let mut nodes = Nodes::new(quota, [0; NODES]);
            (0..made).for_each(|_| _ = nodes.call(0, 0));
            let left = u64::from(calls) - nodes.passed;
            nodes.shares[0] = Share::default();
            let available = quota.left(nodes.common.back_at.saturating_sub(nodes.now));
            let withheld = left - u64::from(available);
            prop_assert!(withheld <= left / u64::from(PART - 1), "{} of {}", withheld, left);
            prop_assert!(withheld <= nodes.passed * u64::from(GROWTH), "{} after {}", withheld, nodes.passed);
        }
    }

    #[test]
    fn steady_calls_ask_once_in_a_lifetime() {
        let quota = quota(4_000_000_000, 3_600);
        let mut nodes = Nodes::new(quota, [0; NODES]);
        let mut asked = Vec::new();
        for _ in 0..4 {
            let before = nodes.asked;
            for _ in 0..50_000 {
                assert!(nodes.call(0, 0).passed);
                nodes.now += LIFETIME / 50_000;
            }
            asked.push(nodes.asked - before);
        }
        assert!(asked[0] <= 8 && asked[1..].iter().all(|asked| *asked <= 2), "{asked:?}");
    }

    #[test]
    fn last_calls_are_taken_one_by_one() {
        let quota = quota(1_000, 3_600_000);
        let shares = [1_000, 100, 31, 1, 0].map(|left| quota.share(quota.all() - left * quota.every(), u32::MAX));
        assert_eq!(shares, [62, 6, 1, 1, 0]);
        assert_eq!(quota.share(0, 0), 1, "a call that asks takes one at least");
    }

    #[test]
    fn refused_calls_ask_once_in_a_lifetime() {
        let quota = quota(2, 200);
        let mut nodes = Nodes::new(quota, [7 * SECOND; NODES]);
        let passed: Vec<_> = (0..4).map(|_| nodes.call(0, 0).passed).collect();
        assert_eq!((passed, nodes.asked), (vec![true, true, false, false], 3));
        nodes.now += LIFETIME - 1;
        assert_eq!((nodes.call(0, 0).passed, nodes.asked), (false, 3));
        nodes.now += 1;
        assert_eq!((nodes.call(0, 0).passed, nodes.asked), (false, 4), "another node may have given some back");
        nodes.now += 100 * SECOND - LIFETIME;
        assert_eq!((nodes.call(0, 0).passed, nodes.asked), (true, 5));
    }

    #[test]
    fn calls_behind_more_than_are_left_are_refused() {
        let quota = quota(10, 100);
        let mut share = Share::default();
        assert_eq!(share.refuse_behind(1_000, quota, SECOND), None, "nothing is known");
        share.note(quota.all() - 3 * quota.every(), SECOND);
        let passed = |ahead| share.refuse_behind(ahead, quota, SECOND).map(|taken| taken.passed);
        assert_eq!([0, 3, 4, 1_000].map(passed), [None, None, Some(false), Some(false)]);
    }

    #[test]
    fn late_calls_are_not_given_back() {
        let quota = quota(1_000, 3_600);
        let unused = Unused { calls: 51, counted_at: 0, counted_back_at: 189 * quota.every() };
        let after = |now| quota.after_giving_back(100 * quota.every(), unused, now) / quota.every();
        assert_eq!([0, GIVEN_BACK_WITHIN, GIVEN_BACK_WITHIN + 1].map(after), [49, 49, 100]);
    }

    #[test]
    fn count_that_was_read_is_known_for_a_lifetime() {
        let quota = quota(10, 100);
        let mut share = Share::default();
        assert_eq!(share.known(quota, SECOND), None);
        share.note(20 * SECOND, SECOND);
        let known = [0, SECOND, LIFETIME - 1, LIFETIME].map(|later| share.known(quota, SECOND + later));
        assert_eq!(known, [Some(20 * SECOND), Some(19 * SECOND), Some(20 * SECOND - LIFETIME + 1), None]);
        assert_eq!(share.pass(quota, 2 * SECOND), None, "reading gives no share");
    }
}
