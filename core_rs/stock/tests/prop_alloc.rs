//! The allocator against a simple model, and among real threads.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};

use proptest::prelude::*;
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

/// What a caller can do. Small numbers, so that steps meet.
#[derive(Clone, Debug)]
enum Step {
    Publish {
        lease_id: i64,
        len: usize,
    },
    Claim {
        quantity: u32,
    },
    GiveBack {
        lease_id: i64,
        offset: i64,
        count: u32,
    },
    Close {
        lease_id: i64,
    },
    Forget {
        lease_id: i64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let lease_id = || 1_i64..6;
    prop_oneof![
        3 => (lease_id(), 0_usize..80).prop_map(|(lease_id, len)| Step::Publish { lease_id, len }),
        6 => (0_u32..60).prop_map(|quantity| Step::Claim { quantity }),
        4 => (lease_id(), -2_i64..80, 0_u32..50)
            .prop_map(|(lease_id, offset, count)| Step::GiveBack { lease_id, offset, count }),
        1 => lease_id().prop_map(|lease_id| Step::Close { lease_id }),
        1 => lease_id().prop_map(|lease_id| Step::Forget { lease_id }),
    ]
}

/// One lease as sets of positions.
#[derive(Default)]
struct LeaseModel {
    len: i64,
    free: BTreeSet<i64>,
    held: BTreeSet<i64>,
    closed: bool,
}

#[derive(Default)]
struct Model(BTreeMap<i64, LeaseModel>);

impl Model {
    fn free(&self) -> u64 {
        self.0.values().map(|lease| lease.free.len() as u64).sum()
    }

    fn apply(&mut self, step: &Step, codes: &Allocator) -> Result<(), TestCaseError> {
        match *step {
            Step::Publish { lease_id, len } => self.publish(codes, lease_id, len),
            Step::Claim { quantity } => self.claim(codes, quantity),
            Step::GiveBack {
                lease_id,
                offset,
                count,
            } => self.give_back(codes, lease_id, offset, count),
            Step::Close { lease_id } => {
                let expected = self.0.get_mut(&lease_id).map_or(0, LeaseModel::close);
                prop_assert_eq!(codes.close(POOL, lease_id).unwrap() as usize, expected);
                Ok(())
            }
            Step::Forget { lease_id } => {
                let known = self.0.remove(&lease_id).is_some();
                prop_assert_eq!(codes.forget(POOL, lease_id), Ok(known));
                Ok(())
            }
        }
    }

    fn publish(
        &mut self,
        codes: &Allocator,
        lease_id: i64,
        len: usize,
    ) -> Result<(), TestCaseError> {
        let answer = publish(codes, lease_id, len);
        if len == 0 {
            prop_assert_eq!(answer, Err(AllocError::EmptyLease));
        } else if let Entry::Vacant(place) = self.0.entry(lease_id) {
            prop_assert_eq!(answer, Ok(()));
            let (lo, len) = (lease(lease_id).lo, i64::try_from(len).unwrap());
            let fresh = LeaseModel {
                len,
                free: (lo..lo + len).collect(),
                ..LeaseModel::default()
            };
            place.insert(fresh);
        } else {
            prop_assert_eq!(answer, Err(AllocError::DuplicateLease));
        }
        Ok(())
    }

    /// Which codes are granted is the allocator's choice; that they were free, and how many, is not.
    fn claim(&mut self, codes: &Allocator, quantity: u32) -> Result<(), TestCaseError> {
        let answer = codes.claim(POOL, quantity);
        if quantity == 0 {
            prop_assert_eq!(answer, Err(AllocError::ZeroQuantity));
            return Ok(());
        }
        let granted = answer.unwrap();
        prop_assert_eq!(granted.is_some(), u64::from(quantity) <= self.free());
        let runs = granted.unwrap_or_default();
        let total: u32 = runs.iter().map(|run| run.count).sum();
        prop_assert!(runs.is_empty() || total == quantity);
        for run in &runs {
            prop_assert_eq!(run.epoch, lease(run.lease_id).epoch);
            let holder = self.0.get_mut(&run.lease_id).unwrap();
            for seq in positions(run) {
                prop_assert!(holder.free.remove(&seq), "{seq} was not free");
                holder.held.insert(seq);
                let expected = format!("{}:{}", run.lease_id, seq - lease(run.lease_id).lo);
                let read = codes.with_record(run.lease_id, seq, <[u8]>::to_vec);
                prop_assert_eq!(read, Some(expected.into_bytes()));
            }
        }
        Ok(())
    }

