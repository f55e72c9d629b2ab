//! `KeyRing`, sealing for partners, signatures and code generation for Python: conversions only.

#![expect(
    clippy::needless_pass_by_value,
    reason = "PyO3 hands arguments over by value"
)]

use pyo3::exceptions::PyUnicodeEncodeError;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyBytes, PyList, PyString};
use quangate_vault::codegen::{self, Pattern};
use quangate_vault::delivery::Delivery;
use quangate_vault::entropy::secret_32;
use quangate_vault::jwe;
use quangate_vault::keyring::{self, KeyRing as Engine, PartnerKey};
use quangate_vault::request_signature::{SignedRequest, SigningKey};
use quangate_vault::secret_text::{
    DELIVERY_PREFIX, SIGNING_PREFIX, read_32, read_webhook_secret, show_webhook_secret,
};
use quangate_vault::vault_error::VaultError;
use quangate_vault::webhook_signature;

use crate::alloc::{Allocator, RunTuple};
use crate::commit_columns::run;
use crate::errors::CoreResult;
use crate::secrecy::{Vault, bytes_of, detached};

/// (key id, pool id, runs)
type LineTuple = (PyBackedStr, i64, Vec<RunTuple>);

/// Partner keys by id.
#[pyclass(frozen, module = "gateway._core")]
pub struct KeyRing(Engine);

#[pymethods]
impl KeyRing {
    #[new]
    fn new() -> CoreResult<Self> {
        Ok(Self(Engine::new()?))
    }

    fn put(
        &self,
        key_id: &str,
        signing_blob: &[u8],
        delivery_blob: &[u8],
        vault: &Vault,
    ) -> CoreResult<()> {
        Ok(self
            .0
            .put(vault.engine(), key_id, signing_blob, delivery_blob)?)
    }

    fn remove(&self, key_id: &str) -> bool {
        self.0.remove(key_id)
    }

    fn __contains__(&self, key_id: &str) -> bool {
        self.0.contains(key_id)
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn sign_text(&self, key_id: &str, text: &str) -> Option<String> {
        let hex = self.0.sign_text(key_id, text.as_bytes())?;
        Some(String::from_utf8_lossy(&hex).into_owned())
    }

    fn verify_text(&self, key_id: &str, text: &str, mac: &str) -> bool {
        self.0.verify_text(key_id, text.as_bytes(), mac.as_bytes())
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the members of the string to sign"
    )]
    fn verify(
        &self,
        key_id: &Bound<'_, PyAny>,
        method: &Bound<'_, PyAny>,
        target: &Bound<'_, PyAny>,
        timestamp: &Bound<'_, PyAny>,
        nonce: &Bound<'_, PyAny>,
        body: &[u8],
        signature_header: &Bound<'_, PyAny>,
    ) -> PyResult<bool> {
        let verified = (|| {
            let request = SignedRequest {
                method: bytes_of(method)?,
                target: bytes_of(target)?,
                timestamp: bytes_of(timestamp)?,
                nonce: bytes_of(nonce)?,
                body,
            };
            let header = bytes_of(signature_header)?;
            Ok(self.0.verify(key_id.extract()?, &request, header))
        })();
        // Bytes that are not UTF-8 reach Python as lone surrogates; no signature covers those.
        verified.or_else(|error: PyErr| {
            if error.is_instance_of::<PyUnicodeEncodeError>(key_id.py()) {
                Ok(false)
            } else {
                Err(error)
            }
        })
    }
}

impl KeyRing {
    pub(crate) fn verifies(
        &self,
        key_id: &str,
        request: &SignedRequest<'_>,
        header: &[u8],
    ) -> bool {
        self.0.verify(key_id, request, header)
    }

    pub(crate) fn partner(&self, key_id: &str) -> Result<std::sync::Arc<PartnerKey>, VaultError> {
        self.0
            .get(key_id)
            .ok_or_else(|| VaultError::KeyMissing(format!("there is no partner key {key_id:?}")))
    }
}

/// (secret, delivery key, signing blob, delivery blob)
type NewSecretsTuple<'py> = (
    Bound<'py, PyString>,
    Bound<'py, PyString>,
    Bound<'py, PyBytes>,
    Bound<'py, PyBytes>,
);

#[pyfunction]
pub fn new_partner_secrets<'py>(
    py: Python<'py>,
    vault: &Vault,
    key_id: &str,
) -> CoreResult<NewSecretsTuple<'py>> {
    let new = keyring::new_partner_secrets(vault.engine(), key_id)?;
    Ok((
        PyString::new(py, &new.signing),
        PyString::new(py, &new.delivery),
        PyBytes::new(py, &new.signing_blob),
        PyBytes::new(py, &new.delivery_blob),
    ))
}

