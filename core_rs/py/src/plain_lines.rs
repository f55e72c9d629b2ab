//! `PlainLines` and `NumbersUnderWay` for Python: conversions only.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyBytes, PyDict, PyList};
use quangate_wire::numbers_under_way::NumbersUnderWay as UnderWay;
use quangate_wire::plain_lines::{Counted, Offer, PlainLine, PlainLines as Lines};

use crate::alloc::{Allocator, RunTuple, run_tuple};
use crate::commit_columns::run;
use crate::errors::CoreResult;
use crate::limits::random_key;
use crate::partner_keys::KeyRing;
use crate::plain_answers::Sealing;
use crate::plain_orders::PlainOrders;
use crate::secrecy::{Vault, detached};

/// (sku id, pool id, outlet, price, currency, largest quantity, quotas: (id, whether it counts by
/// device))
pub(crate) type OfferTuple = (i64, i64, i64, i64, String, u32, Vec<(i64, bool)>);

pub(crate) fn offered(offer: OfferTuple) -> Offer {
    let by = |device| {
        if device {
            Counted::Device
        } else {
            Counted::Buyer
        }
    };
    let quotas = offer.6.into_iter().map(|(id, device)| (id, by(device)));
    Offer {
        sku_id: offer.0,
        pool_id: offer.1,
        outlet: offer.2,
        price_minor: offer.3,
        currency: offer.4,
        quantity_max: offer.5,
        quotas: quotas.collect(),
    }
}

/// (number, place of its SKU, quantity, buyer, device, digest, details, quotas, order id, runs)
type LineTuple<'py> = (
    String,
    usize,
    u32,
    Option<String>,
    Option<String>,
    Bound<'py, PyBytes>,
    Option<String>,
    Option<String>,
    i64,
    Vec<RunTuple>,
);

/// The lines of a batch that say nothing unusual.
#[pyclass(module = "gateway._core")]
pub struct PlainLines(Lines);

#[pymethods]
#[allow(clippy::needless_pass_by_value)] // arguments arrive as values
impl PlainLines {
    #[staticmethod]
    fn read(body: &[u8]) -> Option<Self> {
        Lines::read(body).map(Self)
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    #[getter]
    fn quantity(&self) -> u32 {
        self.0.codes()
    }

    fn skus(&self) -> Vec<&str> {
        self.0.skus().collect()
    }

    fn offer(&mut self, partner_id: i64, offers: Vec<OfferTuple>) -> bool {
        self.0
            .offer(partner_id, offers.into_iter().map(offered).collect())
    }

    #[staticmethod]
    fn begin(partner_id: i64) -> Self {
        Self(Lines::begin(partner_id))
    }

    fn add(&mut self, orders: &PlainOrders) -> PyResult<bool> {
        let (order, offer) = orders.last();
        let offer = offer.ok_or_else(|| PyValueError::new_err("it is not known how it is sold"))?;
        Ok(self.0.add(order, offer))
    }

    fn numbers(&self) -> Vec<&str> {
        self.0.numbers().collect()
    }

    fn numbers_text<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(
            py,
            self.0.numbers().collect::<Vec<_>>().join("\n").as_bytes(),
        )
    }

    fn meets(&self, numbers: &Bound<'_, PyDict>) -> PyResult<bool> {
        for number in self.0.numbers() {
            if numbers.contains((self.0.partner_id(), number))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn place_of(&self, number: &str) -> Option<usize> {
        self.0.numbers().position(|known| known == number)
    }

    fn wanted(&self) -> Vec<(i64, u32)> {
        self.0.wanted()
    }

    fn give_ids(&mut self, ids: Vec<i64>) -> PyResult<()> {
        let given = self.0.give_ids(&ids).then_some(());
        given.ok_or_else(|| PyValueError::new_err("an id for each line"))
    }

    fn give_codes(&mut self, claimed: Vec<(i64, Vec<RunTuple>)>) -> PyResult<()> {
        let runs =
            |(outlet, runs): (i64, Vec<RunTuple>)| (outlet, runs.into_iter().map(run).collect());
        let given = self.0.give_codes(claimed.into_iter().map(runs).collect());
        given
            .then_some(())
            .ok_or_else(|| PyValueError::new_err("just the codes that are wanted"))
    }

    fn amount(&self, place: usize) -> PyResult<i64> {
        let found = self.0.at(place);
        let (line, offer) = found.ok_or_else(|| PyValueError::new_err("no such line"))?;
        Ok(offer.price_minor * i64::from(line.quantity))
    }

    fn line<'py>(&self, py: Python<'py>, place: usize) -> PyResult<LineTuple<'py>> {
        let found = self.0.at(place);
        let (line, _) = found.ok_or_else(|| PyValueError::new_err("no such line"))?;
        let (mut details, mut quotas) = (String::new(), String::new());
        let has = (
            self.0.details(line, &mut details),
            self.0.quotas(line, &mut quotas),
        );
        Ok((
            self.0.number(line).to_owned(),
            line.sku,
            line.quantity,
            self.0.buyer(line).map(str::to_owned),
            self.0.device(line).map(str::to_owned),
            PyBytes::new(py, &line.digest),
            has.0.then_some(details),
            has.1.then_some(quotas),
            line.order_id,
            self.0.runs(line).iter().map(run_tuple).collect(),
        ))
    }

