//! The columns of a commit for Python: attributes in, array literals out.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyInt, PyList, PyString};
use quangate_engine::array_literal::{ArrayLiteral, ClaimedColumns};
use quangate_engine::slab::Run;

use crate::alloc::RunTuple;

/// For each path (`sku.id`) the array literal of that attribute of every row; None along the path
/// is NULL.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // arguments arrive as values
pub fn array_literals<'py>(
    py: Python<'py>,
    rows: Vec<Bound<'py, PyAny>>,
    paths: Vec<String>,
) -> PyResult<Bound<'py, PyList>> {
    let columns = PyList::empty(py);
    for path in paths {
        let names: Vec<_> = path
            .split('.')
            .map(|name| PyString::intern(py, name))
            .collect();
        let mut column = ArrayLiteral::new(rows.len());
        for row in &rows {
            push(&mut column, row, &names)?;
        }
        columns.append(column.finish())?;
    }
    Ok(columns)
}

fn push(
    column: &mut ArrayLiteral,
    row: &Bound<'_, PyAny>,
    names: &[Bound<'_, PyString>],
) -> PyResult<()> {
    let mut value = row.clone();
    for name in names {
        value = value.getattr(name)?;
        if value.is_none() {
            column.null();
            return Ok(());
        }
    }
    if let Ok(text) = value.cast::<PyString>() {
        column.text(text.to_str()?);
    } else if let Ok(flag) = value.cast::<PyBool>() {
        column.boolean(flag.is_true());
    } else if value.is_instance_of::<PyInt>() {
        column.number(value.extract()?);
    } else if let Ok(bytes) = value.cast::<PyBytes>() {
        column.bytes(bytes.as_bytes());
    } else {
        return Err(PyTypeError::new_err("no such column in a commit"));
    }
    Ok(())
}

/// The columns of the claimed codes; see `ClaimedColumns::finish`.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)]
pub fn claimed_literals(
    lines: Vec<Option<Vec<RunTuple>>>,
) -> (String, String, String, String, String, String) {
    let mut columns = ClaimedColumns::new(lines.len());
    for runs in lines {
        match runs {
            Some(runs) => columns.push(runs.into_iter().map(run)),
            None => columns.push_none(),
        }
    }
    columns.finish().into()
}

/// A run as the engine knows it.
pub(crate) fn run((lease_id, epoch, seq_lo, count): RunTuple) -> Run {
    Run {
        lease_id,
        epoch,
        seq_lo,
        count,
    }
}
