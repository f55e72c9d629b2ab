//! The rate limiter against a simple model, among threads, and in its shared file.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use quangate_wire::rate::RateLimiter;

const SECOND_NS: u64 = 1_000_000_000;
const KEY: (u64, u64) = (11, 22);

fn local(slots: usize) -> RateLimiter {
    RateLimiter::local(slots, KEY).unwrap()
}

/// The textbook bucket: nanoseconds of saved-up time, spent at `interval_ns` a permit.
#[allow(clippy::struct_field_names)] // they are all nanoseconds
struct Model {
    interval_ns: u64,
    burst_ns: u64,
    saved_ns: u64,
    at_ns: u64,
}

impl Model {
    fn new(rate_per_s: u64, at_ns: u64) -> Self {
        let interval_ns = SECOND_NS.div_ceil(rate_per_s);
        let burst_ns = interval_ns * rate_per_s;
        Self {
            interval_ns,
            burst_ns,
            saved_ns: burst_ns,
            at_ns,
        }
    }

    fn take(&mut self, permits: u64, now_ns: u64) -> (bool, u64) {
        self.saved_ns = self.burst_ns.min(self.saved_ns + now_ns - self.at_ns);
        self.at_ns = now_ns;
        let granted = permits * self.interval_ns <= self.saved_ns;
        if granted {
            self.saved_ns -= permits * self.interval_ns;
        }
        (granted, self.saved_ns / self.interval_ns)
    }
}

proptest! {
    /// Any series of calls is answered as the textbook bucket answers it, and the
    /// promised waiting time is neither too short nor a millisecond too long.
    #[test]
    fn answers_like_the_model(
        rate in 1_u64..=2_000_000,
        start_ns in 0..u64::MAX / 2,
        calls in prop::collection::vec((0_u64..=50, 0..SECOND_NS / 4), 1..100),
    ) {
        let limiter = local(64);
        let mut model = Model::new(rate, start_ns);
        let mut now_ns = start_ns;
        for (permits, step_ns) in calls {
            now_ns += step_ns;
            let answer = limiter.acquire("key", rate, permits, now_ns);
            let expected = model.take(permits, now_ns);
            prop_assert_eq!((answer.granted, answer.remaining), expected);
            if !answer.granted && permits <= rate {
                let wait_ns = answer.retry_after_ms * 1_000_000;
                let saved_ns = model.saved_ns + wait_ns;
                prop_assert!(saved_ns >= permits * model.interval_ns, "too short");
                prop_assert!(saved_ns < permits * model.interval_ns + 1_000_000, "too long");
            }
        }
    }

    /// A full bucket gives exactly `rate` permits at one instant, in whatever portions,
    /// and one second later exactly as many again.
    #[test]
    fn a_full_bucket_holds_exactly_the_rate(
        rate in 1_u64..=2_000_000,
        portions in prop::collection::vec(1_u64..=100_000, 0..20),
        now_ns in SECOND_NS..u64::MAX / 2,
    ) {
        let limiter = local(64);
        for now_ns in [now_ns, now_ns + SECOND_NS + rate] {
            let mut left = rate;
            for portion in &portions {
                let answer = limiter.acquire("key", rate, *portion, now_ns);
                prop_assert_eq!(answer.granted, *portion <= left);
                left -= if answer.granted { *portion } else { 0 };
                prop_assert_eq!(answer.remaining, left);
            }
            prop_assert!(limiter.acquire("key", rate, left, now_ns).granted);
            prop_assert!(!limiter.acquire("key", rate, 1, now_ns).granted);
        }
    }

    /// An emptied bucket refills no faster than the rate, to the permit.
    #[test]
    fn refills_no_faster_than_the_rate(rate in 1_u64..=2_000_000, wait_ns in 0..SECOND_NS) {
        let limiter = local(64);
        prop_assert!(limiter.acquire("key", rate, rate, SECOND_NS).granted);
        let refilled = limiter.acquire("key", rate, 0, SECOND_NS + wait_ns).remaining;
        prop_assert!(refilled <= rate * wait_ns / SECOND_NS);
        // The interval is rounded up to a nanosecond, and no further.
        prop_assert!(refilled >= wait_ns / (SECOND_NS / rate + 1));
    }

    /// Keys do not share buckets while the table has room.
    #[test]
    fn keys_are_apart(keys in prop::collection::hash_set("[a-z]{1,12}", 1..100)) {
        let limiter = local(4_096);
        for key in &keys {
            prop_assert!(limiter.acquire(key, 2, 2, 5).granted, "{key} was charged for another");
            prop_assert!(!limiter.acquire(key, 2, 1, 5).granted, "{key} forgot its charge");
        }
    }
}

