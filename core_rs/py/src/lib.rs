//! `gateway._core`: the module tree, nothing else.
use pyo3::prelude::*;

mod alloc;
mod limits;

/// Quangate's native core.
#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    // Allocation.
    module.add_class::<alloc::Allocator>()?;
    module.add_class::<alloc::OrderIds>()?;
    module.add_class::<limits::NumberFilter>()?;
    module.add_class::<limits::RateLimiter>()?;
    Ok(())
}
