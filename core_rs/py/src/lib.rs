//! `gateway._core`: the module tree, nothing else.
use pyo3::prelude::*;

/// Quangate's native core.
#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    Ok(())
}
