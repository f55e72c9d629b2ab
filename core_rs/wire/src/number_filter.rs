//! A Bloom filter of accepted order numbers: "certainly new" without asking the database.
//!
//! No false negatives, ever; a false positive costs one look-up. Split blocks: one
//! number sets one bit in each of the eight 32-bit lanes of one 32-byte block, so a
//! question touches one cache line. The hash is keyed at random per filter, so that a
//! partner cannot choose numbers that collide.
//!
//! Orderings are relaxed throughout: bits are only ever set, and the caller publishes a
//! number by its own means (the commit) before anyone may rely on it being found.

use std::hash::Hasher;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use siphasher::sip::SipHasher13;

/// Odd multipliers, one per lane: the constants of the Apache Parquet split-block filter.
const SALTS: [u32; 8] = [
    0x47b6_137b,
    0x4497_4d91,
    0x8824_ad5b,
    0xa2b7_289d,
    0x7054_95c7,
    0x2df1_424b,
    0x9efc_4947,
    0x5c6b_fb31,
];
const BLOCK_BITS: u64 = 256;
/// Largest filter: 2^26 blocks, 2 GiB.
const BLOCKS_MAX: u64 = 1 << 26;

#[repr(align(32))]
#[derive(Default)]
struct Block([AtomicU32; 8]);

/// The filter. Numbers are told apart by partner.
pub struct NumberFilter {
    blocks: Box<[Block]>,
    key: (u64, u64),
    capacity: u64,
    added: AtomicU64,
}

impl NumberFilter {
    /// A filter for `capacity` numbers at `bits_per_item` bits each (12 give about 0.5 %
    /// false positives when full). `key` must be random. `None` beyond 2 GiB.
    #[must_use]
    pub fn new(capacity: u64, bits_per_item: u32, key: (u64, u64)) -> Option<Self> {
        let bits = capacity.checked_mul(u64::from(bits_per_item))?;
        let blocks = bits.div_ceil(BLOCK_BITS).max(1);
        (blocks <= BLOCKS_MAX).then(|| Self {
            blocks: (0..blocks).map(|_| Block::default()).collect(),
            key,
            capacity,
            added: AtomicU64::new(0),
        })
    }

    /// Adds a partner's number; `true` when it was certainly not there.
    pub fn add(&self, partner_id: i64, number: &[u8]) -> bool {
        let (block, bits) = self.place(partner_id, number);
        let mut fresh = false;
        for (lane, bit) in block.0.iter().zip(bits) {
            fresh |= lane.fetch_or(bit, Ordering::Relaxed) & bit == 0;
        }
        self.added.fetch_add(u64::from(fresh), Ordering::Relaxed);
        fresh
    }

    /// Adds the numbers of a text, one per line (LF); empty lines are none.
    pub fn add_lines(&self, partner_id: i64, text: &[u8]) {
        for line in text.split(|byte| *byte == b'\n') {
            if !line.is_empty() {
                self.add(partner_id, line);
            }
        }
    }

    /// `false`: the number was never added. `true`: it probably was.
    pub fn may_contain(&self, partner_id: i64, number: &[u8]) -> bool {
        let (block, bits) = self.place(partner_id, number);
        let mut lanes = block.0.iter().zip(bits);
        lanes.all(|(lane, bit)| lane.load(Ordering::Relaxed) & bit != 0)
    }

    /// Numbers added that were not there; at most a little below the distinct ones.
    pub fn len(&self) -> u64 {
        self.added.load(Ordering::Relaxed)
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it holds what it was made for; more only raises the false positives.
    pub fn is_full(&self) -> bool {
        self.len() >= self.capacity
    }

    /// The block of a number and its bit in each lane.
    #[allow(clippy::cast_possible_truncation)] // halves of the hash; the index is below blocks.len()
    fn place(&self, partner_id: i64, number: &[u8]) -> (&Block, [u32; 8]) {
        let mut hasher = SipHasher13::new_with_keys(self.key.0, self.key.1);
        hasher.write_i64(partner_id);
        hasher.write(number);
        let hash = hasher.finish();
        let index = ((hash >> 32) * self.blocks.len() as u64) >> 32;
        let low = hash as u32;
        let bits = SALTS.map(|salt| 1 << (low.wrapping_mul(salt) >> 27));
        (&self.blocks[index as usize], bits)
    }
}

#[cfg(all(test, not(loom)))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn filter(capacity: u64) -> NumberFilter {
        NumberFilter::new(capacity, 12, (1, 2)).unwrap()
    }

    /// Everything added is found, also far beyond the capacity.
    #[test]
    fn no_false_negatives() {
        let filter = filter(100);
        let numbers: Vec<String> = (0..5_000).map(|n| format!("order-{n}")).collect();
        for number in &numbers {
            filter.add(7, number.as_bytes());
        }
        assert!(
            numbers
                .iter()
                .all(|number| filter.may_contain(7, number.as_bytes()))
        );
        assert!(filter.is_full());
    }

    /// When full, at most one in a hundred unknown numbers is taken for known.
    #[test]
    fn few_false_positives() {
        let filter = filter(20_000);
        for n in 0..20_000 {
            filter.add(1, format!("a{n}").as_bytes());
        }
        let wrong = (0..20_000).filter(|n| filter.may_contain(1, format!("b{n}").as_bytes()));
        let wrong = wrong.count();
        assert!(wrong < 200, "{wrong} of 20000");
    }

    /// One partner's number says nothing about another's.
    #[test]
    fn partners_are_apart() {
        let filter = filter(1_000);
        filter.add(1, b"x");
        assert!(filter.may_contain(1, b"x"));
        assert!(!filter.may_contain(2, b"x"));
    }

    /// Another key places the same numbers elsewhere.
    #[test]
    fn the_key_decides_the_place() {
        let (one, other) = (filter(1_000), NumberFilter::new(1_000, 12, (3, 4)).unwrap());
        let moved = (0..100_i64).filter(|n| one.place(*n, b"x").1 != other.place(*n, b"x").1);
        assert!(moved.count() > 90);
    }

    /// Lines are split at LF; empty ones are skipped, a last one without LF counts.
    #[test]
    fn lines() {
        let filter = filter(1_000);
        filter.add_lines(1, b"a\n\nb\nc");
        assert_eq!(filter.len(), 3);
        for number in [b"a", b"b", b"c"] {
            assert!(filter.may_contain(1, number));
        }
        assert!(!filter.may_contain(1, b""));
    }

    /// A number added twice counts once.
    #[test]
    fn a_repeat_does_not_count() {
        let filter = filter(10);
        assert!(filter.is_empty());
        assert!(filter.add(1, b"a"));
        assert!(!filter.add(1, b"a"));
        assert_eq!(filter.len(), 1);
        assert!(!filter.is_full());
    }

    /// Absurd sizes are refused instead of allocated.
    #[test]
    fn absurd_sizes_are_refused() {
        assert!(NumberFilter::new(u64::MAX, 12, (0, 0)).is_none());
        assert!(NumberFilter::new(1 << 40, 12, (0, 0)).is_none());
    }
}
