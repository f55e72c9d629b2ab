//! `RateLimiter` and `NumberFilter` for Python: conversions only.

use std::path::PathBuf;

use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyString;
use quangate_wire::number_filter::NumberFilter as Filter;
use quangate_wire::rate::RateLimiter as Limiter;
use quangate_wire::rate::{FULL_PRICE, Share, SharedFileError};

/// From this size on, adding a text is worth detaching from the interpreter: about a
/// hundred microseconds of work against one for the detach.
const DETACH_BYTES: usize = 64 * 1024;

/// Token buckets with a burst of one second.
#[pyclass(frozen, module = "gateway._core")]
pub struct RateLimiter(Limiter);

#[pymethods]
#[allow(clippy::needless_pass_by_value)] // arguments arrive as values
impl RateLimiter {
    #[staticmethod]
    #[pyo3(signature = (path, slots, *, counting = false))]
    fn shared(path: PathBuf, slots: usize, counting: bool) -> PyResult<Self> {
        match Limiter::shared(&path, slots, random_key()?) {
            Ok(limiter) => Ok(Self(told(limiter, counting))),
            Err(SharedFileError::Io(error)) => Err(error.into()),
            Err(error) => Err(PyValueError::new_err(error.to_string())),
        }
    }

    #[staticmethod]
    #[pyo3(signature = (slots, *, counting = false))]
    fn local(slots: usize, counting: bool) -> PyResult<Self> {
        match Limiter::local(slots, random_key()?) {
            Some(limiter) => Ok(Self(told(limiter, counting))),
            None => Err(PyValueError::new_err(SharedFileError::TooLarge.to_string())),
        }
    }

    fn acquire(
        &self,
        key: &str,
        rate_per_s: u64,
        n: u64,
        now_ns: u64,
    ) -> PyResult<(bool, u64, u64)> {
        if rate_per_s == 0 {
            return Err(PyValueError::new_err(
                "the rate must be at least 1 per second",
            ));
        }
        let permit = self.0.acquire(key, rate_per_s, n, now_ns);
        Ok((permit.granted, permit.remaining, permit.retry_after_ms))
    }

    fn look(&self, key: &str, rate_per_s: u64, now_ns: u64) -> (bool, u64, u64) {
        let permit = self.0.look(key, rate_per_s, now_ns);
        (permit.granted, permit.remaining, permit.retry_after_ms)
    }

    #[pyo3(signature = (nodes, price = FULL_PRICE))]
    fn share(&self, nodes: u64, price: u64) {
        self.0.share(Share { nodes, price });
    }

    fn empty(&self, at_ns: u64) {
        self.0.empty(at_ns);
    }

    fn spent(&self, now_ns: u64) -> Vec<(String, u64, u64, u64)> {
        let spent = self.0.spent(now_ns).into_iter();
        spent
            .map(|one| (one.key.into(), one.rate_per_s, one.permits, one.debt_ns))
            .collect()
    }

    fn retell(&self, key: &str, rate_per_s: u64, permits: u64) {
        self.0.retell(key, rate_per_s, permits);
    }

    fn charge(&self, key: &str, rate_per_s: u64, debt_ns: u64, now_ns: u64) {
        self.0.charge(key, rate_per_s, debt_ns, now_ns);
    }
}

fn told(limiter: Limiter, counting: bool) -> Limiter {
    if counting {
        limiter.counting()
    } else {
        limiter
    }
}

/// A Bloom filter of accepted order numbers.
#[pyclass(frozen, module = "gateway._core")]
pub struct NumberFilter(Filter);

#[pymethods]
impl NumberFilter {
    #[new]
    #[pyo3(signature = (capacity, bits_per_item = 12))]
    fn new(capacity: u64, bits_per_item: u32) -> PyResult<Self> {
        let filter = Filter::new(capacity, bits_per_item, random_key()?);
        let too_large = || PyValueError::new_err("a filter may take up to 2 GiB");
        filter.map(Self).ok_or_else(too_large)
    }

    fn add(&self, partner_id: i64, numbers: Vec<Bound<'_, PyString>>) -> PyResult<()> {
        for number in numbers {
            self.0.add(partner_id, number.to_str()?.as_bytes());
        }
        Ok(())
    }

    fn add_one(&self, partner_id: i64, number: &str) {
        self.0.add(partner_id, number.as_bytes());
    }

    fn add_lines(&self, py: Python<'_>, partner_id: i64, blob: &[u8]) {
        if blob.len() < DETACH_BYTES {
            self.0.add_lines(partner_id, blob);
        } else {
            py.detach(|| self.0.add_lines(partner_id, blob));
        }
    }

    fn may_contain(&self, partner_id: i64, number: &str) -> bool {
        self.0.may_contain(partner_id, number.as_bytes())
    }

    fn __len__(&self) -> usize {
        usize::try_from(self.0.len()).unwrap_or(usize::MAX)
    }

    #[getter]
    fn full(&self) -> bool {
        self.0.is_full()
    }
}

/// A hash key from the operating system.
pub(crate) fn random_key() -> PyResult<(u64, u64)> {
    let word = || getrandom::u64().map_err(|error| PyOSError::new_err(error.to_string()));
    Ok((word()?, word()?))
}
