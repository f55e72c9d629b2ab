//! Every interleaving of claims, returns and closing on one slab.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p quangate-stock --test 'loom_*'`
//! (with a target directory of its own). What each test was seen to catch, by planting
//! the bug and reading red, stands beside it.
#![cfg(loom)]
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use loom::thread;
use quangate_stock::order_id::{EPOCH_MS, OrderIds};
use quangate_stock::slab::{Lease, Slab, Span};

fn slab(len: usize) -> Arc<Slab> {
    let lease = Lease {
        pool_id: 1,
        outlet: 1,
        lease_id: 1,
        epoch: 1,
        lo: 0,
    };
    Arc::new(Slab::new(lease, vec![&b"x"[..]; len]).unwrap())
}

/// For three busy threads: at most three preemptions in a schedule, which finds all but
/// the most contrived bugs within seconds. The models of two threads are exhaustive.
fn explore(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(model);
}

/// The positions of a claim.
fn positions(span: Option<Span>) -> Vec<u32> {
    span.map_or_else(Vec::new, |span| {
        (span.offset..span.offset + span.count).collect()
    })
}

/// Everything that is still claimable.
fn drain(slab: &Slab) -> Vec<u32> {
    std::iter::from_fn(|| slab.claim(2))
        .flat_map(|span| positions(Some(span)))
        .collect()
}

/// Each of `0..len` exactly once.
fn assert_each_once(mut held: Vec<u32>, len: u32) {
    held.sort_unstable();
    assert_eq!(held, (0..len).collect::<Vec<_>>());
}

/// Claims of three threads are disjoint and leave no gap.
/// Red with: `store` instead of the compare-and-set in `Slab::advance`.
#[test]
fn claim_claim() {
    loom::model(|| {
        let slab = slab(4);
        let threads = [2, 1].map(|want| {
            let slab = Arc::clone(&slab);
            thread::spawn(move || positions(slab.claim(want)))
        });
        let mut held = positions(slab.claim(2));
        for thread in threads {
            held.extend(thread.join().unwrap());
        }
        held.extend(drain(&slab));
        assert_each_once(held, 4);
    });
}

/// The last position goes to one of two claimers, and the cursor stays at the end.
/// Red with: `store` instead of the compare-and-set in `Slab::advance`.
#[test]
fn claim_claim_at_the_end() {
    loom::model(|| {
        let slab = slab(1);
        let other = Arc::clone(&slab);
        let thread = thread::spawn(move || positions(other.claim(3)));
        let mut held = positions(slab.claim(2));
        held.extend(thread.join().unwrap());
        assert_each_once(held, 1);
        assert_eq!((slab.claim(1), slab.remaining()), (None, 0));
    });
}

/// A returned position is claimed again once, by whichever of two claimers gets there.
/// Red with: `store` instead of the compare-and-set in `Returns::take_from`.
#[test]
fn claim_return() {
    explore(|| {
        let slab = slab(2);
        let run = slab.claim(2).unwrap();
        let giver = {
            let slab = Arc::clone(&slab);
            thread::spawn(move || assert_eq!(slab.give_back(run), Ok(true)))
        };
        let claimer = {
            let slab = Arc::clone(&slab);
            thread::spawn(move || positions(slab.claim(1)))
        };
        let mut held = positions(slab.claim(1));
        giver.join().unwrap();
        held.extend(claimer.join().unwrap());
        held.extend(drain(&slab));
        assert_each_once(held, 2);
    });
}

