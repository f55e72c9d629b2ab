//! `gateway._core`: the crates `stock`, `vault`, `wire` and `code_file` for Python.
//!
//! Conversions, errors and the lock of the interpreter; no decision is made here.

use pyo3::prelude::*;

mod account_rule;
mod alloc;
mod code_file;
mod commit_columns;
mod errors;
mod json_guard;
mod limits;
mod partner_keys;
mod plain_answers;
mod plain_columns;
mod plain_lines;
mod plain_orders;
mod plain_request;
mod secrecy;

/// Quangate's native core.
#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    // Allocation.
    module.add_class::<alloc::Allocator>()?;
    module.add_class::<alloc::OrderIds>()?;
    module.add_class::<limits::NumberFilter>()?;
    module.add_class::<limits::RateLimiter>()?;
    // Secrecy.
    module.add_class::<secrecy::Vault>()?;
    module.add_class::<partner_keys::KeyRing>()?;
    module.add_function(wrap_pyfunction!(partner_keys::new_partner_secrets, module)?)?;
    module.add_function(wrap_pyfunction!(partner_keys::seal_claimed, module)?)?;
    module.add_function(wrap_pyfunction!(partner_keys::seal_rows, module)?)?;
    module.add_function(wrap_pyfunction!(partner_keys::open_jwe, module)?)?;
    module.add_function(wrap_pyfunction!(partner_keys::sign_request, module)?)?;
    module.add_function(wrap_pyfunction!(partner_keys::webhook_sign, module)?)?;
    module.add_function(wrap_pyfunction!(partner_keys::new_webhook_secret, module)?)?;
    module.add_function(wrap_pyfunction!(partner_keys::generate_codes, module)?)?;
    module.add_function(wrap_pyfunction!(partner_keys::pattern_space, module)?)?;
    // Code files.
    module.add_class::<code_file::CodeFile>()?;
    module.add_class::<code_file::ParsedBatch>()?;
    module.add_function(wrap_pyfunction!(code_file::find_codes, module)?)?;
    // The order path.
    module.add_class::<account_rule::AccountRule>()?;
    module.add_class::<plain_lines::PlainLines>()?;
    module.add_class::<plain_lines::NumbersUnderWay>()?;
    module.add_class::<plain_orders::PlainOrders>()?;
    module.add_function(wrap_pyfunction!(plain_request::find_request, module)?)?;
    module.add_function(wrap_pyfunction!(json_guard::check_json, module)?)?;
    module.add_function(wrap_pyfunction!(commit_columns::array_literals, module)?)?;
    module.add_function(wrap_pyfunction!(commit_columns::claimed_literals, module)?)?;
    Ok(())
}
