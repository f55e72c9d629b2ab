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

use crate::rate_bucket::Bucket;
pub use crate::rate_bucket::{FULL_PRICE, Permit, Share};
pub use crate::rate_file::SharedFileError;
use crate::rate_file::{SLOTS_MAX, SharedFile};
use crate::rate_spent::Untold;
use quangate_stock::sync::{AtomicU64, Ordering};

const SECOND_MS: u64 = 1_000;
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

enum Table {
    Local { slots: Box<[Slot]>, key: (u64, u64) },
    Shared(SharedFile),
}

/// What a key's bucket was charged with since it was last told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// The key.
    pub key: Box<str>,
    /// Its rate, as it was last asked with.
    pub rate_per_s: u64,
    /// Permits that this process took.
    pub permits: u64,
    /// What is owed now, in nanoseconds of the key's full rate: by all that is known here.
    pub debt_ns: u64,
}

/// Buckets by key.
pub struct RateLimiter {
    table: Table,
    // How this process shares rates with other nodes: its own view, not the node's.
    nodes: AtomicU64,
    price: AtomicU64,
    /// At this time every bucket was emptied; 0: never.
    emptied_at_ns: AtomicU64,
    untold: Option<Untold>,
}

impl RateLimiter {
    /// A limiter for this process alone, for about `slots` keys. `key` must be random.
    /// `None` beyond 2^24 slots.
    #[must_use]
    pub fn local(slots: usize, key: (u64, u64)) -> Option<Self> {
        if slots > SLOTS_MAX {
            return None;
        }
        let slots = (0..slots.max(PROBES)).map(|_| Slot::default()).collect();
        Some(Self::over(Table::Local { slots, key }))
    }

    /// A limiter shared by all processes of the node that open `path`. A file that is not
    /// ours or damaged is replaced by an empty one; `key` is used for a new file only.
    pub fn shared(
        path: &std::path::Path,
        slots: usize,
        key: (u64, u64),
    ) -> Result<Self, SharedFileError> {
        let file = SharedFile::open(path, slots.max(PROBES), key)?;
        Ok(Self::over(Table::Shared(file)))
    }

    fn over(table: Table) -> Self {
        Self {
            table,
            nodes: AtomicU64::new(Share::ALONE.nodes),
            price: AtomicU64::new(Share::ALONE.price),
            emptied_at_ns: AtomicU64::new(0),
            untold: None,
        }
    }

    /// The same, and it counts what is taken, for `spent`.
    #[must_use]
    pub fn counting(mut self) -> Self {
        self.untold = Some(Untold::default());
        self
    }

    /// From now on this process shares every rate like this.
    pub fn share(&self, share: Share) {
        // Relaxed, here and in `bucket`: a call between the two sees one of each, which is
        // what it would have seen a moment before or after.
        self.nodes.store(share.nodes, Ordering::Relaxed);
        self.price.store(share.price, Ordering::Relaxed);
    }

    /// Every bucket was empty at `at_ns`, for this process: those that nobody remembers too.
    pub fn empty(&self, at_ns: u64) {
        self.emptied_at_ns.store(at_ns, Ordering::Relaxed);
    }

    /// What was taken since the last call, by key; nothing unless it is `counting`.
    #[must_use]
    pub fn spent(&self, now_ns: u64) -> Vec<Spent> {
        let Some(untold) = &self.untold else {
            return Vec::new();
        };
        let taken = untold.take().into_iter();
        taken
            .map(|(key, taken)| Spent {
                debt_ns: self
                    .bucket(taken.rate_per_s)
                    .debt_ns(self.seen(&key), now_ns),
                key,
                rate_per_s: taken.rate_per_s,
                permits: taken.permits,
            })
            .collect()
    }

    /// So many permits of `spent` were told to nobody after all.
    pub fn retell(&self, key: &str, rate_per_s: u64, permits: u64) {
        if let Some(untold) = &self.untold {
            untold.add(key, rate_per_s, permits);
        }
    }

    /// All nodes together owe `debt_ns` of the key's full rate at `now_ns`, without what this
    /// process has not told yet. A bucket that knows of more stays as it is.
    pub fn charge(&self, key: &str, rate_per_s: u64, debt_ns: u64, now_ns: u64) {
        let bucket = self.bucket(rate_per_s);
        let untold = self.untold.as_ref().map_or(0, |untold| untold.permits(key));
        let owed_ns = debt_ns.saturating_add(bucket.time_of(untold));
        if owed_ns == 0 {
            return; // no slot is made for a key that owes nothing
        }
        let full_at_ns = now_ns.saturating_add(owed_ns);
        // Relaxed: see `acquire`.
        self.slot(key, now_ns)
            .full_at_ns
            .fetch_max(full_at_ns, Ordering::Relaxed);
    }

    fn bucket(&self, rate_per_s: u64) -> Bucket {
        let share = Share {
            nodes: self.nodes.load(Ordering::Relaxed),
            price: self.price.load(Ordering::Relaxed),
        };
        Bucket::new(rate_per_s, share)
    }

    /// When a bucket is full again that was emptied with all others.
    fn filled_at_ns(&self, bucket: &Bucket) -> u64 {
        match self.emptied_at_ns.load(Ordering::Relaxed) {
            0 => 0,
            at_ns => at_ns.saturating_add(bucket.burst_ns()),
        }
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
                retry_after_ms: SECOND_MS,
            };
        }
        let bucket = self.bucket(rate_per_s);
        let filled_at_ns = self.filled_at_ns(&bucket);
        let slot = self.slot(key, now_ns);
        // Relaxed, here and below: the word is all there is, nothing hangs on it.
        let mut seen = slot.full_at_ns.load(Ordering::Relaxed);
        loop {
            let (next, permit) = bucket.take(seen.max(filled_at_ns), permits, now_ns);
            if next == seen {
                return permit;
            }
            match slot.full_at_ns.compare_exchange_weak(
                seen,
                next,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => {
                    if let Some(untold) = &self.untold
                        && permit.granted
                    {
                        untold.add(key, rate_per_s, permits);
                    }
                    return permit;
                }
                Err(now) => seen = now,
            }
        }
    }

    /// What `acquire` of one permit would answer; nothing is taken.
    #[must_use]
    pub fn look(&self, key: &str, rate_per_s: u64, now_ns: u64) -> Permit {
        let bucket = self.bucket(rate_per_s);
        let seen = self.seen(key).max(self.filled_at_ns(&bucket));
        bucket.take(seen, 1, now_ns).1
    }

    /// The word of a key; a key that has no slot has not taken anything of late, and none is
    /// made for it.
    fn seen(&self, key: &str) -> u64 {
        let (slots, hash_key) = self.parts();
        let tag = tag(key, hash_key);
        window(slots, tag)
            .map(Slot::look)
            .find(|place| place.tag == tag)
            .map_or(0, |place| place.full_at_ns)
    }

    fn parts(&self) -> (&[Slot], (u64, u64)) {
        match &self.table {
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
