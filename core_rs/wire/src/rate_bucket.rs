//! The arithmetic of one bucket, and how its rate is shared with other nodes: pure.

const SECOND_NS: u64 = 1_000_000_000;
const MS_NS: u64 = 1_000_000;
/// What a price of one interval is.
pub const FULL_PRICE: u64 = 1_000;
/// Of several nodes each has so much burst beyond its share: for a partner that is asked evenly
/// and comes a moment early. All nodes' slack is half of what a limit may be over.
const SLACK_NS: u64 = 50 * MS_NS;

/// The answer of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    /// Whether the permits were taken; if not, none was.
    pub granted: bool,
    /// Permits left after this call.
    pub remaining: u64,
    /// Milliseconds until the same call can succeed (rounded up); 0 when granted.
    pub retry_after_ms: u64,
}

/// How nodes share every key's rate.
///
/// The burst of a second is theirs by their number, each has its part. The pace is the key's own
/// as long as each hears what all others take; one that does not pays more for a permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Nodes that serve the same keys, this one among them.
    pub nodes: u64,
    /// What a permit costs, in thousandths of an interval.
    pub price: u64,
}

impl Share {
    /// One node alone.
    pub const ALONE: Self = Self {
        nodes: 1,
        price: FULL_PRICE,
    };
}

pub(crate) struct Bucket {
    interval_ns: u64,
    price_ns: u64,
    burst_ns: u64,
    debt_ns_max: u64,
}

impl Bucket {
    pub(crate) fn new(rate_per_s: u64, share: Share) -> Self {
        let rate = rate_per_s.clamp(1, SECOND_NS);
        let nodes = share.nodes.max(1);
        // Rounded up, so that the rate is never exceeded; at 10^5/s that costs 0.01 %.
        let interval_ns = SECOND_NS.div_ceil(rate);
        let second_ns = interval_ns * rate;
        let price_ns = interval_ns.saturating_mul(share.price.max(FULL_PRICE)) / FULL_PRICE;
        let burst_ns = match nodes {
            1 => second_ns.max(price_ns),
            _ => (second_ns / nodes).max(price_ns) + SLACK_NS,
        };
        // What others took may be more than what is ours to burst with.
        let debt_ns_max = burst_ns.max(if nodes == 1 { 0 } else { second_ns * 3 / 2 });
        Self {
            interval_ns,
            price_ns,
            burst_ns,
            debt_ns_max,
        }
    }

    /// How long filling up takes, from empty.
    pub(crate) fn burst_ns(&self) -> u64 {
        self.burst_ns
    }

    /// The time that so many permits take from all nodes together.
    pub(crate) fn time_of(&self, permits: u64) -> u64 {
        permits.saturating_mul(self.interval_ns)
    }

    /// What is owed at `now_ns` by a bucket that is full again at `full_at_ns`.
    ///
    /// Further ahead than it can be: the clock went back, or the rate was raised. It becomes an
    /// empty one, so that neither locks a key out for long.
    pub(crate) fn debt_ns(&self, full_at_ns: u64, now_ns: u64) -> u64 {
        full_at_ns.saturating_sub(now_ns).min(self.debt_ns_max)
    }

    /// The new word and the answer for taking `permits` at `now_ns` from word `full_at_ns`.
    pub(crate) fn take(&self, full_at_ns: u64, permits: u64, now_ns: u64) -> (u64, Permit) {
        let debt_ns = self.debt_ns(full_at_ns, now_ns);
        let left_ns = self.burst_ns.saturating_sub(debt_ns);
        let price_ns = permits.saturating_mul(self.price_ns);
        if price_ns <= left_ns {
            let permit = Permit {
                granted: true,
                remaining: (left_ns - price_ns) / self.price_ns,
                retry_after_ms: 0,
            };
            return (now_ns.saturating_add(debt_ns + price_ns), permit);
        }
        // What can never fit is told to wait for a full bucket, and at least a millisecond.
        let missing_ns = (debt_ns + price_ns.min(self.burst_ns)).saturating_sub(self.burst_ns);
        let permit = Permit {
            granted: false,
            remaining: left_ns / self.price_ns,
            retry_after_ms: missing_ns.div_ceil(MS_NS).max(1),
        };
        let ahead_max = now_ns.saturating_add(self.debt_ns_max);
        (full_at_ns.min(ahead_max), permit)
    }
}
