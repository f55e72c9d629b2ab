//! What Python writes of an order, made for plain lines: the same bytes.

use blake2::digest::consts::U16;
use blake2::{Blake2b, Digest};

use crate::plain_lines::{Counted, PlainLine, PlainLines};

impl PlainLines {
    /// The rarely used members as JSON for the order's row; false: there are none. As Python's
    /// `OrderContent.details`.
    pub fn details(&self, line: &PlainLine, out: &mut String) -> bool {
        out.clear();
        for (name, text) in [
            ("buyer_id", self.buyer(line)),
            ("buyer_device", self.device(line)),
        ] {
            if let Some(text) = text {
                out.push_str(if out.is_empty() { "{\"" } else { ",\"" });
                out.push_str(name);
                out.push_str("\":\"");
                out.push_str(text);
                out.push('"');
            }
        }
        if out.is_empty() {
            return false;
        }
        out.push('}');
        true
    }

    /// What a line asks of quotas, `[[quota id,"subject"],…]`; false: nothing. As Python's
    /// `quotas.rules.asks`.
    pub fn quotas(&self, line: &PlainLine, out: &mut String) -> bool {
        out.clear();
        for (id, counted) in &self.offers()[line.sku].quotas {
            out.push_str(if out.is_empty() { "[[" } else { ",[" });
            out.push_str(itoa::Buffer::new().format(*id));
            out.push_str(",\"");
            match counted {
                Counted::Buyer => {
                    out.push_str(itoa::Buffer::new().format(self.partner_id()));
                    out.push(' ');
                    out.push_str(self.buyer(line).unwrap_or_default());
                }
                Counted::Device => out.push_str(self.device(line).unwrap_or_default()),
            }
            out.push_str("\"]");
        }
        if out.is_empty() {
            return false;
        }
        out.push(']');
        true
    }

    /// Appends the order of a line as JSON, as Python's `placed_json` does. `codes` appends the array
    /// of its codes; None: the key may not see them.
    pub fn write_order<E>(
        &self,
        line: &PlainLine,
        moment: &str,
        codes: Option<impl FnOnce(&mut Vec<u8>) -> Result<(), E>>,
        out: &mut Vec<u8>,
    ) -> Result<(), E> {
        let offer = &self.offers()[line.sku];
        let (mut id, mut quantity, mut amount) = (
            itoa::Buffer::new(),
            itoa::Buffer::new(),
            itoa::Buffer::new(),
        );
        let quantity = quantity.format(line.quantity);
        put(
            out,
            &[
                "{\"order_no\":\"",
                id.format(line.order_id),
                "\",\"out_order_no\":\"",
                self.number(line),
                "\",\"sku\":\"",
                self.sku(line),
                "\",\"quantity\":",
                quantity,
                ",\"account\":null,\"amount\":",
                amount.format(offer.price_minor * i64::from(line.quantity)),
                ",\"currency\":\"",
                &offer.currency,
                "\",\"state\":\"delivered\",",
            ],
        );
        if let Some(codes) = codes {
            out.extend_from_slice(b"\"codes\":");
            codes(out)?;
            out.push(b',');
        }
        put(
            out,
            &[
                "\"delivered_quantity\":",
                quantity,
                ",\"refunded_amount\":0,\"replaced\":0,\"failure\":null,\"metadata\":null,\"created_at\":\"",
                moment,
                "\",\"updated_at\":\"",
                moment,
                "\"}",
            ],
        );
        Ok(())
    }

    /// As Python's `OrderContent.digest`: of the members, those that are never plain being null.
    pub(crate) fn digest(&mut self, place: usize) {
        let (mut text, line) = (String::with_capacity(128), &self.lines[place]);
        text.push_str("[\"");
        text.push_str(self.sku(line));
        text.push_str("\",");
        text.push_str(itoa::Buffer::new().format(line.quantity));
        text.push_str(",null,null,null,");
        quote(self.buyer(line), &mut text);
        text.push_str(",null,");
        quote(self.device(line), &mut text);
        text.push_str(",null,null]");
        self.lines[place].digest = Blake2b::<U16>::digest(text.as_bytes()).into();
    }
}

fn quote(text: Option<&str>, out: &mut String) {
    match text {
        Some(text) => {
            out.push('"');
            out.push_str(text);
            out.push('"');
        }
        None => out.push_str("null"),
    }
}

fn put(out: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}
