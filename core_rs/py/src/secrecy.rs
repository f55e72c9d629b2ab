//! `Vault`, `KeyRing` and their functions for Python: conversions only.
//!
//! What Python gets is ciphertext, except where the name of a function says that it opens something.

#![expect(
    clippy::needless_pass_by_value,
    reason = "PyO3 hands arguments over by value"
)]

use std::path::PathBuf;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyList};
use quangate_code_file::as_imported;
use quangate_vault::suite::Suite;
use quangate_vault::vault::{self, Vault as Engine};
use quangate_vault::vault_error::VaultError;
use quangate_wire::packed::unpack;

use crate::errors::CoreResult;

/// From this many records on, about a millisecond of work, a call detaches from the interpreter.
///
/// A detach costs one microsecond, but with another thread computing it took up to 18 ms to get the
/// interpreter back (2-core VM, 400 calls): the order path, some hundreds of codes, must not.
pub(crate) const DETACH_RECORDS: usize = 2048;

/// Runs `work` with or without the interpreter, by the number of records it goes through.
pub(crate) fn detached<T: Send>(
    py: Python<'_>,
    records: usize,
    work: impl FnOnce() -> T + Send,
) -> T {
    if records < DETACH_RECORDS {
        work()
    } else {
        py.detach(work)
    }
}

/// Every key of this process.
#[pyclass(frozen, module = "gateway._core")]
pub struct Vault(Engine);

impl Vault {
    /// The engine's vault, for the other rooms of the glue.
    pub(crate) fn engine(&self) -> &Engine {
        &self.0
    }
}

#[pymethods]
impl Vault {
    #[staticmethod]
    #[pyo3(signature = (kek_path, *, create = true))]
    fn open(kek_path: PathBuf, create: bool) -> CoreResult<Self> {
        Ok(Self(Engine::open(&kek_path, create)?))
    }

    fn kek_ids(&self) -> (String, Vec<String>) {
        (self.0.kms().current_key_id(), self.0.kms().key_ids())
    }

    fn rotate_kek(&self) -> CoreResult<String> {
        Ok(self.0.kms().rotate()?)
    }

    fn retire_kek(&self, key_id: &str) -> CoreResult<()> {
        Ok(self.0.kms().retire(key_id)?)
    }

    fn lend(&self, kek_path: PathBuf) -> CoreResult<()> {
        Ok(self.0.kms().lend(&kek_path)?)
    }

    fn reload(&self) -> CoreResult<()> {
        Ok(self.0.kms().reload()?)
    }

