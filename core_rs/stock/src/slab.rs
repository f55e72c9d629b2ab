//! One lease in memory: immutable sealed records and one atomic cursor (D4).
//!
//! A claim takes a run of positions; the position is the identity of a code, so there is
//! no ABA and nothing to reclaim, and a killed process leaves nothing behind but claimed
//! positions, which the database finds again. The slab never knows plaintext.

use crate::returns::{Returned, Returns};
use crate::sync::{AtomicBool, AtomicU64, CachePadded, Ordering};

pub use crate::returns::Span;

/// High bit of the cursor word: nothing can be claimed any more.
const CLOSED: u64 = 1 << 63;

/// Why a slab or an allocator refuses a call. Each is a fault of the caller, none changes state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllocError {
    /// A lease without records.
    EmptyLease,
    /// More than 2^31 records, or over 4 GiB of them, or a range beyond 2^63.
    LeaseTooLarge,
    /// The lease is published already.
    DuplicateLease,
    /// A claim of nothing.
    ZeroQuantity,
    /// The run is not inside the lease.
    OutOfRange,
    /// A position was never claimed, or was given back already.
    NotClaimed,
    /// The process was forked: the codes belong to the parent (faults.md 9).
    Forked,
}

impl std::fmt::Display for AllocError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::EmptyLease => "a lease needs at least one record",
            Self::LeaseTooLarge => "the lease is larger than a slab can hold",
            Self::DuplicateLease => "the lease is published already",
            Self::ZeroQuantity => "the quantity must be at least 1",
            Self::OutOfRange => "the run is not inside the lease",
            Self::NotClaimed => "a position of the run is not claimed",
            Self::Forked => "the process was forked; its codes belong to the parent",
        })
    }
}

impl std::error::Error for AllocError {}

/// Whose positions a slab holds; the numbers are the database's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The pool the codes belong to.
    pub pool_id: i64,
    /// What they are sold from: the caller's number for a shelf of that pool.
    pub outlet: i64,
    /// The row of the lease.
    pub lease_id: i64,
    /// The fence: a commit names it, and a reclaimed lease has a higher one (I7).
    pub epoch: i64,
    /// The first position of the lease in its pool's sequence.
    pub lo: i64,
}

/// A run of claimed codes, as the database names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The row of the lease.
    pub lease_id: i64,
    /// The lease's fence.
    pub epoch: i64,
    /// First position in the pool's sequence.
    pub seq_lo: i64,
    /// Number of positions.
    pub count: u32,
}

/// An immutable lease and what has been claimed of it. Freed with its last `Arc`.
pub struct Slab {
    lease: Lease,
    bytes: Box<[u8]>,
    /// Record `i` is `bytes[ends[i - 1]..ends[i]]`.
    ends: Box<[u32]>,
    /// Low half: the next position never claimed. High bit: [`CLOSED`].
    cursor: CachePadded<AtomicU64>,
    returns: Returns,
    /// Whether the outlet's claim list should hold this slab; see `outlet`.
    listed: AtomicBool,
}

impl Slab {
    /// A slab over `records`, the sealed codes of the positions from `lease.lo` on.
    pub fn new<'a, I>(lease: Lease, records: I) -> Result<Self, AllocError>
    where
        I: IntoIterator<Item = &'a [u8]>,
    {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for record in records {
            bytes.extend_from_slice(record);
            ends.push(u32::try_from(bytes.len()).map_err(|_| AllocError::LeaseTooLarge)?);
        }
        let len = i32::try_from(ends.len()).map_err(|_| AllocError::LeaseTooLarge)?;
        if len == 0 {
            return Err(AllocError::EmptyLease);
        }
        if lease.lo.checked_add(i64::from(len)).is_none() {
            return Err(AllocError::LeaseTooLarge);
        }
        Ok(Self {
            lease,
            bytes: bytes.into(),
            ends: ends.into(),
            cursor: CachePadded(AtomicU64::new(0)),
            returns: Returns::new(len.unsigned_abs()),
            listed: AtomicBool::new(true),
        })
    }

    /// Whose positions these are.
    pub fn lease(&self) -> Lease {
        self.lease
    }

    /// Number of positions, claimed or not; at least 1.
    #[allow(clippy::len_without_is_empty, clippy::cast_possible_truncation)] // bounded by `new`
    pub fn len(&self) -> u32 {
        self.ends.len() as u32
    }

