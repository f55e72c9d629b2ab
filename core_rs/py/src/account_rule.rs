//! Python's view of account rules.
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use quangate_wire::account_rule;

/// A pattern that whole accounts are matched against, in time linear in the account.
#[pyclass(frozen, module = "gateway._core")]
pub struct AccountRule(account_rule::AccountRule);

#[pymethods]
impl AccountRule {
    #[new]
    fn new(pattern: &str) -> PyResult<Self> {
        account_rule::AccountRule::new(pattern)
            .map(Self)
            .map_err(PyValueError::new_err)
    }

    fn fits(&self, account: &str) -> bool {
        self.0.fits(account)
    }
}
