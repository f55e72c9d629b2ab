//! The corners of the allocator, one by one: shortage, fragments, other pools, extremes,
//! panics and forks.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use quangate_stock::allocator::Allocator;
use quangate_stock::slab::{AllocError, Lease, Run};

const POOL: i64 = 7;

fn lease(lease_id: i64) -> Lease {
    Lease {
        pool_id: POOL,
        outlet: POOL,
        lease_id,
        epoch: 100 + lease_id,
        lo: lease_id * 1_000,
    }
}

fn records(lease_id: i64, len: usize) -> Vec<Vec<u8>> {
    (0..len)
        .map(|index| format!("{lease_id}:{index}").into_bytes())
        .collect()
}

fn publish(codes: &Allocator, lease_id: i64, len: usize) -> Result<(), AllocError> {
    codes.publish(
        lease(lease_id),
        records(lease_id, len).iter().map(Vec::as_slice),
    )
}

fn positions(run: &Run) -> impl Iterator<Item = i64> + use<> {
    run.seq_lo..run.seq_lo + i64::from(run.count)
}

/// Quantity 50 with 49 left takes nothing, and the 49 stay sellable, over several leases (79).
#[test]
fn forty_nine_stay_sellable() {
    let codes = Allocator::new();
    for (lease_id, len) in [(1, 20), (2, 1), (3, 28)] {
        publish(&codes, lease_id, len).unwrap();
    }
    for _ in 0..3 {
        assert_eq!(codes.claim(POOL, 50), Ok(None));
        assert_eq!(codes.remaining(POOL), 49);
    }
    let runs = codes.claim(POOL, 49).unwrap().unwrap();
    assert_eq!(runs.iter().map(|run| run.count).sum::<u32>(), 49);
    assert_eq!(codes.claim_one(POOL), Ok(None));
}

/// A thousand leases of one code are all sold, each once, and none is left on the list.
#[test]
fn a_thousand_fragments() {
    let codes = Allocator::new();
    for lease_id in 0..1_000 {
        publish(&codes, lease_id, 1).unwrap();
    }
    let sold: BTreeSet<i64> = std::iter::from_fn(|| codes.claim_one(POOL).unwrap())
        .map(|run| run.seq_lo)
        .collect();
    assert_eq!(sold.len(), 1_000);
    assert_eq!((codes.remaining(POOL), codes.capacity(POOL)), (0, 0));
    assert_eq!(codes.give_back(POOL, 500, 500_000, 1), Ok(true));
    assert_eq!(
        codes.claim_one(POOL).unwrap().map(|run| run.seq_lo),
        Some(500_000)
    );
}

/// A run given back is claimed again as one run, before fresh positions.
#[test]
fn returns_go_first() {
    let codes = Allocator::new();
    publish(&codes, 1, 300).unwrap();
    codes.claim(POOL, 200).unwrap();
    assert_eq!(codes.give_back(POOL, 1, 1_010, 100), Ok(true));
    let runs = codes.claim(POOL, 110).unwrap().unwrap();
    let all: BTreeSet<i64> = runs.iter().flat_map(positions).collect();
    let expected: BTreeSet<i64> = (1_010..1_110).chain(1_200..1_210).collect();
    assert_eq!(all, expected);
}

/// The wrong pool finds neither the lease nor its codes.
#[test]
fn pools_are_apart() {
    let codes = Allocator::new();
    publish(&codes, 1, 3).unwrap();
    codes.claim_one(POOL).unwrap().unwrap();
    assert_eq!(codes.claim_one(8), Ok(None));
    assert_eq!(codes.give_back(8, 1, 1_000, 1), Ok(false));
    assert_eq!((codes.close(8, 1), codes.forget(8, 1)), (Ok(0), Ok(false)));
    assert_eq!((codes.remaining(8), codes.capacity(8)), (0, 0));
    assert_eq!((codes.lease_ids(8), codes.remaining(POOL)), (vec![], 2));
}

