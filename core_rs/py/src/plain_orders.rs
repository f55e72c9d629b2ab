//! `PlainOrders` for Python: whole requests with one plain order each.

use std::collections::HashMap;

use pyo3::prelude::*;
use pyo3::types::PyString;
use quangate_vault::request_signature::SignedRequest;
use quangate_wire::plain_lines::Offer;
use quangate_wire::plain_single::{OneOrder, PlainSingle};

use crate::partner_keys::KeyRing;
use crate::plain_lines::{OfferTuple, offered};

/// Terms are forgotten when there are more: they are asked for again.
const TERMS_MAX: usize = 65_536;

/// (the first byte behind it, terms, its number)
type FoundTuple<'py> = (usize, Option<Py<PyAny>>, Bound<'py, PyString>);

/// Reads requests; what a key's order of a SKU is taken by is kept here, by both.
#[pyclass(module = "gateway._core")]
#[derive(Default)]
pub struct PlainOrders {
    /// None: no order of these is plain.
    known: HashMap<Box<str>, Option<(Py<PyAny>, Offer)>>,
    /// Of the last order: key id and SKU, with a line feed between them, which neither has.
    name: String,
    key_len: usize,
    order: OneOrder,
}

#[pymethods]
impl PlainOrders {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn read<'py>(
        &mut self,
        py: Python<'py>,
        keyring: &KeyRing,
        data: &[u8],
        start: usize,
        now_s: f64,
        watched: bool,
    ) -> Option<FoundTuple<'py>> {
        let single = PlainSingle::read(data, start, now_s)?;
        self.name.clear();
        self.name.push_str(single.key_id);
        self.key_len = self.name.len();
        self.name.push('\n');
        self.name.push_str(single.sku());
        let known = self.known.get(self.name.as_str());
        let terms = match known {
            Some(Some((terms, offer))) if single.fits(offer) => Some(terms.clone_ref(py)),
            Some(_) => return None,
            None => None,
        };
        let request = SignedRequest {
            method: single.method.as_bytes(),
            target: single.target.as_bytes(),
            timestamp: single.timestamp.as_bytes(),
            nonce: single.nonce.as_bytes(),
            body: single.body.as_bytes(),
        };
        let signed = || keyring.verifies(single.key_id, &request, single.signature.as_bytes());
        if (watched && single.names_client) || !signed() {
            return None;
        }
        let end = single.end;
        self.order.keep(single);
        Some((end, terms, PyString::new(py, self.order.number())))
    }

    #[getter]
    fn key_id(&self) -> &str {
        &self.name[..self.key_len]
    }

    #[getter]
    fn sku(&self) -> &str {
        self.order.sku()
    }

    #[getter]
    fn quantity(&self) -> u32 {
        self.order.quantity()
    }

    fn know(&mut self, terms: Option<(Py<PyAny>, OfferTuple)>) -> bool {
        if self.known.len() >= TERMS_MAX {
            self.known.clear();
        }
        let known = terms.map(|(terms, offer)| (terms, offered(offer)));
        let fits = matches!(&known, Some((_, offer)) if self.order.fits(offer));
        self.known.insert(self.name.as_str().into(), known);
        fits
    }

    fn forget(&mut self) {
        self.known.clear();
    }
}

impl PlainOrders {
    /// The last one read, and how it is sold.
    pub(crate) fn last(&self) -> (&OneOrder, Option<&Offer>) {
        let known = self.known.get(self.name.as_str());
        let offer = known.and_then(|known| known.as_ref().map(|(_, offer)| offer));
        (&self.order, offer)
    }
}
