//! Python's view of plain requests.
use pyo3::prelude::*;
use pyo3::types::PyList;
use quangate_wire::plain_request::{Found, find};

/// `(method, target, headers, body_at, end)` of the plain request at `start`; None: its head is
/// unfinished; False: it is not plain.
#[pyfunction]
pub fn find_request<'py>(
    py: Python<'py>,
    received: &[u8],
    start: usize,
) -> PyResult<Bound<'py, PyAny>> {
    match find(received, start) {
        Found::Plain(request) => {
            let headers = PyList::new(py, request.headers)?;
            let parts = (
                request.method,
                request.target,
                headers,
                request.body_at,
                request.end,
            );
            Ok(parts.into_pyobject(py)?.into_any())
        }
        Found::Unfinished => Ok(py.None().into_bound(py)),
        Found::Odd => Ok(false.into_pyobject(py)?.to_owned().into_any()),
    }
}
