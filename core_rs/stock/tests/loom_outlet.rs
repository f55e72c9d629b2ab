//! Every interleaving of publishing, claiming, returning and closing on the list of an outlet.
//!
//! Run as `loom_slab.rs` says. The larger models bound the preemptions of a schedule at
//! three, which finds all but the most contrived bugs and keeps the run within seconds.
#![cfg(loom)]
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use loom::thread;
use quangate_stock::allocator::Allocator;
use quangate_stock::outlet::Outlet;
use quangate_stock::slab::{Lease, Run, Slab, Span};

fn slab(lease_id: i64, len: usize) -> Arc<Slab> {
    Arc::new(Slab::new(lease(lease_id), vec![&b"x"[..]; len]).unwrap())
}

fn lease(lease_id: i64) -> Lease {
    Lease {
        pool_id: 1,
        outlet: 1,
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

fn drain(outlet: &Outlet) -> Vec<i64> {
    std::iter::from_fn(|| outlet.claim_one())
        .map(|run| run.seq_lo)
        .collect()
}

fn assert_each_once(mut held: Vec<i64>, expected: &[i64]) {
    held.sort_unstable();
    assert_eq!(held, expected);
}

/// A lease published during claims is claimable afterwards, and claims never overlap.
/// Red with: a `Outlet::publish` that loads the list and stores a longer one.
#[test]
fn publish_claim() {
    explore(|| {
        let outlet = Arc::new(Outlet::default());
        outlet.publish(&slab(1, 1));
        let publisher = {
            let outlet = Arc::clone(&outlet);
            thread::spawn(move || outlet.publish(&slab(2, 1)))
        };
        let claimer = {
            let outlet = Arc::clone(&outlet);
            thread::spawn(move || positions(outlet.claim(1)))
        };
        let mut held = positions(outlet.claim(1));
        held.extend(claimer.join().unwrap());
        publisher.join().unwrap();
        held.extend(drain(&outlet));
        assert_each_once(held, &[10, 20]);
    });
}

/// Two claims that each need both leases: each gets all it asked for or nothing, and what
/// a failing one took is claimable again.
/// Red with: a `Outlet::claim` that does not undo.
#[test]
fn claims_over_two_leases_are_all_or_nothing() {
    explore(|| {
        let outlet = Arc::new(Outlet::default());
        outlet.publish(&slab(1, 1));
        outlet.publish(&slab(2, 2));
        let other = Arc::clone(&outlet);
        let thread = thread::spawn(move || positions(other.claim(2)));
        let mut held = positions(outlet.claim(2));
        let there = thread.join().unwrap();
        assert!(
            [held.len(), there.len()]
                .iter()
                .all(|len| [0, 2].contains(len))
        );
        held.extend(there);
        held.extend(drain(&outlet));
        assert_each_once(held, &[10, 20, 21]);
    });
}

/// A position that comes back while claims take its used-up slab off the list is not lost.
/// Red with: a `Outlet::give_back` that does not list the slab again; a `Outlet::tidy` without
/// the second look; a `Outlet::list` that skips writing when the list still has the slab.
#[test]
fn return_while_the_slab_leaves_the_list() {
    explore(|| {
        let outlet = Arc::new(Outlet::default());
        let only = slab(1, 1);
        outlet.publish(&only);
        outlet.claim_one().unwrap();
        let claimer = {
            let outlet = Arc::clone(&outlet);
            thread::spawn(move || positions(outlet.claim(1)))
        };
        let giver = {
            let (outlet, only) = (Arc::clone(&outlet), Arc::clone(&only));
            thread::spawn(move || {
                outlet.give_back(
                    &only,
                    Span {
                        offset: 0,
                        count: 1,
                    },
                )
            })
        };
        let mut held = positions(outlet.claim(1));
        held.extend(claimer.join().unwrap());
        assert_eq!(giver.join().unwrap(), Ok(true));
        held.extend(drain(&outlet));
        assert_each_once(held, &[10]);
    });
}

/// Closing a lease while another claim tidies and a third returns: claimed or dropped.
#[test]
fn close_claim_return() {
    explore(|| {
        let outlet = Arc::new(Outlet::default());
        let (closing, staying) = (slab(1, 2), slab(2, 1));
        outlet.publish(&closing);
        outlet.publish(&staying);
        outlet.claim_one().unwrap();
        let giver = {
            let (outlet, closing) = (Arc::clone(&outlet), Arc::clone(&closing));
            thread::spawn(move || {
                outlet.give_back(
                    &closing,
                    Span {
                        offset: 0,
                        count: 1,
                    },
                )
            })
        };
        let claimer = {
            let outlet = Arc::clone(&outlet);
            thread::spawn(move || positions(outlet.claim(2)))
        };
        let dropped = outlet.close(&closing) as usize;
        let accepted = usize::from(giver.join().unwrap().unwrap());
        let held = claimer.join().unwrap();
        let rest = drain(&outlet);
        // Two positions are free at the start, one more if its return was accepted.
        assert_eq!(held.len() + dropped + rest.len(), 2 + accepted);
        assert_eq!((outlet.remaining(), outlet.capacity()), (0, 0));
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
