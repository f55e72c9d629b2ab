//! Rate limits: a token bucket per key with a burst of one second, on one atomic word each.
//!
//! The bucket is a GCRA: the word holds the time at which the bucket will be full again
//! (nanoseconds of the caller's clock). A permit moves that time by one interval,
//! `ceil(1 s / rate)`; the bucket holds exactly `rate` intervals, so exactly `rate`
//! permits can be taken at one instant, and never more than `rate` in a second after.
//!
//! The table is open-addressed and lock-free, in memory or in a file that all workers of
//! a node map (`rate_file`). What it holds may be lost at any time without harm (D1).

use std::hash::Hasher;

use siphasher::sip::SipHasher13;

pub use crate::rate_file::SharedFileError;
use crate::rate_file::{SLOTS_MAX, SharedFile};
use quangate_stock::sync::{AtomicU64, Ordering};

const SECOND_NS: u64 = 1_000_000_000;
const MS_NS: u64 = 1_000_000;
/// Slots a key may live in, from its hash on: two cache lines.
const PROBES: usize = 8;

/// One key and its bucket. `repr(C)`: this is also the layout in the file.
#[repr(C)]
#[derive(Default)]
pub(crate) struct Slot {
    /// The key's hash; 0 while the slot was never used.
    tag: AtomicU64,
    /// When the bucket is full again, in nanoseconds; in the past: it is full.
    full_at_ns: AtomicU64,
}

impl Slot {
    fn look(&self) -> Place<'_> {
        // Relaxed: see `Place::take_over`.
        let tag = self.tag.load(Ordering::Relaxed);
        let full_at_ns = match tag {
            // Not read: another caller may own the slot by now and have charged it, and
            // that charge must not be taken for something to clear away.
            0 => 0,
            _ => self.full_at_ns.load(Ordering::Relaxed),
        };
        Place {
            slot: self,
            tag,
            full_at_ns,
        }
    }
}

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

enum Table {
    Local { slots: Box<[Slot]>, key: (u64, u64) },
    Shared(SharedFile),
}

/// Buckets by key.
pub struct RateLimiter(Table);

impl RateLimiter {
    /// A limiter for this process alone, for about `slots` keys. `key` must be random.
    /// `None` beyond 2^24 slots.
    #[must_use]
    pub fn local(slots: usize, key: (u64, u64)) -> Option<Self> {
        if slots > SLOTS_MAX {
            return None;
        }
        let slots = (0..slots.max(PROBES)).map(|_| Slot::default()).collect();
        Some(Self(Table::Local { slots, key }))
    }

    /// A limiter shared by all processes of the node that open `path`. A file that is not
    /// ours or damaged is replaced by an empty one; `key` is used for a new file only.
    pub fn shared(
        path: &std::path::Path,
        slots: usize,
        key: (u64, u64),
    ) -> Result<Self, SharedFileError> {
        let file = SharedFile::open(path, slots.max(PROBES), key)?;
        Ok(Self(Table::Shared(file)))
    }

    /// Takes `permits` from the bucket of `key`, which refills at `rate_per_s`, at `now_ns`
    /// of a clock that all sharers agree on. More permits than `rate_per_s` are never granted.
    /// A rate of 0 grants nothing; rates above 10^9 count as 10^9.
    #[must_use]
    pub fn acquire(&self, key: &str, rate_per_s: u64, permits: u64, now_ns: u64) -> Permit {
        if rate_per_s == 0 {
            return Permit {
                granted: false,
                remaining: 0,
                retry_after_ms: SECOND_NS / MS_NS,
            };
        }
        let bucket = Bucket::new(rate_per_s);
        let slot = self.slot(key, now_ns);
        // Relaxed, here and below: the word is all there is, nothing hangs on it.
        let mut seen = slot.full_at_ns.load(Ordering::Relaxed);
        loop {
            let (next, permit) = bucket.take(seen, permits, now_ns);
            if next == seen {
                return permit;
            }
            match slot.full_at_ns.compare_exchange_weak(
                seen,
                next,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return permit,
                Err(now) => seen = now,
            }
        }
    }

    /// What `acquire` of one permit would answer; nothing is taken.
    #[must_use]
    pub fn look(&self, key: &str, rate_per_s: u64, now_ns: u64) -> Permit {
        let (slots, hash_key) = self.parts();
        let tag = tag(key, hash_key);
        // A key that has no slot has not taken anything of late; none is made for it.
        let seen = window(slots, tag)
            .map(Slot::look)
            .find(|place| place.tag == tag)
            .map_or(0, |place| place.full_at_ns);
        Bucket::new(rate_per_s).take(seen, 1, now_ns).1
    }

