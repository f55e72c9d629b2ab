//! Every interleaving of publishing, claiming, returning and closing on the list of a pool.
//!
//! Run as `loom_slab.rs` says. The larger models bound the preemptions of a schedule at
//! three, which finds all but the most contrived bugs and keeps the run within seconds.
#![cfg(loom)]
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use loom::thread;
use quangate_stock::allocator::Allocator;
use quangate_stock::pool::Pool;
use quangate_stock::slab::{Lease, Run, Slab, Span};

fn slab(lease_id: i64, len: usize) -> Arc<Slab> {
    Arc::new(Slab::new(lease(lease_id), vec![&b"x"[..]; len]).unwrap())
}

fn lease(lease_id: i64) -> Lease {
    Lease {
        pool_id: 1,
        lease_id,
        epoch: 1,
        lo: 10 * lease_id,
    }
}

fn explore(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(model);
}

fn positions(runs: Option<Vec<Run>>) -> Vec<i64> {
    let runs = runs.unwrap_or_default();
    let each = runs
        .iter()
        .map(|run| run.seq_lo..run.seq_lo + i64::from(run.count));
    each.flatten().collect()
}

fn drain(pool: &Pool) -> Vec<i64> {
    std::iter::from_fn(|| pool.claim_one())
        .map(|run| run.seq_lo)
        .collect()
}

fn assert_each_once(mut held: Vec<i64>, expected: &[i64]) {
    held.sort_unstable();
    assert_eq!(held, expected);
}

/// A lease published during claims is claimable afterwards, and claims never overlap.
/// Red with: a `Pool::publish` that loads the list and stores a longer one.
#[test]
fn publish_claim() {
    explore(|| {
        let pool = Arc::new(Pool::default());
        pool.publish(&slab(1, 1));
        let publisher = {
            let pool = Arc::clone(&pool);
            thread::spawn(move || pool.publish(&slab(2, 1)))
        };
        let claimer = {
            let pool = Arc::clone(&pool);
            thread::spawn(move || positions(pool.claim(1)))
        };
        let mut held = positions(pool.claim(1));
        held.extend(claimer.join().unwrap());
        publisher.join().unwrap();
        held.extend(drain(&pool));
        assert_each_once(held, &[10, 20]);
    });
}

/// Two claims that each need both leases: each gets all it asked for or nothing, and what
/// a failing one took is claimable again.
/// Red with: a `Pool::claim` that does not undo.
#[test]
fn claims_over_two_leases_are_all_or_nothing() {
    explore(|| {
        let pool = Arc::new(Pool::default());
        pool.publish(&slab(1, 1));
        pool.publish(&slab(2, 2));
        let other = Arc::clone(&pool);
        let thread = thread::spawn(move || positions(other.claim(2)));
        let mut held = positions(pool.claim(2));
        let there = thread.join().unwrap();
        assert!(
            [held.len(), there.len()]
                .iter()
                .all(|len| [0, 2].contains(len))
        );
        held.extend(there);
        held.extend(drain(&pool));
        assert_each_once(held, &[10, 20, 21]);
    });
}

/// A position that comes back while claims take its used-up slab off the list is not lost.
/// Red with: a `Pool::give_back` that does not list the slab again; a `Pool::tidy` without
/// the second look; a `Pool::list` that skips writing when the list still has the slab.
#[test]
fn return_while_the_slab_leaves_the_list() {
    explore(|| {
        let pool = Arc::new(Pool::default());
        let only = slab(1, 1);
        pool.publish(&only);
        pool.claim_one().unwrap();
        let claimer = {
            let pool = Arc::clone(&pool);
            thread::spawn(move || positions(pool.claim(1)))
        };
        let giver = {
            let (pool, only) = (Arc::clone(&pool), Arc::clone(&only));
            thread::spawn(move || {
                pool.give_back(
                    &only,
                    Span {
                        offset: 0,
                        count: 1,
                    },
                )
            })
        };
        let mut held = positions(pool.claim(1));
        held.extend(claimer.join().unwrap());
        assert_eq!(giver.join().unwrap(), Ok(true));
        held.extend(drain(&pool));
        assert_each_once(held, &[10]);
    });
}

/// Closing a lease while another claim tidies and a third returns: claimed or dropped.
#[test]
fn close_claim_return() {
    explore(|| {
        let pool = Arc::new(Pool::default());
        let (closing, staying) = (slab(1, 2), slab(2, 1));
        pool.publish(&closing);
        pool.publish(&staying);
        pool.claim_one().unwrap();
        let giver = {
            let (pool, closing) = (Arc::clone(&pool), Arc::clone(&closing));
            thread::spawn(move || {
                pool.give_back(
                    &closing,
                    Span {
                        offset: 0,
                        count: 1,
                    },
                )
            })
        };
        let claimer = {
            let pool = Arc::clone(&pool);
            thread::spawn(move || positions(pool.claim(2)))
        };
        let dropped = pool.close(&closing) as usize;
        let accepted = usize::from(giver.join().unwrap().unwrap());
        let held = claimer.join().unwrap();
        let rest = drain(&pool);
        // Two positions are free at the start, one more if its return was accepted.
        assert_eq!(held.len() + dropped + rest.len(), 2 + accepted);
        assert_eq!((pool.remaining(), pool.capacity()), (0, 0));
    });
}

/// Publishing, claiming and forgetting through the allocator: a claimed code's record is
/// readable as soon as it is claimed, and a forgotten lease sells nothing more.
/// Red with: an `Allocator::publish` that lists the slab before it registers it.
#[test]
fn a_claimed_record_is_readable() {
    explore(|| {
        let codes = Arc::new(Allocator::new());
        codes.publish(lease(1), [&b"one"[..]]).unwrap();
        let publisher = {
            let codes = Arc::clone(&codes);
            thread::spawn(move || codes.publish(lease(2), [&b"two"[..]]).unwrap())
        };
        for _ in 0..2 {
            if let Some(run) = codes.claim_one(1).unwrap() {
                let read = codes.with_record(run.lease_id, run.seq_lo, <[u8]>::len);
                assert_eq!(read, Some(3));
            }
        }
        publisher.join().unwrap();
        assert!(codes.forget(1, 2).unwrap());
        assert_eq!(codes.claim_one(1), Ok(None));
    });
}