/// Used-up and closed leases stay readable until they are forgotten.
#[test]
fn records_stay_until_forgotten() {
    let codes = Allocator::new();
    publish(&codes, 1, 1).unwrap();
    codes.claim_one(POOL).unwrap();
    codes.claim_one(POOL).unwrap();
    assert_eq!(codes.with_record(1, 1_000, <[u8]>::len), Some(3));
    codes.close(POOL, 1).unwrap();
    assert_eq!(codes.with_record(1, 1_000, <[u8]>::len), Some(3));
    for outside in [999, 1_001, i64::MIN, i64::MAX] {
        assert_eq!(codes.with_record(1, outside, <[u8]>::len), None);
    }
    assert_eq!(codes.forget(POOL, 1), Ok(true));
    assert_eq!(codes.with_record(1, 1_000, <[u8]>::len), None);
}

/// Extreme numbers are refused, not wrapped.
#[test]
fn extremes_are_refused() {
    let codes = Allocator::new();
    let edge = Lease {
        lo: i64::MAX - 1,
        ..lease(1)
    };
    assert_eq!(
        codes.publish(edge, [&b"a"[..], b"b"]),
        Err(AllocError::LeaseTooLarge)
    );
    assert_eq!(codes.publish(edge, [&b"a"[..]]), Ok(()));
    assert_eq!(codes.claim(POOL, u32::MAX), Ok(None));
    assert_eq!(
        codes.claim_one(POOL).unwrap().map(|run| run.seq_lo),
        Some(i64::MAX - 1)
    );
    for (seq_lo, count) in [(i64::MIN, 1), (i64::MAX, u32::MAX), (i64::MAX - 1, 0)] {
        let answer = codes.give_back(POOL, 1, seq_lo, count);
        assert_eq!(answer, Err(AllocError::OutOfRange), "{seq_lo} {count}");
    }
}

/// A panic while a record is read poisons nothing: the next calls work (faults.md 8).
#[test]
fn a_panic_poisons_nothing() {
    let codes = Allocator::new();
    publish(&codes, 1, 2).unwrap();
    let panicking = || codes.with_record(1, 1_000, |_| panic!("planted"));
    assert!(catch_unwind(AssertUnwindSafe(panicking)).is_err());
    // A panic inside publication: the records' own iterator fails.
    let poisoned = (0..2).map(|_| -> &[u8] { panic!("planted") });
    let publishing = AssertUnwindSafe(|| codes.publish(lease(2), poisoned));
    assert!(catch_unwind(publishing).is_err());
    assert!(codes.claim_one(POOL).unwrap().is_some());
    assert_eq!(publish(&codes, 2, 1), Ok(()));
    assert_eq!(codes.remaining(POOL), 2);
}

/// A forked child can neither claim nor take order ids nor change anything (faults.md 9).
#[test]
fn a_forked_child_is_refused() {
    use quangate_stock::order_id::{EPOCH_MS, OrderIdError, OrderIds};
    let (codes, ids) = (Allocator::new(), OrderIds::new(1).unwrap());
    publish(&codes, 1, 2).unwrap();
    // SAFETY: the child only reads atomics and leaves by `_exit`.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let refused = codes.claim_one(POOL) == Err(AllocError::Forked)
            && codes.claim(POOL, 1) == Err(AllocError::Forked)
            && codes.give_back(POOL, 1, 1_000, 1) == Err(AllocError::Forked)
            && codes.close(POOL, 1) == Err(AllocError::Forked)
            && codes.forget(POOL, 1) == Err(AllocError::Forked)
            && ids.next(EPOCH_MS) == Err(OrderIdError::Forked);
        // SAFETY: ends the child at once, without the parent's exit handlers.
        unsafe { libc::_exit(i32::from(!refused)) };
    }
    let mut status = 0;
    // SAFETY: waits for our own child; `status` is a valid place.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!(status, 0, "the child could sell");
    assert!(
        codes.claim_one(POOL).unwrap().is_some(),
        "the parent still sells"
    );
    assert!(ids.next(EPOCH_MS).is_ok());
}
