//! What one worker may sell: its outlets, and every lease it holds (D3, D4).
//!
//! Claiming is lock-free. The register of leases is locked, but only by publishing,
//! closing, giving back and reading records, never by a claim.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use crate::fork::ForkGuard;
use crate::outlet::Outlet;
use crate::outlet_table::OutletTable;
use crate::slab::{AllocError, Lease, Run, Slab};
use crate::sync::RwLock;

/// The allocator of one worker process.
pub struct Allocator {
    outlets: OutletTable,
    /// Every lease published and not forgotten, used up and closed ones too: their
    /// records are still to be read.
    leases: RwLock<BTreeMap<i64, Arc<Slab>>>,
    fork: ForkGuard,
}

impl Default for Allocator {
    fn default() -> Self {
        Self {
            outlets: OutletTable::default(),
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
        self.outlets.get_or_make(lease.outlet).publish(&slab);
        Ok(())
    }

    /// Claims `quantity` codes of an outlet, or nothing: `None` when this worker has fewer.
    pub fn claim(&self, outlet: i64, quantity: u32) -> Result<Option<Vec<Run>>, AllocError> {
        let mut runs = Vec::with_capacity(1);
        let complete = self.claim_into(outlet, quantity, &mut runs)?;
        Ok(complete.then_some(runs))
    }

    /// As [`Allocator::claim`], into a list that the caller may use again; empty when `false`.
    pub fn claim_into(
        &self,
        outlet: i64,
        quantity: u32,
        runs: &mut Vec<Run>,
    ) -> Result<bool, AllocError> {
        runs.clear();
        self.owned()?;
        if quantity == 0 {
            return Err(AllocError::ZeroQuantity);
        }
        let found = self.outlets.get(outlet);
        Ok(found.is_some_and(|outlet| outlet.claim_into(quantity, runs)))
    }

    /// Claims one code of an outlet.
    pub fn claim_one(&self, outlet: i64) -> Result<Option<Run>, AllocError> {
        self.owned()?;
        Ok(self.outlets.get(outlet).and_then(Outlet::claim_one))
    }

    /// Makes definitely unused positions claimable again.
    ///
    /// `false` when the lease is closed or unknown: reclaiming it in the database finds the
    /// positions. Positions of a commit in doubt must never come here.
    pub fn give_back(
        &self,
        outlet: i64,
        lease_id: i64,
        seq_lo: i64,
        count: u32,
    ) -> Result<bool, AllocError> {
        self.owned()?;
        let Some((found, slab)) = self.find(outlet, lease_id) else {
            return Ok(false);
        };
        let span = slab.span(seq_lo, count).ok_or(AllocError::OutOfRange)?;
        found.give_back(&slab, span)
    }

    /// Ends claiming from a lease; returns the claimable positions that dropped. Its records
    /// stay readable until [`Allocator::forget`]. Zero for a closed or unknown lease.
    pub fn close(&self, outlet: i64, lease_id: i64) -> Result<u32, AllocError> {
        self.owned()?;
        let found = self.find(outlet, lease_id);
        Ok(found.map_or(0, |(found, slab)| found.close(&slab)))
    }

    /// Closes a lease and drops its records; `false` when it is unknown.
    pub fn forget(&self, outlet: i64, lease_id: i64) -> Result<bool, AllocError> {
        self.owned()?;
        let Some((found, slab)) = self.find(outlet, lease_id) else {
            return Ok(false);
        };
        found.close(&slab);
        let mut leases = self.leases.write().unwrap_or_else(PoisonError::into_inner);
        Ok(leases.remove(&lease_id).is_some())
    }

    /// Codes of the outlet that could be claimed now.
    pub fn remaining(&self, outlet: i64) -> u64 {
        self.outlets.get(outlet).map_or(0, Outlet::remaining)
    }

    /// Size of the outlet's leases that still have something to claim.
    pub fn capacity(&self, outlet: i64) -> u64 {
        self.outlets.get(outlet).map_or(0, Outlet::capacity)
    }

    /// The outlet's leases that are published and not closed, used up or not.
    pub fn lease_ids(&self, outlet: i64) -> Vec<i64> {
        let leases = self.leases.read().unwrap_or_else(PoisonError::into_inner);
        let open = leases.values().filter(|slab| !slab.is_closed());
        let ours = open
            .map(|slab| slab.lease())
            .filter(|lease| lease.outlet == outlet);
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

    fn find(&self, outlet: i64, lease_id: i64) -> Option<(&Outlet, Arc<Slab>)> {
        let slab = self.slab(lease_id)?;
        let found = self.outlets.get(outlet)?;
        (slab.lease().outlet == outlet).then_some((found, slab))
    }
}
