//! `Allocator` and `OrderIds` for Python: conversions only.
//!
//! Calls keep the interpreter attached: a claim takes tens of nanoseconds, a detach alone
//! costs more. Errors of the caller are `ValueError`, a forked process is `RuntimeError`.

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use quangate_stock::allocator::Allocator as Engine;
use quangate_stock::order_id::{OrderIdError, OrderIds as Generator};
use quangate_stock::slab::{AllocError, Lease, Run};
use quangate_wire::packed::unpack;

/// (lease id, epoch, first seq, count)
pub(crate) type RunTuple = (i64, i64, i64, u32);

/// The codes one worker process may sell.
#[pyclass(frozen, module = "gateway._core")]
pub struct Allocator(Engine);

impl Allocator {
    /// The engine's allocator, for the code that seals what was claimed.
    pub(crate) fn engine(&self) -> &Engine {
        &self.0
    }

    fn claim_with<'py>(
        &self,
        py: Python<'py>,
        outlet: i64,
        quantity: u32,
        runs: &mut Vec<Run>,
    ) -> PyResult<Option<Bound<'py, PyList>>> {
        let claimed = self.0.claim_into(outlet, quantity, runs);
        if !claimed.map_err(alloc_error)? {
            return Ok(None);
        }
        PyList::new(py, runs.iter().map(run_tuple)).map(Some)
    }
}

#[pymethods]
#[allow(clippy::needless_pass_by_value)] // arguments arrive as values
impl Allocator {
    #[new]
    fn new() -> Self {
        Self(Engine::new())
    }

    #[pyo3(signature = (pool_id, lease_id, epoch, lo, records, outlet=None))]
    fn publish(
        &self,
        pool_id: i64,
        lease_id: i64,
        epoch: i64,
        lo: i64,
        records: Vec<Bound<'_, PyBytes>>,
        outlet: Option<i64>,
    ) -> PyResult<()> {
        let lease = Lease {
            pool_id,
            outlet: outlet.unwrap_or(pool_id),
            lease_id,
            epoch,
            lo,
        };
        let bytes = records.iter().map(PyBytesMethods::as_bytes);
        self.0.publish(lease, bytes).map_err(alloc_error)
    }

    #[pyo3(signature = (pool_id, lease_id, epoch, lo, packed, outlet=None))]
    fn publish_packed(
        &self,
        pool_id: i64,
        lease_id: i64,
        epoch: i64,
        lo: i64,
        packed: &[u8],
        outlet: Option<i64>,
    ) -> PyResult<()> {
        let lease = Lease {
            pool_id,
            outlet: outlet.unwrap_or(pool_id),
            lease_id,
            epoch,
            lo,
        };
        let records = unpack(packed).ok_or_else(|| PyValueError::new_err("torn range"))?;
        self.0.publish(lease, records).map_err(alloc_error)
    }

    fn claim<'py>(
        &self,
        py: Python<'py>,
        outlet: i64,
        quantity: u32,
    ) -> PyResult<Option<Bound<'py, PyList>>> {
        self.claim_with(py, outlet, quantity, &mut Vec::with_capacity(1))
    }

    fn claim_one(&self, outlet: i64) -> PyResult<Option<(i64, i64, i64)>> {
        let run = self.0.claim_one(outlet).map_err(alloc_error)?;
        Ok(run.map(|run| (run.lease_id, run.epoch, run.seq_lo)))
    }

    /// Bad requests are found before anything is claimed: a `ValueError` has no effect.
    fn claim_many<'py>(
        &self,
        py: Python<'py>,
        requests: Vec<(i64, u32)>,
    ) -> PyResult<Bound<'py, PyList>> {
        if requests.iter().any(|(_, quantity)| *quantity == 0) {
            return Err(alloc_error(AllocError::ZeroQuantity));
        }
        let (answers, mut runs) = (PyList::empty(py), Vec::new());
        for (outlet, quantity) in requests {
            answers.append(self.claim_with(py, outlet, quantity, &mut runs)?)?;
        }
        Ok(answers)
    }

    fn give_back(&self, outlet: i64, lease_id: i64, seq_lo: i64, count: u32) -> PyResult<bool> {
        let given_back = self.0.give_back(outlet, lease_id, seq_lo, count);
        given_back.map_err(alloc_error)
    }

    fn close(&self, outlet: i64, lease_id: i64) -> PyResult<u32> {
        self.0.close(outlet, lease_id).map_err(alloc_error)
    }

    fn forget(&self, outlet: i64, lease_id: i64) -> PyResult<bool> {
        self.0.forget(outlet, lease_id).map_err(alloc_error)
    }

    fn remaining(&self, outlet: i64) -> u64 {
        self.0.remaining(outlet)
    }

    fn capacity(&self, outlet: i64) -> u64 {
        self.0.capacity(outlet)
    }

    fn lease_ids(&self, outlet: i64) -> Vec<i64> {
        self.0.lease_ids(outlet)
    }

    fn record<'py>(
        &self,
        py: Python<'py>,
        pool_id: i64,
        lease_id: i64,
        seq: i64,
    ) -> Option<Bound<'py, PyBytes>> {
        let slab = self.0.slab(lease_id)?;
        let ours = slab.lease().pool_id == pool_id;
        ours.then(|| slab.record(seq).map(|record| PyBytes::new(py, record)))?
    }
}

pub(crate) fn run_tuple(run: &Run) -> RunTuple {
    (run.lease_id, run.epoch, run.seq_lo, run.count)
}

fn alloc_error(error: AllocError) -> PyErr {
    match error {
        AllocError::Forked => PyRuntimeError::new_err(error.to_string()),
        _ => PyValueError::new_err(error.to_string()),
    }
}

/// Order ids of one worker slot.
#[pyclass(frozen, module = "gateway._core")]
pub struct OrderIds(Generator);

#[pymethods]
impl OrderIds {
    #[new]
    fn new(worker_slot: i64) -> PyResult<Self> {
        let slot = u16::try_from(worker_slot).map_err(|_| order_id_error(OrderIdError::Slot))?;
        Ok(Self(Generator::new(slot).map_err(order_id_error)?))
    }

    fn next(&self, now_ms: i64) -> PyResult<i64> {
        self.0.next(now_ms).map_err(order_id_error)
    }

    fn next_many<'py>(&self, py: Python<'py>, now_ms: i64, n: u32) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.0.next_many(now_ms, n).map_err(order_id_error)?)
    }
}

fn order_id_error(error: OrderIdError) -> PyErr {
    match error {
        OrderIdError::Forked => PyRuntimeError::new_err(error.to_string()),
        _ => PyValueError::new_err(error.to_string()),
    }
}