#[pyfunction]
pub fn seal_claimed<'py>(
    py: Python<'py>,
    vault: &Vault,
    keyring: &KeyRing,
    allocator: &Allocator,
    lines: Vec<Option<LineTuple>>,
) -> CoreResult<Bound<'py, PyList>> {
    let count = |(_, _, runs): &LineTuple| runs.iter().map(|run| run.3 as usize).sum::<usize>();
    let code_count = lines.iter().flatten().map(count).sum();
    let (json, places) = detached(py, code_count, || {
        let mut delivery = Delivery::new(vault.engine(), code_count)?;
        // All lines lie in one buffer, and neighbours mostly have one key.
        let (mut json, mut last) = (Vec::new(), None);
        let mut seal = |line: &'_ LineTuple, partner: &PartnerKey| {
            let (start, runs) = (json.len(), line.2.iter().copied().map(run));
            delivery.claimed_line(partner, allocator.engine(), line.1, runs, &mut json)?;
            Ok::<_, VaultError>(start..json.len())
        };
        let mut places = Vec::with_capacity(lines.len());
        for line in &lines {
            let Some(line) = line else {
                places.push(None);
                continue;
            };
            let partner = match last.take() {
                Some((id, partner)) if id == &line.0 => Some(partner),
                _ => keyring.partner(&line.0).ok(),
            };
            // A line that cannot be sealed must not take the others, which are committed, with it.
            places.push(
                partner
                    .as_ref()
                    .and_then(|partner| seal(line, partner).ok()),
            );
            last = partner.map(|partner| (&line.0, partner));
        }
        Ok::<_, VaultError>((json, places))
    })?;
    let sealed = places
        .into_iter()
        .map(|place| place.map(|place| PyBytes::new(py, &json[place])));
    Ok(PyList::new(py, sealed)?)
}

#[pyfunction]
pub fn seal_rows<'py>(
    py: Python<'py>,
    vault: &Vault,
    keyring: &KeyRing,
    key_id: &str,
    pool_id: i64,
    rows: Vec<(i64, PyBackedBytes)>,
) -> CoreResult<Bound<'py, PyBytes>> {
    let partner = keyring.partner(key_id)?;
    let json = detached(py, rows.len(), || {
        let records = rows.iter().map(|(seq, published)| (*seq, &**published));
        Delivery::new(vault.engine(), rows.len())?.line(&partner, pool_id, records)
    })?;
    Ok(PyBytes::new(py, &json))
}

#[pyfunction]
pub fn open_jwe<'py>(
    py: Python<'py>,
    delivery_key: &str,
    jwe: &str,
) -> CoreResult<Bound<'py, PyBytes>> {
    let plaintext = jwe::open(&*read_32(DELIVERY_PREFIX, delivery_key)?, jwe)?;
    Ok(PyBytes::new(py, &plaintext))
}

#[pyfunction]
pub fn sign_request(
    secret: &str,
    method: &Bound<'_, PyAny>,
    target: &Bound<'_, PyAny>,
    timestamp: &Bound<'_, PyAny>,
    nonce: &Bound<'_, PyAny>,
    body: &[u8],
) -> CoreResult<String> {
    let key = SigningKey::new(read_32(SIGNING_PREFIX, secret)?.as_slice())?;
    let signature = key.signature(&SignedRequest {
        method: bytes_of(method)?,
        target: bytes_of(target)?,
        timestamp: bytes_of(timestamp)?,
        nonce: bytes_of(nonce)?,
        body,
    });
    Ok(signature.iter().copied().map(char::from).collect())
}

#[pyfunction]
pub fn webhook_sign(
    secret: &str,
    message_id: &str,
    timestamp: i64,
    body: &[u8],
) -> CoreResult<String> {
    let secret = read_webhook_secret(secret)?;
    Ok(webhook_signature::sign(
        &secret, message_id, timestamp, body,
    )?)
}

#[pyfunction]
pub fn new_webhook_secret(py: Python<'_>) -> CoreResult<Bound<'_, PyString>> {
    Ok(PyString::new(py, &show_webhook_secret(&*secret_32()?)))
}

#[pyfunction]
#[pyo3(signature = (pattern, count, check = false))]
pub fn generate_codes<'py>(
    py: Python<'py>,
    pattern: &str,
    count: usize,
    check: bool,
) -> CoreResult<Bound<'py, PyList>> {
    let codes = py.detach(|| codegen::generate(&Pattern::parse(pattern)?, count, check))?;
    let codes = codes.iter().map(|code| PyBytes::new(py, code.as_bytes()));
    Ok(PyList::new(py, codes)?)
}

#[pyfunction]
pub fn pattern_space(pattern: &str) -> CoreResult<u128> {
    Ok(Pattern::parse(pattern)?.space())
}