    fn parts(&self) -> (&[Slot], (u64, u64)) {
        match &self.0 {
            Table::Local { slots, key } => (slots, *key),
            Table::Shared(file) => (file.slots(), file.key()),
        }
    }

    /// The slot of a key. When all its places are taken by others, it takes over the one
    /// that is nearest to full: forgetting that bucket gives away least.
    fn slot(&self, key: &str, now_ns: u64) -> &Slot {
        let (slots, hash_key) = self.parts();
        let tag = tag(key, hash_key);
        loop {
            let mut place: Option<Place> = None;
            for slot in window(slots, tag) {
                let found = slot.look();
                if found.tag == tag {
                    return slot;
                }
                if place.is_none_or(|best| found.full_at_ns < best.full_at_ns) {
                    place = Some(found);
                }
                if found.tag == 0 {
                    break; // keys fill their window from the front
                }
            }
            if let Some(place) = place
                && place.take_over(tag, now_ns)
            {
                return place.slot;
            }
        }
    }
}

/// A slot as it was seen; an empty one is full since the beginning of time.
#[derive(Clone, Copy)]
struct Place<'a> {
    slot: &'a Slot,
    tag: u64,
    full_at_ns: u64,
}

impl Place<'_> {
    /// Gives the slot to another key, with a full bucket; `false` when someone was faster.
    fn take_over(self, tag: u64, now_ns: u64) -> bool {
        // Relaxed, here and below: tag and bucket each stand for themselves.
        if self.full_at_ns > now_ns {
            // Before the tag, so that no charge of the new key is wiped out. When it fails,
            // the old key was just charged, and the new one starts with that: an error of
            // a moment, in a table that is too small.
            let _ = self.slot.full_at_ns.compare_exchange(
                self.full_at_ns,
                now_ns,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
        }
        let taken =
            self.slot
                .tag
                .compare_exchange(self.tag, tag, Ordering::Relaxed, Ordering::Relaxed);
        taken.is_ok()
    }
}

fn tag(key: &str, hash_key: (u64, u64)) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(hash_key.0, hash_key.1);
    hasher.write(key.as_bytes());
    hasher.finish().max(1)
}

/// The slots a tag may be in, in order.
#[allow(clippy::cast_possible_truncation)] // the index is below slots.len()
fn window(slots: &[Slot], tag: u64) -> impl Iterator<Item = &Slot> + Clone {
    let start = ((u128::from(tag) * slots.len() as u128) >> 64) as usize;
    slots[start..].iter().chain(slots).take(PROBES)
}

/// The arithmetic of one bucket: pure.
struct Bucket {
    interval_ns: u64,
    burst_ns: u64,
}

impl Bucket {
    fn new(rate_per_s: u64) -> Self {
        let rate = rate_per_s.clamp(1, SECOND_NS);
        // Rounded up, so that the rate is never exceeded; at 10^5/s that costs 0.01 %.
        let interval_ns = SECOND_NS.div_ceil(rate);
        Self {
            interval_ns,
            burst_ns: interval_ns * rate,
        }
    }

    /// The new word and the answer for taking `permits` at `now_ns` from word `full_at_ns`.
    fn take(&self, full_at_ns: u64, permits: u64, now_ns: u64) -> (u64, Permit) {
        // Further ahead than an empty bucket: the clock went back, or the rate was raised.
        // It becomes an empty one, so neither locks a key out for more than a second.
        let full_at_ns = full_at_ns.min(now_ns.saturating_add(self.burst_ns));
        let debt_ns = full_at_ns.saturating_sub(now_ns);
        let left_ns = self.burst_ns - debt_ns;
        let price_ns = permits.saturating_mul(self.interval_ns);
        if price_ns <= left_ns {
            let permit = Permit {
                granted: true,
                remaining: (left_ns - price_ns) / self.interval_ns,
                retry_after_ms: 0,
            };
            return (now_ns.saturating_add(debt_ns + price_ns), permit);
        }
        // What can never fit is told to wait for a full bucket, and at least a millisecond.
        let missing_ns = price_ns.min(self.burst_ns) - left_ns;
        let permit = Permit {
            granted: false,
            remaining: left_ns / self.interval_ns,
            retry_after_ms: missing_ns.div_ceil(MS_NS).max(1),
        };
        (full_at_ns, permit)
    }
}
