//! What one worker may sell: its pools, and every lease it holds (D3, D4).
//!
//! Claiming is lock-free. The register of leases is locked, but only by publishing,
//! closing, giving back and reading records, never by a claim.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use crate::fork::ForkGuard;
use crate::pool::Pool;
use crate::pool_table::PoolTable;
use crate::slab::{AllocError, Lease, Run, Slab};
use crate::sync::RwLock;

/// The allocator of one worker process.
pub struct Allocator {
    pools: PoolTable,
    /// Every lease published and not forgotten, used up and closed ones too: their
    /// records are still to be read.
    leases: RwLock<BTreeMap<i64, Arc<Slab>>>,
    fork: ForkGuard,
}

impl Default for Allocator {
    fn default() -> Self {
        Self {
            pools: PoolTable::default(),
            leases: RwLock::new(BTreeMap::new()),
            fork: ForkGuard::new(),
        }
    }
}

impl Allocator {
    /// An allocator without codes, owned by this process.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the records of a lease claimable, after those that are.
    pub fn publish<'a, I>(&self, lease: Lease, records: I) -> Result<(), AllocError>
    where
        I: IntoIterator<Item = &'a [u8]>,
    {
        self.owned()?;
        let slab = Arc::new(Slab::new(lease, records)?);
        self.register(&slab)?;
        self.pools.get_or_make(lease.pool_id).publish(&slab);
        Ok(())
    }

    /// Claims `quantity` codes of a pool, or nothing: `None` when this worker has fewer.
    pub fn claim(&self, pool_id: i64, quantity: u32) -> Result<Option<Vec<Run>>, AllocError> {
        let mut runs = Vec::with_capacity(1);
        let complete = self.claim_into(pool_id, quantity, &mut runs)?;
        Ok(complete.then_some(runs))
    }

    /// As [`Allocator::claim`], into a list that the caller may use again; empty when `false`.
    pub fn claim_into(
        &self,
        pool_id: i64,
        quantity: u32,
        runs: &mut Vec<Run>,
    ) -> Result<bool, AllocError> {
        runs.clear();
        self.owned()?;
        if quantity == 0 {
            return Err(AllocError::ZeroQuantity);
        }
        let pool = self.pools.get(pool_id);
        Ok(pool.is_some_and(|pool| pool.claim_into(quantity, runs)))
    }

    /// Claims one code of a pool.
    pub fn claim_one(&self, pool_id: i64) -> Result<Option<Run>, AllocError> {
        self.owned()?;
        Ok(self.pools.get(pool_id).and_then(Pool::claim_one))
    }

    /// Makes definitely unused positions claimable again.
    ///
    /// `false` when the lease is closed or unknown: reclaiming it in the database finds the
    /// positions. Positions of a commit in doubt must never come here.
    pub fn give_back(
        &self,
        pool_id: i64,
        lease_id: i64,
        seq_lo: i64,
        count: u32,
    ) -> Result<bool, AllocError> {
        self.owned()?;
        let Some((pool, slab)) = self.find(pool_id, lease_id) else {
            return Ok(false);
        };
        let span = slab.span(seq_lo, count).ok_or(AllocError::OutOfRange)?;
        pool.give_back(&slab, span)
    }

    /// Ends claiming from a lease; returns the claimable positions that dropped. Its records
    /// stay readable until [`Allocator::forget`]. Zero for a closed or unknown lease.
    pub fn close(&self, pool_id: i64, lease_id: i64) -> Result<u32, AllocError> {
        self.owned()?;
        let found = self.find(pool_id, lease_id);
        Ok(found.map_or(0, |(pool, slab)| pool.close(&slab)))
    }

    /// Closes a lease and drops its records; `false` when it is unknown.
    pub fn forget(&self, pool_id: i64, lease_id: i64) -> Result<bool, AllocError> {
        self.owned()?;
        let Some((pool, slab)) = self.find(pool_id, lease_id) else {
            return Ok(false);
        };
        pool.close(&slab);
        let mut leases = self.leases.write().unwrap_or_else(PoisonError::into_inner);
        Ok(leases.remove(&lease_id).is_some())
    }

    /// Codes of the pool that could be claimed now.
    pub fn remaining(&self, pool_id: i64) -> u64 {
        self.pools.get(pool_id).map_or(0, Pool::remaining)
    }

    /// Size of the pool's leases that still have something to claim.
    pub fn capacity(&self, pool_id: i64) -> u64 {
        self.pools.get(pool_id).map_or(0, Pool::capacity)
    }

    /// The pool's leases that are published and not closed, used up or not.
    pub fn lease_ids(&self, pool_id: i64) -> Vec<i64> {
        let leases = self.leases.read().unwrap_or_else(PoisonError::into_inner);
        let open = leases.values().filter(|slab| !slab.is_closed());
        let ours = open
            .map(|slab| slab.lease())
            .filter(|lease| lease.pool_id == pool_id);
        ours.map(|lease| lease.lease_id).collect()
    }

    /// The slab of a lease that is not forgotten, for reading its records.
    pub fn slab(&self, lease_id: i64) -> Option<Arc<Slab>> {
        let leases = self.leases.read().unwrap_or_else(PoisonError::into_inner);
        leases.get(&lease_id).cloned()
    }

    /// Applies `read` to the sealed record of a position; no lock is held meanwhile.
    pub fn with_record<T>(
        &self,
        lease_id: i64,
        seq: i64,
        read: impl FnOnce(&[u8]) -> T,
    ) -> Option<T> {
        self.slab(lease_id)?.record(seq).map(read)
    }

    fn owned(&self) -> Result<(), AllocError> {
        if self.fork.is_home() {
            Ok(())
        } else {
            Err(AllocError::Forked)
        }
    }

    fn register(&self, slab: &Arc<Slab>) -> Result<(), AllocError> {
        let mut leases = self.leases.write().unwrap_or_else(PoisonError::into_inner);
        let lease_id = slab.lease().lease_id;
        if leases.contains_key(&lease_id) {
            return Err(AllocError::DuplicateLease);
        }
        leases.insert(lease_id, Arc::clone(slab));
        Ok(())
    }

    fn find(&self, pool_id: i64, lease_id: i64) -> Option<(&Pool, Arc<Slab>)> {
        let slab = self.slab(lease_id)?;
        let pool = self.pools.get(pool_id)?;
        (slab.lease().pool_id == pool_id).then_some((pool, slab))
    }
}
