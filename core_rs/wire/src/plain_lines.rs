//! The lines of a batch that say nothing unusual: read in one pass, and kept as they stand in the
//! body, without an object for each.
//!
//! What is taken here has one meaning whoever reads it: the members below, each once, texts of
//! printable ASCII without escapes. For anything else the answer is `None`, and whoever asked reads
//! the body as before, which also says what is wrong with it.

use std::collections::HashSet;
use std::ops::Range;

use quangate_stock::slab::Run;

use crate::plain_reader::Reader;

/// Orders in a body.
pub const LINES_MAX: usize = 500;
/// Codes of an order.
pub const QUANTITY_MAX: u32 = 500;
/// Codes of all orders: few enough to be sealed in one go.
pub const CODES_MAX: u32 = 1_024;

/// A part of the body.
pub(crate) type Span = Range<usize>;

/// An order, as it was asked for, and what the order path made of it.
#[derive(Debug, Default)]
pub struct PlainLine {
    pub(crate) number: Span,
    /// The place of its SKU in [`PlainLines::skus`].
    pub sku: usize,
    /// Codes.
    pub quantity: u32,
    pub(crate) buyer: Option<Span>,
    pub(crate) device: Option<Span>,
    /// Equal exactly for equal content.
    pub digest: [u8; 16],
    /// 0: it has none yet.
    pub order_id: i64,
    pub(crate) runs: Range<usize>,
}

/// Whom a quota counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// A partner's buyer.
    Buyer,
    /// A device, whosever it is.
    Device,
}

/// How a SKU is sold to the partner that asks.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The SKU's id.
    pub sku_id: i64,
    /// The pool whose codes are sold.
    pub pool_id: i64,
    /// What they are claimed from.
    pub outlet: i64,
    /// Of one, in minor units.
    pub price_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// Codes in one order.
    pub quantity_max: u32,
    /// Quotas that an order asks, by id.
    pub quotas: Vec<(i64, Counted)>,
}

/// All lines of a body.
#[derive(Debug)]
pub struct PlainLines {
    body: String,
    pub(crate) lines: Vec<PlainLine>,
    skus: Vec<Span>,
    partner_id: i64,
    offers: Vec<Offer>,
    runs: Vec<Run>,
}

impl PlainLines {
    /// The orders of `{"orders":[…]}`; None: some of it is not plain, or wrong.
    #[must_use]
    pub fn read(body: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let (mut lines, mut skus) = (Vec::new(), Vec::new());
        reader.opens(b'{')?;
        reader.key(b"orders")?;
        reader.opens(b':')?;
        reader.opens(b'[')?;
        loop {
            lines.push(reader.order(&mut skus)?);
            if lines.len() > LINES_MAX {
                return None;
            }
            if !reader.goes_on(b']')? {
                break;
            }
        }
        reader.opens(b'}')?;
        reader.ends()?;
        let mut numbers = HashSet::with_capacity(lines.len());
        let codes: u32 = lines.iter().map(|line| line.quantity).sum();
        let are_different = lines
            .iter()
            .all(|line| numbers.insert(&body[line.number.clone()]));
        let body = std::str::from_utf8(body).ok()?.to_owned();
        (are_different && codes <= CODES_MAX).then(|| Self {
            body,
            lines,
            skus,
            partner_id: 0,
            offers: Vec::new(),
            runs: Vec::new(),
        })
    }

    /// How many there are.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // there is one at least
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// The SKUs that are asked for, each once.
    pub fn skus(&self) -> impl Iterator<Item = &str> {
        self.skus.iter().map(|sku| &self.body[sku.clone()])
    }

    /// Codes of all orders.
    #[must_use]
    pub fn codes(&self) -> u32 {
        self.lines.iter().map(|line| line.quantity).sum()
    }

    /// Says for each of `skus` how it is sold. False: some line cannot be had so, or is not plain
    /// then, and nothing is changed.
    pub fn offer(&mut self, partner_id: i64, offers: Vec<Offer>) -> bool {
        let fits = |line: &PlainLine| {
            offers.get(line.sku).is_some_and(|offer| {
                line.quantity <= offer.quantity_max
                    && offer
                        .price_minor
                        .checked_mul(line.quantity.into())
                        .is_some()
                    && offer.quotas.iter().all(|(_, counted)| match counted {
                        Counted::Buyer => line.buyer.is_some(),
                        Counted::Device => line.device.is_some(),
                    })
            })
        };
        if !self.lines.iter().all(fits) {
            return false;
        }
        (self.partner_id, self.offers) = (partner_id, offers);
        self.digest();
        true
    }

