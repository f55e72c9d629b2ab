//! The grammar of a plain order: strict JSON, and less.

use crate::plain_lines::{PlainLine, QUANTITY_MAX, Span};

const NAME_LEN_MAX: usize = 64; // of an order's number, and of a SKU
const TEXT_LEN_MAX: usize = 128; // of a buyer, and of a device
/// Numbers that the gateway gives itself begin so.
const OWN_NUMBERS: &[u8] = b"SUB-";

/// Reads what is plain; None: it is not.
pub(crate) struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// Passes this name.
    pub(crate) fn key(&mut self, name: &[u8]) -> Option<()> {
        let found = self.string(NAME_LEN_MAX)?;
        (&self.text[found] == name).then_some(())
    }

    /// Nothing comes any more.
    pub(crate) fn ends(&self) -> Option<()> {
        (self.at == self.text.len()).then_some(())
    }

    fn blanks(&mut self) {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Passes this byte, and the blanks around it.
    pub(crate) fn opens(&mut self, byte: u8) -> Option<()> {
        self.blanks();
        if self.text.get(self.at) != Some(&byte) {
            return None;
        }
        self.at += 1;
        self.blanks();
        Some(())
    }

    /// Whether another item comes, or the end that `byte` is.
    pub(crate) fn goes_on(&mut self, byte: u8) -> Option<bool> {
        self.blanks();
        let found = *self.text.get(self.at)?;
        if found != b',' && found != byte {
            return None;
        }
        self.at += 1;
        self.blanks();
        Some(found == b',')
    }

    /// A text of printable ASCII without escapes, one byte long at least.
    fn string(&mut self, len_max: usize) -> Option<Span> {
        if self.text.get(self.at) != Some(&b'"') {
            return None;
        }
        let start = self.at + 1;
        let rest = &self.text[start..];
        let len = rest
            .iter()
            .position(|byte| !matches!(byte, b' '..=b'~') || matches!(byte, b'"' | b'\\'))?;
        if rest[len] != b'"' || len == 0 || len > len_max {
            return None;
        }
        self.at = start + len + 1;
        Some(start..start + len)
    }

    fn quantity(&mut self) -> Option<u32> {
        let digits = self.text[self.at..]
            .iter()
            .take(4)
            .take_while(|byte| byte.is_ascii_digit());
        let text = &self.text[self.at..self.at + digits.count()];
        self.at += text.len();
        let value = text
            .iter()
            .fold(0, |value, digit| value * 10 + u32::from(digit - b'0'));
        (text.first()? != &b'0' && value <= QUANTITY_MAX).then_some(value)
    }

    /// One order; SKUs that were not met before come to `skus`.
    pub(crate) fn order(&mut self, skus: &mut Vec<Span>) -> Option<PlainLine> {
        let text: &'a [u8] = self.text;
        let (mut number, mut sku, mut quantity, mut buyer) = (None, None, None, None);
        self.opens(b'{')?;
        loop {
            let key = self.string(NAME_LEN_MAX)?;
            self.opens(b':')?;
            let is_first = match &text[key] {
                b"out_order_no" => number.replace(self.string(NAME_LEN_MAX)?).is_none(),
                b"sku" => sku.replace(self.string(NAME_LEN_MAX)?).is_none(),
                b"quantity" => quantity.replace(self.quantity()?).is_none(),
                b"buyer" => buyer.replace(self.buyer()?).is_none(),
                _ => return None,
            };
            if !is_first {
                return None;
            }
            if !self.goes_on(b'}')? {
                break;
            }
        }
        let (number, sku) = (number?, sku?);
        let name = &text[number.clone()];
        let is_good = |byte: &u8| byte.is_ascii_alphanumeric() || b"._:-".contains(byte);
        if !name.iter().all(is_good) || name.starts_with(OWN_NUMBERS) {
            return None;
        }
        let known = skus
            .iter()
            .rposition(|known| text[known.clone()] == text[sku.clone()]);
        let (buyer, device) = buyer.unwrap_or_default();
        Some(PlainLine {
            number,
            sku: known.unwrap_or_else(|| {
                skus.push(sku);
                skus.len() - 1
            }),
            quantity: quantity.unwrap_or(1),
            buyer,
            device,
            ..PlainLine::default()
        })
    }

    /// Who buys, and with which device.
    fn buyer(&mut self) -> Option<(Option<Span>, Option<Span>)> {
        let text: &'a [u8] = self.text;
        let (mut id, mut device) = (None, None);
        self.opens(b'{')?;
        loop {
            let key = self.string(NAME_LEN_MAX)?;
            self.opens(b':')?;
            let known = match &text[key] {
                b"id" => &mut id,
                b"device" => &mut device,
                _ => return None,
            };
            if known.replace(self.string(TEXT_LEN_MAX)?).is_some() {
                return None;
            }
            if !self.goes_on(b'}')? {
                return Some((id, device));
            }
        }
    }
}
