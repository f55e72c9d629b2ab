//! `CodeFile` and `ParsedBatch` for Python: conversions only.
//!
//! Python gets line numbers, fingerprints, masked samples and sealed rows; never a code.

#![expect(
    clippy::needless_pass_by_value,
    reason = "PyO3 hands arguments over by value"
)]

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use parking_lot::Mutex;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use quangate_code_file::{
    Batch, CopyRows, FileError, Fingerprint, IdentityRule, Overrides, Source, Zone,
    identity_of_plaintext,
};
use quangate_vault::codegen::{self, Pattern};
use quangate_vault::vault_error::VaultError;
use quangate_wire::packed::unpack;

use crate::errors::CoreResult;
use crate::secrecy::Vault;

pyo3::import_exception!(gateway.ground.native_errors, CodeFileError);

/// The file is at fault.
fn file_error(error: FileError) -> PyErr {
    CodeFileError::new_err(error.to_string())
}

/// A flag is.
fn flag_error(error: FileError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// What the operator fixed by flags, and what the pool says about equal codes.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Options {
    encoding: Option<String>,
    separator: Option<String>,
    columns: Option<String>,
    header: Option<bool>,
    quotes: Option<bool>,
    sheet: Option<String>,
    named_csv: bool,
    ignore_case: bool,
    ignore_spaces: bool,
    zone: Vec<(i64, i64)>,
}

impl Options {
    fn rule(&self) -> IdentityRule {
        IdentityRule {
            ignore_case: self.ignore_case,
            ignore_spaces: self.ignore_spaces,
        }
    }

    fn overrides(&self, now_s: Option<i64>) -> Result<Overrides, FileError> {
        let parsed = Overrides::parse(
            self.encoding.as_deref(),
            self.separator.as_deref(),
            self.columns.as_deref(),
        )?;
        Ok(Overrides {
            header: self.header,
            quotes: self.quotes,
            sheet: self.sheet.clone(),
            named_csv: self.named_csv,
            blanks_belong_to_codes: self.ignore_spaces,
            zone: Zone(self.zone.clone()),
            now_s,
            ..parsed
        })
    }
}

/// A supplier's code file being read.
#[pyclass(frozen, module = "gateway._core")]
pub struct CodeFile {
    // One reader at a time; the lock only keeps two threads of Python from mixing.
    source: Mutex<Source>,
    rule: IdentityRule,
    /// Cells read over so far, by column.
    ignored: Mutex<Vec<u64>>,
}

#[pymethods]
impl CodeFile {
    /// `path` None reads the standard input.
    #[staticmethod]
    #[pyo3(signature = (path, options, now_s = None))]
    fn open(
        py: Python<'_>,
        path: Option<PathBuf>,
        options: Options,
        now_s: Option<i64>,
    ) -> PyResult<Self> {
        let overrides = options.overrides(now_s).map_err(flag_error)?;
        let input: Box<dyn Read + Send> = match path {
            Some(path) => Box::new(File::open(path)?),
            None => Box::new(std::io::stdin()),
        };
        let source = py
            .detach(|| Source::open(input, overrides))
            .map_err(file_error)?;
        Ok(Self {
            source: Mutex::new(source),
            rule: options.rule(),
            ignored: Mutex::default(),
        })
    }

    fn explain(&self) -> String {
        self.source.lock().shape().explain()
    }

    fn sample(&self) -> Vec<String> {
        self.source.lock().shape().sample.clone()
    }

    /// What somebody should be asked before anything is sold.
    fn doubts(&self) -> Vec<String> {
        self.source.lock().shape().doubts.clone()
    }

    /// Whether the columns were neither named nor given.
    fn guessed(&self) -> bool {
        self.source.lock().shape().guessed
    }

    /// The columns read over so far, by name, and their filled cells.
    fn ignored(&self) -> Vec<(String, u64)> {
        let source = self.source.lock();
        let counts = self.ignored.lock().clone();
        let filled = counts
            .into_iter()
            .enumerate()
            .filter(|(_, cells)| *cells > 0);
        filled
            .map(|(place, cells)| (source.shape().name_of(place), cells))
            .collect()
    }

    /// Bytes read so far, and the size where the file itself does not tell it.
    fn progress(&self) -> (u64, Option<u64>) {
        let source = self.source.lock();
        (source.bytes_done(), source.workbook_bytes())
    }

    fn next_batch(&self, py: Python<'_>, rows_max: usize) -> PyResult<Option<ParsedBatch>> {
        let read = || self.source.lock().next_batch(rows_max, self.rule);
        let batch = py.detach(read).map_err(file_error)?;
        if let Some(batch) = &batch {
            let mut sums = self.ignored.lock();
            let width = sums.len().max(batch.ignored().len());
            sums.resize(width, 0);
            for (sum, cells) in sums.iter_mut().zip(batch.ignored()) {
                *sum += cells;
            }
        }
        Ok(batch.map(ParsedBatch::new))
    }
}