/// Threads that race for one new key take exactly the rate between them;
/// `loom_rate.rs` explores two of them in every interleaving.
#[test]
fn threads_take_exactly_the_rate() {
    for round in 0..200_u64 {
        let (limiter, granted) = (local(8), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        let permit = limiter.acquire("key", 30, 1, round);
                        granted.fetch_add(u64::from(permit.granted), Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(granted.into_inner(), 30);
    }
}

/// A clock that goes back an hour locks a key out for a second at most.
#[test]
fn a_clock_that_goes_back_is_survived() {
    let limiter = local(8);
    let hour_ns = 3_600 * SECOND_NS;
    assert!(limiter.acquire("key", 10, 10, 2 * hour_ns).granted);
    let answer = limiter.acquire("key", 10, 1, hour_ns);
    assert_eq!((answer.granted, answer.retry_after_ms), (false, 100));
    assert!(limiter.acquire("key", 10, 10, hour_ns + SECOND_NS).granted);
}

/// More than the bucket holds is never granted, takes nothing and says to wait.
#[test]
fn more_than_the_rate_is_refused() {
    let limiter = local(8);
    let answer = limiter.acquire("key", 10, 11, SECOND_NS);
    assert_eq!(
        (answer.granted, answer.remaining, answer.retry_after_ms),
        (false, 10, 1)
    );
    assert!(!limiter.acquire("key", 10, u64::MAX, SECOND_NS).granted);
    assert!(!limiter.acquire("key", 0, 1, SECOND_NS).granted);
    assert!(limiter.acquire("key", 10, 10, SECOND_NS).granted);
}

/// More keys than slots are served: the fullest bucket is forgotten, not the emptiest.
#[test]
fn a_full_table_forgets_the_fullest_bucket() {
    let limiter = local(8);
    assert!(limiter.acquire("spent", 1, 1, 9 * SECOND_NS).granted);
    for n in 0..7 {
        assert!(limiter.acquire(&format!("filler {n}"), 1, 1, n).granted);
    }
    for n in 0..100 {
        assert!(
            limiter
                .acquire(&format!("newcomer {n}"), 1, 1, SECOND_NS)
                .granted
        );
    }
    assert!(!limiter.acquire("spent", 1, 1, 9 * SECOND_NS).granted);
}

/// A path that is removed with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let unique = format!("quangate-{name}-{}", std::process::id());
        let directory = std::env::temp_dir().join(unique);
        std::fs::create_dir_all(&directory).unwrap();
        Self(directory)
    }

    fn file(&self) -> PathBuf {
        self.0.join("rates")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Two openings of one file share their buckets, whatever key the second brings; and the
/// table outlives both.
#[test]
fn a_file_is_shared() {
    let scratch = Scratch::new("shared");
    let one = RateLimiter::shared(&scratch.file(), 64, KEY).unwrap();
    let other = RateLimiter::shared(&scratch.file(), 64, (33, 44)).unwrap();
    assert!(one.acquire("key", 3, 2, 7).granted);
    assert!(other.acquire("key", 3, 1, 7).granted);
    assert!(!one.acquire("key", 3, 1, 7).granted);
    drop((one, other));
    let later = RateLimiter::shared(&scratch.file(), 64, KEY).unwrap();
    assert!(!later.acquire("key", 3, 1, 7).granted);
}

/// A damaged, foreign or differently sized file is replaced by an empty one, and a process
/// that still maps the old one goes on undisturbed.
#[test]
fn a_file_that_is_not_ours_is_replaced() {
    let scratch = Scratch::new("foreign");
    let size = {
        let _ = RateLimiter::shared(&scratch.file(), 64, KEY).unwrap();
        std::fs::metadata(scratch.file()).unwrap().len()
    };
    let size = usize::try_from(size).unwrap();
    let contents = [
        ("empty", vec![]),
        ("short", b"hello".to_vec()),
        ("right size, zeros", vec![0; size]),
        ("right size, noise", vec![0xA5; size]),
    ];
    for (name, content) in contents {
        let before = RateLimiter::shared(&scratch.file(), 64, KEY).unwrap();
        assert!(before.acquire("key", 1, 1, 7).granted, "{name}");
        std::fs::remove_file(scratch.file()).unwrap();
        std::fs::write(scratch.file(), content).unwrap();
        let after = RateLimiter::shared(&scratch.file(), 64, KEY).unwrap();
        assert!(after.acquire("key", 1, 1, 7).granted, "{name}");
        assert!(!before.acquire("key", 1, 1, 7).granted, "{name}");
        std::fs::remove_file(scratch.file()).unwrap();
    }
    let small = RateLimiter::shared(&scratch.file(), 64, KEY).unwrap();
    assert!(small.acquire("key", 1, 1, 7).granted);
    let large = RateLimiter::shared(&scratch.file(), 128, KEY).unwrap();
    assert!(large.acquire("key", 1, 1, 7).granted);
    assert!(!small.acquire("key", 1, 1, 7).granted);
}

/// Each bit of the header counts: with any one flipped the file is not ours.
#[test]
fn a_flipped_bit_in_the_header_is_noticed() {
    let scratch = Scratch::new("flipped");
    for byte in 0..64 {
        let before = RateLimiter::shared(&scratch.file(), 8, KEY).unwrap();
        assert!(before.acquire("key", 1, 1, 7).granted);
        let mut content = std::fs::read(scratch.file()).unwrap();
        content[byte] ^= 0x10;
        std::fs::remove_file(scratch.file()).unwrap();
        std::fs::write(scratch.file(), content).unwrap();
        let after = RateLimiter::shared(&scratch.file(), 8, KEY).unwrap();
        assert!(after.acquire("key", 1, 1, 7).granted, "byte {byte}");
        std::fs::remove_file(scratch.file()).unwrap();
    }
}

/// Bits of a damaged slot are any bits: the worst is a second of refusals.
#[test]
fn damaged_slots_are_harmless() {
    let scratch = Scratch::new("slots");
    drop(RateLimiter::shared(&scratch.file(), 8, KEY).unwrap());
    let mut content = std::fs::read(scratch.file()).unwrap();
    content[64..].fill(0xFF);
    std::fs::write(scratch.file(), content).unwrap();
    let limiter = RateLimiter::shared(&scratch.file(), 8, KEY).unwrap();
    let _ = limiter.acquire("key", 5, 1, SECOND_NS);
    assert!(limiter.acquire("key", 5, 5, 2 * SECOND_NS).granted);
}

/// Absurd sizes are refused instead of allocated; a path that cannot be is an error.
#[test]
fn limits_are_refused() {
    let scratch = Scratch::new("limits");
    assert!(RateLimiter::local(1 << 25, KEY).is_none());
    assert!(RateLimiter::shared(&scratch.file(), 1 << 25, KEY).is_err());
    assert!(RateLimiter::shared(&scratch.0.join("no/such/place"), 8, KEY).is_err());
}
