//! Every interleaving of two callers on one bucket of the rate limiter.
//!
//! Run as `loom_slab.rs` says.
#![cfg(loom)]
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use loom::thread;
use quangate_wire::rate::RateLimiter;

/// Two callers that bring the same new key take exactly the rate between them.
/// Found that `Slot::look` must not read the bucket of an empty slot. Red with: `store`
/// instead of the compare-and-set in `RateLimiter::acquire`; a `Place::take_over` that
/// fills the bucket after it has set the tag.
#[test]
fn a_new_key_has_one_bucket() {
    loom::model(|| {
        let limiter = Arc::new(RateLimiter::local(8, (1, 2)).unwrap());
        let other = Arc::clone(&limiter);
        let thread = thread::spawn(move || other.acquire("key", 1, 1, 1_000).granted);
        let here = limiter.acquire("key", 1, 1, 1_000).granted;
        assert!(here ^ thread.join().unwrap(), "one of the two");
    });
}

/// A newcomer to a table full of spent buckets gets a full one of its own, while another
/// key is charged in the very places it may take over.
/// Red with: a `Place::take_over` that leaves the bucket as it is.
#[test]
fn a_newcomer_to_a_full_table_gets_a_bucket() {
    let keys = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(move || {
        let limiter = Arc::new(RateLimiter::local(8, (1, 2)).unwrap());
        for (now_ns, old) in (1_000_u64..).zip(keys) {
            assert!(limiter.acquire(old, 1, 1, now_ns).granted);
        }
        let other = Arc::clone(&limiter);
        let thread = thread::spawn(move || other.acquire("h", 1, 1, 2_000).granted);
        assert!(limiter.acquire("newcomer", 1, 1, 2_000).granted);
        assert!(!limiter.acquire("newcomer", 1, 1, 2_000).granted);
        assert!(!thread.join().unwrap(), "a spent bucket was forgotten");
    });
}
