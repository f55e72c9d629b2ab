//! What a limit and a look at the known numbers cost per call.
//!
//! `cargo bench -p quangate-wire --bench limits`
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use quangate_wire::number_filter::NumberFilter;
use quangate_wire::rate::RateLimiter;

fn limits(criterion: &mut Criterion) {
    let limiter = RateLimiter::local(4_096, (1, 2)).unwrap();
    let mut now_ns = 1 << 40;
    criterion.bench_function("rate limit", |bencher| {
        bencher.iter(|| {
            now_ns += 1_000_000;
            limiter.acquire(black_box("partner-key-17"), 1_000, 1, now_ns)
        });
    });
    let filter = NumberFilter::new(10_000_000, 12, (1, 2)).unwrap();
    let mut number = 0_u64;
    criterion.bench_function(
        "number filter, unknown number, 10 million wide",
        |bencher| {
            bencher.iter(|| {
                number += 1;
                filter.may_contain(7, &number.to_le_bytes())
            });
        },
    );
}

criterion_group!(benches, limits);
criterion_main!(benches);