    fn asks(&self) -> (Vec<Option<String>>, Vec<u32>) {
        let ask = |(line, _): (&PlainLine, &Offer)| {
            let mut quotas = String::new();
            let asked = self.0.quotas(line, &mut quotas).then_some(quotas);
            (asked, line.quantity)
        };
        self.0.sold().map(ask).unzip()
    }

    #[allow(clippy::too_many_arguments)]
    fn answer<'py>(
        &self,
        py: Python<'py>,
        vault: &Vault,
        keyring: &KeyRing,
        allocator: &Allocator,
        key_id: PyBackedStr,
        reads_codes: bool,
        moment: PyBackedStr,
    ) -> CoreResult<Bound<'py, PyBytes>> {
        let (sealing, around) = (
            Sealing::new(vault, keyring, allocator, &key_id, reads_codes, &moment),
            (br#"{"status":201,"order":"#.as_slice(), b"}".as_slice()),
        );
        let written = detached(py, self.0.codes() as usize, || {
            sealing.write(&self.0, around, b",")
        })?;
        Ok(PyBytes::new(py, &written.0))
    }

    #[allow(clippy::too_many_arguments)]
    fn answers<'py>(
        &self,
        py: Python<'py>,
        vault: &Vault,
        keyring: &KeyRing,
        allocator: &Allocator,
        key_id: PyBackedStr,
        reads_codes: bool,
        moment: PyBackedStr,
        lead: (PyBackedBytes, PyBackedBytes, u64),
    ) -> CoreResult<Bound<'py, PyList>> {
        let sealing = Sealing::new(vault, keyring, allocator, &key_id, reads_codes, &moment);
        let (all, ends) = detached(py, self.0.codes() as usize, || {
            sealing.write(&self.0, (b"", b""), b"")
        })?;
        let (mut start, mut id) = (0, lead.2);
        let mut answers = Vec::with_capacity(ends.len());
        for end in ends {
            let body = &all[start..end];
            let head = [
                &lead.0[..],
                body.len().to_string().as_bytes(),
                &lead.1[..],
                format!("{id:016x}\r\n\r\n").as_bytes(),
            ]
            .concat();
            answers.push(PyBytes::new_with(py, head.len() + body.len(), |out| {
                out[..head.len()].copy_from_slice(&head);
                out[head.len()..].copy_from_slice(body);
                Ok(())
            })?);
            (start, id) = (end, id.wrapping_add(1));
        }
        Ok(PyList::new(py, answers)?)
    }
}

impl PlainLines {
    pub(crate) fn lines(&self) -> &Lines {
        &self.0
    }
}

/// Numbers of `PlainLines` under way.
#[pyclass(module = "gateway._core")]
pub struct NumbersUnderWay(UnderWay);

#[pymethods]
impl NumbersUnderWay {
    #[new]
    fn new() -> PyResult<Self> {
        Ok(Self(UnderWay::new(random_key()?)))
    }

    fn may_contain(&self, partner_id: i64, number: &str) -> bool {
        self.0.may_contain(partner_id, number)
    }

    fn add(&mut self, lines: &PlainLines) -> bool {
        self.0.add(lines.0.partner_id(), lines.0.numbers())
    }

    fn add_one(&mut self, partner_id: i64, number: &str) -> bool {
        self.0.add(partner_id, std::iter::once(number))
    }

    fn remove_one(&mut self, partner_id: i64, number: &str) {
        self.0.remove(partner_id, std::iter::once(number));
    }

    fn remove(&mut self, lines: &PlainLines) {
        self.0.remove(lines.0.partner_id(), lines.0.numbers());
    }
}