    fn index_check<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.fingerprinter().key_check())
    }

    fn anchor_mac<'py>(&self, py: Python<'py>, line: &[u8]) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.anchor_mac().of(line))
    }

    fn wrap_secret<'py>(
        &self,
        py: Python<'py>,
        purpose: &str,
        plaintext: &[u8],
    ) -> CoreResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.0.wrap_secret(purpose, plaintext)?))
    }

    fn open_secret<'py>(
        &self,
        py: Python<'py>,
        purpose: &str,
        blob: &[u8],
    ) -> CoreResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.0.open_secret(purpose, blob)?))
    }

    fn rewrap_secret<'py>(
        &self,
        py: Python<'py>,
        purpose: &str,
        blob: &[u8],
    ) -> CoreResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.0.rewrap_secret(purpose, blob)?))
    }

    #[staticmethod]
    fn secret_kek_id(blob: &[u8]) -> CoreResult<String> {
        Ok(vault::key_id_of_secret(blob)?)
    }

    #[pyo3(signature = (batch_id, suite = "aes-256-gcm"))]
    fn new_dek<'py>(
        &self,
        py: Python<'py>,
        batch_id: i64,
        suite: &str,
    ) -> CoreResult<Bound<'py, PyBytes>> {
        let suite = Suite::from_name(suite)?;
        Ok(PyBytes::new(py, &self.0.new_data_key(batch_id, suite)?))
    }

    fn load_dek(&self, batch_id: i64, wrapped: &[u8]) -> CoreResult<()> {
        Ok(self.0.load_data_key(batch_id, wrapped)?)
    }

    fn has_dek(&self, batch_id: i64) -> bool {
        self.0.has_data_key(batch_id)
    }

    fn drop_dek(&self, batch_id: i64) -> bool {
        self.0.drop_data_key(batch_id)
    }

    fn rewrap_dek<'py>(
        &self,
        py: Python<'py>,
        batch_id: i64,
        wrapped: &[u8],
    ) -> CoreResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(
            py,
            &self.0.rewrap_data_key(batch_id, wrapped)?,
        ))
    }

    #[staticmethod]
    fn dek_kek_id(wrapped: &[u8]) -> CoreResult<String> {
        Ok(vault::key_id_of_data_key(wrapped)?)
    }

    fn seal_records<'py>(
        &self,
        py: Python<'py>,
        pool_id: i64,
        batch_id: i64,
        seq_lo: i64,
        plaintexts: Vec<PyBackedBytes>,
    ) -> CoreResult<Bound<'py, PyList>> {
        let records = detached(py, plaintexts.len(), || {
            let mut sealer = self.0.sealer(pool_id, batch_id, plaintexts.len())?;
            let seal = |(seq, plaintext): (i64, &PyBackedBytes)| {
                let mut record = Vec::new();
                sealer.seal(seq, plaintext, &mut record).map(|()| record)
            };
            (seq_lo..)
                .zip(&plaintexts)
                .map(seal)
                .collect::<Result<Vec<_>, VaultError>>()
        })?;
        let records = records.iter().map(|record| PyBytes::new(py, record));
        Ok(PyList::new(py, records)?)
    }

    fn open_record<'py>(
        &self,
        py: Python<'py>,
        pool_id: i64,
        batch_id: i64,
        seq: i64,
        record: &[u8],
    ) -> CoreResult<Bound<'py, PyBytes>> {
        let mut opener = self.0.opener(pool_id);
        let plaintext = opener.open_sealed(batch_id, seq, record)?;
        Ok(PyBytes::new(py, plaintext))
    }

    fn check_records(
        &self,
        py: Python<'_>,
        pool_id: i64,
        seq_lo: i64,
        records: Vec<PyBackedBytes>,
    ) -> CoreResult<Vec<usize>> {
        let published = || records.iter().map(|record| &**record);
        let spoiled = detached(py, records.len(), || {
            self.0.check(pool_id, seq_lo, published())
        });
        Ok(spoiled?)
    }

    fn check_packed(
        &self,
        py: Python<'_>,
        pool_id: i64,
        seq_lo: i64,
        packed: PyBackedBytes,
    ) -> CoreResult<Vec<usize>> {
        let records = unpack(&packed).ok_or_else(|| PyValueError::new_err("torn range"))?;
        let spoiled = detached(py, records.len(), || {
            self.0.check(pool_id, seq_lo, records.iter().copied())
        });
        Ok(spoiled?)
    }

    fn fingerprints<'py>(
        &self,
        py: Python<'py>,
        codes: Vec<Bound<'py, PyAny>>,
    ) -> CoreResult<Bound<'py, PyBytes>> {
        let mut fingerprints = Vec::with_capacity(codes.len() * 16);
        for code in &codes {
            let identity = as_imported(bytes_of(code)?);
            fingerprints.extend_from_slice(&self.0.fingerprinter().of(&identity));
        }
        Ok(PyBytes::new(py, &fingerprints))
    }
}

/// The bytes of a `bytes`, or the UTF-8 of a `str`.
pub(crate) fn bytes_of<'a>(value: &'a Bound<'_, PyAny>) -> PyResult<&'a [u8]> {
    match value.cast::<PyBytes>() {
        Ok(bytes) => Ok(bytes.as_bytes()),
        Err(_) => Ok(value.extract::<&str>()?.as_bytes()),
    }
}
