//! Order ids: 63 bits, positive, ordered by time, unique per worker slot.
//!
//! `41 bits milliseconds since 2025-01-01 | 10 bits worker slot | 12 bits counter`.
//! The clock is an argument. A generator's ids only grow, even when the clock goes back
//! or a millisecond's 4096 counters are used up: it then borrows from the next one.

use crate::fork::ForkGuard;
use crate::sync::{AtomicU64, Ordering};

/// 2025-01-01T00:00:00Z in Unix milliseconds.
pub const EPOCH_MS: i64 = 1_735_689_600_000;
/// Slots 0..=1023.
pub const SLOT_MAX: u16 = (1 << SLOT_BITS) - 1;

const SLOT_BITS: u32 = 10;
const COUNTER_BITS: u32 = 12;
/// Ticks are `milliseconds << COUNTER_BITS | counter`; the last one is in the year 2094.
const TICK_MAX: u64 = (1 << (41 + COUNTER_BITS)) - 1;

/// Why no id is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderIdError {
    /// The worker slot is above [`SLOT_MAX`].
    Slot,
    /// The 41 bits of milliseconds are used up.
    Exhausted,
    /// The process was forked, and the parent goes on with these ids.
    Forked,
}

impl std::fmt::Display for OrderIdError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Slot => "the worker slot must be within 0..=1023",
            Self::Exhausted => "the time is beyond what an order id can hold (the year 2094)",
            Self::Forked => "the process was forked; its order ids belong to the parent",
        })
    }
}

impl std::error::Error for OrderIdError {}

/// The generator of one worker slot.
pub struct OrderIds {
    slot: u64,
    /// The tick given out last; 0 before the first, so that no id is 0.
    last: AtomicU64,
    fork: ForkGuard,
}

impl OrderIds {
    /// A generator. Two live generators must not share a slot; the database grants slots.
    pub fn new(slot: u16) -> Result<Self, OrderIdError> {
        if slot > SLOT_MAX {
            return Err(OrderIdError::Slot);
        }
        Ok(Self {
            slot: u64::from(slot),
            last: AtomicU64::new(0),
            fork: ForkGuard::new(),
        })
    }

    /// The next id at `now_ms`, Unix milliseconds.
    pub fn next(&self, now_ms: i64) -> Result<i64, OrderIdError> {
        Ok(self.id(self.reserve(now_ms, 1)?))
    }

    /// The next `count` ids, growing.
    pub fn next_many(
        &self,
        now_ms: i64,
        count: u32,
    ) -> Result<impl ExactSizeIterator<Item = i64>, OrderIdError> {
        let first = self.reserve(now_ms, count)?;
        Ok((0..count).map(move |step| self.id(first + u64::from(step))))
    }

    /// Takes `count` ticks from the later of the clock and the tick after the last; the first of them.
    fn reserve(&self, now_ms: i64, count: u32) -> Result<u64, OrderIdError> {
        if !self.fork.is_home() {
            return Err(OrderIdError::Forked);
        }
        // A clock before the epoch is a wrong clock; the ids still grow.
        let since_epoch_ms = now_ms.saturating_sub(EPOCH_MS).max(0).unsigned_abs();
        let clock = since_epoch_ms.saturating_mul(1 << COUNTER_BITS);
        // Relaxed, here and below: ids carry no other data, and one atomic variable has
        // one order of changes, so no tick is taken twice.
        let mut last = self.last.load(Ordering::Relaxed);
        loop {
            let first = clock.max(last + 1);
            let end = first.saturating_add(u64::from(count));
            if end > TICK_MAX {
                return Err(OrderIdError::Exhausted);
            }
            match self.last.compare_exchange_weak(
                last,
                end - 1,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Ok(first),
                Err(now) => last = now,
            }
        }
    }

    fn id(&self, tick: u64) -> i64 {
        let (milliseconds, counter) = (tick >> COUNTER_BITS, tick & ((1 << COUNTER_BITS) - 1));
        let slot = self.slot << COUNTER_BITS;
        ((milliseconds << (SLOT_BITS + COUNTER_BITS)) | slot | counter).cast_signed()
    }
}

#[cfg(all(test, not(loom)))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// An id is the milliseconds, the slot and the counter, in this order.
    #[test]
    fn layout() {
        let ids = OrderIds::new(5).unwrap();
        let ms = 1_000;
        assert_eq!(ids.next(EPOCH_MS + ms), Ok((ms << 22) | (5 << 12)));
        assert_eq!(ids.next(EPOCH_MS + ms), Ok((ms << 22) | (5 << 12) | 1));
    }

    /// Ids grow when the clock stands, goes back, or lies before the epoch, and none is 0.
    #[test]
    fn ids_grow_whatever_the_clock_does() {
        let ids = OrderIds::new(0).unwrap();
        let mut last = 0;
        for now_ms in [
            0,
            i64::MIN,
            EPOCH_MS + 9,
            EPOCH_MS + 9,
            EPOCH_MS + 2,
            EPOCH_MS + 10,
        ] {
            let id = ids.next(now_ms).unwrap();
            assert!(id > last, "{id} after {last} at {now_ms}");
            last = id;
        }
    }

    /// A full millisecond borrows from the next; a batch is one growing series.
    #[test]
    fn a_full_millisecond_borrows() {
        let ids = OrderIds::new(1).unwrap();
        let batch: Vec<i64> = ids.next_many(EPOCH_MS + 7, 5_000).unwrap().collect();
        assert!(batch.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(batch[4_095] >> 22, 7);
        assert_eq!(batch[4_096] >> 22, 8);
        assert!(ids.next(EPOCH_MS + 7).unwrap() > batch[4_999]);
    }

    /// An empty batch takes nothing.
    #[test]
    fn an_empty_batch_is_empty() {
        let ids = OrderIds::new(1).unwrap();
        assert_eq!(ids.next_many(EPOCH_MS + 1, 0).unwrap().len(), 0);
        assert_eq!(ids.next(EPOCH_MS + 1), Ok((1 << 22) | (1 << 12)));
    }

    /// A slot beyond ten bits and a time beyond 41 bits are refused, not wrapped.
    #[test]
    fn limits_are_refused() {
        assert_eq!(OrderIds::new(1024).err(), Some(OrderIdError::Slot));
        let ids = OrderIds::new(SLOT_MAX).unwrap();
        assert_eq!(ids.next(i64::MAX), Err(OrderIdError::Exhausted));
        assert!(ids.next(EPOCH_MS + (1 << 41) - 1).is_ok());
    }

    /// Threads on one generator never get the same id.
    #[test]
    fn threads_share_a_generator() {
        let ids = OrderIds::new(3).unwrap();
        let mut all: Vec<i64> = std::thread::scope(|scope| {
            let take = || {
                (0..1_000)
                    .map(|_| ids.next(EPOCH_MS + 1).unwrap())
                    .collect::<Vec<_>>()
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
            threads
                .into_iter()
                .flat_map(|thread| thread.join().unwrap())
                .collect()
        });
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 4_000);
    }
}