    /// The sealed record at a position of the pool's sequence.
    pub fn record(&self, seq: i64) -> Option<&[u8]> {
        let index = usize::try_from(seq.checked_sub(self.lease.lo)?).ok()?;
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.bytes.get(start as usize..end as usize)
    }

    /// Takes one run of at most `want` positions, returned ones first; `None` when none is left.
    pub fn claim(&self, want: u32) -> Option<Span> {
        self.returns.take(want).or_else(|| self.advance(want))
    }

    /// Moves the cursor by exactly what is granted, so it never passes the end and
    /// failing callers cannot make it overflow.
    fn advance(&self, want: u32) -> Option<Span> {
        // Relaxed: only a proposal; the compare-and-set below decides.
        let mut seen = self.cursor.load(Ordering::Relaxed);
        loop {
            let offset = position(seen)?;
            let count = want.min(self.len() - offset);
            if count == 0 {
                return None;
            }
            // Release and Acquire order claims of one slab among each other and against
            // `close`; the records need neither, they came with the slab's publication.
            match self.cursor.compare_exchange_weak(
                seen,
                seen + u64::from(count),
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Some(Span { offset, count }),
                Err(now) => seen = now,
            }
        }
    }

    /// Makes definitely unused positions claimable again. `false` when the slab is closed.
    ///
    /// Position is identity: a holder that returns a run after someone else has claimed it
    /// anew cannot be told from the new holder. Give a run back once, from one place; the
    /// primary key of `allocation` (I1) aborts what slips through.
    pub fn give_back(&self, span: Span) -> Result<bool, AllocError> {
        let end = span.offset.checked_add(span.count);
        if span.count == 0 || end.is_none_or(|end| end > self.len()) {
            return Err(AllocError::OutOfRange);
        }
        // Acquire: a claim that happened before this call must be seen.
        let Some(claimed) = position(self.cursor.load(Ordering::Acquire)) else {
            return Ok(false);
        };
        if end.is_none_or(|end| end > claimed) {
            return Err(AllocError::NotClaimed);
        }
        match self.returns.put(span) {
            Returned::Free => Ok(true),
            Returned::Closed => Ok(false),
            Returned::Twice => Err(AllocError::NotClaimed),
        }
    }

    /// Ends claiming; returns how many claimable positions that dropped. Idempotent.
    ///
    /// Each position is dropped here or was claimed, never both, never neither.
    pub fn close(&self) -> u32 {
        // AcqRel: one step that stops the cursor and reads where it stopped.
        let before = self.cursor.fetch_or(CLOSED, Ordering::AcqRel);
        let unclaimed = position(before).map_or(0, |next| self.len() - next);
        unclaimed + self.returns.close()
    }

    /// Whether [`Slab::close`] was called.
    pub fn is_closed(&self) -> bool {
        // Acquire: pairs with `close`.
        position(self.cursor.load(Ordering::Acquire)).is_none()
    }

    /// How many positions could be claimed now; exact when nobody else is at work.
    pub fn remaining(&self) -> u32 {
        // Acquire: pairs with claims and closings that happened before.
        match position(self.cursor.load(Ordering::Acquire)) {
            Some(next) => self.len() - next + self.returns.pending(),
            None => 0,
        }
    }

    /// The run as the database names it.
    pub(crate) fn run(&self, span: Span) -> Run {
        Run {
            lease_id: self.lease.lease_id,
            epoch: self.lease.epoch,
            seq_lo: self.lease.lo + i64::from(span.offset),
            count: span.count,
        }
    }

    /// The inverse of [`Slab::run`]; `None` when the run is not inside this lease.
    pub(crate) fn span(&self, seq_lo: i64, count: u32) -> Option<Span> {
        let offset = u32::try_from(seq_lo.checked_sub(self.lease.lo)?).ok()?;
        Some(Span { offset, count })
    }

    /// Sets the wish to be in the claim list; returns the wish before.
    pub(crate) fn set_listed(&self, listed: bool) -> bool {
        // AcqRel: all changes of the flag are in one order, and each sees what its
        // predecessor did before it; `outlet` rests on that.
        self.listed.swap(listed, Ordering::AcqRel)
    }

    pub(crate) fn is_listed(&self) -> bool {
        // Acquire: pairs with `set_listed`.
        self.listed.load(Ordering::Acquire)
    }
}

/// The position a cursor word stands for; `None` when the slab is closed.
#[allow(clippy::cast_possible_truncation)] // the low half is what is asked for
fn position(cursor: u64) -> Option<u32> {
    (cursor & CLOSED == 0).then_some(cursor as u32)
}
