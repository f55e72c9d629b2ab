//! What secrecy costs on the order path and in an import. Run with `cargo bench --bench secrecy`.
//!
//! The plaintext is a typical code, 31 bytes of JSON; a batch is 256, as the committer gathers them.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use quangate_stock::allocator::Allocator;
use quangate_stock::slab::{Lease, Run};
use quangate_vault::delivery::Delivery;
use quangate_vault::keyring::{KeyRing, new_partner_secrets};
use quangate_vault::request_signature::SignedRequest;
use quangate_vault::suite::{Suite, SuiteCipher};
use quangate_vault::vault::Vault;
use tempfile::TempDir;

const PLAINTEXT: &[u8] = br#"{"code":"ABCD-1234-EFGH-5678"}"#;
const BATCH: u32 = 256;
const KEY_ID: &str = "qk_bench";
const LEASE: Lease = Lease {
    pool_id: 1,
    outlet: 1,
    lease_id: 1,
    epoch: 1,
    lo: 0,
};

/// A vault, one partner key, and one lease of sealed records.
struct Shop {
    _directory: TempDir,
    vault: Vault,
    keyring: KeyRing,
    allocator: Allocator,
    published: Vec<Vec<u8>>,
}

impl Shop {
    fn open() -> Self {
        let directory = TempDir::new().unwrap();
        let vault = Vault::open(&directory.path().join("kek"), true).unwrap();
        vault.new_data_key(1, Suite::Aes256Gcm).unwrap();
        let mut sealer = vault.sealer(1, 1, BATCH as usize).unwrap();
        let publish = |seq| {
            let mut published = 1_i64.to_be_bytes().to_vec();
            sealer.seal(seq, PLAINTEXT, &mut published).unwrap();
            published
        };
        let published: Vec<_> = (0..BATCH.into()).map(publish).collect();
        let allocator = Allocator::new();
        allocator
            .publish(LEASE, published.iter().map(Vec::as_slice))
            .unwrap();
        let keyring = KeyRing::new().unwrap();
        let secrets = new_partner_secrets(&vault, KEY_ID).unwrap();
        keyring
            .put(
                &vault,
                KEY_ID,
                &secrets.signing_blob,
                &secrets.delivery_blob,
            )
            .unwrap();
        Self {
            _directory: directory,
            vault,
            keyring,
            allocator,
            published,
        }
    }

    fn deliver(&self, lines: u32, codes_per_line: u32) {
        let partner = self.keyring.get(KEY_ID).unwrap();
        let mut delivery = Delivery::new(&self.vault, (lines * codes_per_line) as usize).unwrap();
        for line in 0..lines {
            let run = Run {
                lease_id: 1,
                epoch: 1,
                seq_lo: i64::from(line * codes_per_line),
                count: codes_per_line,
            };
            let runs = std::iter::once(run);
            let mut json = Vec::new();
            delivery
                .claimed_line(&partner, &self.allocator, 1, runs, &mut json)
                .unwrap();
            black_box(json);
        }
    }
}

/// One short message under each suite.
fn suites(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("seal 60 bytes, 34 associated");
    for suite in Suite::ALL {
        let cipher = SuiteCipher::new(suite, &vec![7; suite.key_len()]).unwrap();
        let (nonce, mut message) = (vec![9; suite.nonce_len()], [1; 60]);
        group.bench_function(suite.name(), |bencher| {
            bencher.iter(|| cipher.seal_in_place(&nonce, &[2; 34], black_box(&mut message)));
        });
    }
}

/// Import: sealing, checking and fingerprinting, per record.
fn records(criterion: &mut Criterion) {
    let shop = Shop::open();
    let mut group = criterion.benchmark_group("records");
    group.throughput(Throughput::Elements(BATCH.into()));
    group.bench_function("seal", |bencher| {
        bencher.iter(|| {
            let mut sealer = shop.vault.sealer(1, 1, BATCH as usize).unwrap();
            let mut out = Vec::with_capacity(sealer.sealed_len(PLAINTEXT.len()) * BATCH as usize);
            for seq in 0..BATCH.into() {
                sealer.seal(seq, PLAINTEXT, &mut out).unwrap();
            }
            out
        });
    });
    group.bench_function("check", |bencher| {
        let published = || shop.published.iter().map(Vec::as_slice);
        bencher.iter(|| shop.vault.check(1, 0, published()).unwrap());
    });
    group.bench_function("fingerprint", |bencher| {
        let fingerprinter = shop.vault.fingerprinter();
        bencher.iter(|| {
            for _ in 0..BATCH {
                black_box(fingerprinter.of(black_box(PLAINTEXT)));
            }
        });
    });
}

/// The order path: a request checked, its codes sealed.
fn orders(criterion: &mut Criterion) {
    let shop = Shop::open();
    let mut group = criterion.benchmark_group("orders");
    let body = [b'x'; 200];
    let request = SignedRequest {
        method: b"POST",
        target: b"/v1/orders",
        timestamp: b"1767225600",
        nonce: b"nonce-0123456789ab",
        body: &body,
    };
    let header = [b'0'; 67];
    group.bench_function("verify 200 bytes", |bencher| {
        bencher.iter(|| shop.keyring.verify(KEY_ID, black_box(&request), &header));
    });
    group.throughput(Throughput::Elements(BATCH.into()));
    group.bench_function("256 lines of one code", |bencher| {
        bencher.iter(|| shop.deliver(BATCH, 1));
    });
    group.bench_function("one line of 256 codes", |bencher| {
        bencher.iter(|| shop.deliver(1, BATCH));
    });
}

criterion_group!(benches, suites, records, orders);
criterion_main!(benches);