/// Some thousand rows; their plaintext stays here and is wiped with it.
#[pyclass(frozen, module = "gateway._core")]
pub struct ParsedBatch(Mutex<Batch>);

impl ParsedBatch {
    fn new(batch: Batch) -> Self {
        Self(Mutex::new(batch))
    }
}

#[pymethods]
impl ParsedBatch {
    /// A batch of generated codes; their lines count from 1.
    #[staticmethod]
    #[pyo3(signature = (pattern, count, *, check = false, ignore_case = false, ignore_spaces = false))]
    fn generate(
        py: Python<'_>,
        pattern: &str,
        count: usize,
        check: bool,
        ignore_case: bool,
        ignore_spaces: bool,
    ) -> CoreResult<Self> {
        let rule = IdentityRule {
            ignore_case,
            ignore_spaces,
        };
        let codes = py.detach(|| codegen::generate(&Pattern::parse(pattern)?, count, check))?;
        let mut batch = Batch::default();
        for code in &codes {
            batch.push_code(code, rule);
        }
        Ok(Self::new(batch))
    }

    fn __len__(&self) -> usize {
        self.0.lock().len()
    }

    fn last_line(&self) -> u64 {
        self.0.lock().last_line()
    }

    fn rejected(&self) -> usize {
        self.0.lock().rejects().len()
    }

    fn fingerprints<'py>(&self, py: Python<'py>, vault: &Vault) -> Bound<'py, PyBytes> {
        let index = vault.engine().fingerprinter();
        let all = py.detach(|| {
            let mut batch = self.0.lock();
            batch.fingerprint(|identity| index.of(identity));
            batch.fingerprints()
        });
        PyBytes::new(py, &all)
    }

    fn fingerprint_rows<'py>(
        &self,
        py: Python<'py>,
        pool_id: i64,
        batch_id: i64,
        seq_lo: i64,
        dropped: Vec<usize>,
    ) -> Bound<'py, PyBytes> {
        let rows = CopyRows {
            pool_id,
            batch_id,
            seq_lo,
        };
        let payload = py.detach(|| self.0.lock().fingerprint_rows(rows, &dropped));
        PyBytes::new(py, &payload)
    }

    /// Rows that repeat an earlier row, and rows that may be imported.
    fn counts(&self) -> (usize, usize) {
        let batch = self.0.lock();
        (batch.repeat_count(), batch.candidate_count())
    }

    fn expiring(&self) -> bool {
        self.0.lock().expiring()
    }

    fn report(&self, py: Python<'_>, in_file: Vec<usize>, in_pool: Vec<usize>) -> String {
        py.detach(|| self.0.lock().report(&in_file, &in_pool))
    }

    fn copy_rows<'py>(
        &self,
        py: Python<'py>,
        vault: &Vault,
        pool_id: i64,
        batch_id: i64,
        seq_lo: i64,
        dropped: Vec<usize>,
    ) -> CoreResult<Bound<'py, PyBytes>> {
        let payload = py.detach(|| {
            let batch = self.0.lock();
            let kept = batch.candidate_count().saturating_sub(dropped.len());
            let mut sealer = vault.engine().sealer(pool_id, batch_id, kept)?;
            let rows = CopyRows {
                pool_id,
                batch_id,
                seq_lo,
            };
            batch.copy_rows(rows, &dropped, |seq, plaintext, out| {
                sealer.seal(seq, plaintext, out)
            })
        })?;
        Ok(PyBytes::new(py, &payload))
    }
}

/// The numbers, from `seq_lo` on, of the packed records whose code has one of the fingerprints.
#[pyfunction]
#[pyo3(signature = (vault, pool_id, seq_lo, packed, fingerprints, *, ignore_case, ignore_spaces))]
#[allow(clippy::too_many_arguments)] // Python names them
pub fn find_codes(
    py: Python<'_>,
    vault: &Vault,
    pool_id: i64,
    seq_lo: i64,
    packed: PyBackedBytes,
    fingerprints: PyBackedBytes,
    ignore_case: bool,
    ignore_spaces: bool,
) -> CoreResult<Vec<i64>> {
    let rule = IdentityRule {
        ignore_case,
        ignore_spaces,
    };
    let records = unpack(&packed).ok_or_else(|| PyValueError::new_err("torn range"))?;
    let wanted: HashSet<Fingerprint> = fingerprints.as_chunks::<16>().0.iter().copied().collect();
    let found = py.detach(|| {
        let mut opener = vault.engine().opener(pool_id);
        let mut found = Vec::new();
        for (seq, record) in (seq_lo..).zip(records) {
            let identity = identity_of_plaintext(opener.open(seq, record)?, rule);
            let fingerprint = identity.map(|text| vault.engine().fingerprinter().of(&text));
            if fingerprint.is_some_and(|fingerprint| wanted.contains(&fingerprint)) {
                found.push(seq);
            }
        }
        Ok::<_, VaultError>(found)
    })?;
    Ok(found)
}
