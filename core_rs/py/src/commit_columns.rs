//! The columns of a commit for Python: attributes in, array literals out.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyInt, PyList, PyString};
use quangate_stock::slab::Run;
use quangate_wire::array_literal::{ArrayLiteral, ClaimedColumns};

use crate::alloc::RunTuple;
use crate::plain_columns::{push_claimed, push_column};
use crate::plain_lines::PlainLines;

/// For each path (`sku.id`) the array literal of that attribute of every row; None along the path
/// is NULL. `PlainLines` among them are as many rows.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // arguments arrive as values
pub fn array_literals<'py>(
    py: Python<'py>,
    rows: Vec<Bound<'py, PyAny>>,
    paths: Vec<String>,
) -> PyResult<Bound<'py, PyList>> {
    let columns = PyList::empty(py);
    let (mut owner, mut owners) = ("", Vec::new());
    for path in &paths {
        let mut column = ArrayLiteral::new(rows.len());
        if let Some((of, name)) = path.split_once('.') {
            // Neighbouring columns mostly belong to one attribute, and often nobody has it.
            if of != owner {
                owners = attributes(&rows, of)?;
                owner = of;
            }
            push_all(&mut column, &owners, path, name)?;
        } else {
            push_all(&mut column, &rows, path, path)?;
        }
        columns.append(column.finish())?;
    }
    Ok(columns)
}

fn attributes<'py>(rows: &[Bound<'py, PyAny>], name: &str) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let attribute = |row: &Bound<'py, PyAny>| match row.cast::<PlainLines>() {
        Ok(_) => Ok(row.clone()),
        Err(_) => row.getattr(name),
    };
    rows.iter().map(attribute).collect()
}

fn push_all(
    column: &mut ArrayLiteral,
    rows: &[Bound<'_, PyAny>],
    path: &str,
    name: &str,
) -> PyResult<()> {
    let Some(first) = rows.first() else {
        return Ok(());
    };
    let name = PyString::intern(first.py(), name);
    for row in rows {
        if row.is_none() {
            column.null();
        } else if let Ok(plain) = row.cast::<PlainLines>() {
            push_column(plain.borrow().lines(), path, column);
        } else {
            push(column, &row.getattr(&name)?)?;
        }
    }
    Ok(())
}

fn push(column: &mut ArrayLiteral, value: &Bound<'_, PyAny>) -> PyResult<()> {
    if value.is_none() {
        column.null();
    } else if let Ok(text) = value.cast::<PyString>() {
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

/// The columns of the claimed codes, of runs, None or `PlainLines`; see `ClaimedColumns::finish`.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)]
pub fn claimed_literals(
    lines: Vec<Bound<'_, PyAny>>,
) -> PyResult<(String, String, String, String, String, String)> {
    let mut columns = ClaimedColumns::new(lines.len());
    for line in lines {
        if line.is_none() {
            columns.push_none();
        } else if let Ok(plain) = line.cast::<PlainLines>() {
            push_claimed(plain.borrow().lines(), &mut columns);
        } else {
            columns.push(line.extract::<Vec<RunTuple>>()?.into_iter().map(run));
        }
    }
    Ok(columns.finish().into())
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