    /// Whose orders these are.
    #[must_use]
    pub fn partner_id(&self) -> i64 {
        self.partner_id
    }

    /// The lines with what they are sold by.
    pub fn sold(&self) -> impl Iterator<Item = (&PlainLine, &Offer)> {
        self.lines.iter().map(|line| (line, &self.offers[line.sku]))
    }

    /// How a SKU is sold, by the places of `skus`.
    #[must_use]
    pub fn offers(&self) -> &[Offer] {
        &self.offers
    }

    /// A line and what it is sold by.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<(&PlainLine, &Offer)> {
        self.lines
            .get(place)
            .map(|line| (line, &self.offers[line.sku]))
    }

    /// Its own number of an order.
    #[must_use]
    pub fn number(&self, line: &PlainLine) -> &str {
        &self.body[line.number.clone()]
    }

    /// All numbers.
    pub fn numbers(&self) -> impl Iterator<Item = &str> + Clone {
        self.lines.iter().map(|line| self.number(line))
    }

    /// The SKU of a line.
    #[must_use]
    pub fn sku(&self, line: &PlainLine) -> &str {
        &self.body[self.skus[line.sku].clone()]
    }

    /// Who buys.
    #[must_use]
    pub fn buyer(&self, line: &PlainLine) -> Option<&str> {
        line.buyer.clone().map(|span| &self.body[span])
    }

    /// With which device.
    #[must_use]
    pub fn device(&self, line: &PlainLine) -> Option<&str> {
        line.device.clone().map(|span| &self.body[span])
    }

    /// The codes of a line.
    #[must_use]
    pub fn runs(&self, line: &PlainLine) -> &[Run] {
        &self.runs[line.runs.clone()]
    }

    /// Gives the lines their ids, one for each; false: there are not as many.
    pub fn give_ids(&mut self, ids: &[i64]) -> bool {
        if ids.len() != self.lines.len() {
            return false;
        }
        for (line, id) in self.lines.iter_mut().zip(ids) {
            line.order_id = *id;
        }
        true
    }

    /// Divides claimed runs, by outlet, among the lines in their order. False: they are not exactly
    /// what the lines want, and nothing is changed.
    pub fn give_codes(&mut self, mut claimed: Vec<(i64, Vec<Run>)>) -> bool {
        let (mut given, mut places) = (Vec::with_capacity(self.lines.len()), Vec::new());
        for (_, runs) in &mut claimed {
            runs.reverse();
        }
        for line in &self.lines {
            let (start, mut wanted) = (given.len(), line.quantity);
            let outlet = self.offers[line.sku].outlet;
            let Some((_, runs)) = claimed.iter_mut().find(|(of, _)| *of == outlet) else {
                return false;
            };
            while wanted > 0 {
                let Some(run) = runs.last_mut() else {
                    return false;
                };
                let count = wanted.min(run.count);
                given.push(Run { count, ..*run });
                run.seq_lo += i64::from(count);
                run.count -= count;
                wanted -= count;
                if run.count == 0 {
                    runs.pop();
                }
            }
            places.push(start..given.len());
        }
        if claimed.iter().any(|(_, runs)| !runs.is_empty()) {
            return false;
        }
        for (line, place) in self.lines.iter_mut().zip(places) {
            line.runs = place;
        }
        self.runs = given;
        true
    }

    /// Codes that are wanted of each outlet, in the order of their first lines.
    #[must_use]
    pub fn wanted(&self) -> Vec<(i64, u32)> {
        let mut wanted: Vec<(i64, u32)> = Vec::with_capacity(1);
        for (line, offer) in self.sold() {
            match wanted
                .iter_mut()
                .find(|(outlet, _)| *outlet == offer.outlet)
            {
                Some((_, codes)) => *codes += line.quantity,
                None => wanted.push((offer.outlet, line.quantity)),
            }
        }
        wanted
    }
}
