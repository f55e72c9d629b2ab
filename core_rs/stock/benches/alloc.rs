//! What the allocation half costs per call.
//!
//! `cargo bench -p quangate-stock --bench alloc`. A claim is measured by selling a whole lease.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use quangate_stock::allocator::Allocator;
use quangate_stock::order_id::{EPOCH_MS, OrderIds};
use quangate_stock::slab::Lease;

const POOL: i64 = 1;
/// The largest lease (D3).
const LEASE_LEN: usize = 65_536;

fn publish(codes: &Allocator, lease_id: i64, len: usize) {
    let lease = Lease {
        pool_id: POOL,
        outlet: POOL,
        lease_id,
        epoch: 1,
        lo: 0,
    };
    codes.publish(lease, vec![&[0_u8; 60][..]; len]).unwrap();
}

/// A pool of one lease of the largest size.
fn full_pool() -> Allocator {
    let codes = Allocator::new();
    publish(&codes, 1, LEASE_LEN);
    codes
}

/// Sells a whole lease per sample: the time is per code.
fn claims(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("claim");
    group.throughput(Throughput::Elements(LEASE_LEN as u64));
    for quantity in [1_u32, 256] {
        let sell_out = |codes: Allocator| {
            while codes.claim(POOL, quantity).unwrap().is_some() {}
            codes
        };
        group.bench_function(format!("a lease in runs of {quantity}"), |bencher| {
            bencher.iter_batched(full_pool, sell_out, BatchSize::PerIteration);
        });
    }
    let sell_out = |codes: Allocator| {
        while codes.claim_one(POOL).unwrap().is_some() {}
        codes
    };
    group.bench_function("a lease one by one, fast path", |bencher| {
        bencher.iter_batched(full_pool, sell_out, BatchSize::PerIteration);
    });
    group.finish();
}

fn returns(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("return");
    group.bench_function("one returned and claimed again", |bencher| {
        let codes = full_pool();
        bencher.iter(|| {
            let run = codes.claim_one(POOL).unwrap().unwrap();
            codes.give_back(POOL, 1, run.seq_lo, 1).unwrap()
        });
    });
    group.bench_function("none left, 1000 used-up leases", |bencher| {
        let codes = Allocator::new();
        for lease_id in 0..1_000 {
            publish(&codes, lease_id, 1);
        }
        while codes.claim_one(POOL).unwrap().is_some() {}
        bencher.iter(|| codes.claim_one(black_box(POOL)));
    });
    group.finish();
}

fn publishing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("publish");
    group.throughput(Throughput::Elements(LEASE_LEN as u64));
    group.bench_function("the largest lease", |bencher| {
        bencher.iter(|| publish(&Allocator::new(), 1, LEASE_LEN));
    });
    group.finish();
}

fn order_ids(criterion: &mut Criterion) {
    let ids = OrderIds::new(1).unwrap();
    criterion.bench_function("order id", |bencher| {
        bencher.iter(|| ids.next(black_box(EPOCH_MS + 1)).unwrap());
    });
}

criterion_group!(benches, claims, returns, publishing, order_ids);
criterion_main!(benches);