/// A finished return is found by the next claims, also when they meet another return in
/// the middle of its work.
/// Red with: counting `pending` after the bits instead of before in `Returns::put_bits`.
#[test]
fn a_finished_return_is_found() {
    loom::model(|| {
        let slab = slab(2);
        slab.claim(2).unwrap();
        let (early, late) = (
            Span {
                offset: 1,
                count: 1,
            },
            Span {
                offset: 0,
                count: 1,
            },
        );
        let other = Arc::clone(&slab);
        let thread = thread::spawn(move || assert_eq!(other.give_back(late), Ok(true)));
        assert_eq!(slab.give_back(early), Ok(true));
        let mut held = positions(slab.claim(1));
        if held == [0] {
            held.extend(positions(slab.claim(1)));
        }
        assert!(held.contains(&1), "the finished return was overlooked");
        thread.join().unwrap();
        held.extend(drain(&slab));
        assert_each_once(held, 2);
    });
}

/// Of two returns of one run, over a word boundary, no position comes back twice.
/// Red with: `fetch_or` without looking at the old word in `Returns::put_bits`.
#[test]
fn return_return() {
    loom::model(|| {
        let slab = slab(34);
        slab.claim(34).unwrap();
        let run = Span {
            offset: 31,
            count: 2,
        };
        let other = Arc::clone(&slab);
        let thread = thread::spawn(move || other.give_back(run).is_ok());
        let here = slab.give_back(run).is_ok();
        let there = thread.join().unwrap();
        assert!(!(here && there), "both returns were accepted");
        let mut free = drain(&slab);
        free.sort_unstable();
        assert_eq!(free, [31, 32]);
        assert_eq!(slab.remaining(), 0);
    });
}

/// Closing and claiming share the positions: each is dropped or held, and none later.
/// Red with: `load` then `store` instead of `fetch_or` in `Slab::close`.
#[test]
fn close_claim() {
    loom::model(|| {
        let slab = slab(3);
        let other = Arc::clone(&slab);
        let thread = thread::spawn(move || {
            let first = positions(other.claim(1));
            [first, positions(other.claim(1))].concat()
        });
        let dropped = slab.close();
        assert_eq!(slab.claim(1), None, "a claim after closing");
        let held = thread.join().unwrap();
        assert_eq!(dropped as usize + held.len(), 3);
        assert_eq!((slab.close(), slab.remaining()), (0, 0));
    });
}

/// Two closings drop each position once between them.
/// Red with: `load` then `store` instead of `swap` in `Returns::close`.
#[test]
fn close_close() {
    loom::model(|| {
        let slab = slab(3);
        let run = slab.claim(2).unwrap();
        slab.give_back(run).unwrap();
        let other = Arc::clone(&slab);
        let thread = thread::spawn(move || other.close());
        let here = slab.close();
        assert_eq!(here + thread.join().unwrap(), 3);
    });
}

/// Closing, a return and a claim: an accepted return is claimed or dropped, a refused one
/// is neither, and nothing is claimable after closing.
/// Red with: a `Returns::close` that drains the words without marking them closed.
#[test]
fn close_return_claim() {
    explore(|| {
        let slab = slab(2);
        slab.claim(1).unwrap();
        let giver = {
            let slab = Arc::clone(&slab);
            thread::spawn(move || {
                slab.give_back(Span {
                    offset: 0,
                    count: 1,
                })
            })
        };
        let claimer = {
            let slab = Arc::clone(&slab);
            thread::spawn(move || positions(slab.claim(2)))
        };
        let dropped = slab.close();
        let accepted = giver.join().unwrap().unwrap();
        let held = claimer.join().unwrap().len();
        assert_eq!(dropped as usize + held, 1 + usize::from(accepted));
        assert_eq!((slab.claim(1), slab.remaining()), (None, 0));
    });
}

/// Two threads on one generator never get the same order id.
/// Red with: `store` instead of the compare-and-set in `OrderIds::reserve`.
#[test]
fn order_ids_are_unique() {
    loom::model(|| {
        let ids = Arc::new(OrderIds::new(1).unwrap());
        let other = Arc::clone(&ids);
        let thread = thread::spawn(move || other.next(EPOCH_MS + 5).unwrap());
        let mut all: Vec<i64> = ids.next_many(EPOCH_MS + 5, 2).unwrap().collect();
        all.push(thread.join().unwrap());
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 3);
    });
}
