//! The one place where an error of the secrecy half becomes a Python exception.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use quangate_vault::vault_error::VaultError as EngineError;

mod python {
    pyo3::import_exception!(gateway.ground.native_errors, KeyMissing);
    pyo3::import_exception!(gateway.ground.native_errors, RecordCorrupt);
    pyo3::import_exception!(gateway.ground.native_errors, VaultError);
}

/// Either side's error, so that `?` works on both.
pub enum CoreFault {
    /// The engine's.
    Engine(EngineError),
    /// Python's own, from a conversion.
    Python(PyErr),
}

/// What the glue's functions return.
pub type CoreResult<T> = Result<T, CoreFault>;

impl From<EngineError> for CoreFault {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<PyErr> for CoreFault {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

impl From<CoreFault> for PyErr {
    fn from(fault: CoreFault) -> Self {
        let error = match fault {
            CoreFault::Python(error) => return error,
            CoreFault::Engine(error) => error,
        };
        let message = error.to_string();
        match error {
            EngineError::KeyMissing(_) => python::KeyMissing::new_err(message),
            EngineError::Corrupt(_) => python::RecordCorrupt::new_err(message),
            EngineError::KeyFile(_) | EngineError::NoEntropy => {
                python::VaultError::new_err(message)
            }
            EngineError::Invalid(_) => PyValueError::new_err(message),
        }
    }
}
