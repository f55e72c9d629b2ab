//! The return queue of a slab: positions that were claimed and are definitely unused.
//!
//! One bit per position, so it is bounded by construction, a position cannot be in it
//! twice, and there is no ABA: a bit is the position. Each word also carries a closed
//! bit, so that closing and returning the same position can never both win.

use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// Positions per word: the low half of a word; the high half only holds [`CLOSED`].
const WORD_POSITIONS: u32 = 32;
/// Set once by [`Returns::close`]; afterwards the word takes and gives nothing.
const CLOSED: u64 = 1 << 63;

/// A run of positions inside one slab: `offset .. offset + count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First position, counted from the slab's `lo`.
    pub offset: u32,
    /// Number of positions, at least 1.
    pub count: u32,
}

/// What became of a return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returned {
    /// Claimable again.
    Free,
    /// The slab is closed: whoever reclaims the lease in the database finds the positions.
    Closed,
    /// At least one position is free already: the caller returned it before.
    Twice,
}

/// The bitmap. Lock-free; every transition of a position is one compare-and-set.
pub(crate) struct Returns {
    words: Box<[AtomicU64]>,
    /// Never below the number of set bits, so that a finished return is never overlooked.
    pending: AtomicU32,
    /// Where the last return or claim was; only saves scanning, never decides anything.
    hint: AtomicU32,
}

impl Returns {
    pub(crate) fn new(positions: u32) -> Self {
        let words = (0..positions.div_ceil(WORD_POSITIONS)).map(|_| AtomicU64::new(0));
        Self {
            words: words.collect(),
            pending: AtomicU32::new(0),
            hint: AtomicU32::new(0),
        }
    }

    /// An upper bound of the free positions, exact when nobody else is at work.
    pub(crate) fn pending(&self) -> u32 {
        // Acquire: pairs with `put`, so whoever sees the count sees the bits behind it.
        self.pending.load(Ordering::Acquire)
    }

    /// Takes one contiguous run of at most `want` returned positions.
    pub(crate) fn take(&self, want: u32) -> Option<Span> {
        if self.pending() == 0 {
            return None;
        }
        // Relaxed: a stale hint costs a longer scan, nothing else.
        let start = self.hint.load(Ordering::Relaxed) as usize;
        let order = (start..self.words.len()).chain(0..start);
        for index in order {
            if let Some(span) = self.take_from(index, want) {
                // Relaxed: see above.
                self.hint.store(word_number(index), Ordering::Relaxed);
                return Some(span);
            }
        }
        None
    }

    fn take_from(&self, index: usize, want: u32) -> Option<Span> {
        let word = &self.words[index];
        // Relaxed: only a proposal; the compare-and-set below decides.
        let mut seen = word.load(Ordering::Relaxed);
        loop {
            let free = free_bits(seen);
            if free == 0 {
                return None;
            }
            let first = free.trailing_zeros();
            let count = (free >> first).trailing_ones().min(want);
            let taken = seen & !mask(first, count);
            // Acquire: what the returner did before its return comes before our use.
            // Release: so that a later `close` or `put` that reads this sees it as ours.
            match word.compare_exchange_weak(seen, taken, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => {
                    // AcqRel: `put` counted these before it set their bits, so this cannot
                    // go below zero, and `is_spent` of others sees the claim it answers for.
                    self.pending.fetch_sub(count, Ordering::AcqRel);
                    let offset = word_number(index) * WORD_POSITIONS + first;
                    return Some(Span { offset, count });
                }
                Err(now) => seen = now,
            }
        }
    }

    /// Gives the positions of `span` back. The caller has checked that they were claimed.
    ///
    /// Refuses before it changes anything when a position is free already; two calls that
    /// race for the same positions may each return a part, and never any position twice.
    pub(crate) fn put(&self, span: Span) -> Returned {
        for (index, bits) in words_of(span) {
            // Acquire: a return that happened before this call must be seen.
            let now = self.words[index].load(Ordering::Acquire);
            if let Some(refusal) = refusal(now, bits) {
                return refusal;
            }
        }
        for (index, bits) in words_of(span) {
            let refused = self.put_bits(index, bits);
            if refused != Returned::Free {
                return refused;
            }
        }
        Returned::Free
    }

    fn put_bits(&self, index: usize, bits: u64) -> Returned {
        let count = bits.count_ones();
        // Counted before it is visible: `pending` never understates. AcqRel as in `take_from`.
        self.pending.fetch_add(count, Ordering::AcqRel);
        // Relaxed: only a proposal; the compare-and-set below decides.
        let mut seen = self.words[index].load(Ordering::Relaxed);
        loop {
            if let Some(refusal) = refusal(seen, bits) {
                // AcqRel: takes back our own count, never more.
                self.pending.fetch_sub(count, Ordering::AcqRel);
                return refusal;
            }
            // Release: our use of the positions ends before the next claimer's begins.
            match self.words[index].compare_exchange_weak(
                seen,
                seen | bits,
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => {
                    // Relaxed: a hint.
                    self.hint.store(word_number(index), Ordering::Relaxed);
                    return Returned::Free;
                }
                Err(now) => seen = now,
            }
        }
    }

    /// Ends the queue and drops what is in it; returns how many positions that were.
    pub(crate) fn close(&self) -> u32 {
        let mut dropped = 0;
        for word in &self.words {
            // AcqRel: one step that both drains and closes, so each position goes either to
            // a claimer or to us; a claim before it is seen, a claim after it finds nothing.
            dropped += free_bits(word.swap(CLOSED, Ordering::AcqRel)).count_ones();
        }
        // AcqRel: as in `take_from`; only what we took out is counted down.
        self.pending.fetch_sub(dropped, Ordering::AcqRel);
        dropped
    }
}

fn refusal(word: u64, bits: u64) -> Option<Returned> {
    if word & CLOSED != 0 {
        Some(Returned::Closed)
    } else if word & bits != 0 {
        Some(Returned::Twice)
    } else {
        None
    }
}

#[allow(clippy::cast_possible_truncation)] // the low half is what is asked for
fn free_bits(word: u64) -> u32 {
    word as u32
}

#[allow(clippy::cast_possible_truncation)] // a slab has at most 2^32 positions, so 2^27 words
fn word_number(index: usize) -> u32 {
    index as u32
}

/// `count` ones from bit `first` on; `first + count` is at most 32.
fn mask(first: u32, count: u32) -> u64 {
    ((1_u64 << count) - 1) << first
}

/// The words a span touches, each with the bits it touches there.
fn words_of(span: Span) -> impl Iterator<Item = (usize, u64)> {
    let end = span.offset + span.count;
    let (first_word, last_word) = (span.offset / WORD_POSITIONS, (end - 1) / WORD_POSITIONS);
    (first_word..=last_word).map(move |number| {
        let base = number * WORD_POSITIONS;
        let from = span.offset.max(base) - base;
        let to = (end - base).min(WORD_POSITIONS);
        (number as usize, mask(from, to - from))
    })
}
