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

impl PlainLine {
    /// Whether it can be had so, and says all that is asked of it.
    pub(crate) fn fits(&self, offer: &Offer) -> bool {
        let says = |(_, counted): &(i64, Counted)| match counted {
            Counted::Buyer => self.buyer.is_some(),
            Counted::Device => self.device.is_some(),
        };
        let price = offer.price_minor.checked_mul(self.quantity.into());
        self.quantity <= offer.quantity_max && price.is_some() && offer.quotas.iter().all(says)
    }
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
    pub(crate) runs: Vec<Run>,
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
        (are_different && codes <= CODES_MAX).then(|| Self::of(body, lines, skus, 0))
    }

    pub(crate) fn of(
        body: String,
        lines: Vec<PlainLine>,
        skus: Vec<Span>,
        partner_id: i64,
    ) -> Self {
        Self {
            body,
            lines,
            skus,
            partner_id,
            offers: Vec::new(),
            runs: Vec::new(),
        }
    }

    /// Takes in a line that fits, whose parts are of `text`. `sku`: its place among the known ones
    /// if it is one, and where its name stands; `first`: else how it is sold.
    pub(crate) fn take_in(
        &mut self,
        text: &str,
        line: &PlainLine,
        (known, name): (Option<usize>, &Span),
        first: Option<Offer>,
    ) {
        let start = self.body.len();
        let moved = |span: &Span| span.start + start..span.end + start;
        self.body.push_str(text);
        if let Some(offer) = first {
            self.skus.push(moved(name));
            self.offers.push(offer);
        }
        self.lines.push(PlainLine {
            number: moved(&line.number),
            sku: known.unwrap_or_else(|| self.skus.len() - 1),
            quantity: line.quantity,
            buyer: line.buyer.as_ref().map(moved),
            device: line.device.as_ref().map(moved),
            ..PlainLine::default()
        });
        self.digest(self.lines.len() - 1);
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
        let fits = |line: &PlainLine| offers.get(line.sku).is_some_and(|offer| line.fits(offer));
        if !self.lines.iter().all(fits) {
            return false;
        }
        (self.partner_id, self.offers) = (partner_id, offers);
        for place in 0..self.lines.len() {
            self.digest(place);
        }
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
}