    fn give_back(
        &mut self,
        codes: &Allocator,
        lease_id: i64,
        offset: i64,
        count: u32,
    ) -> Result<(), TestCaseError> {
        let seq_lo = lease(lease_id).lo + offset;
        let answer = codes.give_back(POOL, lease_id, seq_lo, count);
        let Some(holder) = self.0.get_mut(&lease_id) else {
            prop_assert_eq!(answer, Ok(false));
            return Ok(());
        };
        let mut run = seq_lo..seq_lo + i64::from(count);
        if offset < 0 || count == 0 || offset + i64::from(count) > holder.len {
            prop_assert_eq!(answer, Err(AllocError::OutOfRange));
        } else if holder.closed {
            prop_assert_eq!(answer, Ok(false));
        } else if run.clone().all(|seq| holder.held.contains(&seq)) {
            prop_assert_eq!(answer, Ok(true));
            for seq in run.by_ref() {
                holder.held.remove(&seq);
                holder.free.insert(seq);
            }
        } else {
            prop_assert_eq!(answer, Err(AllocError::NotClaimed));
        }
        Ok(())
    }

    fn check(&self, codes: &Allocator) -> Result<(), TestCaseError> {
        prop_assert_eq!(codes.remaining(POOL), self.free());
        let live = self.0.values().filter(|lease| !lease.free.is_empty());
        let capacity: i64 = live.map(|lease| lease.len).sum();
        prop_assert_eq!(codes.capacity(POOL), capacity.unsigned_abs());
        let open = self.0.iter().filter(|(_, lease)| !lease.closed);
        let open: Vec<i64> = open.map(|(lease_id, _)| *lease_id).collect();
        prop_assert_eq!(codes.lease_ids(POOL), open);
        Ok(())
    }
}

impl LeaseModel {
    fn close(&mut self) -> usize {
        self.closed = true;
        std::mem::take(&mut self.free).len()
    }
}

proptest! {
    /// Whatever is called in whatever order, the answers are those of the sets.
    #[test]
    fn answers_like_the_model(steps in prop::collection::vec(step(), 1..120)) {
        let (codes, mut model) = (Allocator::new(), Model::default());
        for step in &steps {
            model.apply(step, &codes)?;
            model.check(&codes)?;
        }
    }

    /// Threads that claim, keep or return, over many leases: no code is held twice, and
    /// what is held and what is left are together everything.
    #[test]
    fn threads_share_disjointly(
        lens in prop::collection::vec(1_usize..200, 1..20),
        quantities in prop::collection::vec(1_u32..40, 3),
    ) {
        let codes = Allocator::new();
        let total: usize = lens.iter().sum();
        let (before, during) = lens.split_at(lens.len() / 2);
        for (lease_id, len) in before.iter().enumerate() {
            publish(&codes, i64::try_from(lease_id).unwrap(), *len).unwrap();
        }
        let mut held = std::thread::scope(|scope| {
            let keepers: Vec<_> = quantities
                .iter()
                .map(|quantity| scope.spawn(|| keep_every_second(&codes, *quantity)))
                .collect();
            for (index, len) in during.iter().enumerate() {
                let lease_id = i64::try_from(before.len() + index).unwrap();
                publish(&codes, lease_id, *len).unwrap();
            }
            keepers.into_iter().flat_map(|keeper| keeper.join().unwrap()).collect::<Vec<i64>>()
        });
        let kept = held.len();
        while let Some(run) = codes.claim_one(POOL).unwrap() {
            held.push(run.seq_lo);
        }
        prop_assert_eq!(held.len(), total, "kept {}", kept);
        let distinct: BTreeSet<i64> = held.iter().copied().collect();
        prop_assert_eq!(distinct.len(), total);
    }
}

/// Claims 60 times, returns every second grant; the positions kept.
fn keep_every_second(codes: &Allocator, quantity: u32) -> Vec<i64> {
    let mut kept = Vec::new();
    for round in 0..60 {
        let Some(runs) = codes.claim(POOL, quantity).unwrap() else {
            continue;
        };
        for run in &runs {
            if round % 2 == 0 {
                kept.extend(positions(run));
            } else {
                let given_back = codes.give_back(POOL, run.lease_id, run.seq_lo, run.count);
                assert_eq!(given_back, Ok(true));
            }
        }
    }
    kept
}
